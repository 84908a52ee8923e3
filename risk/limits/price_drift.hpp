// Control 3: how much worse than the prices they were decided on an instrument's fills were, over a
// period.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/order.hpp"

namespace proteus::risk {

class PriceDrift {
 public:
  static constexpr std::size_t kKept = 64;
  static constexpr std::size_t kFillsMin = 3;  ///< fewer tell of chance, not of drift

  explicit PriceDrift(Duration window) : window_(window) { fills_.reserve(kKept); }

  void on_fill(const Fill& fill, Price reference, Timestamp now);
  /// sum(cost) / sum(value) of the fills of the window, in units of 1e-9, rounded up; > 0 is worse.
  /// 0 with fewer than kFillsMin.
  [[nodiscard]] std::int64_t mean_e9(Timestamp now) const;
  void archive(Archive& a) { a(fills_); }

 private:
  struct Entry {
    Timestamp heard{};
    Money cost;   ///< against us, compared with the reference
    Money value;  ///< at the reference
    static constexpr auto fields() {
      return std::tuple{field("heard", &Entry::heard), field("cost", &Entry::cost),
                        field("value", &Entry::value)};
    }
  };
  Duration window_;
  std::vector<Entry> fills_;
};

}  // namespace proteus::risk
