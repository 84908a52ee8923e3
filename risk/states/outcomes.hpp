// What would have latched under the standard profile, in a run of the research profile: reported
// once each, and in nobody's way.
#pragma once

#include <algorithm>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/ports/risk_gate.hpp"

namespace proteus::risk {

class Outcomes {
 public:
  /// Room for a few controls at each state; more move the vector.
  Outcomes() { all_.reserve(8); }

  /// False: this control was noted at this state, or at a stricter one, already.
  bool note(const ControlLatched& latched, Timestamp now) {
    const auto same = [&](const ReportedLatch& known) {
      return known.what.control == latched.control && known.what.state >= latched.state;
    };
    if (std::ranges::any_of(all_, same)) return false;
    all_.push_back({latched, now});
    return true;
  }
  /// A person's resume: the next time is told again.
  void clear() { all_.clear(); }
  [[nodiscard]] const std::vector<ReportedLatch>& all() const { return all_; }

  void archive(Archive& a) { a(all_); }

 private:
  std::vector<ReportedLatch> all_;
};

}  // namespace proteus::risk
