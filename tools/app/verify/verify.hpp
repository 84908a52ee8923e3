// `proteus verify learning`: runs the problems whose answer is known and tells what came out.
// Deterministic for its seeds, but for the seconds it took.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/evaluation/known_answers/known_answer.hpp"

namespace proteus::app::verify {

struct Counts {
  int passed = 0;
  int failed = 0;
  int shown = 0;
  int not_built = 0;
};

/// What became of one known answer.
struct Outcome {
  std::string_view id;
  std::string_view title;
  std::vector<evaluation::Check> checks;
  double seconds = 0.0;
};

/// The answers that `ids` names ("KA-1"; letters of either size), in the order of the list; all
/// where it is empty. Errors: NotFound for an id that is not in the list.
Result<std::vector<const evaluation::KnownAnswer*>> choose(
    std::span<const evaluation::KnownAnswer> list, std::span<const std::string> ids);

/// Runs them one after the other; `told` hears of each as it ends. Errors: of the first that cannot
/// be run with these parameters, its id before the sentence; those after it do not run.
Result<std::vector<Outcome>> run(std::span<const evaluation::KnownAnswer* const> chosen,
                                 const evaluation::Parameters& parameters,
                                 const std::function<void(const Outcome&)>& told);

Counts count_of(std::span<const Outcome> outcomes);
/// Nothing failed, and something passed.
bool is_pass(const Counts& counts);

/// The heads of the columns, then a line for each check.
std::string heading();
std::string text_of(const Outcome& outcome);
/// "14 passed, 0 failed, 17 not built", with ", 2 shown" where there are such.
std::string text_of(const Counts& counts);
std::string json_of(std::span<const Outcome> outcomes, const evaluation::Parameters& parameters);

}  // namespace proteus::app::verify
