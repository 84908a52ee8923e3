// Where the weights of an evaluation come from: trained for it, or there already; and that none of
// them has seen what judges it.
#include <fmt/format.h>

#include <algorithm>

#include "config/bounds.hpp"
#include "strategies/forecast/forecast_strategy.hpp"
#include "strategies/policy/policy_strategy.hpp"
#include "tools/evaluate/judge.hpp"
#include "tools/evaluate/trained_until.hpp"

namespace proteus::app::evaluate {
namespace {

namespace fs = std::filesystem;

std::string replaced(std::string text, std::string_view what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

}  // namespace

std::vector<std::string> given_files(const CandidateSettings& s, std::size_t fold) {
  std::vector<std::string> files;
  for (const std::string& pattern : s.checkpoints) {
    const std::string of_fold = replaced(pattern, "{fold}", std::to_string(fold));
    const bool seeded = of_fold.find("{seed}") != std::string::npos;
    for (std::int64_t seed = 1; seed <= (seeded ? s.seeds : 1); ++seed)
      files.push_back(replaced(of_fold, "{seed}", std::to_string(seed)));
  }
  return files;
}

Result<void> Judge::find_weights() {
  weights_.resize(plan_.candidates.size());
  std::vector<Training> trainings;
  for (std::size_t i = 0; i < plan_.candidates.size(); ++i) {
    BOOST_OUTCOME_TRY(find_weights(i, trainings));
  }
  return run_trainings(trainings, static_cast<std::size_t>(plan_.train.jobs), world_.program,
                       world_.say, world_.stop);
}

Training Judge::training_of(const Candidate& candidate, std::size_t f, std::int64_t seed,
                            const fs::path& root) const {
  const FoldTimes& fold = plan_.folds[f];
  Training training{fmt::format("{}, fold {}, seed {}", candidate.name, f + 1, seed),
                    candidate.settings.train,
                    candidate.settings.train_set,
                    {}};
  const auto say = [&](const char* key, const std::string& value) {
    training.overrides.push_back(fmt::format("{}={}", key, value));
  };
  if (fold.train_from != Timestamp{}) say("data.from", format_time(fold.train_from));
  say("data.to", format_time(fold.train_to));
  say("data.validation_from", format_time(fold.validation_from));
  say("data.validation_to", format_time(fold.validation_to));
  say("data.embargo", "0s");  // The periods leave it out already.
  say("train.seed", std::to_string(seed));
  training.folder =
      root /
      fmt::format("{}-to-{}-{}-seed-{}", day_text(fold.train_to), day_text(fold.validation_to),
                  text_hash(fmt::format("{}", fmt::join(training.overrides, "\n"))).substr(0, 6),
                  seed);
  return training;
}

/// Where each fold's weights lie, or will once they are trained. A folder of trainings is named
/// after all that decides what comes out, so that another evaluation finds them again.
Result<void> Judge::find_weights(std::size_t i, std::vector<Training>& trainings) {
  const Candidate& candidate = plan_.candidates[i];
  const CandidateSettings& s = candidate.settings;
  if (!candidate.learned()) return success();
  std::string text;
  if (!s.train.empty()) {
    BOOST_OUTCOME_TRY(text, config::read_file(s.train));
  }
  const std::string hash = text_hash(fmt::format("{}\n{}", text, fmt::join(s.train_set, "\n")));
  const fs::path root =
      fs::path(plan_.train.folder.empty() ? plan_.evaluate.folder : plan_.train.folder) /
      fmt::format("recipe-{}-{}", fs::path(s.train).stem().string(), hash.substr(0, 8));
  for (std::size_t f = 0; f < plan_.folds.size(); ++f) {
    std::vector<std::string> files = given_files(s, f + 1);
    for (std::int64_t seed = 1; !s.train.empty() && seed <= s.seeds; ++seed) {
      Training training = training_of(candidate, f, seed, root);
      files.push_back((training.folder / s.weights).string());
      const bool known = std::ranges::any_of(
          trainings, [&](const Training& other) { return other.folder == training.folder; });
      if (!known) trainings.push_back(std::move(training));
    }
    weights_[i].push_back(std::move(files));
  }
  return success();
}

/// None of them has seen what judges it.
Result<void> Judge::check_weights() {
  for (std::size_t i = 0; i < weights_.size(); ++i)
    for (std::size_t f = 0; f < weights_[i].size(); ++f)
      for (std::size_t seed = 0; seed < weights_[i][f].size(); ++seed) {
        const std::string& file = weights_[i][f][seed];
        BOOST_OUTCOME_TRY(check_unseen(file, plan_.folds[f].test_from));
        BOOST_OUTCOME_TRY(const auto checkpoint, inference::load_checkpoint(file));
        BOOST_OUTCOME_TRY(const Seen seen, seen_by(checkpoint, file));
        BOOST_OUTCOME_TRY(
            const auto loaded,
            trading_settings(plan_, plan_.candidates[i],
                             {fmt::format("{}={}", plan_.candidates[i].weights_key(), file)}));
        for (const strategies::PolicyModel& model : loaded.policies) {
          BOOST_OUTCOME_TRY(const std::size_t wanted, strategies::policy_warm_up(model.spec));
          plan_.evaluate.warm_up_bars =
              std::max(plan_.evaluate.warm_up_bars, static_cast<std::int64_t>(wanted));
        }
        for (const strategies::ForecastModel& model : loaded.forecasters) {
          BOOST_OUTCOME_TRY(const std::size_t wanted,
                            strategies::forecast_warm_up(loaded.settings.forecast, model.spec));
          plan_.evaluate.warm_up_bars =
              std::max(plan_.evaluate.warm_up_bars, static_cast<std::int64_t>(wanted));
        }
        if (i == 0) report_.features = checkpoint.schema.substr(0, checkpoint.schema.find('\n'));
        report_.checkpoints.push_back({plan_.candidates[i].name, f + 1,
                                       static_cast<std::int64_t>(seed + 1), file,
                                       checkpoint.content_hash, seen.real, seen.until});
      }
  return success();
}

/// The content of a candidate's weights, where they were given: a file of another content is
/// another configuration, the same content under another name is not.
std::string Judge::given_content(const Candidate& candidate) const {
  std::string content;
  for (const Trained& one : report_.checkpoints)
    if (one.candidate == candidate.name) content += fmt::format("{} {}\n", one.fold, one.hash);
  return content;
}

/// Of all that decides what a candidate does: its trading settings, and what its weights follow
/// from.
Result<std::string> Judge::config_hash(const Candidate& candidate, const Loaded& loaded) const {
  const CandidateSettings& s = candidate.settings;
  std::string text = given_content(candidate);
  std::string periods;  // Of training; which blocks judge is told beside each score.
  if (!s.train.empty()) {
    const FoldSettings& folds = plan_.fold_settings;
    BOOST_OUTCOME_TRY(text, config::read_file(s.train));
    periods = fmt::format("\n{} {} {}", folds.train_from, folds.validation.count(),
                          folds.embargo.count());
  }
  return text_hash(fmt::format("{}\n{}\n{}\n{}\n{}{}", loaded.resolved, text,
                               fmt::join(s.train_set, "\n"), s.weights, s.seeds, periods));
}

}  // namespace proteus::app::evaluate
