// Posts an alarm as JSON. The address may carry a token in its path or query: nothing this class
// says repeats more of it than host and port.
#pragma once

#include "connectors/net/http_client.hpp"
#include "tools/app/alarm_way.hpp"

namespace proteus::app {

/// "https://host:port/***": what may be shown of an address; the port only where it was written.
/// One without path and query is shown whole, what cannot be read not at all.
std::string shown_webhook(std::string_view url);
/// Whether `url` is what shown_webhook made of an address with a secret: it leads nowhere.
bool is_hidden_webhook(std::string_view url);

class AlarmWebhook final : public AlarmWay {
 public:
  AlarmWebhook(net::Loop& loop, const net::Endpoint& endpoint, const std::string& ca_file,
               Duration deadline, AlarmSender from);
  [[nodiscard]] std::string_view name() const override { return "webhook"; }
  void send(const Alarm& alarm, OnDone on_done) override;

 private:
  net::HttpClient client_;
  std::string target_;
  Duration deadline_;
  AlarmSender from_;
};

}  // namespace proteus::app
