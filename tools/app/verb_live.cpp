#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "risk/limits/stage.hpp"
#include "tools/app/account_lock.hpp"
#include "tools/app/account_signing.hpp"
#include "tools/app/daemon_start.hpp"
#include "tools/app/screen.hpp"
#include "tools/app/selftest/record.hpp"
#include "tools/app/shipped_settings.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {

void declare_live(CLI::App& app, Options& options) {
  declare_paper(app, options);
  app.add_flag("--confirm-live", options.confirm_live,
               "real orders with real money on mainnet: without it nothing starts there");
}

namespace {

std::string_view profile_name(live::Profile profile) {
  return EnumNames<live::Profile>::names[static_cast<std::size_t>(profile)];
}

std::string_view stage_name(risk::Stage stage) {
  return EnumNames<risk::Stage>::names[static_cast<std::size_t>(stage)];
}

/// What has to hold before a key is even read.
Result<void> may_go_live(const Loaded& loaded, const Options& options) {
  const Settings& s = loaded.settings;
  if (s.limits.profile == risk::LimitProfile::Research)
    return error(ErrorCode::Refused,
                 "risk.limits.profile is \"research\": a control that latches would only be "
                 "reported; live takes \"standard\" alone");
  if (s.feed.clock != bybit::ClockMode::Steady)
    return error(ErrorCode::Refused,
                 "feed.clock is \"frames\": a live account needs a clock of its own; set it to "
                 "\"steady\"");
  if (s.live.profile == live::Profile::Mainnet) {
    if (!options.confirm_live)
      return error(ErrorCode::Refused,
                   "live.profile is mainnet: orders there cost real money; say --confirm-live if "
                   "that is what you want");
    if (s.limits.stage == risk::Stage::Paper)
      return error(ErrorCode::Refused,
                   "risk.limits.stage is \"paper\": begin on mainnet with \"micro_live\", whose "
                   "caps are low, and raise it when it has proved itself");
    if (s.sizing.kelly_floor > 0.0)
      return error(
          ErrorCode::Refused,
          fmt::format("risk.sizing.kelly_floor is {:g}: a floor under Kelly's cap lets a run "
                      "on paper go on learning; with real money set it to 0",
                      s.sizing.kelly_floor));
  }
  BOOST_OUTCOME_TRY(const std::string binary, selftest::running_binary());
  return selftest::selftest_is_fresh(s.session.folder, {binary, loaded.hash});
}

void say_what_begins(const Loaded& loaded, std::string_view key) {
  const Settings& s = loaded.settings;
  const Style style = style_of_stdout();
  const bool real = s.live.profile == live::Profile::Mainnet;
  const auto [top, bottom] = banner(real ? "LIVE REAL MONEY" : "LIVE", style);
  std::string out = "\n" + top + "\n" + (bottom.empty() ? "" : bottom + "\n");
  out += fmt::format("Orders leave this process, to {} ({}), with the key {}.\n",
                     profile_name(s.live.profile), s.venue.rest, key);
  out += real ? "They cost real money.\n" : "The money there is not real.\n";
  std::string instruments;
  for (const std::string& name : s.engine.instruments)
    instruments += (instruments.empty() ? "" : ", ") + name;
  out += fmt::format("It trades {}, stage {}: at most {:g} an order and {:g} in all, in quote.\n",
                     instruments, stage_name(s.limits.stage),
                     risk::stage_caps(s.limits).order.to_double(),
                     risk::stage_caps(s.limits).gross.to_double());
  out += fmt::format(
      "Every position has a stop {:g} % away at the venue. When this ends, positions are {}.\n"
      "To stop at once: proteus halt, proteus flatten, a file at session.kill_file, SIGTERM.\n\n",
      s.live.stop_distance * 100.0,
      s.live.at_stop == live::AtStop::Flatten ? "closed" : "left, with their stops");
  std::fputs(out.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

int run_live(const Options& options) {
  auto loaded = load_for_verb(options.config, options.overrides);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  if (const auto may = may_go_live(loaded.value(), options); may.has_error())
    return fail(may.error(), kConfig);
  const Settings& settings = loaded.value().settings;
  forbid_core_dumps();
  auto keys = Keys::take(settings.live.key_file);
  if (keys.has_error()) return fail(keys.error(), kConfig);
  const std::string shown = keys.value().masked();
  const auto lock = AccountLock::take(keys.value().key(), settings.venue.rest);
  if (lock.has_error()) return fail(lock.error(), kError);
  const auto shared = std::make_shared<Keys>(std::move(keys.value()));
  say_what_begins(loaded.value(), shown);
  return run_daemon(options, loaded.value(), "live",
                    [shared] { return std::make_unique<AccountSigning>(shared); });
}

}  // namespace proteus::app
