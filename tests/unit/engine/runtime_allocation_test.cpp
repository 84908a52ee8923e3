// A bar, its decision, its orders and their fills take no heap once the vectors have grown.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "tests/unit/strategies/allocations.hpp"

namespace proteus {
namespace {

using namespace literals;
using namespace std::chrono_literals;

/// Long, short, long, short: a turn over zero, two orders, at every bar.
struct Turning final : Strategy {
  void archive(Archive&) override {}
  [[nodiscard]] std::string_view name() const override { return "turning"; }
  [[nodiscard]] std::size_t warm_up_bars() const override { return 0; }
  Opinion on_bar(const Bar&, const PositionView& position, Money) override {
    const double weight = position.quantity > Quantity{} ? -1.0 : 1.0;
    return {Target{weight, 1.0}, "turn", observation};
  }
  void reset() override {}
  std::array<double, 11> observation{};
};

struct Lenient final : RiskGate {
  [[nodiscard]] const char* absurd(const Bar&) override { return nullptr; }
  void observe(const Event&, const LedgerView&, ReportSink&) override {}
  void on_equity(const LedgerView&, Timestamp, ReportSink&) override {}
  Sized size(const SizingInput& input, SizingSteps& steps) override {
    steps.push_back({SizingStepId::Target, input.target->weight, 1.0});
    Sized sized;
    sized.wanted = Quantity::from_raw(to_fixed_raw(input.target->weight));
    return sized;
  }
  Verdict review(const OrderRequest& order, const ReviewInput&, ControlWords& results) override {
    for (int i = 0; i < 11; ++i) results.push_back({Control::OrderValue, true, {}, {}});
    return Approved{order};
  }
  [[nodiscard]] RiskStatus status(const LedgerView&) const override { return {}; }
  void archive(Archive&) override {}
};

/// Acknowledges at once; fills all at the next bar of the instrument; cancels at once.
struct Filling final : Venue {
  void archive(Archive&) override {}
  Filling() { open.reserve(16); }
  void before(const Event& input, ReportSink& reports) override {
    const auto* closed = std::get_if<BarClosed>(&input.body);
    if (closed == nullptr) return;
    for (const OrderRequest& o : open) {
      if (o.instrument != closed->bar.instrument || o.type != OrderType::Market) continue;
      reports.report(Fill{.id = o.id,
                          .execution = "x",
                          .instrument = o.instrument,
                          .side = o.side,
                          .quantity = o.quantity,
                          .price = closed->bar.open},
                     input.ts_event);
      say(o, OrderState::Filled, o.quantity, reports);
      ++fills;
    }
    std::erase_if(open, [&](const OrderRequest& o) {
      return o.instrument == closed->bar.instrument && o.type == OrderType::Market;
    });
  }
  void submit(const OrderRequest& order, Timestamp now, ReportSink& reports) override {
    open.push_back(order);
    say(order, OrderState::Acknowledged, {}, reports, now);
  }
  void cancel(const ClientOrderId& id, Timestamp now, ReportSink& reports) override {
    for (const OrderRequest& o : open)
      if (o.id == id) say(o, OrderState::Cancelled, {}, reports, now);
    cancels += std::erase_if(open, [&](const OrderRequest& o) { return o.id == id; });
  }
  static void say(const OrderRequest& o, OrderState state, Quantity filled, ReportSink& reports,
                  Timestamp now = {}) {
    reports.report(
        OrderUpdate{.id = o.id, .instrument = o.instrument, .state = state, .filled = filled}, now);
  }
  std::vector<OrderRequest> open;
  std::size_t fills = 0;
  std::size_t cancels = 0;
};

struct Counting final : Journal {
  void append(const Event&) override { ++records; }
  void append(const DecisionRecord&) override { ++records; }
  void append(const OrderIntent&) override { ++records; }
  void append(const CancelIntent&) override { ++records; }
  void append(const EquityPoint&) override { ++records; }
  [[nodiscard]] bool commit() override { return true; }
  std::size_t records = 0;
};

class Allocations : public ::testing::TestWithParam<std::pair<OrderStyle, Duration>> {
 protected:
  static constexpr std::uint32_t kInstruments = 4;
  static InstrumentTable table() {
    InstrumentTable made;
    for (const char* symbol : {"A", "B", "C", "D"})
      EXPECT_TRUE(made.add({.symbol = symbol, .tick_size = "0.01"_px, .lot_step = "0.001"_qty})
                      .has_value());
    return made;
  }
  static EngineSettings settings() {
    EngineSettings s;
    s.order_style = GetParam().first;
    s.barrier = GetParam().second;
    return s;
  }
  static std::vector<std::unique_ptr<Strategy>> strategies() {
    std::vector<std::unique_ptr<Strategy>> made;
    for (std::uint32_t i = 0; i < kInstruments; ++i) made.push_back(std::make_unique<Turning>());
    return made;
  }
  void play(int from, int to) {
    const Timestamp start = parse_time("2025-03-01").value();
    for (int k = from; k < to; ++k)
      for (std::uint32_t i = 0; i < kInstruments; ++i) {
        const Timestamp close = start + (k + 1) * 1min;
        engine_.on_input(BarClosed{{.instrument = InstrumentId{i},
                                    .open_time = close - 1min,
                                    .close_time = close,
                                    .open = "100"_px,
                                    .high = "101"_px,
                                    .low = "99"_px,
                                    .close = "100"_px}},
                         close, close);
        engine_.on_input(ClockTick{}, close, close);
      }
  }

  InstrumentTable table_ = table();
  Lenient gate_;
  Filling venue_;
  Counting journal_;
  Engine engine_{settings(), table_, "0123456789abc", strategies(), gate_, venue_, journal_};
};
INSTANTIATE_TEST_SUITE_P(Ways, Allocations,
                         ::testing::Values(std::pair{OrderStyle::Market, Duration{0}},
                                           std::pair{OrderStyle::Market, Duration{1s}},
                                           std::pair{OrderStyle::Limit, Duration{0}},
                                           std::pair{OrderStyle::Limit, Duration{1s}}));

TEST_P(Allocations, AreNoneForABarInSteadyState) {
  play(0, 20);
  const std::size_t before = proteus::testing::allocations();
  const std::size_t records = journal_.records;

  play(20, 520);

  EXPECT_EQ(proteus::testing::allocations() - before, 0U);
  // All of the path was walked: decisions, orders, and fills or replacements.
  EXPECT_GT(journal_.records - records, 4U * 500U * 4U);
  EXPECT_GT(GetParam().first == OrderStyle::Market ? venue_.fills : venue_.cancels, 1900U);
}

TEST(AllocationsSeen, ByTheCounter) {
  const std::size_t before = proteus::testing::allocations();
  const auto memory = std::make_unique<int>(1);
  EXPECT_EQ(proteus::testing::allocations() - before, static_cast<std::size_t>(*memory));
}

}  // namespace
}  // namespace proteus
