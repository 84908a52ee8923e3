#include "tools/app/net_account_io.hpp"

#include "tools/app/keys.hpp"

namespace proteus::app {
namespace {

const char* path_of(live::Channel channel) {
  return channel == live::Channel::Private ? "/v5/private" : "/v5/trade";
}
const char* name_of(live::Channel channel) {
  return channel == live::Channel::Private ? "private" : "trade";
}

/// Some answers repeat the key that asked (what it may do, a refused signature).
std::string without_key(std::string text, const std::string& key) {
  if (key.empty()) return text;
  const std::string shown = masked_key(key);
  for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos; at += shown.size())
    text.replace(at, key.size(), shown);
  return text;
}

net::HttpOptions account_http(const std::string& ca_file) {
  net::HttpOptions options;
  options.ca_file = ca_file;
  return options;
}

}  // namespace

NetAccountIo::NetAccountIo(net::Loop& loop, net::Endpoint rest, net::Endpoint stream,
                           const std::string& ca_file, const live::LiveSettings& settings,
                           std::string key, bybit::VenueClock& clock,
                           storage::FeedRecorder* recorder)
    : loop_(loop),
      stream_base_(std::move(stream)),
      deadline_(settings.request_deadline),
      key_(std::move(key)),
      clock_(clock),
      recorder_(recorder),
      http_(loop, std::move(rest), account_http(ca_file)) {
  options_.ca_file = ca_file;
  options_.connect_deadline = settings.connect_deadline;
}

void NetAccountIo::open(live::Channel channel) {
  Stream& stream = of(channel);
  ++stream.connection;
  net::Endpoint endpoint = stream_base_;
  endpoint.path = path_of(channel);
  net::WebsocketHandlers handlers;
  handlers.on_open = [this, channel] {
    if (account_ != nullptr) account_->on_open(channel, steady_time());
  };
  handlers.on_text = [this, channel](std::string_view bytes) {
    if (account_ == nullptr) return;
    const auto now = steady_time();
    std::string masked;
    if (!key_.empty() && bytes.find(key_) != std::string_view::npos)
      bytes = masked = without_key(std::string(bytes), key_);
    // Its bytes are ours only until they are heard, and a report does not wait for a file.
    if (recorder_ != nullptr)
      recorder_->keep(name_of(channel), of(channel).connection, clock_.at(now), bytes);
    account_->on_text(channel, bytes, now);
    if (recorder_ != nullptr) recorder_->write();
  };
  handlers.on_closed = [this, channel](const Error& cause) {
    if (account_ != nullptr) account_->on_closed(channel, cause, steady_time());
  };
  stream.client = std::make_unique<net::WebsocketClient>(loop_, std::move(endpoint), options_,
                                                         std::move(handlers));
  stream.client->open();
}

void NetAccountIo::send(live::Channel channel, std::string text) {
  // A connection that is gone tells so by on_closed; what was on its way is then in doubt.
  if (of(channel).client) static_cast<void>(of(channel).client->send(std::move(text)));
}

void NetAccountIo::close(live::Channel channel) { of(channel).client.reset(); }

void NetAccountIo::request(live::RequestId id, live::HttpCall call) {
  net::HttpRequest request;
  request.method = call.post ? "POST" : "GET";
  request.target = std::move(call.target);
  for (auto& [name, value] : call.headers) {
    net::HttpHeader header;
    header.name = std::move(name);
    header.value = std::move(value);
    request.headers.push_back(std::move(header));
  }
  request.body = std::move(call.body);
  const auto heard = [this, id](Result<net::HttpResponse> answer) {
    if (account_ == nullptr) return;
    const auto now = steady_time();
    if (answer.has_error()) return account_->on_answer(id, answer.error(), now);
    net::HttpResponse& response = answer.value();
    // A refused signature repeats the key: neither records nor messages are to have it.
    response.body = without_key(std::move(response.body), key_);
    if (recorder_ != nullptr) recorder_->record("account-rest", id, clock_.at(now), response.body);
    live::HttpAnswer got;
    got.status = static_cast<int>(response.status);
    constexpr int kBarred = 403;
    if (got.status == kBarred) barred_();
    for (const net::HttpHeader& header : response.headers)
      live::read_header(got.limit, header.name, header.value);
    got.body = std::move(response.body);
    account_->on_answer(id, std::move(got), now);
  };
  http_.request(std::move(request), deadline_, heard);
}

}  // namespace proteus::app
