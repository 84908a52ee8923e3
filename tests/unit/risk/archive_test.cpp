// What sizing remembers, written in the middle of a run and read into a fresh object: both go on
// to the same bits.
#include "engine/core/archive.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <span>

#include "risk/states/outcomes.hpp"
#include "tests/unit/risk/builders.hpp"

namespace proteus::risk {
namespace {

template <class T>
ByteBuffer written(T& object) {
  ByteBuffer bytes;
  Archive a = Archive::writer(bytes);
  a(object);
  EXPECT_TRUE(a.finish());
  return bytes;
}
template <class T>
bool read_into(T& object, const ByteBuffer& bytes) {
  Archive a = Archive::reader({bytes.data(), bytes.size()});
  a(object);
  return a.finish();
}

/// A run of random closes and targets, some of them nonsense, over two instruments.
class Drill {
 public:
  Drill(const SizingSettings& settings, std::uint64_t seed)
      : random_(seed),
        sizer(settings, instruments_, capital_shares(settings, instruments_).value(), Interval::M1,
              Costs{}) {}

  /// The bits of every weight and factor of so many bars.
  std::vector<std::uint64_t> go_on(int bars) {
    std::vector<std::uint64_t> bits;
    for (int i = 0; i < bars; ++i)
      for (const InstrumentId id : {kBtc, kEth}) {
        double& close = closes_[id.index];
        close *= std::exp(0.004 * uniform() - 0.0018);
        const double whim = uniform();
        std::optional<Target> target;
        if (whim > 0.15) target = Target{2.0 * uniform() - 0.6, uniform()};  // Beyond 1 at times.
        SizingSteps steps;
        const Bar bar = bar_at(id, open_, Price::from_raw(to_fixed_raw(close)));
        const Sized sized = sizer.size({bar, instruments_[id], target, true, books_.view()}, steps);
        bits.push_back(static_cast<std::uint64_t>(sized.wanted.raw()));
        for (const SizingStep& step : steps) {
          bits.push_back(std::bit_cast<std::uint64_t>(step.weight));
          bits.push_back(std::bit_cast<std::uint64_t>(step.factor));
        }
        if (id == kEth) open_ += std::chrono::minutes{1};
      }
    bits.push_back(sizer.outputs_refused());
    return bits;
  }
  /// The market of another run, as it is now.
  void see_market_of(const Drill& other) {
    random_ = other.random_;
    open_ = other.open_;
    closes_ = other.closes_;
  }

 private:
  double uniform() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }
  std::mt19937_64 random_;
  InstrumentTable instruments_ = table();
  Books books_;
  Timestamp open_ = kStart;
  std::vector<double> closes_ = {100.0, 50.0};

 public:
  Sizer sizer;
};

SizingSettings form(KellyForm kelly, std::optional<std::int64_t> half_life) {
  SizingSettings s;
  s.kelly = kelly;
  s.kelly_half_life = half_life;
  s.kelly_trips_min = 5;
  s.kelly_floor = 0.0;
  return s;
}

TEST(SizerArchive, GoesOnToTheSameBitsFromAnyBar) {
  for (const KellyForm kelly : {KellyForm::Continuous, KellyForm::Discrete, KellyForm::Drawdown})
    for (const int until : {0, 1, 57, 128, 300}) {
      const SizingSettings settings =
          form(kelly, until % 2 == 0 ? std::nullopt : std::optional<std::int64_t>{90});
      Drill whole{settings, 7};
      (void)whole.go_on(until);
      const ByteBuffer bytes = written(whole.sizer);
      Drill fresh{settings, 99};
      (void)fresh.go_on(13);  // What is read replaces what was there.
      ASSERT_TRUE(read_into(fresh.sizer, bytes));
      const ByteBuffer again = written(fresh.sizer);
      EXPECT_TRUE(std::ranges::equal(std::span{bytes.data(), bytes.size()},
                                     std::span{again.data(), again.size()}));
      fresh.see_market_of(whole);
      EXPECT_EQ(whole.go_on(280), fresh.go_on(280))
          << "form " << static_cast<int>(kelly) << " from bar " << until;
    }
}

TEST(SizerArchive, RefusesWhatAnotherFormWrote) {
  Drill drawdown{form(KellyForm::Drawdown, {}), 1};
  (void)drawdown.go_on(50);
  Drill continuous{form(KellyForm::Continuous, {}), 1};
  EXPECT_FALSE(read_into(continuous.sizer, written(drawdown.sizer)));
}

TEST(OutcomesArchive, KeepsWhatWasReported) {
  Outcomes outcomes;
  const ControlLatched latched{Control::Drawdown, TradingState::Reducing, "a fifth is gone"};
  EXPECT_TRUE(outcomes.note(latched, kStart));
  Outcomes fresh;
  ASSERT_TRUE(read_into(fresh, written(outcomes)));
  EXPECT_FALSE(fresh.note(latched, kStart));
  ASSERT_EQ(fresh.all().size(), 1U);
  EXPECT_EQ(fresh.all()[0].since, kStart);
}

}  // namespace
}  // namespace proteus::risk
