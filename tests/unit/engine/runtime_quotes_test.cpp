// Tickers and books that risk calls absurd touch nothing; cancels and stated edges reach risk.
#include "tests/unit/engine/runtime_support.hpp"

namespace proteus::runtime_test {
namespace {

EngineSettings with_ticker_marks() {
  EngineSettings settings;
  settings.marks = MarkSource::Ticker;
  return settings;
}
TickerUpdated marked(Price mark) {
  return {.instrument = InstrumentId{0}, .last = mark, .mark = mark};
}

TEST(EngineQuotes, AbsurdTickerBesideAPositionTouchesNeitherVenueNorBooksNorStrategy) {
  Rig rig{1, with_ticker_marks()};
  rig.hold(2.0);
  rig.gate.absurd_quote_if = [](const Event& event) -> const char* {
    const auto* ticker = std::get_if<TickerUpdated>(&event.body);
    return ticker != nullptr && ticker->mark > "1000"_px ? "absurd" : nullptr;
  };
  const Money before = rig.engine->ledger().equity;
  rig.trace.clear();

  rig.input(marked("9000000000"_px), rig.close_of(0));

  EXPECT_EQ(rig.trace, (Trace{"append ticker_updated #" + std::to_string(rig.engine->sequence()),
                              "observe ticker_updated", "commit"}));
  EXPECT_EQ(rig.engine->ledger().equity, before);
}

TEST(EngineQuotes, ClosesMarkAgainAfterAnAbsurdTickerUntilAGoodOneComes) {
  Rig rig{1, with_ticker_marks()};
  rig.hold(2.0);
  rig.input(marked("110"_px), rig.close_of(0));
  rig.close(0, 1, "120"_px);
  EXPECT_EQ(rig.engine->ledger().positions[0].mark, "110"_px);
  rig.gate.absurd_quote_if = [](const Event& event) -> const char* {
    return std::holds_alternative<TickerUpdated>(event.body) ? "absurd" : nullptr;
  };
  rig.input(marked("111"_px), rig.close_of(1));
  rig.close(0, 2, "121"_px);
  EXPECT_EQ(rig.engine->ledger().positions[0].mark, "121"_px);
}

TEST(EngineQuotes, AbsurdBookIsWrittenDownAndNoMore) {
  Rig rig;
  rig.gate.absurd_quote_if = [](const Event& event) -> const char* {
    return std::holds_alternative<BookUpdated>(event.body) ? "absurd" : nullptr;
  };
  rig.input(BookUpdated{}, kStart);
  EXPECT_EQ(rig.trace, (Trace{"append book_updated #1", "observe book_updated", "commit"}));
}

TEST(EngineQuotes, RiskHearsOfEveryCancel) {
  Rig rig{1, with_limits()};
  rig.strategies[0]->wants({1.0, 2.0});
  rig.close(0, 0);
  EXPECT_TRUE(rig.gate.cancels.empty());
  rig.close(0, 1);
  EXPECT_EQ(rig.gate.cancels, std::vector<Timestamp>{rig.close_of(1)});
}

}  // namespace
}  // namespace proteus::runtime_test
