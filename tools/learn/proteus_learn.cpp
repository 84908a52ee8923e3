// proteus-learn: the verbs of proteus that need LibTorch. proteus hands them over to it.
#include "models/learners/known_answers/learned_answers.hpp"
#include "tools/app/command_line.hpp"
#include "tools/app/verbs.hpp"
#include "tools/app/verify/learner.hpp"

namespace {

using namespace proteus::app;

int run_all_known_answers(const Options& options) {
  return run_known_answers(options, proteus::learners::all_known_answers());
}

constexpr Verb kVerbs[] = {
    {"verify learning", "holds what learns and judges against problems whose answer is known",
     declare_verify_learning, run_all_known_answers},
};

}  // namespace

int main(int argc, char** argv) {
  verify::ensure_learning_environment();
  verify::keep_memory();
  return dispatch(kVerbs, argv[0], {argv + 1, argv + argc});
}
