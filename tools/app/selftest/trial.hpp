// One control on trial: a scenario says what it expects, and the first thing that is otherwise
// makes the line FAIL. A scenario that expects nothing fails too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/app/selftest/line.hpp"
#include "tools/app/selftest/stage.hpp"

namespace proteus::app::selftest {

class Trial {
 public:
  explicit Trial(Control control) { line_.control = control; }

  /// In words, what the scenario does.
  void did(std::string what) { line_.done = std::move(what); }
  /// Anything that has to be true. `sentence` says what is wrong where it is not.
  bool must(bool holds, std::string_view sentence);

  /// In this configuration another control says no before this one can: its refusal counts as well,
  /// on both sides of the boundary.
  void stricter(Control other) { stricter_.push_back(other); }

  /// The order was refused by this control with exactly this limit and actual, and did not leave.
  void refused(const Said& said, Measure limit, Measure actual, std::string_view what);
  /// The order was let pass by this control. Another may be stricter in this configuration and say
  /// no after it; then that one is named.
  void inside(const Said& said, std::string_view what);
  /// The control spoke before there was an order: `word` is what stands in the decision record.
  void refused(const ControlResult& word, Measure limit, Measure actual, std::string_view what);
  /// The near side of a boundary that is not one order.
  void inside(bool passes, std::string_view what);
  /// The far side of a boundary that is no order's: it was refused, or taken back.
  void fires(bool refuses, std::string_view what);
  /// The refusal of another control that this one is about.
  void refused_by(Control control, const Said& said, Measure limit, Measure actual,
                  std::string_view what);
  /// Approved, whatever was asked.
  void passes(const Said& said, std::string_view what);
  /// Refused by this control, whatever the numbers.
  void waits(const Said& said, std::string_view what);

  [[nodiscard]] Line verdict() const;

 private:
  void tell_exit(std::string text);
  Line line_;
  std::vector<Control> stricter_;
  bool fired_ = false;
  bool let_pass_ = false;
};

}  // namespace proteus::app::selftest
