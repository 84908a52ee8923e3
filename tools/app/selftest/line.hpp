// What the self-test found out about one control, and how it is told.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/decision.hpp"

namespace proteus::app::selftest {

enum class Grade : std::uint8_t { Pass, Fail, NotBuilt };
std::string_view to_string(Grade grade);  ///< "pass", "FAIL", "not built"

struct Line {
  Control control = Control::None;
  Grade grade = Grade::NotBuilt;
  std::string done;                      ///< what was tried; where it is not built, why
  std::optional<ControlResult> refusal;  ///< the typed one that the control gave
  std::string inside;                    ///< the other side of the boundary
  std::string reduction;                 ///< what became of orders that take risk away
  std::string failed;                    ///< the first thing that was not as it should be
  double took_ms = 0.0;
};

/// "2500 USDT", "0.02", "90 s", "3", "nothing to measure".
std::string measure_text(const Measure& measure);
/// One line for people.
std::string text_of(const Line& line);
std::string json_of(const Line& line);

}  // namespace proteus::app::selftest
