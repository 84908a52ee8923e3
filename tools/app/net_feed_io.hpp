// The feed's ports over real sockets: streams and REST through connectors/net, every frame recorded
// before it is read.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "connectors/bybit/public_feed.hpp"
#include "connectors/bybit/venue_clock.hpp"
#include "connectors/net/http_client.hpp"
#include "connectors/net/loop.hpp"
#include "connectors/net/websocket_client.hpp"
#include "connectors/storage/feed_recorder.hpp"

namespace proteus::app {

/// Real monotonic time as the feed wants it.
bybit::SteadyTime steady_time();

class NetFeedIo final : public bybit::FeedIo {
 public:
  using OnAnswer =
      std::function<void(bybit::RequestId, Result<bybit::HttpResponse>, bybit::SteadyTime)>;

  NetFeedIo(net::Loop& loop, net::Endpoint rest, net::Endpoint stream, const std::string& ca_file,
            Duration request_deadline, Duration connect_deadline, bybit::VenueClock& clock,
            storage::FeedRecorder* recorder);

  /// Who hears REST answers now (the bootstrap first, then the feed).
  void on_answer(OnAnswer handler) { on_answer_ = std::move(handler); }
  /// Who hears the streams.
  void attach(bybit::PublicFeed* feed) { feed_ = feed; }

  void open(bybit::StreamId stream, std::string_view path) override;
  void send(bybit::StreamId stream, std::string text) override;
  void close(bybit::StreamId stream) override;
  void set_reading(bybit::StreamId stream, bool reading) override;
  void get(bybit::RequestId request, std::string target) override;

 private:
  struct Stream {
    std::unique_ptr<net::WebsocketClient> client;
    std::string name;              ///< "public-linear-0", in the recording
    std::uint64_t connection = 0;  ///< how often it was opened
  };
  void record(std::string_view stream, std::uint64_t connection, std::string_view bytes);

  net::Loop& loop_;
  net::Endpoint stream_base_;
  net::ClientOptions options_;
  Duration request_deadline_;
  bybit::VenueClock& clock_;
  storage::FeedRecorder* recorder_;
  net::HttpClient http_;
  std::vector<Stream> streams_;
  OnAnswer on_answer_;
  bybit::PublicFeed* feed_ = nullptr;
};

}  // namespace proteus::app
