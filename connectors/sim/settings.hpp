// What a user can say about the simulated exchange: its clock, its pushes, its accounts, its
// faults. Defaults stand here and nowhere else.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus::sim {

/// Chances of faults, each on its own; all zero: a venue that never errs. `*_per_frame` is asked
/// for every data frame and connection, `*_per_minute` for every connection at each minute of venue
/// time, `*_per_request` for every HTTP request. The draws are seeded and each connection has its
/// own stream, so a fault on one never moves those of another.
struct SimFaults {
  double drop_per_minute = 0.0;
  double drop_at_close = 0.0;
  double mute_per_minute = 0.0;
  double delay_per_frame = 0.0;
  Duration delay = std::chrono::milliseconds{1500};
  double duplicate_per_frame = 0.0;
  double reorder_per_frame = 0.0;
  double omit_confirm = 0.0;
  double repeat_confirm = 0.0;
  double truncate_per_frame = 0.0;
  double flip_per_frame = 0.0;
  double binary_per_frame = 0.0;
  double unknown_key_per_frame = 0.0;
  double unknown_topic_per_frame = 0.0;
  double http_5xx_per_request = 0.0;
  double http_10006_per_request = 0.0;
  double http_403_per_request = 0.0;
  double http_delay_per_request = 0.0;
  Duration http_delay = std::chrono::milliseconds{750};
  double last_page_cursor_per_request = 0.0;
  double order_10016_per_request = 0.0;
  double order_lost_per_request = 0.0;
  double private_early_per_request = 0.0;
  double private_shuffle_per_change = 0.0;
  double order_never_per_request = 0.0;
  double cancel_race_per_request = 0.0;
  double trade_delay_per_request = 0.0;
  double omit_execution_per_frame = 0.0;
  double silent_per_minute = 0.0;
  double signed_10002_per_request = 0.0;
  double signed_10006_per_request = 0.0;
  double signed_10016_per_request = 0.0;
  double signed_403_per_request = 0.0;
  double create_110072_per_request = 0.0;
  double rest_lag_per_order = 0.0;
  Duration rest_lag = std::chrono::seconds{3};
  double maintenance_per_minute = 0.0;
  Duration maintenance = std::chrono::seconds{30};
  std::int64_t clock_offset_ms = 0;

  static constexpr auto settings() {
    using F = SimFaults;
    return std::tuple{
        setting("drop_per_minute", &F::drop_per_minute,
                "chance that a connection is cut, per minute of venue time", 0.0, 1.0),
        setting("drop_at_close", &F::drop_at_close,
                "chance that a connection is cut just before a base bar's confirm", 0.0, 1.0),
        setting("mute_per_minute", &F::mute_per_minute,
                "chance that a connection goes silent but stays open, per minute", 0.0, 1.0),
        setting("delay_per_frame", &F::delay_per_frame, "chance that a frame comes late", 0.0, 1.0),
        setting("delay", &F::delay, "how late a delayed frame comes, venue time", 0.0, 3600.0),
        setting("duplicate_per_frame", &F::duplicate_per_frame, "chance that a frame is sent twice",
                0.0, 1.0),
        setting("reorder_per_frame", &F::reorder_per_frame,
                "chance that a frame changes places with the one after it", 0.0, 1.0),
        setting("omit_confirm", &F::omit_confirm,
                "chance that the closing frame of a candle is left out", 0.0, 1.0),
        setting("repeat_confirm", &F::repeat_confirm,
                "chance that the closing frame of a candle is sent twice", 0.0, 1.0),
        setting("truncate_per_frame", &F::truncate_per_frame, "chance that a frame is cut short",
                0.0, 1.0),
        setting("flip_per_frame", &F::flip_per_frame,
                "chance that bytes of a frame are changed (it stays valid UTF-8)", 0.0, 1.0),
        setting("binary_per_frame", &F::binary_per_frame,
                "chance that a frame is replaced by a binary one of random bytes", 0.0, 1.0),
        setting("unknown_key_per_frame", &F::unknown_key_per_frame,
                "chance that a frame carries a key nobody knows", 0.0, 1.0),
        setting("unknown_topic_per_frame", &F::unknown_topic_per_frame,
                "chance that a frame of an unknown topic comes before it", 0.0, 1.0),
        setting("http_5xx_per_request", &F::http_5xx_per_request,
                "chance of a 502 with an HTML body", 0.0, 1.0),
        setting("http_10006_per_request", &F::http_10006_per_request,
                "chance of retCode 10006, too many visits", 0.0, 1.0),
        setting("http_403_per_request", &F::http_403_per_request,
                "chance of HTTP 403, access too frequent", 0.0, 1.0),
        setting("http_delay_per_request", &F::http_delay_per_request,
                "chance that an HTTP answer is held back", 0.0, 1.0),
        setting("http_delay", &F::http_delay, "how long a held answer waits, real time", 0.0,
                3600.0),
        setting("last_page_cursor_per_request", &F::last_page_cursor_per_request,
                "chance that the last page of a list carries a cursor", 0.0, 1.0),
        setting("order_10016_per_request", &F::order_10016_per_request,
                "chance that an order request is done and answered 10016, server error", 0.0, 1.0),
        setting("order_lost_per_request", &F::order_lost_per_request,
                "chance that an order request is done and its answer never comes", 0.0, 1.0),
        setting("private_early_per_request", &F::private_early_per_request,
                "chance that the streams tell of an order request before its answer", 0.0, 1.0),
        setting("private_shuffle_per_change", &F::private_shuffle_per_change,
                "chance that execution, order, position and wallet come in another order", 0.0,
                1.0),
        setting("order_never_per_request", &F::order_never_per_request,
                "chance that an order request has no effect and its answer never comes", 0.0, 1.0),
        setting("cancel_race_per_request", &F::cancel_race_per_request,
                "chance that a cancel is accepted and works at the next push only, where the order "
                "may have filled",
                0.0, 1.0),
        setting("trade_delay_per_request", &F::trade_delay_per_request,
                "chance that an answer to an order by websocket is held back for http_delay", 0.0,
                1.0),
        setting("omit_execution_per_frame", &F::omit_execution_per_frame,
                "chance that a frame of executions is lost on a private stream", 0.0, 1.0),
        setting("silent_per_minute", &F::silent_per_minute,
                "chance that a private stream tells nothing more but answers pings, per minute",
                0.0, 1.0),
        setting("signed_10002_per_request", &F::signed_10002_per_request,
                "chance that a signed request is refused with 10002, timestamp", 0.0, 1.0),
        setting("signed_10006_per_request", &F::signed_10006_per_request,
                "chance that a signed request is refused with 10006, too many visits", 0.0, 1.0),
        setting("signed_10016_per_request", &F::signed_10016_per_request,
                "chance that a signed request has no effect and is answered 10016", 0.0, 1.0),
        setting("signed_403_per_request", &F::signed_403_per_request,
                "chance that a signed REST request meets HTTP 403", 0.0, 1.0),
        setting(
            "create_110072_per_request", &F::create_110072_per_request,
            "chance that a new order with an orderLinkId is done and answered 110072, as if its "
            "request had come twice",
            0.0, 1.0),
        setting("rest_lag_per_order", &F::rest_lag_per_order,
                "chance that an order's rows in REST lists lag behind the streams", 0.0, 1.0),
        setting("rest_lag", &F::rest_lag, "how old the rows of such an order are, venue time", 0.0,
                3600.0),
        setting("maintenance_per_minute", &F::maintenance_per_minute,
                "chance that maintenance begins, per minute of venue time", 0.0, 1.0),
        setting("maintenance", &F::maintenance, "how long maintenance lasts, venue time", 1.0,
                86'400.0),
        setting("clock_offset_ms", &F::clock_offset_ms,
                "added to every time the venue tells, ms; candles stay where they are", -86'400'000,
                86'400'000)};
  }
};

struct SimSettings {
  std::int64_t seed = 1;
  double speed = 1.0;
  bool paced = false;
  Duration settle = std::chrono::milliseconds{5};
  std::string start;
  std::int64_t history_bars = 1500;
  Duration push_interval = std::chrono::seconds{1};
  double level_notional = 20'000.0;
  std::int64_t spread_ticks = 1;
  double mark_basis_bps = 0.0;
  bool kline_start_floor = false;
  std::vector<std::string> accounts = {"simkey:simsecret:100000"};
  double taker_fee_bps = 5.5;
  double maker_fee_bps = 2.0;
  double maintenance_margin_bps = 50.0;
  double liquidation_fee_bps = 50.0;
  double spot_taker_fee_bps = 10.0;
  double spot_maker_fee_bps = 10.0;
  SimFaults faults;

  static constexpr auto settings() {
    using S = SimSettings;
    return std::tuple{
        setting("seed", &S::seed, "seed of paths inside bars, books and faults", 0.0, 9.0e15),
        setting("speed", &S::speed, "seconds of venue time in a real second", 0.001, 1.0e6),
        setting("paced", &S::paced,
                "time waits for the slowest reader, and stands still without one; speed is unused"),
        setting("settle", &S::settle,
                "paced: quiet real time after a client's command before time moves", 0.0, 60.0),
        setting("start", &S::start,
                "venue time at the start (2025-05-30T00:00Z); empty: after history_bars bars"),
        setting("history_bars", &S::history_bars, "base bars before the start when start is empty",
                0.0, 1.0e7),
        setting("push_interval", &S::push_interval,
                "time between pushes inside a bar, venue time, whole milliseconds", 0.1, 86'400.0),
        setting("level_notional", &S::level_notional,
                "typical value of a book level, quote currency", 1.0, 1.0e9),
        setting("spread_ticks", &S::spread_ticks, "best ask minus best bid, ticks", 1.0, 1000.0),
        setting("mark_basis_bps", &S::mark_basis_bps, "mark price above the last price, bps",
                -500.0, 500.0),
        setting("kline_start_floor", &S::kline_start_floor,
                "REST klines: a start inside a candle includes that candle (seen later); else the "
                "list begins with the next (recorded 2024)"),
        setting("accounts", &S::accounts,
                "accounts that may trade, each KEY:SECRET:USDT and any of :readonly :withdraw :dcp "
                ":fast=N :ip=ADDRESS :expires=DATE; play money, so no real key here"),
        setting("taker_fee_bps", &S::taker_fee_bps,
                "perpetuals: fee of taking, in bps of the value", 0.0, 1000.0),
        setting("maker_fee_bps", &S::maker_fee_bps,
                "perpetuals: fee of resting, in bps of the value", 0.0, 1000.0),
        setting("spot_taker_fee_bps", &S::spot_taker_fee_bps,
                "spot: fee of taking, in bps; a buy pays it in the coin that it brings", 0.0,
                1000.0),
        setting("spot_maker_fee_bps", &S::spot_maker_fee_bps,
                "spot: fee of resting, in bps; a buy pays it in the coin that it brings", 0.0,
                1000.0),
        setting("maintenance_margin_bps", &S::maintenance_margin_bps,
                "an account whose equity is at or below this share of its positions' values is "
                "liquidated, in bps",
                1.0, 5000.0),
        setting("liquidation_fee_bps", &S::liquidation_fee_bps,
                "paid on top of the taker fee by a liquidation, in bps", 0.0, 1000.0)};
  }
};

}  // namespace proteus::sim
