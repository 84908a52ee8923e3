// What a session did to its money, bar by bar, and the difference of two of them split by where it
// comes from. Exact: docs/reference/told-again.md has the definitions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connectors/storage/wal_format.hpp"

namespace proteus::app::told {

/// Built from a log's records, in order.
class Course {
 public:
  struct Close {
    Price close;
    std::int64_t change = 0;  ///< signed base, 1e-9: what orders of this bar's decision filled
  };
  using Bars = std::map<Timestamp, Close>;  ///< by opening time

  void add(const storage::WalRecord& record);

  /// Equity at the last balance less that at the first.
  [[nodiscard]] Money profit() const { return first_ ? last_ - *first_ : Money{}; }
  [[nodiscard]] Money fees() const { return fees_; }
  [[nodiscard]] Money funding() const { return funding_; }
  [[nodiscard]] Money slippage() const { return slippage_; }
  /// What prices moved against the orders between the decision's close and where the order met the
  /// market: the whole way to the fill's price less the slippage.
  [[nodiscard]] Money latency() const;
  [[nodiscard]] const std::map<std::string, Bars>& bars() const { return bars_; }
  /// Opening time of the first bar whose decision is not of the warm-up.
  [[nodiscard]] std::optional<Timestamp> begin() const { return begin_; }

 private:
  void take(const DecisionRecord& decision);
  void take(const Fill& fill);
  Bars& of(InstrumentId id);

  std::vector<std::string> names_;
  std::map<std::string, Bars> bars_;
  std::map<std::string, Timestamp, std::less<>> order_bars_;
  std::map<std::uint32_t, Timestamp> last_bar_;
  std::optional<Money> first_;
  std::optional<Timestamp> begin_;
  Money last_, fees_, funding_, slippage_;
  Int128 way_ = 0;  ///< from the closes to the fills' prices, against us; 1e-18
};

/// Parts of profit(b) - profit(a): they add up to `whole` exactly.
struct ProfitSplit {
  Money whole, signal, sizing, fill, fee, funding, latency, other;
  static constexpr auto fields() {
    using P = ProfitSplit;
    return std::tuple{field("whole", &P::whole),     field("signal", &P::signal),
                      field("sizing", &P::sizing),   field("fill", &P::fill),
                      field("fee", &P::fee),         field("funding", &P::funding),
                      field("latency", &P::latency), field("other", &P::other)};
  }
};
ProfitSplit split_profit(const Course& a, const Course& b);

}  // namespace proteus::app::told
