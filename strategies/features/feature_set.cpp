#include "strategies/features/feature_set.hpp"

#include "strategies/features/chapter.hpp"
#include "strategies/features/market.hpp"
#include "strategies/features/practitioner.hpp"
#include "strategies/features/trend.hpp"

namespace proteus::features {
namespace {

class NoFeatures final : public FeatureSet {
 public:
  [[nodiscard]] const Schema& schema() const override { return schema_; }
  void update(const Bar&, const FundingView&) override {}
  [[nodiscard]] std::span<const double> values() const override { return {}; }
  [[nodiscard]] bool ready() const override { return true; }
  void reset() override {}
  void archive(Archive&) override {}

 private:
  Schema schema_{.set = "none"};
};

}  // namespace

Result<std::unique_ptr<FeatureSet>> make_feature_set(Kind kind, const Instrument& instrument,
                                                     Interval interval,
                                                     std::shared_ptr<MarketBoard> board) {
  switch (kind) {
    case Kind::None:
      return std::unique_ptr<FeatureSet>{std::make_unique<NoFeatures>()};
    case Kind::Chapter:
      return std::unique_ptr<FeatureSet>{std::make_unique<ChapterFeatures>()};
    case Kind::Trend:
      return std::unique_ptr<FeatureSet>{
          std::make_unique<TrendFeatures>(instrument.funding_interval)};
    case Kind::Market:
      if (board == nullptr) board = std::make_shared<MarketBoard>();
      return std::unique_ptr<FeatureSet>{
          std::make_unique<MarketFeatures>(instrument, std::move(board))};
    case Kind::Practitioner:
      break;
  }
  BOOST_OUTCOME_TRY(auto set, PractitionerFeatures::create(interval, instrument.funding_interval));
  return std::unique_ptr<FeatureSet>{std::move(set)};
}

}  // namespace proteus::features
