// Features exist only as a stream: one closed bar in, one row of finite numbers out. A batch is a
// loop over the stream, so live trading and training cannot differ. One object serves one
// instrument on one thread and allocates nothing after construction.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "engine/core/archive.hpp"
#include "engine/core/bar.hpp"
#include "engine/core/result.hpp"
#include "strategies/features/kind.hpp"
#include "strategies/features/schema.hpp"

namespace proteus::features {

/// What the latest ticker before the bar's decision said about funding. rate_e9: per funding
/// interval of the instrument, 1e9 = 100 %, > 0: longs pay.
struct FundingView {
  bool known = false;
  std::int64_t rate_e9 = 0;
  void archive(Archive& a) { a(known, rate_e9); }
};

class FeatureSet {
 public:
  virtual ~FeatureSet() = default;

  [[nodiscard]] virtual const Schema& schema() const = 0;
  /// The next closed bar, in order and without holes (else reset() first). The bar is one that
  /// absurdity() lets pass; a close that is not positive asserts, a volume that is not a positive
  /// number counts as zero.
  virtual void update(const Bar& bar, const FundingView& funding) = 0;
  /// In the order of the schema; always finite; all zero until ready(). The memory stays the same.
  [[nodiscard]] virtual std::span<const double> values() const = 0;
  /// `schema().warm_up_bars` bars have been seen since the start or the last reset().
  [[nodiscard]] virtual bool ready() const = 0;
  /// Back to the state of a new object.
  virtual void reset() = 0;
  /// Windows and values, as a snapshot.
  virtual void archive(Archive& a) = 0;
};

class MarketBoard;

/// Kind::None gives a set of no features that is always ready. `board`: what Kind::Market shares
/// with the other instruments of the run; null: it stands alone. Errors: Unsupported, where the
/// interval has no higher one to aggregate to (practitioner on weeks and months).
Result<std::unique_ptr<FeatureSet>> make_feature_set(Kind kind, const Instrument& instrument,
                                                     Interval interval,
                                                     std::shared_ptr<MarketBoard> board = nullptr);

}  // namespace proteus::features
