// What a user can say about a live account: where it is, how orders go there, how it is watched.
#pragma once

#include <array>
#include <string>
#include <tuple>

#include "engine/core/settings.hpp"
#include "engine/core/time.hpp"

namespace proteus::live {

/// Which of the venue's worlds the keys belong to. Sim: the built-in exchange at venue.rest and
/// venue.stream.
enum class Profile : std::uint8_t { Sim, Testnet, Demo, Mainnet };

/// How orders leave; the other way serves when this one is down.
enum class OrderEntry : std::uint8_t { Websocket, Rest };

/// What a stop of the daemon does with positions.
enum class AtStop : std::uint8_t { Leave, Flatten };

/// Times are real unless said otherwise.
struct LiveSettings {
  Profile profile = Profile::Sim;
  std::string key_file;
  std::string settle_coin = "USDT";
  OrderEntry order_entry = OrderEntry::Websocket;
  double leverage = 5.0;
  double stop_distance = 0.2;
  AtStop at_stop = AtStop::Leave;
  bool disconnect_protection = false;
  Duration disconnect_window = std::chrono::seconds{10};
  Duration ack_deadline = std::chrono::seconds{2};
  Duration unknown_settle = std::chrono::seconds{15};
  Duration reconcile_interval = std::chrono::seconds{60};
  std::int64_t reconcile_looks = 3;
  Duration reconcile_pause = std::chrono::milliseconds{500};
  double cash_tolerance = 0.01;
  Duration request_deadline = std::chrono::seconds{5};
  Duration connect_deadline = std::chrono::seconds{10};
  Duration ping_interval = std::chrono::seconds{15};
  Duration pong_deadline = std::chrono::seconds{10};
  Duration silence_deadline = std::chrono::seconds{40};
  Duration backoff_min = std::chrono::milliseconds{500};
  Duration backoff_max = std::chrono::seconds{30};
  Duration steady_life = std::chrono::seconds{60};
  Duration ban_pause = std::chrono::minutes{10};

  static constexpr auto settings() {
    using S = LiveSettings;
    return std::tuple{
        setting("profile", &S::profile,
                "where the keys belong: sim (venue.rest and venue.stream), testnet, demo or "
                "mainnet"),
        setting("key_file", &S::key_file,
                "file with key and secret, mode 0600; empty: PROTEUS_API_KEY and "
                "PROTEUS_API_SECRET of the environment"),
        setting("settle_coin", &S::settle_coin, "coin in which the account settles"),
        setting("order_entry", &S::order_entry,
                "orders leave by the trade websocket or by REST; the other serves while one is "
                "down"),
        setting("leverage", &S::leverage, "set at the venue for each perpetual at the start", 1.0,
                100.0),
        setting("stop_distance", &S::stop_distance,
                "control 17: the protective stop at the venue lies this share of the price away",
                0.001, 0.9),
        setting("at_stop", &S::at_stop, "positions when the daemon is stopped: leave or flatten"),
        setting("disconnect_protection", &S::disconnect_protection,
                "control 16: the venue itself cancels our orders when our streams are dead; only "
                "for accounts to which it grants that, others do not start with it"),
        setting("disconnect_window", &S::disconnect_window,
                "how long they have to be dead, whole seconds", 3.0, 300.0),
        setting("ack_deadline", &S::ack_deadline,
                "an order request without an answer for that long has an unknown outcome", 0.05,
                60),
        setting("unknown_settle", &S::unknown_settle,
                "an order that the venue does not know this long after it was asked for first "
                "never arrived; more than risk.limits.recv_window",
                0.1, 600),
        setting("reconcile_interval", &S::reconcile_interval,
                "between two comparisons with the venue's books", 0.05, 3600),
        setting("reconcile_looks", &S::reconcile_looks,
                "a difference counts when so many looks in a row agree on it", 1, 10),
        setting("reconcile_pause", &S::reconcile_pause, "between those looks", 0.001, 60),
        setting("cash_tolerance", &S::cash_tolerance,
                "difference of the balance that is rounding, quote currency", 0.0, 1000.0),
        setting("request_deadline", &S::request_deadline, "a REST answer may take", 0.05, 120),
        setting("connect_deadline", &S::connect_deadline, "a connect may take", 0.1, 120),
        setting("ping_interval", &S::ping_interval, "between pings of the private streams", 0.05,
                60),
        setting("pong_deadline", &S::pong_deadline, "a pong may take", 0.05, 60),
        setting("silence_deadline", &S::silence_deadline, "without any frame", 0.1, 600),
        setting("backoff_min", &S::backoff_min, "first pause before a new try", 0.001, 60),
        setting("backoff_max", &S::backoff_max, "longest pause before a new try", 0.01, 600),
        setting("steady_life", &S::steady_life, "a connection older than this resets the back-off",
                0.0, 3600),
        setting("ban_pause", &S::ban_pause, "no HTTP at all for this long after HTTP 403", 0.1,
                86'400)};
  }
};

}  // namespace proteus::live

template <>
struct proteus::EnumNames<proteus::live::Profile> {
  static constexpr std::array<std::string_view, 4> names = {"sim", "testnet", "demo", "mainnet"};
};
template <>
struct proteus::EnumNames<proteus::live::OrderEntry> {
  static constexpr std::array<std::string_view, 2> names = {"websocket", "rest"};
};
template <>
struct proteus::EnumNames<proteus::live::AtStop> {
  static constexpr std::array<std::string_view, 2> names = {"leave", "flatten"};
};
