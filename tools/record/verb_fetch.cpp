// `proteus fetch`: klines, mark-price klines, funding and instruments from the venue into files.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <random>

#include "tools/app/daemon_run.hpp"
#include "tools/app/json_object.hpp"
#include "tools/app/screen.hpp"
#include "tools/record/feed_lines.hpp"
#include "tools/record/fetch.hpp"
#include "tools/record/verbs.hpp"
#include "tools/train/progress.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;
using namespace record;

Error bad_option(std::string sentence) { return error(ErrorCode::Malformed, std::move(sentence)); }

/// Jobs of one instrument, by the kinds asked for.
Result<void> add_jobs(const Options& options, const InstrumentName& name, FetchPlan& plan) {
  for (const std::string& kind : options.kinds) {
    if (kind == "instruments") {
      if (std::ranges::find(plan.descriptions, name.category) == plan.descriptions.end())
        plan.descriptions.push_back(name.category);
      continue;
    }
    const bool linear = name.category == Category::Linear;
    if (kind == "funding") {
      if (linear) plan.jobs.push_back({FetchKind::Funding, name, Interval::M1});
      continue;
    }
    if (kind != "klines" && kind != "mark")
      return bad_option(fmt::format("--what: \"{}\" is none of klines, mark, funding, instruments",
                                    kind.substr(0, 40)));
    if (kind == "mark" && !linear) continue;  // Spot has no mark price.
    const auto interval = parse_interval(options.interval);
    if (!interval)
      return bad_option(
          fmt::format("--interval: \"{}\" is none of 1m, 3m, 5m, 15m, 30m, 1h, 2h, "
                      "4h, 6h, 12h, 1d, 1w, 1M",
                      options.interval.substr(0, 40)));
    plan.jobs.push_back(
        {kind == "mark" ? FetchKind::MarkKlines : FetchKind::Klines, name, *interval});
  }
  return success();
}

Result<FetchPlan> plan_of(const Options& options) {
  FetchPlan plan;
  BOOST_OUTCOME_TRY(const auto from, time_option(options.from, "--from"));
  BOOST_OUTCOME_TRY(plan.to, time_option(options.until, "--to"));
  if (!from) return bad_option("--from is missing: the time to begin with, as in 2024-01-01");
  plan.from = *from;
  if (plan.to && *plan.to <= plan.from) return bad_option("--to has to be later than --from");
  const auto packing = klines::parse_packing(options.packing);
  if (!packing)
    return bad_option(fmt::format("--packing: \"{}\" is none of gz, zst, none", options.packing));
  plan.packing = *packing;
  plan.folder = options.out;
  for (const std::string& text : options.instruments) {
    BOOST_OUTCOME_TRY(const InstrumentName name, parse_instrument_name(text));
    BOOST_OUTCOME_TRY(add_jobs(options, name, plan));
  }
  if (plan.jobs.empty() && plan.descriptions.empty())
    return bad_option("nothing to fetch: spot has neither mark prices nor funding");
  return plan;
}

std::string gap_sentence(const FetchGap& gap) {
  return fmt::format("{} until {}{}", format_time(gap.from), format_time(gap.until),
                     gap.rows > 0 ? fmt::format(" ({} bars)", gap.rows) : "");
}

void print_result(const FetchResult& r) {
  constexpr std::size_t kGapsShown = 10;
  if (r.failure) {
    fmt::print(stderr, "{}: {}\n", r.what, r.failure->context);
    return;
  }
  fmt::print("{}: {} rows{}{}\n", r.file.string(), r.rows,
             r.span
                 ? fmt::format(", {} to {}", format_time(r.span->first), format_time(r.span->last))
                 : "",
             r.gaps.empty() ? "" : fmt::format(", {} missing", r.missing));
  for (std::size_t i = 0; i < std::min(r.gaps.size(), kGapsShown); ++i)
    fmt::print("  gap: {}\n", gap_sentence(r.gaps[i]));
  if (r.gaps.size() > kGapsShown) fmt::print("  and {} more\n", r.gaps.size() - kGapsShown);
}

std::string json_of(const FetchResult& r) {
  JsonList gaps;
  for (const FetchGap& gap : r.gaps)
    gaps.add(JsonObject{}.add("from", gap.from).add("until", gap.until).add("missing", gap.rows));
  JsonObject out;
  out.add("what", r.what).add("file", r.file.string()).add("rows", r.rows);
  if (r.span) out.add("from", r.span->first).add("to", r.span->last);
  out.add("missing", r.missing).add_raw("gaps", gaps.text());
  if (r.failure) out.add("error", r.failure->context);
  return out.text();
}

/// Draws how far it is, with speed and time left.
class FetchProgress {
 public:
  FetchProgress(net::Loop& loop, const Fetch& fetch, bool silent)
      : fetch_(fetch), progress_(style_of_stdout(), stdout_is_terminal()) {
    if (!silent) timer_ = loop.every(200ms, [this] { tell(); });
  }
  void end() {
    timer_.cancel();
    progress_.end();
  }

 private:
  void tell() {
    const FetchState state = fetch_.state();
    const Duration now = net::Loop::steady_now();
    const auto done = static_cast<std::int64_t>(state.done);
    const auto total = static_cast<std::int64_t>(state.total);
    speed_.add(now, done);
    if (total > 0)
      progress_.show(now, {"windows", done, total, speed_.rate(), speed_.left(total)}, {});
    if (!state.trouble.empty() && state.trouble != told_) {
      told_ = state.trouble;
      progress_.say(told_);
    }
  }
  const Fetch& fetch_;
  train::Progress progress_;
  train::Speed speed_;
  std::string told_;
  net::Timer timer_;
};

}  // namespace

void declare_fetch(CLI::App& app, Options& options) {
  options.interval = "1m";
  options.kinds = {"klines"};
  add_config(app, options);
  app.add_option("--instrument", options.instruments,
                 "as in linear:BTCUSDT; may be given again, or several with commas")
      ->required()
      ->delimiter(',')
      ->type_name("NAME");
  app.add_option("--what", options.kinds,
                 "klines, mark (mark-price klines), funding, instruments; several with commas")
      ->delimiter(',')
      ->capture_default_str()
      ->type_name("KIND");
  app.add_option("--interval", options.interval, "of klines: 1m to 12h, 1d, 1w, 1M")
      ->capture_default_str();
  add_span(app, options);
  app.add_option("--out", options.out, "folder for the files; made where it is not there")
      ->required()
      ->type_name("FOLDER");
  app.add_option("--packing", options.packing, "gz, zst or none")->capture_default_str();
  add_json(app, options);
}

int run_fetch(const Options& options) {
  auto plan = plan_of(options);
  if (plan.has_error()) return fail(plan.error(), kUsage);
  const auto loaded = load(options.config, options.overrides, Paths::Ignored);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  std::error_code failed;
  std::filesystem::create_directories(options.out, failed);
  if (failed)
    return fail(
        error(ErrorCode::Io, fmt::format("cannot make {}: {}", options.out, failed.message())),
        kError);
  net::Loop loop;
  std::string cause;
  const RunEnd end(loop, options.run_for, cause);
  auto fetch =
      Fetch::create(loop, loaded.value().settings, std::move(plan).value(), std::random_device{}());
  if (fetch.has_error()) return fail(fetch.error(), kConfig);
  bool done = false;
  fetch.value()->start([&] {
    done = true;
    loop.stop();
  });
  FetchProgress progress(loop, *fetch.value(), options.json);
  loop.run();
  progress.end();
  bool good = true;
  for (const FetchResult& result : fetch.value()->results()) {
    good = good && !result.failure;
    if (options.json)
      fmt::print("{}\n", json_of(result));
    else
      print_result(result);
  }
  if (!done) fmt::print(stderr, "proteus: {}; the same command goes on from here\n", cause);
  return good ? kOk : kError;
}

}  // namespace proteus::app
