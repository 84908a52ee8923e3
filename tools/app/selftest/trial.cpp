#include "tools/app/selftest/trial.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::app::selftest {
namespace {

bool same(const Measure& a, const Measure& b) { return a.raw == b.raw && a.unit == b.unit; }

std::string spell(const Said& said) {
  if (!said.asked) return "no order came to the gate";
  if (said.approved) return "it was approved";
  return fmt::format("{} refused it, limit {}, actual {}", to_string(said.by.control),
                     measure_text(said.by.limit), measure_text(said.by.actual));
}

}  // namespace

bool Trial::must(bool holds, std::string_view sentence) {
  if (!holds && line_.failed.empty()) line_.failed = sentence;
  return holds;
}

void Trial::refused(const Said& said, Measure limit, Measure actual, std::string_view what) {
  const bool by_other = said.asked && !said.approved && !said.left &&
                        std::ranges::count(stricter_, said.by.control) > 0;
  if (!by_other) return refused_by(line_.control, said, limit, actual, what);
  fired_ = true;
  if (!line_.refusal) line_.refusal = said.by;
}

void Trial::refused_by(Control control, const Said& said, Measure limit, Measure actual,
                       std::string_view what) {
  const bool refuses = said.asked && !said.approved && said.by.control == control;
  if (refuses && !line_.refusal) line_.refusal = said.by;
  fired_ = fired_ || refuses;
  if (!must(refuses, fmt::format("{} should be refused: {}", what, spell(said)))) return;
  must(!said.left, fmt::format("{} left although it was refused", what));
  must(same(said.by.limit, limit) && same(said.by.actual, actual),
       fmt::format("{}: the refusal should tell limit {}, actual {}, but tells limit {}, actual {}",
                   what, measure_text(limit), measure_text(actual), measure_text(said.by.limit),
                   measure_text(said.by.actual)));
}

void Trial::inside(const Said& said, std::string_view what) {
  const ControlResult* word = said.word(line_.control);
  const bool by_other = said.asked && !said.approved && said.by.control != line_.control;
  const bool own_passes =
      said.approved || (by_other && ((word != nullptr && word->passed) ||
                                     std::ranges::count(stricter_, said.by.control) > 0));
  let_pass_ = let_pass_ || own_passes;
  if (!must(own_passes, fmt::format("{} should pass: {}", what, spell(said)))) return;
  if (!line_.inside.empty()) return;
  line_.inside =
      said.approved
          ? fmt::format("{} passes", what)
          : fmt::format("{} is left to control {}, which is stricter here (limit {})", what,
                        static_cast<int>(said.by.control), measure_text(said.by.limit));
}

void Trial::refused(const ControlResult& word, Measure limit, Measure actual,
                    std::string_view what) {
  Said said;
  said.asked = word.control != Control::None;
  said.by = word;
  refused(said, limit, actual, what);
}

void Trial::inside(bool passes, std::string_view what) {
  let_pass_ = let_pass_ || passes;
  if (must(passes, fmt::format("{} should pass", what)) && line_.inside.empty())
    line_.inside = fmt::format("{} passes", what);
}

void Trial::fires(bool refuses, std::string_view what) {
  fired_ = fired_ || refuses;
  must(refuses, fmt::format("{} should be refused", what));
}

void Trial::passes(const Said& said, std::string_view what) {
  if (must(said.approved, fmt::format("{} should pass: {}", what, spell(said))))
    tell_exit(fmt::format("{} passes", what));
}

void Trial::waits(const Said& said, std::string_view what) {
  const bool held =
      said.asked && !said.approved &&
      (said.by.control == line_.control || std::ranges::count(stricter_, said.by.control) > 0);
  if (must(held, fmt::format("{} should wait: {}", what, spell(said))))
    tell_exit(fmt::format("{} waits", what));
}

void Trial::tell_exit(std::string text) {
  if (line_.reduction.find(text) != std::string::npos) return;
  line_.reduction += (line_.reduction.empty() ? "" : ", ") + std::move(text);
}

Line Trial::verdict() const {
  Line line = line_;
  if (line.failed.empty() && !fired_) line.failed = "the control was never made to refuse";
  if (line.failed.empty() && !let_pass_) line.failed = "nothing was tried on the near side";
  line.grade = line.failed.empty() ? Grade::Pass : Grade::Fail;
  return line;
}

}  // namespace proteus::app::selftest
