// Many short sessions, each drawn from its seed: strategy, market, fills, faults, deaths. 200 seeds
// here; PROTEUS_SEEDS=10000 sets how many, PROTEUS_FIRST_SEED where they begin, and PROTEUS_SEED=N
// runs one alone. A seed that fails says how to see it again.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "tests/simulation/trial.hpp"

namespace proteus::simulation {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string to_see_again(std::uint64_t seed) {
  return fmt::format(
      "seed {}\n  again: PROTEUS_SEED={} build/release/tests/simulation/test_simulation "
      "--gtest_filter='Seeds.KeepTheContracts'\n  {}",
      seed, seed, draw_scenario(seed).describe());
}

void print_tally(const Tally& t, double seconds) {
  const Audit::Seen& s = t.seen;
  const auto outcome = [&](Outcome o) { return s.outcomes[static_cast<std::size_t>(o)]; };
  const auto row = [](std::string_view what, std::uint64_t count) {
    if (count > 0) fmt::print("  {:<34} {:>12}\n", what, count);
  };
  fmt::print("{} seeds in {:.1f} s, {:.1f} seeds/s\n", t.seeds, seconds,
             static_cast<double>(t.seeds) / seconds);
  for (std::size_t i = 0; i < t.faults.size(); ++i)
    row(fmt::format("venue: {}", to_string(static_cast<sim::FaultKind>(i))), t.faults[i]);
  row("venue: clock jumps", t.clock_jumps);
  row("disk: full for a while", t.full_disks);
  row("disk: writes refused", t.disk.refused);
  row("disk: writes cut in half", t.disk.halved);
  row("process: deaths at a write", t.deaths);
  row("process: of them inside it (torn)", t.disk.torn);
  row("process: resumes", t.resumes);
  row("log: writes", t.disk.writes);
  row("log: rotations of the last life", t.rotations);
  row("person: commands", t.commands);
  row("events", s.events);
  row("bars", s.bars);
  row("decisions", s.decisions);
  row("  late", outcome(Outcome::Late));
  row("  refused", outcome(Outcome::Refused));
  row("orders", s.intents);
  row("  of them refused for a full disk", s.unlogged);
  row("fills", s.fills);
  row("fundings", s.funding);
  row("gaps", s.gaps);
  row("holds", s.holds);
  row("books compared", s.books_compared);
  row("records told again", t.records_told_again);
  row("bars compared with no faults", t.bars_compared);
}

TEST(Seeds, KeepTheContracts) {
  const std::uint64_t only = number_from("PROTEUS_SEED", 0);
  const std::uint64_t first = only != 0 ? only : number_from("PROTEUS_FIRST_SEED", 1);
  const std::uint64_t count = only != 0 ? 1 : number_from("PROTEUS_SEEDS", 200);
  const auto began = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  Tally all;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Verdict verdict = try_seed(seed);
    EXPECT_EQ(verdict.complaint, "") << to_see_again(seed);
    all.add(verdict.tally);
    if (only != 0)
      fmt::print("seed {}: all records {:016x}, books {:016x}\n", seed, verdict.digest,
                 verdict.ledger_hash);
    if (all.seeds % 500 == 0) fmt::print("  {} seeds, {:.0f} s\n", all.seeds, seconds());
  }
  print_tally(all, seconds());
  if (count < 200) return;
  // What happened too rarely was not shown.
  for (const auto kind : {sim::FaultKind::Drop, sim::FaultKind::Mute, sim::FaultKind::Delay,
                          sim::FaultKind::Duplicate, sim::FaultKind::Reorder,
                          sim::FaultKind::OmitConfirm, sim::FaultKind::HttpDelay})
    EXPECT_GT(all.faults[static_cast<std::size_t>(kind)], 20U) << to_string(kind);
  EXPECT_GT(all.deaths, 40U);
  EXPECT_GT(all.disk.torn, 10U);
  EXPECT_GT(all.full_disks, 40U);
  EXPECT_GT(all.disk.halved, 40U);
  EXPECT_GT(all.clock_jumps, 40U);
  EXPECT_GT(all.seen.fills, 500U);
  EXPECT_GT(all.seen.funding, 5U);
  EXPECT_GT(all.seen.unlogged, 0U);
  EXPECT_GT(all.bars_compared, 500U);
}

TEST(Seeds, OfOneSeedAreTheSameEachTime) {
  std::uint64_t events = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Verdict first = try_seed(seed);
    const Verdict second = try_seed(seed);
    EXPECT_EQ(first.digest, second.digest) << "seed " << seed;
    EXPECT_EQ(first.ledger_hash, second.ledger_hash) << "seed " << seed;
    events += first.tally.seen.events;
  }
  EXPECT_GT(events, 2'000U);
}

class PlantedBug : public testing::TestWithParam<Planted> {};
std::string camel_name(const testing::TestParamInfo<Planted>& planted) {
  constexpr std::array kNames = {"Nothing", "DroppedFill", "DoubledOrder", "LookAhead"};
  return kNames[static_cast<std::size_t>(planted.param)];
}
INSTANTIATE_TEST_SUITE_P(Seeds, PlantedBug,
                         testing::Values(Planted::DroppedFill, Planted::DoubledOrder,
                                         Planted::LookAhead),
                         camel_name);

TEST_P(PlantedBug, IsFoundByAnInvariantAndASeed) {
  constexpr std::uint64_t kTried = 20;
  std::uint64_t found = 0;
  for (std::uint64_t seed = 1; seed <= kTried; ++seed) {
    const Verdict verdict = try_seed(seed, GetParam());
    if (verdict.complaint.empty()) continue;
    if (found++ == 0) {
      fmt::print("{} is found by seed {}: {}\n", to_string(GetParam()), seed, verdict.complaint);
      EXPECT_EQ(try_seed(seed, GetParam()).complaint, verdict.complaint);
      EXPECT_EQ(try_seed(seed).complaint, "") << "without it";
    }
  }
  fmt::print("{} of {} seeds find it\n", found, kTried);
  EXPECT_GT(found, 0U);
}

}  // namespace
}  // namespace proteus::simulation
