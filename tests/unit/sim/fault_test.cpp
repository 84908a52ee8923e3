// Each fault, ordered once, does one visible thing, on one connection.
#include "exchange_fixture.hpp"

namespace proteus::sim::exchange_test {
namespace {

std::uint64_t count(Bench& bench, FaultKind kind) {
  return bench->fault_counts()[static_cast<std::size_t>(kind)];
}

/// A victim and a witness who see the same minute; returns their frames.
struct Pair {
  Bench bench;
  ConnId victim, witness;
  explicit Pair(SimSettings settings = {}) : bench(settings) {
    victim = bench.connect();
    witness = bench.connect();
    for (const ConnId conn : {victim, witness}) bench.subscribe(conn, {"kline.1.BTCUSDT"});
    bench.io.sent.clear();
  }
  void order(FaultKind kind) {
    const auto done = bench->inject({kind, victim});
    EXPECT_TRUE(done) << done.error().context;
  }
  [[nodiscard]] std::vector<std::string> seen() const { return bench.io.of(victim); }
  [[nodiscard]] std::vector<std::string> truth() const { return bench.io.of(witness); }
};

bool is_confirm(const std::string& text) {
  return text.find(R"("confirm":true)") != std::string::npos;
}

TEST(Fault, DropCutsOneConnectionAtOnce) {
  Pair pair;
  pair.order(FaultKind::Drop);
  EXPECT_EQ(pair.bench.io.dropped, std::vector<ConnId>{pair.victim});
  pair.bench.run(2s);
  EXPECT_TRUE(pair.seen().empty());
  EXPECT_EQ(pair.truth().size(), 3U);
  EXPECT_EQ(count(pair.bench, FaultKind::Drop), 1U);
}

TEST(Fault, DropAtCloseCutsBeforeTheConfirm) {
  Pair pair;
  pair.order(FaultKind::DropAtClose);
  pair.bench.run(59s);
  EXPECT_TRUE(pair.bench.io.dropped.empty());
  pair.bench.run(1s);
  EXPECT_EQ(pair.bench.io.dropped, std::vector<ConnId>{pair.victim});
  EXPECT_FALSE(is_confirm(pair.seen().back()));
  EXPECT_TRUE(is_confirm(pair.truth().back()));
}

TEST(Fault, MuteLeavesTheConnectionOpenAndSilent) {
  Pair pair;
  pair.order(FaultKind::Mute);
  pair.bench->on_text(pair.victim, R"({"op":"ping"})");
  pair.bench.run(5s);
  EXPECT_TRUE(pair.seen().empty());
  EXPECT_TRUE(pair.bench.io.dropped.empty());
  EXPECT_EQ(pair.bench.io.muted, std::vector<ConnId>{pair.victim});
  EXPECT_EQ(pair.truth().size(), 6U);
}

TEST(Fault, DelayBringsAFrameLaterInVenueTime) {
  Pair pair;
  pair.order(FaultKind::Delay);  // 1.5 s: the frame of 0.2 s comes after that of 1 s.
  pair.bench.run(2s);
  const auto seen = pair.seen(), truth = pair.truth();
  ASSERT_EQ(truth.size(), 3U);
  EXPECT_EQ(seen, (std::vector{truth[1], truth[0], truth[2]}));
}

TEST(Fault, DuplicateSendsAFrameTwice) {
  Pair pair;
  pair.order(FaultKind::Duplicate);
  pair.bench.run(1s);
  const auto truth = pair.truth();
  EXPECT_EQ(pair.seen(), (std::vector{truth[0], truth[0], truth[1]}));
}

TEST(Fault, ReorderSwapsNeighbours) {
  Pair pair;
  pair.order(FaultKind::Reorder);
  pair.bench.run(2s);
  const auto truth = pair.truth();
  EXPECT_EQ(pair.seen(), (std::vector{truth[1], truth[0], truth[2]}));
}

TEST(Fault, OmitConfirmLeavesOnlyThatFrameOut) {
  Pair pair;
  pair.order(FaultKind::OmitConfirm);
  pair.bench.run(2min);
  std::vector<std::string> expected = pair.truth();
  expected.erase(std::ranges::find_if(expected, is_confirm));
  EXPECT_EQ(pair.seen(), expected);
}

TEST(Fault, RepeatConfirmSendsTheClosingFrameTwice) {
  Pair pair;
  pair.order(FaultKind::RepeatConfirm);
  pair.bench.run(60s);
  std::vector<std::string> expected = pair.truth();
  expected.push_back(expected.back());
  EXPECT_EQ(pair.seen(), expected);
}

TEST(Fault, TruncateFlipAndBinarySpoilOneFrame) {
  for (const FaultKind kind : {FaultKind::Truncate, FaultKind::Flip, FaultKind::Binary}) {
    Pair pair;
    pair.order(kind);
    pair.bench.run(1s);
    const auto seen = pair.seen(), truth = pair.truth();
    ASSERT_EQ(seen.size(), 2U) << to_string(kind);
    EXPECT_NE(seen[0], truth[0]) << to_string(kind);
    EXPECT_EQ(seen[1], truth[1]) << to_string(kind);
    const Sent& first = *std::ranges::find(pair.bench.io.sent, pair.victim, &Sent::conn);
    EXPECT_EQ(first.kind, kind == FaultKind::Binary ? FrameKind::Binary : FrameKind::Text);
    if (kind == FaultKind::Truncate) {
      EXPECT_TRUE(truth[0].starts_with(seen[0]));
    }
    if (kind == FaultKind::Flip) {
      EXPECT_EQ(seen[0].size(), truth[0].size());
      EXPECT_TRUE(std::ranges::none_of(seen[0], [](char c) { return c < 0; }));
    }
  }
}

TEST(Fault, UnknownKeyAndUnknownTopicAreValidJson) {
  Pair pair;
  pair.order(FaultKind::UnknownKey);
  pair.order(FaultKind::UnknownTopic);
  pair.bench.run(200ms);
  const auto seen = pair.seen(), truth = pair.truth();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(json::parse(seen[0]).at("topic").as_string(), "novelty.1");
  json::object with_key = json::parse(seen[1]).as_object();
  EXPECT_TRUE(with_key.erase("colRes"));
  EXPECT_EQ(json::value(with_key), json::parse(truth[0]));
}

TEST(Fault, HttpFaultsStrikeOneRequest) {
  Bench bench;
  const auto ask = [&] { return bench->on_http("GET", "/v5/market/time"); };
  ASSERT_TRUE(bench->inject({FaultKind::Http5xx}));
  const HttpReply broken = ask();
  EXPECT_EQ(broken.status, 502);
  EXPECT_EQ(broken.content_type, "text/html");
  EXPECT_TRUE(broken.body.starts_with("<html>"));
  ASSERT_TRUE(bench->inject({FaultKind::Http403}));
  const HttpReply banned = ask();
  EXPECT_EQ(banned.status, 403);
  EXPECT_EQ(banned.body, "access too frequent");
  ASSERT_TRUE(bench->inject({FaultKind::Http10006}));
  const HttpReply limited = ask();
  EXPECT_EQ(limited.status, 200);
  EXPECT_EQ(json::parse(limited.body).at("retCode").as_int64(), 10006);
  ASSERT_TRUE(bench->inject({FaultKind::HttpDelay}));
  EXPECT_EQ(ask().delay, 750ms);
  EXPECT_EQ(ask().delay, 0ms);
  EXPECT_EQ(json::parse(ask().body).at("retCode").as_int64(), 0);
  EXPECT_EQ(bench->describe_faults(), "http_5xx=1 http_10006=1 http_403=1 http_delay=1");
}

TEST(Fault, LastPageCursorLeadsToAnEmptyPage) {
  Bench bench;
  ASSERT_TRUE(bench->inject({FaultKind::LastPageCursor}));
  const std::string path = "/v5/market/instruments-info?category=linear";
  const std::string cursor = text_at(bench.get(path), "/result/nextPageCursor");
  ASSERT_FALSE(cursor.empty());
  const json::value next = bench.get(path + "&cursor=" + cursor);
  EXPECT_TRUE(next.at_pointer("/result/list").as_array().empty());
  EXPECT_EQ(text_at(next, "/result/nextPageCursor"), "");
}

TEST(Fault, ClockOffsetMovesWhatTheVenueTellsButNotTheCandles) {
  Pair pair;
  ASSERT_TRUE(pair.bench->inject({FaultKind::ClockOffset, std::nullopt, 1, 2500}));
  pair.bench.run(200ms);
  const json::value frame = json::parse(pair.seen().at(0));
  EXPECT_EQ(frame.at("ts").as_int64(), to_unix_ms(kFirst) + 2700);
  EXPECT_EQ(frame.at_pointer("/data/0/start").as_int64(), to_unix_ms(kFirst));
  EXPECT_EQ(pair.bench.get("/v5/market/time").at("time").as_int64(), to_unix_ms(kFirst) + 2700);
}

TEST(Fault, AnOrderThatTimeCannotHoldIsRefused) {
  Pair pair;
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t ms : {most, -most, std::int64_t{86'400'001}})
    EXPECT_FALSE(pair.bench->inject({FaultKind::ClockOffset, std::nullopt, 1, ms})) << ms;
  EXPECT_FALSE(pair.bench->inject({FaultKind::Flip, std::nullopt, most}));
  EXPECT_EQ(pair.bench.get("/v5/market/time").at("time").as_int64(), to_unix_ms(kFirst));
}

TEST(Fault, ChancesOnOneConnectionDoNotMoveThoseOfAnother) {
  // The same victim alone and beside others sees the same bytes.
  const auto run = [](int others) {
    SimSettings settings;
    settings.faults.flip_per_frame = 0.2;
    settings.faults.duplicate_per_frame = 0.2;
    settings.faults.omit_confirm = 0.5;
    Bench bench(settings);
    const ConnId victim = bench.connect();
    bench.subscribe(victim, {"kline.1.BTCUSDT"});
    for (int i = 0; i < others; ++i) bench.subscribe(bench.connect(), {"kline.1.BTCUSDT"});
    bench.run(5min);
    return bench.io.of(victim);
  };
  EXPECT_EQ(run(0), run(3));
}

TEST(Fault, ChancesHitAboutAsOftenAsTheySay) {
  SimSettings settings;
  settings.faults.duplicate_per_frame = 0.1;
  settings.faults.omit_confirm = 0.5;
  Bench bench(settings);
  const ConnId conn = bench.connect();
  bench.subscribe(conn, {"kline.1.BTCUSDT"});
  bench.run(200min);
  // 200 bars of 61 frames; three standard deviations to either side.
  EXPECT_NEAR(static_cast<double>(count(bench, FaultKind::Duplicate)), 1220.0, 100.0);
  EXPECT_NEAR(static_cast<double>(count(bench, FaultKind::OmitConfirm)), 100.0, 22.0);
}

TEST(Fault, PerMinuteChancesDropAndMuteInVenueTime) {
  SimSettings settings;
  settings.faults.drop_per_minute = 1.0;
  Bench dropping(settings);
  const ConnId gone = dropping.connect();
  dropping.run(59s);
  EXPECT_TRUE(dropping.io.dropped.empty());
  dropping.run(1s);
  EXPECT_EQ(dropping.io.dropped, std::vector<ConnId>{gone});
  settings.faults.drop_per_minute = 0.0;
  settings.faults.mute_per_minute = 1.0;
  Bench muting(settings);
  const ConnId silent = muting.connect();
  muting.run(2min);
  EXPECT_EQ(muting.io.muted, std::vector<ConnId>{silent});
}

TEST(Fault, OrdersForNobodyOrForNothingAreRefused) {
  Bench bench;
  EXPECT_EQ(bench->inject({FaultKind::Drop, ConnId{7}}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(bench->inject({FaultKind::Duplicate, std::nullopt, 0}).error().code,
            ErrorCode::OutOfRange);
}

TEST(Fault, CanBeOrderedAndCountedOverHttp) {
  Pair pair;
  EXPECT_EQ(pair.bench->on_http("POST", "/sim/fault?kind=duplicate&conn=1&count=2").status, 200);
  pair.bench.run(2s);
  EXPECT_EQ(pair.seen().size(), pair.truth().size() + 2);
  const json::value status = json::parse(pair.bench->on_http("GET", "/sim/status").body);
  EXPECT_EQ(status.at("faults").as_string(), "duplicate=2");
  EXPECT_EQ(status.at("readers").as_int64(), 2);
  EXPECT_EQ(status.at("now").as_string(), "2025-01-01T00:00:02.000Z");
  EXPECT_EQ(pair.bench->on_http("POST", "/sim/fault?kind=earthquake").status, 400);
  EXPECT_EQ(pair.bench->on_http("POST", "/sim/fault?kind=drop&conn=99").status, 400);
}

TEST(FaultNames, ReadBackAsThemselves) {
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    const auto kind = static_cast<FaultKind>(i);
    EXPECT_EQ(parse_fault(to_string(kind)), kind);
  }
  EXPECT_FALSE(parse_fault("").has_value());
}

}  // namespace
}  // namespace proteus::sim::exchange_test
