// A whole daemon against a simulated exchange, each a process of its own: many instruments in real
// time, many disconnects, and the start.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <thread>

#include "connectors/net/http_client.hpp"
#include "tests/bench/daemon/parts.hpp"
#include "tests/bench/daemon/process.hpp"
#include "tests/session_query.hpp"

namespace proteus::bench {
namespace {

using namespace std::chrono_literals;
using test::query;

constexpr double kProcessorDemand = 5.0;  // % of one core
constexpr double kMemoryDemand = 300.0;   // MiB
constexpr double kColdDemand = 5.0;       // s
constexpr int kColdInstruments = 50;
constexpr double kColdPolicyDemand = 2.0;  // s
/// What is measured here is the daemon: a plain rule trades, on bars of a minute.
const Settings kRule = {"strategy.name=sma_cross"};

double seconds_now() { return std::chrono::duration<double>(net::Loop::steady_now()).count(); }

std::filesystem::path fresh(const std::filesystem::path& folder, const std::string& name) {
  const auto path = folder / name;
  std::filesystem::create_directories(path);
  return path;
}

struct UsageWindow {
  Usage usage;
  double at = 0.0;
  std::int64_t frames = 0;
  std::int64_t bars = 0;
};
UsageWindow look(const PaperProcess& paper) {
  const std::string status = paper.status();
  return {usage_of(paper.pid()), seconds_now(), figure(status, "frames"), figure(status, "bars")};
}

}  // namespace

void measure_many(const Plan& plan, Table& table) {
  const std::string instruments = made_up_instruments(plan.instruments);
  const SimProcess sim({"market.instruments=" + instruments, "sim.history_bars=250",
                        fmt::format("sim.push_interval={:.0f}ms", 1e3 * plan.push_seconds)});
  PaperProcess paper(fresh(plan.folder, "many"),
                     sim.where() + kRule +
                         Settings{"engine.instruments=" + instruments, "engine.capital=10000000"});
  table.require(paper.reaches("bars", plan.instruments, 240.0, 1000),
                "many: the first bars did not come: " + paper.said());
  const MachineTime before = machine_time();
  const UsageWindow from = look(paper);
  std::this_thread::sleep_for(std::chrono::minutes{plan.minutes});
  const UsageWindow to = look(paper);
  const std::string status = paper.status();
  const double wall = to.at - from.at;
  const double share = 100.0 * (to.usage.cpu_seconds - from.usage.cpu_seconds) / wall;
  const std::string name = fmt::format("{} instruments at 1m in real time", plan.instruments);
  const double frames = static_cast<double>(to.frames - from.frames) / wall;
  table.rows.push_back(
      {name + ", processor of one core", fmt::format("{:.2f} %", share),
       fmt::format("{:.0f} %", kProcessorDemand), share < kProcessorDemand,
       fmt::format("{:.0f} frames/s, {:.1f} us a frame", frames, share / 100.0 * 1e6 / frames)});
  table.rows.push_back(
      {name + ", memory at most", fmt::format("{:.0f} MiB", to.usage.resident_peak_mib),
       fmt::format("{:.0f} MiB", kMemoryDemand), to.usage.resident_peak_mib < kMemoryDemand,
       fmt::format("{:.0f} MiB resident", to.usage.resident_mib)});
  table.facts.push_back(fmt::format(
      "many: {:.0f} s, {} bars decided, {} late, {} orders, {} streams, pushes every {} s; {}",
      wall, to.bars - from.bars, figure(status, "late_bars"), figure(status, "orders"),
      figure(status, "streams"), plan.push_seconds, told(before, machine_time())));
  table.require(
      to.bars - from.bars >= static_cast<std::int64_t>(plan.instruments) * (plan.minutes - 1),
      "many: fewer bars than minutes");
  table.require(paper.stop(), "many: the daemon did not end well");
  std::filesystem::remove_all(plan.folder / "many");
}

void measure_cold(const Plan& plan, Table& table) {
  // A bar a second: a start has to meet one, and at speed 1 it would wait for it most of a minute.
  const std::string instruments = made_up_instruments(kColdInstruments);
  const SimProcess sim(
      {"market.instruments=" + instruments, "sim.history_bars=400", "sim.speed=60"});
  std::vector<double> first;
  std::vector<double> all;
  for (int i = 0; i < plan.starts; ++i) {
    const auto folder = fresh(plan.folder, fmt::format("cold{}", i));
    const double from = seconds_now();
    PaperProcess paper(folder, sim.where() + kRule +
                                   Settings{"engine.instruments=" + instruments,
                                            "engine.capital=1000000", "feed.speed=60"});
    const bool began = paper.reaches("bars", 1, 60.0, 5);
    first.push_back(seconds_now() - from);
    table.require(began && paper.reaches("bars", kColdInstruments, 60.0, 5),
                  "cold: the daemon did not decide: " + paper.said());
    all.push_back(seconds_now() - from);
    table.require(paper.stop(), "cold: the daemon did not end well");
    const std::string warm = query(
        paper.session(),
        "SELECT outcome || ', target weight ' || ifnull(weight, 'none') || ', after ' || "
        "(SELECT count(*) FROM bars WHERE source = 'warmup') || ' bars of backfill' FROM decisions "
        "WHERE record > (SELECT max(record) FROM bars WHERE source = 'warmup') ORDER BY record "
        "LIMIT 1");
    const bool valid = warm.find("none") == std::string::npos;
    table.require(valid, "cold: the first decision had no target: " + warm);
    if (i == 0) table.facts.push_back("cold: the first decision of the first start: " + warm);
    std::filesystem::remove_all(folder);
  }
  const double value = median(first);
  table.rows.push_back(
      {fmt::format("cold start to the first decision, {} instruments", kColdInstruments),
       fmt::format("{:.2f} s", value), fmt::format("{:.0f} s", kColdDemand),
       percentile(first, 1.0) < kColdDemand,
       fmt::format("median of {}, worst {:.2f} s; all {} decided: median {:.2f} s", plan.starts,
                   percentile(first, 1.0), kColdInstruments, median(all))});
}

/// Nobody names a strategy: the shipped policy trades, on bars of an hour with 1609 of warm-up
/// each.
void measure_cold_policy(const Plan& plan, Table& table) {
  // Paced, so that the first bar comes when the daemon is ready for it. The exchange makes its past
  // when it is first asked: that start is not counted.
  const SimProcess sim({"sim.paced=true", "sim.settle=1ms", "sim.push_interval=600s"});
  std::vector<double> first;
  for (int i = -1; i < plan.starts; ++i) {
    const auto folder = fresh(plan.folder, fmt::format("policy{}", i));
    const double from = seconds_now();
    PaperProcess paper(folder, sim.where() + Settings{"feed.clock=frames", "feed.repair=pause"});
    table.require(paper.reaches("bars", 1, 60.0, 5),
                  "cold: the daemon with the policy did not decide: " + paper.said());
    if (i >= 0) first.push_back(seconds_now() - from);
    table.require(paper.stop(), "cold: the daemon with the policy did not end well");
    const std::string warm = query(
        paper.session(),
        "SELECT outcome || ': ' || reason || ', target weight ' || ifnull(round(weight, 3), "
        "'none') || "
        "', after ' || (SELECT count(*) FROM bars WHERE source = 'warmup') || ' bars of backfill' "
        "FROM decisions WHERE outcome <> 'warming_up' ORDER BY record LIMIT 1");
    table.require(
        !warm.empty() && warm.find("none") == std::string::npos && !warm.starts_with("late"),
        "cold: the policy's first decision had no target: " + warm);
    if (i == 0) table.facts.push_back("cold: the policy's first decision: " + warm);
    std::filesystem::remove_all(folder);
  }
  const double value = median(first);
  table.rows.push_back(
      {"cold start to the first decision of the shipped policy, 3 instruments",
       fmt::format("{:.2f} s", value), fmt::format("{:.0f} s", kColdPolicyDemand),
       percentile(first, 1.0) < kColdPolicyDemand,
       fmt::format("median of {}, worst {:.2f} s", plan.starts, percentile(first, 1.0))});
}

void measure_drops(const Plan& plan, Table& table) {
  constexpr double kSpeed = 30.0;  // a bar every two seconds
  const std::string instruments = made_up_instruments(3);
  const SimProcess sim({"market.instruments=" + instruments, "sim.history_bars=300",
                        fmt::format("sim.speed={}", kSpeed)});
  PaperProcess paper(
      fresh(plan.folder, "drops"),
      sim.where() + kRule +
          Settings{"engine.instruments=" + instruments, fmt::format("feed.speed={}", kSpeed),
                   "feed.backoff_min=10ms", "feed.backoff_max=50ms"});
  table.require(paper.reaches("bars", 3, 60.0), "drops: no bar came: " + paper.said());
  net::Loop loop;
  net::HttpClient http(loop, net::parse_endpoint("http://" + sim.address()).value(), {});
  const auto drop = [&] {
    bool done = false;
    net::HttpRequest request("POST", "/sim/fault?kind=drop");
    http.request(std::move(request), 5s, [&](const Result<net::HttpResponse>& answer) {
      done = answer.has_value() && answer.value().status == 200;
      loop.stop();
    });
    loop.run_for(10s);
    return done;
  };
  Usage early;
  const int settled = plan.disconnects / 10;
  for (int i = 0; i < plan.disconnects; ++i) {
    table.require(drop(), "drops: the exchange did not take the order");
    // Live again before the next, so that each cuts a connection.
    const double until = seconds_now() + 10.0;
    while (seconds_now() < until && figure(paper.status(), "reconnects") <= i) loop.run_for(10ms);
    while (seconds_now() < until && paper.status().find("\"feed_live\":true") == std::string::npos)
      loop.run_for(10ms);
    if (i + 1 == settled) early = usage_of(paper.pid());
  }
  const std::int64_t losses = figure(paper.status(), "reconnects");
  table.require(paper.reaches("bars", figure(paper.status(), "bars") + 6, 30.0),
                "drops: no bar came after the last disconnect");
  const Usage late = usage_of(paper.pid());
  table.require(paper.stop(), "drops: the daemon did not end well");
  const std::string holes = query(
      paper.session(),
      "SELECT count(*) FROM (SELECT count(*) AS c, (max(open_time_ns) - min(open_time_ns)) / "
      "60000000000 + 1 AS e, count(DISTINCT open_time_ns) AS d FROM bars GROUP BY instrument_id "
      "HAVING c != e OR d != e)");
  const std::string bars = query(paper.session(), "SELECT count(*) FROM bars");
  const std::string undecided =
      query(paper.session(),
            "SELECT count(*) FROM bars b WHERE NOT EXISTS (SELECT 1 FROM decisions d WHERE "
            "d.instrument_id = b.instrument_id AND d.bar_open_ns = b.open_time_ns)");
  const std::string name = fmt::format("{} forced disconnects", plan.disconnects);
  const double grown = late.resident_mib - early.resident_mib;
  table.rows.push_back({name + ", bars lost or doubled",
                        holes == "0" && undecided == "0" ? "0" : holes + " series", "0",
                        holes == "0" && undecided == "0",
                        fmt::format("{} bars, {} of them without a decision", bars, undecided)});
  table.rows.push_back({name + ", memory grown since the first tenth",
                        fmt::format("{:.1f} MiB", grown), "flat (2 MiB)", grown < 2.0,
                        fmt::format("{:.1f} MiB then, {:.1f} MiB at the end", early.resident_mib,
                                    late.resident_mib)});
  table.rows.push_back(
      {name + ", descriptors grown since the first tenth",
       fmt::format("{}", late.descriptors - early.descriptors), "0",
       late.descriptors <= early.descriptors,
       fmt::format("{} then, {} at the end", early.descriptors, late.descriptors)});
  table.require(losses >= plan.disconnects,
                fmt::format("drops: the daemon counted only {} losses", losses));
  std::filesystem::remove_all(plan.folder / "drops");
}

}  // namespace proteus::bench
