#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "tools/app/verbs.hpp"
#include "tools/app/verify/learner.hpp"
#include "tools/app/verify/verify.hpp"

namespace proteus::app {

void declare_verify_learning(CLI::App& app, Options& options) {
  evaluation::Parameters& p = options.known_answers;
  app.add_option("--only", options.only, "these known answers alone: KA-1,KA-14")
      ->type_name("IDS")
      ->delimiter(',');
  app.add_option("--seeds", p.seeds, "runs of each random experiment; the median counts")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  app.add_option("--seed", p.seed, "of the first run; the next ones follow")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--arms", p.arms, "of the bandits KA-1, KA-2 and KA-4")->type_name("N");
  app.add_option("--pulls", p.pulls, "of the bandits KA-1 to KA-4")->type_name("N");
  app.add_option("--instances", p.instances, "bandits that KA-1 plays, a seed")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000'000));
  app.add_option("--paths", p.paths, "of the market KA-12, a seed")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000'000));
  app.add_option("--bars", p.bars, "of a path of the market KA-12")->type_name("N");
  app.add_option("--horizon", p.horizon, "steps of an episode of KA-5 and of a trajectory of KA-9")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--steps", p.steps, "that each training takes, in all environments together")
      ->type_name("N")
      ->check(CLI::Range(1, 2'000'000'000));
  app.add_flag("--no-torch", options.no_torch, "only what needs no LibTorch");
  add_json(app, options);
}

int run_verify_learning(const Options& options) {
  if (const auto learner = verify::find_learner(); learner && !options.no_torch)
    verify::become(*learner);
  return run_known_answers(options, evaluation::known_answers());
}

int run_known_answers(const Options& options, std::span<const evaluation::KnownAnswer> list) {
  const auto chosen = verify::choose(list, options.only);
  if (chosen.has_error()) return fail(chosen.error(), kUsage);
  if (!options.json) fmt::print("{}", verify::heading());
  std::fflush(stdout);  // The first answer may take minutes.
  const auto outcomes =
      verify::run(chosen.value(), options.known_answers, [&](const verify::Outcome& outcome) {
        if (options.json) return;
        fmt::print("{}", verify::text_of(outcome));
        std::fflush(stdout);  // The next one may take minutes.
      });
  if (outcomes.has_error())
    return fail(outcomes.error(), outcomes.error().code == ErrorCode::OutOfRange ? kUsage : kError);
  const verify::Counts counts = verify::count_of(outcomes.value());
  if (options.json)
    fmt::print("{}\n", verify::json_of(outcomes.value(), options.known_answers));
  else
    fmt::print("{}\n", verify::text_of(counts));
  return verify::is_pass(counts) ? kOk : kError;
}

}  // namespace proteus::app
