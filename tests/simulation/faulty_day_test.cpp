// A day of venue time with every fault of the simulated exchange on at random, and with a person, a
// clock and a disk that act up: after each event the contracts of the engine hold. Three seeds
// here; PROTEUS_SIMULATION_SEEDS="7 8 9" and PROTEUS_SIMULATION_MINUTES set others, for long soaks.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "tests/simulation/day.hpp"

namespace proteus::simulation {
namespace {

int minutes() {
  const char* const text = std::getenv("PROTEUS_SIMULATION_MINUTES");
  return text == nullptr ? 1'440 : std::max(30, std::atoi(text));
}

std::vector<std::uint64_t> seeds() {
  const char* const text = std::getenv("PROTEUS_SIMULATION_SEEDS");
  std::istringstream in(text == nullptr ? "20250602 20250603 20250604" : text);
  std::vector<std::uint64_t> all;
  for (std::uint64_t seed = 0; in >> seed;) all.push_back(seed);
  return all;
}

/// A folder that goes away with what is in it.
struct Folder {
  explicit Folder(std::uint64_t seed)
      : path(std::filesystem::temp_directory_path() /
             fmt::format("proteus_day.{}.{}", static_cast<long>(::getpid()), seed)) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

void tell(std::uint64_t seed, const Day& day) {
  const Audit::Seen& s = day.audit().seen();
  fmt::print(
      "seed {}: {} events, {} bars, {} decisions, {} intents ({} increases, {} reductions), {} "
      "fills, {} fundings, {} gaps told, {} late, {} holds, {} states, {} refusals, {} unlogged, "
      "{} "
      "full disks, books compared {} times\n  faults: {}\n",
      seed, s.events, s.bars, s.decisions, s.intents, s.increases, s.reductions, s.fills, s.funding,
      s.gaps, s.outcomes[static_cast<std::size_t>(Outcome::Late)], s.holds, s.states, s.refusals,
      s.unlogged, s.full_disks, s.books_compared, day.exchange().describe_faults());
}

class FaultyDay : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, FaultyDay, testing::ValuesIn(seeds()),
                         [](const auto& seed) { return fmt::format("Seed{}", seed.param); });

TEST_P(FaultyDay, KeepsTheContractsAfterEveryEvent) {
  const Folder folder(GetParam());
  Day day(GetParam(), folder.path);
  ASSERT_EQ(day.failure(), "");
  day.run(minutes());
  tell(GetParam(), day);
  EXPECT_EQ(day.audit().complaint(), "");

  // No bar is lost: all that closed until the last quarter of an hour (the longest ban of the REST
  // interface is ten minutes) was decided or told as a hole.
  for (const Instrument& instrument : day.instruments())
    EXPECT_GT(day.audit().last_close(instrument.id),
              day.exchange().now() - std::chrono::minutes{15})
        << instrument.name();
  if (minutes() < 1'440) return;
  // A day on which little happened has shown little.
  const sim::FaultCounts& faults = day.exchange().fault_counts();
  // The daemon has no account there: what befalls accounts cannot befall it.
  constexpr auto kPublic = static_cast<std::size_t>(sim::FaultKind::Order10016);
  for (std::size_t i = 0; i < kPublic; ++i)
    EXPECT_GT(faults[i], 0U) << to_string(static_cast<sim::FaultKind>(i));
  const Audit::Seen& seen = day.audit().seen();
  EXPECT_GT(seen.bars, 3 * 1'400U);
  EXPECT_GT(seen.increases, 20U);
  EXPECT_GT(seen.reductions, 20U);
  EXPECT_GT(seen.fills, 40U);
  EXPECT_GT(seen.holds, 50U);
  EXPECT_GT(seen.states, 2U);
  EXPECT_GT(seen.full_disks, 1U);
  EXPECT_GT(seen.outcomes[static_cast<std::size_t>(Outcome::Late)], 0U);
}

TEST(FaultyDays, OfOneSeedEndWithTheSameBooks) {
  const auto hash = [](int run) {
    const Folder folder(static_cast<std::uint64_t>(run));
    Day day(seeds().front(), folder.path);
    day.run(120);
    return std::pair{day.engine().ledger_hash(), day.engine().sequence()};
  };
  const auto first = hash(1);
  EXPECT_EQ(first, hash(2));
  EXPECT_GT(first.second, 1'000U);
}

}  // namespace
}  // namespace proteus::simulation
