// A live session and a paper session over the same market: the same decisions, and a table of what
// differs, line by line, until nothing of the difference in equity is left unexplained.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/simulation/live_world.hpp"

namespace proteus::simulation {
namespace {

using namespace std::chrono_literals;

struct Books {
  std::uint64_t bars = 0, orders = 0, fills = 0;
  Money price, fees, funding, slippage, equity, initial;
};

Books books_after(bool paper, Duration time) {
  const auto folder =
      std::filesystem::temp_directory_path() /
      fmt::format("proteus_both.{}.{}", static_cast<long>(::getpid()), paper ? "paper" : "live");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  Books books;
  {
    LiveSetup setup;
    setup.seed = 5;
    setup.folder = folder;
    setup.paper = paper;
    // Of the account's size, so that both size alike; marks and the costs of the same venue.
    setup.overrides = {"engine.capital=100000", "risk.limits.executions_max=100000",
                       "risk.limits.loss_streak_max=1000"};
    LiveWorld world(setup);
    const auto started = world.start();
    EXPECT_TRUE(started) << started.error().context;
    if (!paper) {
      EXPECT_TRUE(world.run_until([&] { return world.status().clean; }, 30s));
    } else {
      world.run(5s);
    }
    world.run(time);
    const LedgerView view = world.engine().ledger();
    for (const PositionView& p : view.positions) {
      books.price += p.realised + p.unrealised;
      books.fees += p.fees;
      books.funding += p.funding;
      books.slippage += p.slippage;
    }
    books.equity = view.equity;
    books.initial = view.initial;
    books.bars = world.engine().counters().bars;
    books.orders = world.engine().counters().orders;
    books.fills = world.engine().counters().fills;
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return books;
}

TEST(LiveAndPaper, DifferInWhatTheTableExplains) {
  const Books live = books_after(false, 24h);
  const Books paper = books_after(true, 24h);
  const auto row = [](const char* what, Money a, Money b, const char* why) {
    fmt::print("{:<22}{:>14.4f}{:>14.4f}{:>12.4f}   {}\n", what, a.to_double(), b.to_double(),
               (a - b).to_double(), why);
  };
  fmt::print("{:<22}{:>14}{:>14}{:>12}   {}\n", "24 hours, USDT", "live", "paper", "difference",
             "because");
  fmt::print("{:<22}{:>14}{:>14}{:>12}   {}\n", "bars decided", live.bars, paper.bars,
             static_cast<std::int64_t>(live.bars - paper.bars), "the same bars");
  fmt::print("{:<22}{:>14}{:>14}{:>12}   {}\n", "orders", live.orders, paper.orders,
             static_cast<std::int64_t>(live.orders) - static_cast<std::int64_t>(paper.orders),
             "sizes follow equity, and lots cut them");
  fmt::print("{:<22}{:>14}{:>14}{:>12}   {}\n", "fills", live.fills, paper.fills,
             static_cast<std::int64_t>(live.fills) - static_cast<std::int64_t>(paper.fills),
             "an order takes several levels of a book; paper fills it whole");
  row("price profit", live.price, paper.price,
      "live fills in the book a latency after the close, paper at the next bar's open");
  row("  slippage in it", live.slippage, paper.slippage,
      "live against the close decided on; paper half a spread and impact against the open");
  row("fees", live.fees, paper.fees, "the same rate on other prices and sizes");
  row("funding", live.funding, paper.funding,
      "the venue's rows; paper by the ticker's rate at the same instant");
  row("equity", live.equity, paper.equity, "the sum of the lines above");
  EXPECT_EQ(live.bars, paper.bars);
  EXPECT_GT(live.fills, 50U);
  EXPECT_GT(paper.fills, 50U);
  // What is left unexplained is nothing, to the unit.
  EXPECT_EQ(live.initial, paper.initial);
  EXPECT_EQ(live.equity - paper.equity,
            (live.price - paper.price) - (live.fees - paper.fees) - (live.funding - paper.funding));
  // One path: what differs is small beside what was traded.
  const double traded = paper.fees.to_double() / 5.5e-4;
  EXPECT_LT(std::abs((live.equity - paper.equity).to_double()), 0.001 * traded);
  EXPECT_NEAR(live.fees.to_double() / paper.fees.to_double(), 1.0, 0.05);
}

}  // namespace
}  // namespace proteus::simulation
