// A gate that was written down in the middle of a day and read into a fresh one says the same words
// from there on, bit for bit.
#include <gtest/gtest.h>

#include <random>

#include "engine/core/archive.hpp"
#include "engine/core/binary.hpp"
#include "tests/unit/risk/builders.hpp"

namespace proteus::risk {
namespace {

using namespace std::chrono_literals;

/// Limits low enough that a random day meets all of them.
LimitSettings tight() {
  LimitSettings l;
  l.executions_max = 3;
  l.executions_window = 20min;
  l.ticker_age_max = 10min;
  l.price_drift_bps = 10.0;
  l.price_band_bps = 2'000.0;
  l.loss_streak_max = 2;
  l.cooldown = 3min;
  l.message_rate = 0.1;
  l.message_burst = 8;
  l.price_drift_window = 10min;
  l.duplicate_window = 90s;
  return l;
}

/// A random day: the same seed tells the same story to any gate.
class Day {
 public:
  explicit Day(std::uint64_t seed) : dice_(seed) {}

  void step(World& w, ByteBuffer& told) {
    w.now += Duration{1 + static_cast<std::int64_t>(dice_() % 16'000'000'000ULL)};
    const Price price = Price::from_raw((90 + below(20)) * kFixedScale + below(1'000'000'000));
    w.moves.all.clear();
    event(w, price);
    if (below(8) == 0)
      for (int i = 0; i < 8; ++i) w.gate.on_cancel(w.now);
    if (below(3) == 0) w.equity(Money::from_raw((9'490 + below(900)) * kFixedScale));
    review(w, price, told);
    for (const EventBody& move : w.moves.all)
      std::visit([&](const auto& body) { write(told, body); }, move);
    write(told, w.gate.status(w.books.view()).quotes_set_aside);
    write(told, w.gate.status(w.books.view()).bars_set_aside);
  }

 private:
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(dice_() % static_cast<std::uint64_t>(n));
  }
  template <class T>
  static void write(ByteBuffer& told, const T& value) {
    std::byte* const at = told.extend(binary::encoded_size(value));
    binary::encode(value, at);
  }

  void event(World& w, Price price) {
    const bool absurd = below(12) == 0;
    const Price shown = absurd ? Price::from_raw(price.raw() * 2) : price;
    const InstrumentId id{static_cast<std::uint32_t>(below(2))};
    switch (below(11)) {
      case 0:
      case 1:
      case 2: {
        const Timestamp open = std::chrono::floor<std::chrono::minutes>(w.now) - 1min;
        Bar bar = bar_at(id, open, shown, static_cast<double>(1 + below(100'000)));
        bar.high = Price::from_raw(bar.high.raw() + below(3'000'000'000));
        w.see(BarClosed{bar}, w.now);
        SizingSteps steps;
        const Target target{static_cast<double>(below(3) - 1), 1.0};
        (void)w.gate.size({bar, w.instruments[id], target, true, w.books.view()}, steps);
        return;
      }
      case 3:
        return w.see(TickerUpdated{.instrument = id,
                                   .last = shown,
                                   .mark = price,
                                   .funding_known = below(2) == 0,
                                   .funding_rate_e9 = below(400'000) - 200'000},
                     w.now);
      case 4:
        return w.see(BookUpdated{id, {{shown, "1"_qty}}, {{shown + "0.1"_px, "1"_qty}}}, w.now);
      case 5:
        return w.see(
            FeedChanged{"public:linear#0", below(6) == 0 ? FeedState::Lost : FeedState::Live, "x"},
            w.now);
      case 6:
        return w.see(ClockMeasured{Duration{(below(3'600) - 900) * 1'000'000}, 20ms}, w.now);
      case 7:
        return w.see(
            OverrideChanged{static_cast<Control>(1 + below(31)), below(3) != 0, below(2) == 0, id,
                            w.now + Duration{below(600) * 1'000'000'000}, "why not"},
            w.now);
      case 8:
        if (below(4) != 0) return w.tick(0s);  // A resume forgets executions.
        return w.operate(below(3) == 0 ? OperatorAction::Reduce : OperatorAction::Resume);
      case 9:
        if (below(6) == 0) w.see(FeedAnomaly{AnomalyKind::MissingBar, true, id, "gone"}, w.now);
        return;
      default:
        return w.tick(0s);
    }
  }

  void review(World& w, Price price, ByteBuffer& told) {
    const InstrumentId id{static_cast<std::uint32_t>(below(2))};
    PositionView& position = w.books.positions[id.index];
    const Side side = below(2) == 0 ? Side::Buy : Side::Sell;
    OrderRequest order = w.order(side, Quantity::from_raw((1 + below(4)) * 500'000'000),
                                 below(2) == 0 ? price : "100"_px);
    order.instrument = id;
    const Verdict verdict = w.review(order);
    for (const ControlResult& word : w.words) write(told, word);
    if (!std::holds_alternative<Approved>(verdict) || below(3) == 0) return;
    position.quantity += signed_quantity(side, order.quantity);
    position.mark = price;
    position.value = notional(price, position.quantity);
    position.realised += Money::from_raw(below(3'000'000'000) - 2'000'000'000);
    position.fees += Money::from_raw(below(50'000'000));
    w.fill(order, Price::from_raw(price.raw() + below(400'000'000)));
  }

  std::mt19937_64 dice_;
};

std::string bytes_of(const ByteBuffer& buffer) {
  return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

TEST(GateArchive, GoesOnWithTheSameWordsBitForBit) {
  std::array<int, 32> refused{};
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World first{tight()};
    ByteBuffer before;
    Day day{seed};
    for (int i = 0; i < 400; ++i) {
      day.step(first, before);
      if (first.words.size() > 0 && !first.words[first.words.size() - 1].passed)
        ++refused[static_cast<std::size_t>(first.words[first.words.size() - 1].control)];
    }
    ByteBuffer snapshot;
    Archive writer = Archive::writer(snapshot);
    first.gate.archive(writer);
    ASSERT_TRUE(writer.finish());

    World second{tight()};
    Archive reader = Archive::reader(snapshot.view());
    second.gate.archive(reader);
    ASSERT_TRUE(reader.finish());
    second.books = first.books;
    second.now = first.now;
    second.ordinal = first.ordinal;
    ByteBuffer again;
    Archive rewriter = Archive::writer(again);
    second.gate.archive(rewriter);
    ASSERT_TRUE(rewriter.finish());
    ASSERT_EQ(bytes_of(snapshot), bytes_of(again));

    Day other = day;
    ByteBuffer words_first;
    ByteBuffer words_second;
    for (int i = 0; i < 400; ++i) {
      day.step(first, words_first);
      other.step(second, words_second);
      ASSERT_EQ(bytes_of(words_first), bytes_of(words_second)) << "step " << i;
      words_first.clear();
      words_second.clear();
    }
  }
  // The days were no walk in the park.
  for (const Control met : {Control::PriceDrift, Control::MessageRate, Control::RepeatedExecution,
                            Control::LossStreak, Control::DuplicateOrder, Control::DailyLoss,
                            Control::ClockSkew, Control::StaleData, Control::AbsurdData})
    EXPECT_GT(refused[static_cast<std::size_t>(met)], 0) << to_string(met);
}

}  // namespace
}  // namespace proteus::risk
