// proteus-learn: the verbs of proteus that need LibTorch. proteus hands them over to it.
#include <fmt/format.h>

#include <cstdio>

#include "models/learners/known_answers/learned_answers.hpp"
#include "tools/app/command_line.hpp"
#include "tools/app/verbs.hpp"
#include "tools/app/verify/learner.hpp"
#include "tools/learn/rl2_recipe.hpp"
#include "tools/train/train.hpp"

namespace {

using namespace proteus::app;

int run_all_known_answers(const Options& options) {
  return run_known_answers(options, proteus::learners::all_known_answers());
}

/// One of several processes, where the environment says so.
int run_training_here(const Options& options) {
  const auto settings = proteus::learners::GroupSettings::from_environment();
  if (settings.has_error()) return fail(settings.error(), kUsage);
  std::unique_ptr<proteus::learners::Group> group;
  if (settings.value().size > 1) {
    const proteus::learners::GroupSettings& place = settings.value();
    if (place.rank == 0)
      fmt::print("waits for {} more process(es) at {}:{}\n", place.size - 1, place.address,
                 place.port);
    std::fflush(stdout);
    auto joined = proteus::learners::join_group(place);
    if (joined.has_error()) return fail(joined.error(), kError);
    group = std::move(joined.value());
  }
  const auto models = train::all_models(group.get());
  train::GroupRanks ranks(group.get());
  return train::run_training(options, models, ranks);
}

constexpr Verb kVerbs[] = {
    {"train", "trains a policy or a forecaster on klines; Ctrl-C saves, --resume goes on",
     declare_train, run_training_here},
    {"verify learning", "holds what learns and judges against problems whose answer is known",
     declare_verify_learning, run_all_known_answers},
};

}  // namespace

int main(int argc, char** argv) {
  verify::ensure_learning_environment();
  verify::keep_memory();
  return dispatch(kVerbs, argv[0], {argv + 1, argv + argc});
}
