// What a live daemon has to get right without a person, each told as one story: an order that the
// books have given up and the venue has not, execution ids that two symbols share, a trade beside
// our orders that no stream told of.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "tests/simulation/live_kill.hpp"

namespace proteus::simulation {
namespace {

using namespace std::chrono_literals;
namespace bj = boost::json;

std::string link_of(std::string_view text) {
  constexpr std::string_view kKey = "\"orderLinkId\":\"";
  const std::size_t at = text.find(kKey);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + kKey.size());
  return std::string(rest.substr(0, rest.find('"')));
}

/// What the venue's history says of an order of ours.
std::string status_at_venue(LiveWorld& world, const std::string& link) {
  const bj::value told = bj::parse(
      world.signed_call(false, "/v5/order/history", "category=linear&orderLinkId=" + link));
  const bj::array& list = told.at_pointer("/result/list").as_array();
  return list.empty() ? "" : std::string(std::string_view(list[0].at("orderStatus").as_string()));
}

class LiveStory : public testing::Test {
 protected:
  void start(LiveSetup setup) {
    setup.folder = folder_.path;
    world_.emplace(std::move(setup));
    const auto started = world_->start();
    ASSERT_TRUE(started) << started.error().context;
    ASSERT_TRUE(world_->run_until([&] { return world_->status().clean; }, 60s));
  }
  /// The first order never arrives, the books give it up, and then the venue has it all the same.
  void venue_has_what_the_books_gave_up(bool streams_tell) {
    ASSERT_NO_FATAL_FAILURE(start({.seed = 3}));
    LiveWorld& world = *world_;
    std::string link;
    world.network().may_leave = [&](std::string_view text) {
      if (!link.empty() || !is_create(text)) return true;
      link = link_of(text);
      return false;
    };
    ASSERT_TRUE(world.run_until([&] { return !link.empty(); }, 2h));
    // Nothing more is decided, so that what follows is not of another order.
    world.command(OperatorAction::Halt);
    ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 10min));
    EXPECT_EQ(world.difference(), "");
    const auto given_up = world.trading().live_venue()->memory().find(link);
    ASSERT_EQ(given_up, nullptr);
    world.network().cut(!streams_tell, false);
    const sim::HttpReply reply = world.exchange().on_http(
        "POST", "/sim/trade?key=simkey&symbol=BTCUSDT&side=Buy&qty=0.003&price=60000&link=" + link);
    ASSERT_EQ(reply.status, 200) << reply.body;
    ASSERT_EQ(world.venue().open, std::vector{link});
    world.network().advance();
    world.run(1s);
    world.network().cut(false, false);
    EXPECT_TRUE(world.run_until([&] { return world.venue().open.empty(); }, 5min))
        << "the venue still has " << link;
    EXPECT_EQ(status_at_venue(world, link), "Cancelled");
    EXPECT_TRUE(world.run_until([&] { return world.settled(); }, 5min));
    EXPECT_EQ(world.difference(), "");
    EXPECT_EQ(world.status().counters.mismatches, 0U);
  }

  KillFolder folder_{991};
  std::optional<LiveWorld> world_;
};

TEST_F(LiveStory, AnOrderThatTheBooksGaveUpIsCancelledWhenTheStreamTellsOfIt) {
  venue_has_what_the_books_gave_up(true);
}

TEST_F(LiveStory, AnOrderThatTheBooksGaveUpIsCancelledWhenOnlyTheListTellsOfIt) {
  venue_has_what_the_books_gave_up(false);
}

/// The reference promises that an execution id is unique within its symbol, and no more.
TEST_F(LiveStory, ExecutionIdsThatTwoSymbolsShareAreAllBooked) {
  LiveSetup setup{.seed = 4};
  setup.faults.omit_execution_per_frame = 1.0;  // All of them come by lists, which are rewritten.
  ASSERT_NO_FATAL_FAILURE(start(setup));
  LiveWorld& world = *world_;
  std::map<std::string, std::string> renamed;
  std::map<std::string, int> made;
  world.network().comes = [&](std::string_view target, std::string& body) {
    if (!target.starts_with("/v5/execution/list")) return;
    boost::system::error_code failed;
    bj::value told = bj::parse(body, failed);
    if (failed) return;
    bj::value* const list = told.find_pointer("/result/list", failed);
    if (failed) return;
    bj::array& rows = list->as_array();
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
      const auto id = std::string(std::string_view(row->at("execId").as_string()));
      const auto symbol = std::string(std::string_view(row->at("symbol").as_string()));
      auto& name = renamed[id];
      if (name.empty()) name = fmt::format("0ab1bdf7-0000-5000-8000-{:012}", made[symbol]++);
      row->as_object()["execId"] = name;
    }
    body = bj::serialize(told);
  };
  world.run(2h);
  EXPECT_TRUE(world.run_until([&] { return world.settled() && world.difference().empty(); }, 10min))
      << world.difference();
  EXPECT_GT(made["BTCUSDT"], 5);
  EXPECT_GT(made["ETHUSDT"], 5);
  EXPECT_EQ(world.engine().counters().fills, world.history().executions.size());
  EXPECT_EQ(world.engine().counters().adjustments, 1U) << "the capital alone";
  EXPECT_EQ(world.status().counters.mismatches, 0U);
}

/// Its executions come on no stream, as a fired stop's may not, and a fill of ours is heard before
/// the next look at the venue's books: the look must still find them.
TEST_F(LiveStory, ATradeOfOthersThatNobodyHeardIsBookedAsWhatItIs) {
  LiveSetup setup{.seed = 6};
  setup.overrides = {"live.reconcile_interval=40m"};
  ASSERT_NO_FATAL_FAILURE(start(setup));
  LiveWorld& world = *world_;
  const auto holds = [&] { return world.venue().positions.contains("ETHUSDT"); };
  world.run(5min);
  ASSERT_TRUE(world.run_until([&] { return world.settled() && holds(); }, 2h));
  const auto executions = [&] { return world.history().executions.size(); };
  const std::size_t before = executions();
  // The next frame of executions is lost.
  (void)world.exchange().inject({.kind = sim::FaultKind::OmitExecution,
                                 .connection = world.network().connection(live::Channel::Private)});
  const bool is_long = world.venue().positions.at("ETHUSDT") > Quantity{};
  ASSERT_EQ(
      world.exchange()
          .on_http("POST", fmt::format("/sim/trade?key=simkey&symbol=ETHUSDT&side={}&qty=0.02",
                                       is_long ? "Sell" : "Buy"))
          .status,
      200);
  world.network().advance();
  world.run(1s);
  const std::size_t unheard = executions() - before;
  ASSERT_GT(unheard, 0U);
  const std::uint64_t fills = world.engine().counters().fills;
  ASSERT_EQ(world.engine().counters().adjustments, 1U) << "the capital alone: it was not heard";
  // A fill of our own, more than the margin of a look later.
  world.run(20s);
  ASSERT_TRUE(world.run_until([&] { return world.engine().counters().fills > fills; }, 1h));
  ASSERT_EQ(world.engine().counters().adjustments, 1U) << "a look came first";
  EXPECT_TRUE(world.run_until([&] { return world.settled() && world.difference().empty(); }, 1h))
      << world.difference();
  EXPECT_EQ(world.engine().counters().adjustments, 1U + unheard);
  EXPECT_EQ(world.status().counters.mismatches, 0U) << "the venue's executions tell why";
}

}  // namespace
}  // namespace proteus::simulation
