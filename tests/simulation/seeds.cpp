// A seed from beginning to end, and what many of them add up to.
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/simulation/trial.hpp"

namespace proteus::simulation {
namespace {

/// One in four seeds is told without faults as well.
constexpr std::uint64_t kComparedSeeds = 4;

/// Thousands of sessions are synced here: in memory, where there is a place for that.
std::filesystem::path memory_or_disk() {
  const std::filesystem::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK | X_OK) == 0 ? memory
                                                    : std::filesystem::temp_directory_path();
}

class SeedFolder {
 public:
  explicit SeedFolder(std::uint64_t seed)
      : path(memory_or_disk() /
             fmt::format("proteus_seed.{}.{}", static_cast<long>(::getpid()), seed)) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  SeedFolder(const SeedFolder&) = delete;
  SeedFolder& operator=(const SeedFolder&) = delete;
  ~SeedFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

Verdict tried(const Scenario& scenario, Planted planted) {
  const SeedFolder folder(scenario.seed);
  Trial trial(scenario, folder.path, planted);
  return trial.run();
}

bool spoke(const Said& said) {
  return said.outcome != Outcome::WarmingUp && said.outcome != Outcome::Late &&
         said.outcome != Outcome::SetAside && said.outcome != Outcome::Stopping;
}

/// A strategy knows the bars alone: whatever befell the rest, to the same bars it says the same.
void compare(Verdict& faulty, const Verdict& clean) {
  for (const auto& [bar, said] : faulty.said) {
    const auto other = clean.said.find(bar);
    if (other == clean.said.end() || !spoke(said) || !spoke(other->second)) continue;
    if (bar.second >= faulty.gaps.at(bar.first)) continue;
    ++faulty.tally.bars_compared;
    if (said.has_target == other->second.has_target && said.weight == other->second.weight)
      continue;
    faulty.complaint = fmt::format(
        "to the bar of {} of instrument {} the strategy says {} with faults and {} without",
        format_time(bar.second), bar.first, said.weight, other->second.weight);
    return;
  }
}

void add_up(SimulatedDisk::Done& sum, const SimulatedDisk::Done& one) {
  sum.writes += one.writes;
  sum.refused += one.refused;
  sum.halved += one.halved;
  sum.torn += one.torn;
  sum.lost += one.lost;
}

void add_up(Audit::Seen& sum, const Audit::Seen& one) {
  using S = Audit::Seen;
  for (auto member : {&S::events, &S::bars, &S::decisions, &S::intents, &S::increases,
                      &S::reductions, &S::fills, &S::funding, &S::gaps, &S::holds, &S::states,
                      &S::refusals, &S::unlogged, &S::books_compared})
    sum.*member += one.*member;
  for (std::size_t i = 0; i < sum.outcomes.size(); ++i) sum.outcomes[i] += one.outcomes[i];
}

/// Thousands of lives would say when they began and ended.
class Quiet {
 public:
  Quiet() : before_(spdlog::get_level()) {
    if (std::getenv("PROTEUS_SIMULATION_ALOUD") == nullptr) spdlog::set_level(spdlog::level::off);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() { spdlog::set_level(before_); }

 private:
  spdlog::level::level_enum before_;
};

}  // namespace

void Tally::add(const Tally& other) {
  seeds += other.seeds;
  for (std::size_t i = 0; i < faults.size(); ++i) faults[i] += other.faults[i];
  add_up(disk, other.disk);
  add_up(seen, other.seen);
  full_disks += other.full_disks;
  clock_jumps += other.clock_jumps;
  commands += other.commands;
  deaths += other.deaths;
  resumes += other.resumes;
  rotations += other.rotations;
  records_told_again += other.records_told_again;
  bars_compared += other.bars_compared;
}

Verdict try_seed(std::uint64_t seed, Planted planted) {
  const Quiet quiet;
  const Scenario scenario = draw_scenario(seed);
  Verdict verdict = tried(scenario, planted);
  if (!verdict.complaint.empty() || planted != Planted::Nothing || seed % kComparedSeeds != 0)
    return verdict;
  const Verdict clean = tried(without_faults(scenario), planted);
  if (!clean.complaint.empty())
    verdict.complaint = "without faults: " + clean.complaint;
  else
    compare(verdict, clean);
  return verdict;
}

}  // namespace proteus::simulation
