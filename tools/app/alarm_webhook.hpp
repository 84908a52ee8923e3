// Posts an alarm as JSON. The address may carry a token in its path or query: nothing this class
// says repeats more of it than host and port.
#pragma once

#include "connectors/net/http_client.hpp"
#include "tools/app/alarm_way.hpp"

namespace proteus::app {

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
