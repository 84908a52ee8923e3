// Control 25: what a person has lifted, and until when. Which controls that can be.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/event.hpp"

namespace proteus::risk {

/// The control by its name or number in the list. Nothing: there is none.
std::optional<Control> parse_control(std::string_view text);
/// Why a control may never be lifted, a constant sentence; nullptr: it may.
const char* never_lifted(Control control);

class Overrides {
 public:
  static constexpr std::size_t kMax = 8;  ///< so that their words fit the decision record
  Overrides() { standing_.reserve(kMax); }

  /// Adopts or takes back. What may never be lifted, and a ninth, changes nothing.
  void on_change(const OverrideChanged& change, Timestamp now);
  /// What is left of an override of this control on the instrument. Nothing: none stands.
  [[nodiscard]] std::optional<Duration> left(Control control, InstrumentId instrument,
                                             Timestamp now) const;
  [[nodiscard]] const std::vector<OverrideChanged>& all() const { return standing_; }
  void archive(Archive& a) { a(standing_); }

 private:
  std::vector<OverrideChanged> standing_;
};

}  // namespace proteus::risk
