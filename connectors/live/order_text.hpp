// Requests as text, written once: the bytes that are signed are the bytes that are sent. Each of
// the *_text functions gives one JSON object: the body of a REST call, and the one element of
// `args` on the order-entry stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/instrument.hpp"
#include "engine/core/order.hpp"
#include "engine/core/time.hpp"

namespace proteus::live {

enum class SelfMatch : std::uint8_t { None, CancelMaker, CancelTaker, CancelBoth };
std::string_view to_string(SelfMatch rule);

struct OrderExtras {
  /// Attached to an opening order, fired by the mark price. Left out of reduce-only orders, which
  /// cannot carry one.
  std::optional<Price> stop_loss;
  SelfMatch self_match = SelfMatch::CancelMaker;
};

/// Decimals that a step needs: 0.001 -> 3, 5 -> 0.
int decimals_of(std::int64_t step_raw);
/// With exactly the step's decimals, never an exponent: 0.5 at step 0.001 -> "0.500". A value off
/// the step keeps the decimals that it needs: the venue refuses it, nothing cuts it silently.
std::string step_text(std::int64_t raw, std::int64_t step_raw);

/// /v5/order/create. A StopMarket is a conditional market order, fired by the mark price (spot: by
/// the last) when it rises to the trigger (buy) or falls to it (sell).
std::string create_text(const OrderRequest& order, const Instrument& instrument,
                        const OrderExtras& extras = {});
/// /v5/order/cancel by our own id; an order of somebody else by the venue's. `conditional`: a stop
/// that has not fired, which spot finds only if told.
std::string cancel_text(const Instrument& instrument, std::string_view link_id,
                        std::string_view order_id = {}, bool conditional = false);
/// The link id of a protective stop of a spot holding, which no order of the engine is: the words
/// before it, the session and a number below 36^8.
inline constexpr std::string_view kProtectiveWords = "proteus-stop-";
std::string protective_id(const SessionCode& session, std::uint64_t number);
inline bool is_protective_id(std::string_view link_id) {
  return link_id.starts_with(kProtectiveWords);
}
/// /v5/order/cancel-all of one instrument.
std::string cancel_all_text(const Instrument& instrument);
/// /v5/position/trading-stop: of the whole position, fired by the mark price; zero removes it.
std::string trading_stop_text(const Instrument& instrument, Price stop_loss);
/// /v5/position/set-leverage, 1e9 = 1x, both sides alike.
std::string set_leverage_text(const Instrument& instrument, std::int64_t leverage_e9);
/// /v5/position/switch-mode to one-way.
std::string switch_mode_text(const Instrument& instrument);

/// /v5/order/disconnected-cancel-all: of all perpetuals; the venue knows whole seconds.
std::string disconnect_text(Duration window);

/// A message of the order-entry stream; `args`: one of the texts above.
std::string ws_message(std::string_view req_id, std::string_view op, std::int64_t timestamp_ms,
                       std::int64_t recv_window_ms, std::string_view args);

/// What is signed. REST: `payload` is the query as sent without '?', or the body.
std::string rest_payload(std::int64_t timestamp_ms, std::string_view key,
                         std::int64_t recv_window_ms, std::string_view payload);
std::string auth_payload(std::int64_t expires_ms);
/// The auth command. `id_name`: "req_id" on the private stream, "reqId" on the order-entry stream.
std::string auth_message(std::string_view id_name, std::string_view req_id, std::string_view key,
                         std::int64_t expires_ms, std::string_view signature);

}  // namespace proteus::live
