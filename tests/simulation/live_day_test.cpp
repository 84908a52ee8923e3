// A day of venue time of a live daemon with every fault of the venue on at random, somebody else
// trading on the same account, settings changed behind its back and a person who acts up: after
// each event the contracts hold, every ten minutes the venue's books are ours to the unit, and what
// the process holds does not grow.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#include "tests/simulation/live_day.hpp"

namespace proteus::simulation {
namespace {

using namespace std::chrono_literals;

constexpr int kWholeDay = 1'440;

int live_minutes() {
  const char* const text = std::getenv("PROTEUS_SIMULATION_MINUTES");
  return text == nullptr ? kWholeDay : std::max(30, std::atoi(text));
}

std::vector<std::uint64_t> live_seeds() {
  const char* const text = std::getenv("PROTEUS_SIMULATION_SEEDS");
  std::istringstream in(text == nullptr ? "20251122 20251123 20251124" : text);
  std::vector<std::uint64_t> all;
  for (std::uint64_t seed = 0; in >> seed;) all.push_back(seed);
  return all;
}

struct DayFolder {
  explicit DayFolder(std::uint64_t seed)
      : path(std::filesystem::temp_directory_path() /
             fmt::format("proteus_live_day.{}.{}", static_cast<long>(::getpid()), seed)) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~DayFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

void tell(std::uint64_t seed, LiveDay& day, std::uint64_t stops_fired) {
  const Audit::Seen& s = day.world().audit()->seen();
  const live::GatewayCounters c = day.world().status().counters;
  const LiveDay::Done& d = day.done();
  fmt::print(
      "seed {}: {} events, {} orders ({} by REST), {} fills ({} late), {} fundings, {} in doubt, "
      "{} inquiries, {} executions fetched, {} repeated, {} adjustments of which {} mismatches, {} "
      "clean looks, {} compared to the unit, {} stops set, {} states, {} holds\n"
      "  faults: {}\n"
      "  behind its back: {} fills while the private stream was away, {} trades of others and {} "
      "meanwhile, {} "
      "orders of others, {} leverages, {} position modes, {} protective stops fired, {} taken "
      "away (a position without one for {:.1f} s at most), {} commands\n",
      seed, s.events, c.orders_sent, c.orders_by_rest, s.fills, s.late_fills, s.funding, s.unknown,
      c.inquiries, c.executions_fetched, c.repeated_executions, s.adjustments, c.mismatches,
      c.reconciliations, d.looks, c.stops_set, s.states, s.holds,
      day.world().exchange().describe_faults(), s.fills_away, d.trades, d.trades_away, d.orders,
      d.leverages, d.modes, stops_fired, d.stops_removed,
      std::chrono::duration<double>(d.longest_naked).count(), d.commands);
}

constexpr double kKiB = 1024.0;
constexpr double kMiB = 1024.0 * 1024.0;

/// What the process holds by the hour. The venue and its market live in it too and keep a record
/// of each order and execution, the auditor keeps names: about 1 MiB in the second half of the day.
/// 200 bytes an event that nobody frees would be 25 MiB.
void expect_flat(const LiveDay& day) {
  fmt::print("{:>6} {:>9} {:>14} {:>10} {:>12}\n", "hour", "events", "resident MiB", "heap MiB",
             "descriptors");
  for (const LiveDay::Hour& at : day.hours())
    fmt::print("{:>6} {:>9} {:>14.2f} {:>10.2f} {:>12}\n", at.hour, at.events,
               at.footprint.resident / kMiB, at.footprint.heap / kMiB, at.footprint.descriptors);
  if (day.hours().size() < 24) return;
  const LiveDay::Hour& noon = day.hours()[11];
  const LiveDay::Hour& night = day.hours()[23];
  EXPECT_LE(night.footprint.descriptors, noon.footprint.descriptors);
  if (!kMemoryIsMeasured) return;
  EXPECT_LT(night.footprint.heap - noon.footprint.heap, 4.0 * kMiB);
  EXPECT_LT(night.footprint.resident - noon.footprint.resident, 5.0 * kMiB);
}

class LiveFaultyDay : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, LiveFaultyDay, testing::ValuesIn(live_seeds()),
                         [](const auto& seed) { return fmt::format("Seed{}", seed.param); });

TEST_P(LiveFaultyDay, KeepsTheContractsAndTheVenuesBooks) {
  const DayFolder folder(GetParam());
  LiveDay day(GetParam(), folder.path);
  EXPECT_EQ(day.run(live_minutes()), "");
  if (!day.world().running()) return;
  const std::size_t stops_fired = day.world().history().stops_fired.size();
  tell(GetParam(), day, stops_fired);
  const Audit::Seen& s = day.world().audit()->seen();
  const live::GatewayCounters c = day.world().status().counters;
  const LiveDay::Done& d = day.done();
  EXPECT_EQ(c.mismatches, 0U) << "what the venue does has a line of its own, and no other";
  if (live_minutes() >= kWholeDay) {
    // A day on which little happened has shown little.
    const sim::FaultCounts& faults = day.world().exchange().fault_counts();
    for (std::size_t i = 0; i < faults.size(); ++i)
      EXPECT_GT(faults[i], 0U) << to_string(static_cast<sim::FaultKind>(i));
    for (const std::uint64_t happened :
         {d.trades, d.trades_away, d.orders, d.leverages, d.modes, d.stops_removed, d.commands})
      EXPECT_GT(happened, 0U);
    EXPECT_GT(stops_fired, 0U);
    EXPECT_GT(s.fills, 100U);
    EXPECT_GT(s.unknown, 5U);
    EXPECT_GT(s.adjustments, 1U);
    EXPECT_GT(c.executions_fetched, 0U);
  }
  EXPECT_TRUE(day.world().end());
  expect_flat(day);
}

/// Bytes of the heap that the daemon alone holds after so many minutes of the day, and executions
/// that it has booked.
std::pair<double, std::uint64_t> daemon_after(std::uint64_t seed, int minutes) {
  const DayFolder folder(seed);
  LiveDay day(seed, folder.path);
  EXPECT_EQ(day.run(minutes), "");
  const Audit::Seen& s = day.world().audit()->seen();
  const std::uint64_t booked = s.fills + s.adjustments;
  EXPECT_TRUE(day.world().end());
  return {day.world().daemon_bytes(), booked};
}

/// The daemon apart from the venue and the auditor: the same day ended at noon and at midnight.
TEST(LiveFaultyDays, LeaveTheDaemonsMemoryAsItWasAtNoon) {
  if (!kMemoryIsMeasured) GTEST_SKIP() << "a sanitizer's allocator keeps what is free";
  const std::uint64_t seed = live_seeds().front();
  const auto [noon, booked_by_noon] = daemon_after(seed, kWholeDay / 2);
  const auto [night, booked_by_night] = daemon_after(seed, kWholeDay);
  const std::uint64_t booked = booked_by_night - booked_by_noon;
  fmt::print(
      "seed {}: the daemon holds {:.1f} KiB at noon, {:.1f} KiB at midnight; {} executions booked "
      "between\n",
      seed, noon / kKiB, night / kKiB, booked);
  // Ids of executions are remembered, the last 8 192 of them; buffers reach their largest size by
  // and by. Three bytes an event that nobody frees would be 400 KiB.
  constexpr double kRemembered = 96.0;
  EXPECT_LT(night - noon, 256.0 * kKiB + kRemembered * static_cast<double>(booked));
}

TEST(Footprints, SeeWhatIsKeptAndForgetWhatIsFreed) {
  if (!kMemoryIsMeasured) GTEST_SKIP() << "a sanitizer's allocator keeps what is free";
  const Footprint before = footprint();
  std::vector<std::unique_ptr<std::array<char, 200>>> kept(50'000);
  for (auto& one : kept) one = std::make_unique<std::array<char, 200>>();
  const Footprint with = footprint();
  EXPECT_GE(with.heap - before.heap, 10e6);
  EXPECT_GE(with.resident - before.resident, 9e6);
  kept.clear();
  kept.shrink_to_fit();
  const Footprint after = footprint();
  EXPECT_NEAR(after.heap, before.heap, 4096.0);
  EXPECT_NEAR(after.resident, before.resident, 1e6);
  const std::ifstream open("/proc/self/statm");
  EXPECT_EQ(footprint().descriptors, before.descriptors + 1);
}

}  // namespace
}  // namespace proteus::simulation
