// A network in one process, on simulated real time: between the simulated exchange and a feed, and
// an account's gateway where there is one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/bybit/public_feed.hpp"
#include "connectors/bybit/venue_clock.hpp"
#include "connectors/live/account_gateway.hpp"
#include "connectors/sim/exchange.hpp"
#include "connectors/sim/random.hpp"

namespace proteus::app::selftest {

/// The wire between exchange and feed, on simulated real time. Frames of a connection keep their
/// order; requests and answers take their time.
class Network;

/// The wire of a second process on the same account: a guard. It lives on when a daemon dies.
class SecondWire final : public live::AccountIo {
 public:
  explicit SecondWire(Network& network) : network_(network) {}
  live::AccountEvents* account = nullptr;  ///< null: nobody hears
  /// Told all that leaves which changes something: a POST's path and body, a message of the trade
  /// stream with its op in front.
  std::function<void(const std::string& where, const std::string& text)> on_sent =
      [](const std::string&, const std::string&) {};

  void open(live::Channel channel) override;
  void send(live::Channel channel, std::string text) override;
  void close(live::Channel channel) override;
  void request(live::RequestId id, live::HttpCall call) override;

 private:
  Network& network_;
};

class Network final : public sim::SimIo, public bybit::FeedIo, public live::AccountIo {
 public:
  using OnAnswer =
      std::function<void(bybit::RequestId, Result<bybit::HttpResponse>, bybit::SteadyTime)>;

  Network(std::uint64_t seed) : draws_(seed) {}

  sim::SimExchange* exchange = nullptr;
  bybit::PublicFeed* feed = nullptr;
  bybit::VenueClock* clock = nullptr;
  live::AccountGateway* gateway = nullptr;  ///< null: no account
  OnAnswer on_answer;
  SecondWire second{*this};
  /// Asked for what a daemon sends to its account, message or target of a request, before it
  /// leaves; false: it does not.
  std::function<bool(std::string_view)> may_leave = [](std::string_view) { return true; };
  /// Sees the answer to an account's request before the gateway does, and may spoil it.
  std::function<void(std::string_view target, std::string& body)> comes = [](std::string_view,
                                                                             std::string&) {};

  [[nodiscard]] bybit::SteadyTime now() const { return now_; }
  /// Counts the daemons that have died.
  [[nodiscard]] std::uint64_t life() const { return life_; }
  /// Runs `fn` every `period` from now on.
  void every(Duration period, std::function<void()> fn);
  /// Moves time to `until` and does all that falls due on the way, in order.
  void run_to(bybit::SteadyTime until);
  /// After every input of the exchange.
  void advance();

  /// The account's streams break and cannot be opened, and with `requests` no request reaches the
  /// exchange either; until it is called with false. Public streams go on.
  void cut(bool streams, bool requests);
  /// The account's connection of now; zero: none.
  [[nodiscard]] sim::ConnId connection(live::Channel channel) {
    return streams_[stream_of(channel)].conn;
  }

  /// In the exchange's place: HTTP 200 with `body`, in the time that a request takes.
  void answer(live::RequestId id, std::string body);

  /// The daemon is gone: its connections break, and what was on its way to it reaches nobody. What
  /// it had sent still arrives.
  void cut_all();

  // What the account's gateway asks for.
  void open(live::Channel channel) override;
  void send(live::Channel channel, std::string text) override;
  void close(live::Channel channel) override;
  void request(live::RequestId id, live::HttpCall call) override;
  // What the feed asks for.
  void open(bybit::StreamId stream, std::string_view path) override;
  void send(bybit::StreamId stream, std::string text) override;
  void close(bybit::StreamId stream) override;
  void set_reading(bybit::StreamId stream, bool reading) override;
  void get(bybit::RequestId request, std::string target) override;
  // What the exchange does.
  void send(sim::ConnId conn, std::shared_ptr<const std::string> frame,
            sim::FrameKind kind) override;
  void ping(sim::ConnId conn, std::string_view payload) override;
  void drop(sim::ConnId conn) override;
  void mute(sim::ConnId conn, bool muted) override;

 private:
  friend class SecondWire;
  struct Connection {
    bybit::StreamId stream = 0;
    bool open = false;
    bool muted = false;
    bybit::SteadyTime last_frame{};  ///< when the last frame under way arrives
  };
  void later(Duration wait, std::function<void()> fn) { at(now_ + wait, std::move(fn)); }
  void at(bybit::SteadyTime time, std::function<void()> fn);
  /// The stream's connection of now; null: it has none, or it is another one.
  Connection* current(sim::ConnId conn);
  void deliver(sim::ConnId conn, const std::string& frame);
  void flush(bybit::StreamId stream);
  [[nodiscard]] Duration latency();

  /// Streams of the account stand behind those of the feed.
  static constexpr bybit::StreamId kAccount = 1'000;
  static constexpr bybit::StreamId kSecond = 2'000;
  static bybit::StreamId stream_of(live::Channel channel) {
    return kAccount + static_cast<bybit::StreamId>(channel);
  }
  /// Who hears an account's stream; null: nobody.
  [[nodiscard]] live::AccountEvents* listener(bybit::StreamId stream) const;
  static live::Channel channel_of(bybit::StreamId stream) {
    return static_cast<live::Channel>(stream - (stream < kSecond ? kAccount : kSecond));
  }
  void ask(live::RequestId id, live::HttpCall call,
           std::function<void(live::RequestId, Result<live::HttpAnswer>)> hear);
  void opened(bybit::StreamId stream);
  void closed(bybit::StreamId stream, const Error& cause);
  void heard(bybit::StreamId stream, const std::string& frame);

  struct Stream {
    sim::ConnId conn = 0;  ///< zero: none
    bool reading = true;
    std::vector<std::string> unread;
    bybit::SteadyTime last_sent{};  ///< when the last message under way arrives
  };
  sim::Draws draws_;
  bybit::SteadyTime now_{std::chrono::hours{1}};
  std::map<std::pair<bybit::SteadyTime, std::uint64_t>, std::function<void()>> tasks_;
  std::uint64_t tasks_made_ = 0;
  std::uint64_t wake_ = 0;  ///< number of the last wish of the exchange to be called
  std::map<sim::ConnId, Connection> connections_;
  std::map<bybit::StreamId, Stream> streams_;
  sim::ConnId last_conn_ = 0;
  std::uint64_t life_ = 0;  ///< of the daemon: answers to another one reach nobody
  bool streams_cut_ = false;
  bool requests_cut_ = false;
};

}  // namespace proteus::app::selftest
