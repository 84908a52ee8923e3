// The way of market data to a stage: the simulated exchange, its protocol text, the feed that reads
// it. Sockets and time are simulated: what one side sends the other hears at once, and time stands
// still until it is told to pass.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "connectors/bybit/public_feed.hpp"
#include "connectors/sim/exchange.hpp"

namespace proteus::app::selftest {

class Wire final : private sim::SimIo, private bybit::FeedIo {
 public:
  /// The exchange begins at the source's first bar. All references must outlive this. Asserts that
  /// exchange and feed can be made: their settings are the self-test's own.
  Wire(sim::MarketSource& source, const InstrumentTable& instruments, EventSink& sink);
  ~Wire() override;
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Time passes until `venue`; everything that falls due by then has been heard.
  void run_until(Timestamp venue);
  /// The exchange cuts the category's connections.
  void cut(Category category);

 private:
  struct Parcel {
    enum class Kind : std::uint8_t { Opened, Frame, Closed, Answer, Ping } kind;
    sim::ConnId conn = 0;
    std::shared_ptr<const std::string> text;
    bybit::RequestId request = 0;
    int status = 0;
  };
  struct Line {
    bybit::StreamId stream = 0;
    Category category = Category::Linear;
  };

  // What the exchange asks for.
  void send(sim::ConnId conn, std::shared_ptr<const std::string> frame, sim::FrameKind) override;
  void ping(sim::ConnId conn, std::string_view payload) override;
  void drop(sim::ConnId conn) override;
  void mute(sim::ConnId conn, bool muted) override;
  // What the feed asks for.
  void get(bybit::RequestId request, std::string target) override;
  void open(bybit::StreamId stream, std::string_view path) override;
  void send(bybit::StreamId stream, std::string text) override;
  void close(bybit::StreamId stream) override;
  /// Never asked for: holes are filled while frames go on.
  void set_reading(bybit::StreamId, bool) override {}

  void deliver();
  void hand_over(const Parcel& parcel);
  [[nodiscard]] std::optional<sim::ConnId> connection_of(bybit::StreamId stream) const;

  bybit::SteadyTime now_{std::chrono::hours{1}};
  bybit::VenueClock clock_;
  std::unique_ptr<sim::SimExchange> exchange_;
  std::unique_ptr<bybit::PublicFeed> feed_;
  std::map<sim::ConnId, Line> lines_;
  std::deque<Parcel> parcels_;
  sim::ConnId connections_ = 0;
  bybit::SteadyTime settled_;  ///< until then time goes in small steps
};

}  // namespace proteus::app::selftest
