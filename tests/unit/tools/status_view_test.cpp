#include "tools/app/status_view.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/unit/tools/support.hpp"

namespace proteus::app {
namespace {

// A status as the daemon writes it, with the awkward values: tiny drawdown, zero funding, a loss.
const std::string kStatus = R"({"schema":1,"mode":"paper","session":"S1","folder":"runs/S1",
"venue_time":"2025-06-01T12:34:56.789Z","uptime_s":75.2,"state":"reducing",
"state_cause":"drawdown beyond its limit",
"holds":[{"hold":"stale_data","instrument":"linear:BTCUSDT","cause":"the newest data is old"}],
"initial":"10000","equity":"9999.693738985","profit":{"total":"-0.306261015","price":"-0.1293",
"fees":"0.176961015","funding":"0","slippage_inside_price":"0.0368"},
"drawdown":0.000008,"drawdown_max":0.2,"drawdown_worst":0.01234,
"headroom":[{"control":"position_limit","what":"largest position","limit":"5000","actual":"113.54",
"unit":"quote","used":0.022708},{"control":"order_value","what":"one order","limit":"2499.92",
"actual":"0","unit":"quote","used":0}],
"bars":15,"warmup_bars":600,"late_bars":1,"set_aside":2,"gaps":3,"decisions":615,"orders":3,
"refusals":4,"refusals_by_control":{"drawdown":4},"fills":3,
"anomalies":{"malformed":2,"duplicate_bar":7},"feed_live":false,
"feed":{"streams":1,"losses":2,"reconnects":9,"frames":99,"speed":30,"topics":[
{"topic":"kline.1.BTCUSDT","stream":"s","state":"live","age_s":0.2},
{"topic":"tickers.BTCUSDT","stream":"s","state":"lost","age_s":null}]},
"clock_offset_ms":-1.25,"clock_uncertainty_ms":0.5,
"log":{"committed_bytes":2048,"synced_bytes":1024,"pending_bytes":0,"unsynced_bytes":1024,
"underived_bytes":2048,"frames_recorded":90,"frames_not_recorded":0},"storage_error":"",
"instruments":[{"name":"linear:BTCUSDT","tick":"0.1","lot":"0.001","quote":"USDT",
"position":"-0.001","mark":"106387.6","value":"-106.3876","unrealised":"-0.0049",
"funding_rate":"0.0001","next_funding":"2025-06-01T16:00:00.000Z",
"bar_open":"2025-06-01T12:33:00.000Z","outcome":"refused","reason":"fast mean below slow mean: short"},
{"name":"spot:DOGEUSDT","tick":"0.00001","lot":"0.1","quote":"USDT","position":"0","mark":"0.1",
"value":"0","unrealised":"0","funding_rate":null,"next_funding":null,"bar_open":"","outcome":"",
"reason":""}]})";

TEST(StatusView, ShowsModeAndStateFirst) {
  const std::string out = render_status(kStatus);
  EXPECT_TRUE(out.starts_with("=== P A P E R ===   REDUCING: drawdown beyond its limit")) << out;
}

TEST(StatusView, ShowsWhatTheAdaptedWeightsInUseEarnOverTheBase) {
  std::string status = kStatus;
  const auto put = [&](const std::string& before, double gain, double total, int version) {
    const auto at = status.find(before);
    status.insert(at,
                  fmt::format(R"("policy":{{"answers":5,"trials":1,"outside":0,"bad":0,)"
                              R"("cuts":3,"proposed":3,"adopted":2,"refused":1,"rolled_back":0,)"
                              R"("failed":0,"lost":0,"version":{},"shadow_gain":{},)"
                              R"("gain_total":{}}},)",
                              version, gain, total));
  };
  put("\"bar_open\":\"2025", -1.25, 3.0, 2);
  put("\"bar_open\":\"\"", 0.5, 0.0, 1);
  const std::string out = render_status(status, {.width = 400});
  EXPECT_TRUE(has(out, "in use on 2 of ")) << out;
  EXPECT_TRUE(has(out, "there -0.75 units ahead of the base")) << out;
  EXPECT_TRUE(has(out, "earned against the base in shadow +2.25 units")) << out;
}

TEST(StatusView, KeepsProfitLinesApartWithTheirSigns) {
  const std::string out = render_status(kStatus);
  EXPECT_TRUE(
      has(out, "price -0.1293   fees -0.1770   funding 0.0000   (slippage -0.0368, inside price)"))
      << out;
  EXPECT_TRUE(has(out, "9999.69 USDT   -0.31 (0.00 %) since the start with 10000.00")) << out;
}

TEST(StatusView, HasNoExponentAndNoMinusZero) {
  const std::string out = render_status(kStatus);
  EXPECT_TRUE(has(out, "drawdown  0.00 % of at most 20.00 %   worst 1.23 %")) << out;
  EXPECT_FALSE(has(out, "E-")) << out;
  EXPECT_FALSE(has(out, "-0.00 ")) << out;
  EXPECT_FALSE(has(out, "-0 ")) << out;
}

TEST(StatusView, TellsHoldsLimitsFeedAndAnomalies) {
  const std::string out = render_status(kStatus);
  EXPECT_TRUE(has(out, "stale_data linear:BTCUSDT: the newest data is old")) << out;
  EXPECT_TRUE(has(out, "largest position  [#.........]    2 %  113.54 of 5000.00")) << out;
  EXPECT_TRUE(has(out, "one order         at most 2499.92")) << out;
  EXPECT_TRUE(has(out, "NOT LIVE   1 stream(s), lost 2 time(s)   frames 99")) << out;
  EXPECT_TRUE(has(out, "kline.1.BTCUSDT live 0.2 s   tickers.BTCUSDT lost -")) << out;
  EXPECT_TRUE(has(out, "malformed 2, duplicate_bar 7")) << out;
  EXPECT_TRUE(has(out, "2.0 KiB written   waiting: 1.0 KiB for the disk")) << out;
}

TEST(StatusView, SpeaksOfQuotaAndDiskOnlyWhereTheyAreShort) {
  EXPECT_FALSE(has(render_status(kStatus), "quota"));
  std::string status = kStatus;
  status.insert(1, R"("storage":{"session_bytes":2048,"quota_bytes":1024,"near_quota":true,
"over_quota":true,"disk_low":true},)");
  const std::string out = render_status(status);
  EXPECT_TRUE(has(out, "the session has 2.0 KiB of its quota of 1.0 KiB: nothing more may go"))
      << out;
  EXPECT_TRUE(has(out, "the disk has little room left")) << out;
}

TEST(StatusView, CountsAsManyDecisionsAsTheDocument) {
  std::string status = kStatus;
  EXPECT_TRUE(has(render_status(status),
                  "15 (late 1, set aside 2, gaps 3)   decisions 615 (600 of the warm-up)   "
                  "orders 3   fills 3\n"));
  const std::string warm = R"("warmup_bars":600)";
  status.replace(status.find(warm), warm.size(), R"("warmup_bars":0)");
  EXPECT_TRUE(has(render_status(status), "   decisions 615   orders 3"));
}

TEST(Summary, TellsOfOrdersThatTheEndCancelled) {
  std::string status = kStatus;
  const std::string orders = R"("orders":3,)";
  status.replace(status.find(orders), orders.size(), orders + R"("in_flight_at_stop":2,)");
  EXPECT_TRUE(
      has(render_summary(status), "orders 3 (2 in flight at the end, cancelled)   fills 3"));
  EXPECT_FALSE(has(render_summary(kStatus), "in flight"));
}

TEST(StatusView, TrimsNumbersToTickAndLot) {
  const std::string out = render_status(kStatus);
  EXPECT_TRUE(has(out, "-0.001 106387.6")) << out;
  EXPECT_TRUE(has(out, "0.0 ")) << out;
  EXPECT_TRUE(has(out, "0.10000")) << out;
  EXPECT_TRUE(has(out, "0.0100% in 3:25")) << out;
}

TEST(StatusView, FitsInto120Columns) {
  std::istringstream lines(render_status(kStatus));
  for (std::string l; std::getline(lines, l);) EXPECT_LE(columns_of(l), 120U) << l;
}

TEST(StatusView, FitsInto80AndInto50ColumnsAndKeepsTheReason) {
  for (const std::size_t width : {80U, 50U}) {
    Style style;
    style.width = width;
    const std::string out = render_status(kStatus, style);
    std::istringstream lines(out);
    for (std::string l; std::getline(lines, l);) EXPECT_LE(columns_of(l), width) << l;
    EXPECT_TRUE(has(out, "9999.69 USDT")) << out;
    EXPECT_TRUE(has(out, "(slippage -0.0368, inside price)")) << out;
    EXPECT_TRUE(has(out, "-0.001 106387.6")) << out;
    if (width == 80) {
      EXPECT_TRUE(has(out, "refused     fast mean below slow mea")) << out;
      EXPECT_FALSE(has(out, "0.0100% in")) << out;
    }
  }
}

TEST(StatusView, GivesUpTheBarsOfTheLimitsBeforeTheirNumbers) {
  std::string status = kStatus;
  const std::string row = R"("headroom":[)";
  status.replace(status.find(row), row.size(), row + R"({"control":"stage","what":"stage",
"limit":"1000000","actual":"123456.78","unit":"quote","used":0.123456},)");
  struct Case {
    std::size_t width;
    const char* line;
  };
  for (const Case& c :
       {Case{60, "limits    stage               12 %  123456.78 of 1000000.00\n"},
        Case{80, "limits    stage             [##........]   12 %  123456.78 of 1000000.00\n"},
        Case{120, "limits    stage             [##........]   12 %  123456.78 of 1000000.00\n"},
        Case{160, "12 %  123456.78 of 1000000.00   largest position  [#.........]    2 %  "}}) {
    Style style;
    style.width = c.width;
    const std::string out = render_status(status, style);
    EXPECT_TRUE(has(out, c.line)) << c.width << "\n" << out;
    EXPECT_TRUE(has(out, "2 %  113.54 of 5000.00")) << c.width << "\n" << out;
    std::istringstream lines(out);
    for (std::string l; std::getline(lines, l);) EXPECT_LE(columns_of(l), c.width) << l;
  }
}

TEST(StatusView, TellsHowTheOperatorIsHeard) {
  std::string status = kStatus;
  status.insert(1,
                R"("operator":{"kill_file":"runs/S1/KILL","kill_file_there":true,"heard_s":3.2,
"heartbeat_required_s":300.0,"heartbeat_lost":"halt"},"disk_free_bytes":2147483648,)");
  const std::string out = render_status(status);
  EXPECT_TRUE(has(out, "heard 3.2 s ago, halt after 5 min 00 s of silence")) << out;
  EXPECT_TRUE(has(out, "kill file runs/S1/KILL IS THERE")) << out;
  EXPECT_TRUE(has(out, "disk free 2.0 GiB")) << out;
}

TEST(StatusView, ShowsOpenOrders) {
  const std::string out = render_status(
      kStatus.substr(0, kStatus.size() - 1) +
      R"(,"open_orders":[{"instrument":"linear:BTCUSDT","side":"buy","quantity":"0.003",
"remaining":"0.001","reduce_only":false,"price":"100.5"},{"instrument":"spot:DOGEUSDT",
"side":"sell","quantity":"7","remaining":"7","reduce_only":true,"price":null}]})");
  EXPECT_TRUE(has(out,
                  "open      buy 0.001 of 0.003 linear:BTCUSDT at 100.5   "
                  "sell 7 of 7 spot:DOGEUSDT (reduces)"))
      << out;
  EXPECT_FALSE(has(render_status(kStatus), "open "));
}

std::string with_alarms(const std::string& alarms) {
  return kStatus.substr(0, kStatus.size() - 1) + R"(,"alarms":)" + alarms + "}";
}

TEST(StatusView, TellsWhetherAlarmsReachSomebody) {
  const std::string out = render_status(with_alarms(
      R"({"raised":5,"suppressed":2,"ways":[
{"way":"command","delivered":5,"given_up":0,"dropped":0,"waiting":0,"failing":0,"last":"exit code 0"},
{"way":"webhook","delivered":1,"given_up":3,"dropped":1,"waiting":2,"failing":4,"last":"HTTP 500"}]})"));
  EXPECT_TRUE(has(out, "raised 5   held back 2   command delivered 5   ")) << out;
  EXPECT_TRUE(has(out, "webhook delivered 1, waiting 2, LOST 4, FAILS: HTTP 500")) << out;
}

TEST(StatusView, SaysThatNobodyIsToldOfAlarms) {
  const std::string out = render_status(with_alarms(R"({"raised":0,"suppressed":0,"ways":[]})"));
  EXPECT_TRUE(has(out, "raised 0   nobody is told: [alarms] names no way")) << out;
}

TEST(StatusView, KeepsMoneyAndPositionsOnALowTerminal) {
  const std::string out = fit(status_blocks(kStatus, {}), 12);
  EXPECT_EQ(lines_of(out), 12U) << out;
  EXPECT_TRUE(has(out, "equity ")) << out;
  EXPECT_TRUE(has(out, "spot:DOGEUSDT")) << out;
  EXPECT_FALSE(has(out, "kline.1.BTCUSDT")) << out;
  EXPECT_FALSE(has(out, "KiB written")) << out;
}

TEST(StatusView, HasNoEscapeCodesInAPipe) { EXPECT_FALSE(has(render_status(kStatus), "\x1b")); }

TEST(StatusView, CannotBeMadeToSteerTheTerminal) {
  std::string status = kStatus;
  const std::string cause = "drawdown beyond its limit";
  status.replace(status.find(cause), cause.size(), "\\u001b[2Jboom");
  EXPECT_FALSE(has(render_status(status), "\x1b"));
}

TEST(StatusView, SaysAnErrorAsASentence) {
  EXPECT_EQ(render_status(R"({"error":"no such thing"})"), "no such thing\n");
  EXPECT_EQ(error_of(R"({"error":"no such thing"})"), "no such thing");
  EXPECT_EQ(error_of(kStatus), "");
}

TEST(StatusView, SurvivesADocumentWithoutAnything) {
  EXPECT_FALSE(render_status("{}").empty());
  EXPECT_FALSE(render_why("{}").empty());
  EXPECT_FALSE(render_heartbeat("{}").empty());
  EXPECT_FALSE(render_summary("{}").empty());
  EXPECT_EQ(render_status("no json"), "no json");
}

TEST(Heartbeat, IsOneLineWithEveryFigure) {
  EXPECT_EQ(render_heartbeat(kStatus),
            "venue_time=12:34:56 state=reducing feed=NOT_LIVE equity=9999.69 profit=-0.31 "
            "(price=-0.13 fees=-0.18 funding=0.00) drawdown=\"0.00 %\" bars=15 orders=3 fills=3 "
            "refused=4 holds=stale_data marks=linear:BTCUSDT:106387.6,spot:DOGEUSDT:0.10000");
}

TEST(Summary, TellsWhatIsStillHeld) {
  const std::string out = render_summary(kStatus);
  EXPECT_TRUE(has(out, "holds     -0.001 linear:BTCUSDT at 106387.6\n")) << out;
  EXPECT_TRUE(has(out, "session   runs/S1\n")) << out;
  EXPECT_TRUE(has(out, "ran       75 s")) << out;
}

}  // namespace
}  // namespace proteus::app
