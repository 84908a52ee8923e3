// `proteus guard`: a process of its own that watches the live daemon.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "tools/app/account_lock.hpp"
#include "tools/app/account_signing.hpp"
#include "tools/app/daemon_run.hpp"
#include "tools/app/guard/guard_process.hpp"
#include "tools/app/operator_client.hpp"
#include "tools/app/screen.hpp"
#include "tools/app/shipped_settings.hpp"
#include "tools/app/text.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {
namespace {

double in_s(Duration d) { return std::chrono::duration<double>(d).count(); }

void say_what_is_guarded(const Settings& s, std::string_view key, bool once) {
  std::string names;
  bool spot = false;
  for (const std::string& name : s.engine.instruments) {
    names += (names.empty() ? "" : ", ") + name;
    spot = spot || name.starts_with("spot:");
  }
  const bool flatten = s.guard.action == live::GuardAction::Flatten;
  const std::string deed =
      flatten ? "cancels every order of these instruments and closes every position in them, "
                "whoever opened it"
              : "cancels the orders of these instruments that could open a position; positions "
                "stay, with their stops";
  std::string out =
      fmt::format("Guard of the account of key {} at {} ({}): {}.\n", key,
                  EnumNames<live::Profile>::names[static_cast<std::size_t>(s.live.profile)],
                  s.venue.rest, names);
  if (once)
    out += fmt::format("Now it {}, asks until that is confirmed, and ends.\n", deed);
  else
    out += fmt::format(
        "It asks the live daemon at {} every {:g} s how it is. After {:g} s without an answer, or "
        "{:g} s of answers that are not well, it {}.\n"
        "A daemon that is stopped in good order is not missed. SIGTERM ends the guard, and nothing "
        "is done.\n",
        s.session.socket, in_s(s.guard.interval), in_s(s.guard.patience), in_s(s.guard.doubt),
        deed);
  out += "It can only cancel and reduce.\n";
  if (spot)
    out += flatten
               ? "Spot: what the wallet holds of the coins of these instruments is sold by market "
                 "order, never on margin; less than a lot stays, and it says so.\n"
               : "Spot: orders are cancelled; the coins stay.\n";
  if (s.live.profile == live::Profile::Demo)
    out +=
        "Demo takes no orders by websocket: while HTTP is barred (403) it can only raise the "
        "alarm.\n";
  std::fputs((out + "\n").c_str(), stdout);
  std::fflush(stdout);
}

int told(const live::GuardStatus& status, bool once, const std::string& cause) {
  if (!once) {
    spdlog::info("The guard ends, and nothing is done for that. cause=\"{}\" heartbeat={}", cause,
                 to_string(status.heartbeat));
    if (status.acting)
      spdlog::error("It was at work and had not confirmed that all was done: look at the venue.");
    return kOk;
  }
  if (status.confirmed) {
    print_line(fmt::format("Done, confirmed by query. rounds={} cancels={} closing_orders={}",
                           status.rounds, status.cancels_sent, status.orders_sent));
    if (!status.dust.empty())
      print_line(fmt::format("Dust remains, less than the venue sells: {}.", status.dust));
    return kOk;
  }
  return fail(
      error(ErrorCode::Timeout,
            fmt::format("it is not confirmed that all was done ({}): look at the venue", cause)),
      kTimeout);
}

}  // namespace

void declare_guard(CLI::App& app, Options& options) {
  declare_run(app, options);
  app.add_flag("--once", options.once, "acts now, whatever the daemon says, and ends; needs --yes");
  app.add_flag("-y,--yes", options.yes, "with --once: do it");
  app.footer(
      "A process of its own, with its own connection and the same sources of keys as live: started "
      "beside the daemon, with the daemon's settings. Section [guard] says how patient it is and "
      "what it does. Exit code 5: with --once, it is not confirmed that all was done.");
}

int run_guard(const Options& options) {
  if (options.once != options.yes)
    return fail(error(ErrorCode::Malformed,
                      options.once ? "--once cancels and closes now: say --yes as well if that is "
                                     "what you want"
                                   : "--yes goes with --once; without it the guard only watches"),
                kUsage);
  auto loaded = load_for_verb(options.config, options.overrides);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  const Settings& settings = loaded.value().settings;
  forbid_core_dumps();
  auto keys = Keys::take(settings.live.key_file);
  if (keys.has_error()) return fail(keys.error(), kConfig);
  const std::string shown = keys.value().masked();
  // A person who says --once may have a guard that watches.
  std::optional<AccountLock> lock;
  if (!options.once) {
    auto taken = AccountLock::take(keys.value().key(), settings.venue.rest, AccountUse::Guard);
    if (taken.has_error()) return fail(taken.error(), kError);
    lock.emplace(std::move(taken.value()));
  }
  const auto shared = std::make_shared<Keys>(std::move(keys.value()));
  say_what_is_guarded(settings, shown, options.once);
  net::Loop loop;
  std::string cause;
  const RunEnd end(loop, options.run_for, cause);
  const std::string still_going = cause;
  const auto create = [&] {
    return GuardProcess::create(loop, loaded.value(), std::make_unique<AccountSigning>(shared),
                                !options.once);
  };
  auto guard = create();
  if (guard.has_error())
    return fail(guard.error(),
                guard.error().code == ErrorCode::Stopped && !options.once ? kOk : kError);
  if (options.once) {
    guard.value()->fire("--once");
  } else {
    spdlog::info("The guard watches. socket={} venue={}", settings.session.socket,
                 settings.venue.rest);
    guard.value()->watch();
  }
  loop.run();
  // A person's word, or the end of --for, ends it in any case.
  while (cause == still_going && guard.value()->can_look_now()) {
    guard.value()->end();
    guard = create();
    if (guard.has_error()) return fail(guard.error(), kTimeout);  // Closed, and not confirmed.
    guard.value()->fire("--once, and HTTP is open again");
    loop.run();
  }
  const live::GuardStatus status = guard.value()->status();
  guard.value()->end();
  const int code = told(status, options.once, cause);
  leave_soon(code);
  return code;
}

}  // namespace proteus::app
