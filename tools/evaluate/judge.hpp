// An evaluation from its plan to its report: trainings, choices on validation, runs over the test
// blocks, and what they say.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/evaluate/findings.hpp"
#include "tools/evaluate/report.hpp"
#include "tools/evaluate/trainings.hpp"

namespace proteus::app::evaluate {

/// What an evaluation needs of the world.
struct Surroundings {
  std::string program;  ///< that trains
  Say say;
  std::function<bool()> stop;  ///< a person wants it to end
  std::function<Timestamp()> now;
};

/// What an evaluation needs before it can begin.
struct Needs {
  std::vector<std::string> missing;  ///< "KEY: FILE: WHY"; empty: all is there
  std::size_t trainings = 0;
  std::size_t trainings_left = 0;  ///< of them, those that are not done yet
};

/// The checkpoints that a candidate names for a fold (from 1).
std::vector<std::string> given_files(const CandidateSettings& candidate, std::size_t fold);

class Judge {
 public:
  Judge(Plan plan, Surroundings world) : plan_(std::move(plan)), world_(std::move(world)) {}

  /// Looks for files, folders, recipes and the program that trains. Reads no bar, writes nothing.
  [[nodiscard]] Needs needs();
  /// Errors: those of files, trainings, engine and registry; Refused, where a checkpoint has seen
  /// what would judge it; Stopped.
  Result<Report> run();

 private:
  /// Of one candidate: a file for each fold and seed.
  using Weights = std::vector<std::vector<std::string>>;

  Result<void> load_markets();
  Result<void> find_weights();
  Result<void> find_weights(std::size_t candidate, std::vector<Training>& trainings);
  [[nodiscard]] Training training_of(const Candidate& candidate, std::size_t fold,
                                     std::int64_t seed, const std::filesystem::path& root) const;
  [[nodiscard]] std::string untrainable(const Training& training) const;
  Result<void> check_weights();
  Result<void> choose_on_validation();
  Result<void> choose_in_fold(std::size_t fold);
  Result<void> run_tests();
  Result<void> run_seeds();
  Result<void> run_adaptation();
  Result<void> run_noise();
  Result<void> enter_runs();
  Result<void> count_trials();
  void find_overfitting();
  void fill_folds();

  /// One candidate over all test blocks, with the weights of `seed` alone, or of all.
  Result<void> cut_tests();
  [[nodiscard]] std::vector<std::string> choice_for(std::size_t i, std::size_t f) const;
  Result<evaluation::Track> run_blocks(std::size_t candidate, std::optional<std::size_t> seed,
                                       const std::vector<std::string>& more = {});
  Result<evaluation::Track> run_one(std::size_t candidate, std::size_t fold,
                                    std::optional<std::size_t> seed, MemoryMarket& market,
                                    Timestamp from, const std::vector<std::string>& more);
  Result<void> enter(const std::string& name, const std::string& config,
                     const std::string& scored_on, const evaluation::Track& track);
  [[nodiscard]] std::string given_content(const Candidate& candidate) const;
  [[nodiscard]] Result<std::string> config_hash(const Candidate& candidate,
                                                const Loaded& loaded) const;
  [[nodiscard]] Result<MemoryMarket> market_of(Timestamp from, Timestamp to);
  [[nodiscard]] std::string tests_text() const;

  Plan plan_;
  Surroundings world_;
  std::optional<sim::FileSource> source_;
  Interval interval_ = Interval::H1;              ///< of decisions
  std::vector<MemoryMarket> tests_;               ///< one a fold
  std::vector<Weights> weights_;                  ///< of each candidate; empty: it has none
  std::vector<std::vector<std::string>> chosen_;  ///< point of the grid of each fold
  std::vector<Validated> validated_;              ///< of each point, over all folds
  Report report_;
};

/// FNV-1a of 64 bits, 16 hexadecimal letters: tells texts apart, protects nothing.
std::string text_hash(std::string_view text);
/// "2024-01-31".
std::string day_text(Timestamp t);
/// "runs/evaluate-<name>-<hash>".
std::string folder_of(const Plan& plan);

}  // namespace proteus::app::evaluate
