// The account's streams and signed HTTP over real sockets; what comes in is recorded beside the
// feed. What goes out is not: it carries the key's name.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "connectors/live/account_io.hpp"
#include "connectors/net/http_client.hpp"
#include "connectors/net/websocket_client.hpp"
#include "connectors/storage/feed_recorder.hpp"
#include "tools/app/net_feed_io.hpp"

namespace proteus::app {

class NetAccountIo final : public live::AccountIo {
 public:
  /// `key`: masked in all that comes in, for answers repeat it. `recorder`: null, nothing is
  /// recorded. All outlive this.
  NetAccountIo(net::Loop& loop, net::Endpoint rest, net::Endpoint stream,
               const std::string& ca_file, const live::LiveSettings& settings, std::string key,
               bybit::VenueClock& clock, storage::FeedRecorder* recorder);
  /// From now on it is told what happens; null: nobody is.
  void attach(live::AccountEvents* account) { account_ = account; }
  /// Called when the venue bars this address from HTTP (403).
  void on_barred(std::function<void()> barred) { barred_ = std::move(barred); }
  void record_to(storage::FeedRecorder* recorder) { recorder_ = recorder; }

  void open(live::Channel channel) override;
  void send(live::Channel channel, std::string text) override;
  void close(live::Channel channel) override;
  void request(live::RequestId id, live::HttpCall call) override;

 private:
  struct Stream {
    std::unique_ptr<net::WebsocketClient> client;
    std::uint64_t connection = 0;
  };
  Stream& of(live::Channel channel) { return streams_[static_cast<std::size_t>(channel)]; }

  net::Loop& loop_;
  net::Endpoint stream_base_;
  net::ClientOptions options_;
  Duration deadline_;
  std::string key_;
  bybit::VenueClock& clock_;
  storage::FeedRecorder* recorder_;
  live::AccountEvents* account_ = nullptr;
  std::function<void()> barred_ = [] {};
  std::array<Stream, 2> streams_;
  net::HttpClient http_;
};

}  // namespace proteus::app
