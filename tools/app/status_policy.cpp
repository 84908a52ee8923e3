#include "tools/app/status_policy.hpp"

#include <fmt/format.h>

namespace proteus::app {
namespace {

using namespace view;

constexpr std::string_view kWarn = "1;33";
constexpr std::string_view kBad = "1;31";

/// Sum of a number over the instruments that a policy trades.
class Sums {
 public:
  explicit Sums(const bj::array& instruments) {
    for (const bj::value& i : instruments)
      if (const bj::value& p = get(i, "policy"); p.is_object()) policies_.push_back(&p);
  }
  [[nodiscard]] bool none() const { return policies_.empty(); }
  [[nodiscard]] double of(const char* key) const {
    double sum = 0.0;
    for (const bj::value* p : policies_) sum += number(*p, key);
    return sum;
  }
  [[nodiscard]] std::size_t adapted() const {
    std::size_t count = 0;
    for (const bj::value* p : policies_) count += number(*p, "version") > 0.0 ? 1U : 0U;
    return count;
  }

 private:
  std::vector<const bj::value*> policies_;
};

}  // namespace

std::vector<std::string> policy_cells(const bj::array& instruments, const Style& style) {
  const Sums sums(instruments);
  if (sums.none()) return {};
  std::vector<std::string> cells = {
      fmt::format("answers {:.0f} ({:.0f} trials)", sums.of("answers"), sums.of("trials")),
      fmt::format("beyond what training saw {:.0f}", sums.of("outside"))};
  if (sums.of("bad") > 0.0)
    cells.push_back(painted(style, kBad, fmt::format("NO NUMBERS {:.0f}", sums.of("bad"))));
  cells.push_back(fmt::format(
      "adaptations: proposed {:.0f}, adopted {:.0f}, refused {:.0f}, rolled back {:.0f}",
      sums.of("proposed"), sums.of("adopted"), sums.of("refused"), sums.of("rolled_back")));
  if (const double failed = sums.of("failed") + sums.of("lost"); failed > 0.0)
    cells.push_back(painted(style, kWarn, fmt::format("without an answer or lost {:.0f}", failed)));
  if (sums.of("adopted") > 0.0)
    cells.push_back(fmt::format(
        "in use {}, gain over the base in shadow {:+.2f}, of all versions so far {:+.2f}",
        sums.adapted(), sums.of("shadow_gain"), sums.of("gain_total") + sums.of("shadow_gain")));
  return cells;
}

}  // namespace proteus::app
