#include "tools/app/net_feed_io.hpp"

namespace proteus::app {

bybit::SteadyTime steady_time() { return bybit::SteadyTime{net::Loop::steady_now()}; }

namespace {
net::HttpOptions http_options(const std::string& ca_file) {
  net::HttpOptions options;
  options.ca_file = ca_file;
  return options;
}
}  // namespace

NetFeedIo::NetFeedIo(net::Loop& loop, net::Endpoint rest, net::Endpoint stream,
                     const std::string& ca_file, Duration request_deadline,
                     Duration connect_deadline, bybit::VenueClock& clock,
                     storage::FeedRecorder* recorder)
    : loop_(loop),
      stream_base_(std::move(stream)),
      request_deadline_(request_deadline),
      clock_(clock),
      recorder_(recorder),
      http_(loop, std::move(rest), http_options(ca_file)) {
  options_.ca_file = ca_file;
  options_.connect_deadline = connect_deadline;
}

void NetFeedIo::record(std::string_view stream, std::uint64_t connection, std::string_view bytes) {
  if (recorder_ != nullptr) recorder_->record(stream, connection, clock_.at(steady_time()), bytes);
}

void NetFeedIo::open(bybit::StreamId id, std::string_view path) {
  if (streams_.size() <= id) streams_.resize(id + 1);
  Stream& stream = streams_[id];
  ++stream.connection;
  stream.name =
      "public-" + std::string(path.substr(path.rfind('/') + 1)) + "-" + std::to_string(id);
  net::Endpoint endpoint = stream_base_;
  endpoint.path = path;
  net::WebsocketHandlers handlers;
  handlers.on_open = [this, id] { feed_->on_open(id, steady_time()); };
  handlers.on_text = [this, id](std::string_view bytes) {
    const auto now = steady_time();
    const Timestamp venue = clock_.at(now);
    // Its bytes are ours only until the feed has heard them, and an order does not wait for a file.
    if (recorder_ != nullptr)
      recorder_->keep(streams_[id].name, streams_[id].connection, venue, bytes);
    feed_->on_frame(id, bytes, venue, now);
    if (recorder_ != nullptr) recorder_->write();
  };
  handlers.on_closed = [this, id](const Error& cause) {
    feed_->on_closed(id, cause, steady_time());
  };
  stream.client = std::make_unique<net::WebsocketClient>(loop_, std::move(endpoint), options_,
                                                         std::move(handlers));
  stream.client->open();
}

void NetFeedIo::send(bybit::StreamId id, std::string text) {
  // A connection that is gone tells so by on_closed; the feed then starts again.
  (void)streams_[id].client->send(std::move(text));
}

void NetFeedIo::close(bybit::StreamId id) { streams_[id].client.reset(); }

void NetFeedIo::set_reading(bybit::StreamId id, bool reading) {
  if (streams_[id].client) streams_[id].client->set_reading(reading);
}

void NetFeedIo::get(bybit::RequestId request, std::string target) {
  http_.get(
      std::move(target), request_deadline_, [this, request](Result<net::HttpResponse> answer) {
        const auto now = steady_time();
        if (answer.has_error()) {
          on_answer_(request, answer.error(), now);
          return;
        }
        net::HttpResponse& response = answer.value();
        record("rest", request, response.body);
        on_answer_(request,
                   bybit::HttpResponse(static_cast<int>(response.status), std::move(response.body)),
                   now);
      });
}

}  // namespace proteus::app
