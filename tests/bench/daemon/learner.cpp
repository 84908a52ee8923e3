// What a learner that never rests costs the loop. A paper daemon with a policy of the default size
// on eight instruments, in real time at one-minute bars, once with adapt = off and once with
// adapt = both and a learner that has more to learn than a minute holds: all weights, a thousand
// steps a stretch, a new stretch at every bar. All threads of the daemon share one core with the
// loop, so that nothing but their priorities decides who runs. The delay is that of a timer that
// fires a thousand times a second. The two take turns (off, both, both, off).
#include <fmt/format.h>
#include <sched.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "models/inference/policy_file.hpp"
#include "models/inference/setting_lines.hpp"
#include "tests/bench/daemon/must.hpp"
#include "tests/bench/daemon/parts.hpp"
#include "tests/bench/daemon/process.hpp"
#include "tests/support/policies.hpp"
#include "tools/app/daemon.hpp"

namespace proteus::bench {
namespace {

using namespace std::chrono_literals;

constexpr double kDemand = 1.0;  // milliseconds
constexpr int kInstruments = 8;
constexpr int kStretch = 1'000;  // bars
constexpr int kRebuild = 60;
constexpr std::size_t kFeatures = 15;  // trend

/// A policy of the default size for one-minute bars, seeded and untrained.
void write_policy(const std::filesystem::path& path) {
  inference::Architecture architecture = test::default_architecture();
  architecture.inputs = kFeatures + strategies::kOwnInputs;
  inference::Checkpoint c =
      test::policy_checkpoint(architecture, test::random_weights(architecture, 1));
  strategies::MarketSettings market;
  market.trial_bars = 2 * kStretch;
  market.rebuild_bars = kRebuild;
  c.kind = inference::kMarketPolicyKind;
  c.schema = must(inference::market_policy_schema(features::Kind::Trend, Interval::M1));
  c.normaliser = {std::vector<double>(kFeatures, 0.0), std::vector<double>(kFeatures, 1.0), 5.0};
  c.config += inference::setting_lines(market) +
              "inner_steps = 5\ninner_rate = 0.05\nfeatures = trend\ninterval = 1m\n";
  const std::vector<double> low(kFeatures, -100.0);
  const std::vector<double> high(kFeatures, 100.0);
  c.tensors.push_back(inference::Tensor::of("seen_min", {kFeatures}, std::span(low)));
  c.tensors.push_back(inference::Tensor::of("seen_max", {kFeatures}, std::span(high)));
  must(inference::save_checkpoint(path, c));
}

/// Processor seconds of the learner's thread of this process so far; nothing: there is none.
std::optional<double> learner_seconds() {
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", gone)) {
    std::ifstream in(task.path() / "stat");
    std::string line;
    std::getline(in, line);
    if (line.find("(learner)") == std::string::npos) continue;
    std::istringstream rest(line.substr(line.rfind(')') + 1));
    std::string word;
    double ticks = 0.0;
    for (int i = 1; i <= 13 && rest >> word; ++i)
      if (i >= 12) ticks += std::atof(word.c_str());
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  return std::nullopt;
}

/// This thread and those that it makes from now on.
bool share_core(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  return ::sched_setaffinity(0, sizeof set, &set) == 0;
}

struct DelayWindow {
  std::vector<double> late;  ///< milliseconds, of each firing
  double learned = 0.0;      ///< seconds of the learner
  double seconds = 0.0;
  std::int64_t bars = 0;
  std::int64_t cuts = 0;
};

class Delays {
 public:
  Delays(net::Loop& loop, std::vector<double>& late) : loop_(loop), late_(late) { arm(); }

 private:
  void arm() {
    constexpr Duration kPeriod = 1ms;
    timer_ = loop_.after(kPeriod, [this, due = net::Loop::steady_now() + kPeriod] {
      late_.push_back(
          std::chrono::duration<double, std::milli>(net::Loop::steady_now() - due).count());
      arm();
    });
  }
  net::Loop& loop_;
  std::vector<double>& late_;
  net::Timer timer_;
};

DelayWindow look(const Plan& plan, const SimProcess& sim, const std::string& adapt, Table& table) {
  const auto folder = plan.folder / ("learner-" + adapt);
  std::filesystem::create_directories(folder);
  Settings settings =
      sim.where() + Settings{"session.folder=" + (folder / "runs").string(),
                             "session.socket=" + (folder / "socket").string(),
                             "engine.instruments=" + made_up_instruments(kInstruments),
                             "engine.interval=1m",
                             "engine.capital=1000000",
                             "strategy.name=policy",
                             "policy.checkpoints=" + (plan.folder / "policy.safetensors").string(),
                             "policy.adapt=" + adapt,
                             "policy.adapt_weights=all",
                             "policy.adapt_every=1",
                             fmt::format("policy.adapt_bars={}", kStretch),
                             "policy.adapt_steps=1000",
                             fmt::format("feed.warm_up_bars={}", 1'441 + kRebuild + kStretch + 20)};
  DelayWindow window;
  net::Loop loop;
  const auto daemon = must(app::TradingDaemon::create(loop, must(app::load({}, settings))));
  daemon->start();
  const Duration late = net::Loop::steady_now() + 180s;
  while (figure(daemon->status_json(), "bars") < kInstruments && net::Loop::steady_now() < late)
    loop.run_for(200ms);
  const std::int64_t bars = figure(daemon->status_json(), "bars");
  table.require(bars >= kInstruments, "learner: no bar was decided on within three minutes");
  const double learned = learner_seconds().value_or(0.0);
  const Duration from = net::Loop::steady_now();
  {
    const Delays delays(loop, window.late);
    loop.run_for(plan.minutes * 30s);
  }
  window.seconds = std::chrono::duration<double>(net::Loop::steady_now() - from).count();
  window.learned = learner_seconds().value_or(0.0) - learned;
  window.bars = figure(daemon->status_json(), "bars") - bars;
  window.cuts = figure(daemon->status_json(), "cuts");
  table.require(daemon->stop("the window is over").has_value(),
                "learner: the daemon did not end well");
  // A stretch under way is finished first: it would go on beside the next daemon.
  const Duration patience = net::Loop::steady_now() + 120s;
  while (learner_seconds() && net::Loop::steady_now() < patience) std::this_thread::sleep_for(10ms);
  table.require(!learner_seconds(), "learner: its thread did not end");
  std::filesystem::remove_all(folder);
  return window;
}

void add(DelayWindow& all, DelayWindow one) {
  all.late.insert(all.late.end(), one.late.begin(), one.late.end());
  all.learned += one.learned;
  all.seconds += one.seconds;
  all.bars += one.bars;
  all.cuts += one.cuts;
}

std::string ms(double value) { return fmt::format("{:.3f} ms", value); }

}  // namespace

void measure_learner(const Plan& plan, Table& table) {
  spdlog::set_level(spdlog::level::err);
  write_policy(plan.folder / "policy.safetensors");
  const SimProcess sim(
      {"market.instruments=" + made_up_instruments(kInstruments), "sim.history_bars=3000"});
  const int cpu = plan.cpu == Plan::kQuietest ? quietest_core() : plan.cpu;
  const bool shared = cpu >= 0 && share_core(cpu);
  const MachineTime before = machine_time();
  DelayWindow off, both;
  add(off, look(plan, sim, "off", table));
  add(both, look(plan, sim, "both", table));
  add(both, look(plan, sim, "both", table));
  add(off, look(plan, sim, "off", table));
  const double quiet = percentile(off.late, 0.999);
  const double busy = percentile(both.late, 0.999);
  const double share = 100.0 * both.learned / both.seconds;
  table.rows.push_back(
      {"loop's delay, p99.9, adapt = off", ms(quiet), "", true,
       fmt::format("p50 {}, worst {}", ms(median(off.late)), ms(percentile(off.late, 1.0)))});
  table.rows.push_back({"loop's delay, p99.9, adapt = both, learner always busy", ms(busy), "",
                        true,
                        fmt::format("p50 {}, worst {}; learner {:.0f} % of a core",
                                    ms(median(both.late)), ms(percentile(both.late, 1.0)), share)});
  table.rows.push_back({"growth of the loop's delay, p99.9", ms(busy - quiet), ms(kDemand),
                        busy - quiet < kDemand, ""});
  table.facts.push_back(fmt::format(
      "learner: {} instruments at 1m in real time, {}; {:.0f} s without and {:.0f} s with it, {} "
      "and {} firings, {} and {} bars decided, {} stretches cut; {}",
      kInstruments,
      shared ? fmt::format("all threads on core {}", cpu) : std::string("no core was chosen"),
      off.seconds, both.seconds, off.late.size(), both.late.size(), off.bars, both.bars, both.cuts,
      told(before, machine_time())));
  table.require(share > 50.0, "learner: it was not busy, so nothing was measured");
}

}  // namespace proteus::bench
