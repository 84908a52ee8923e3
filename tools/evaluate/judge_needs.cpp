// What an evaluation needs of the disk and of other programs, looked for before hours of work.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tools/app/verify/learner.hpp"
#include "tools/evaluate/judge.hpp"
#include "tools/train/configuration.hpp"

namespace proteus::app::evaluate {
namespace {

namespace fs = std::filesystem;

/// Why a file cannot be read; empty: it can.
std::string unreadable(const fs::path& file) {
  std::error_code failed;
  if (fs::is_directory(file, failed)) return "is a folder, and a file is wanted";
  return ::access(file.c_str(), R_OK) == 0 ? "" : std::strerror(errno);
}

/// Why nothing can be made in a folder that may not be there yet; empty: it can.
std::string unwritable(const fs::path& folder) {
  std::error_code ignored;
  fs::path there = fs::absolute(folder, ignored);
  while (!fs::exists(there, ignored) && there.has_relative_path()) there = there.parent_path();
  if (!fs::is_directory(there, ignored)) return fmt::format("{} is no folder", there.string());
  return ::access(there.c_str(), W_OK | X_OK) == 0
             ? ""
             : fmt::format("{}: {}", there.string(), std::strerror(errno));
}

/// What a training would not find of its data; empty: files and folders are there.
std::string missing_data(const Training& training) {
  auto reader = config::Reader::open(training.config, training.overrides);
  if (reader.has_error()) return reader.error().context;
  train::DataSettings data;
  reader.value().section("data", data);
  for (const std::string& file : data.files)
    if (const std::string why = unreadable(file); !why.empty())
      return fmt::format("data.files: {}: {}", file, why);
  std::error_code failed;
  for (const auto& [key, folder] :
       {std::pair{"data.folder", data.folder}, {"data.funding_folder", data.funding_folder}})
    if (!folder.empty() && !fs::is_directory(folder, failed))
      return fmt::format("{}: {}: no such folder", key, folder);
  return {};
}

}  // namespace

Needs Judge::needs() {
  Needs needs;
  const auto say = [&](std::string_view key, const std::string& what, const std::string& why) {
    if (!why.empty()) needs.missing.push_back(fmt::format("{}: {}: {}", key, what, why));
  };
  for (const std::string& file : plan_.data.files) say("data.files", file, unreadable(file));
  if (const std::string& folder = plan_.data.funding_folder; !folder.empty()) {
    std::error_code failed;
    say("data.funding_folder", folder, fs::is_directory(folder, failed) ? "" : "no such folder");
  }
  say("evaluate.folder", plan_.evaluate.folder, unwritable(plan_.evaluate.folder));
  if (!plan_.train.folder.empty())
    say("train.folder", plan_.train.folder, unwritable(plan_.train.folder));

  std::vector<Training> trainings;
  weights_.assign(plan_.candidates.size(), {});
  for (std::size_t i = 0; i < plan_.candidates.size(); ++i) {
    const Candidate& candidate = plan_.candidates[i];
    const std::string key = fmt::format("candidate.{}", candidate.name);
    for (std::size_t f = 0; f < plan_.folds.size() && !candidate.follows_judged; ++f)
      for (const std::string& file : given_files(candidate.settings, f + 1))
        say(key + ".checkpoints", file, unreadable(file));
    const std::size_t before = trainings.size();
    if (const auto found = find_weights(i, trainings); found.has_error())
      say(key + ".train", candidate.settings.train, found.error().context);
    const auto left = std::ranges::find_if_not(trainings.begin() + static_cast<long>(before),
                                               trainings.end(), is_finished);
    if (left != trainings.end()) say(key + ".train", left->config, untrainable(*left));
  }
  weights_.clear();
  needs.trainings = trainings.size();
  needs.trainings_left =
      static_cast<std::size_t>(std::ranges::count_if(trainings, std::not_fn(is_finished)));
  return needs;
}

/// Why a training cannot be begun; empty: as far as this program can tell it can. The settings of
/// models that need LibTorch are read by the program that has it.
std::string Judge::untrainable(const Training& training) const {
  const auto read =
      train::read_configuration(training.config, training.overrides, train::maml_models());
  const bool by_learner = read.has_error() && read.error().code == ErrorCode::Unsupported &&
                          verify::learner_beside(world_.program);
  if (read.has_error() && !by_learner) return read.error().context;
  return missing_data(training);
}

}  // namespace proteus::app::evaluate
