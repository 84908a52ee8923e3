#include "tools/app/alarm_webhook.hpp"

#include <fmt/format.h>

namespace proteus::app {
namespace {

net::HttpOptions options(const std::string& ca_file) {
  net::HttpOptions made;
  made.connections_max = 1;
  made.waiting_max = 1;
  made.body_max_bytes = 1U << 20U;
  made.idle_max = std::chrono::seconds{1};
  made.ca_file = ca_file;
  return made;
}

/// 408, 425, 429 and 5xx may go better later; a redirect or another 4xx says the same each time.
Delivery outcome_of(unsigned status) {
  if (status >= 200 && status < 300) return Delivery::Delivered;
  const bool later = status == 408 || status == 425 || status == 429 || status >= 500;
  return later ? Delivery::Failed : Delivery::Hopeless;
}

}  // namespace

AlarmWebhook::AlarmWebhook(net::Loop& loop, const net::Endpoint& endpoint,
                           const std::string& ca_file, Duration deadline, AlarmSender from)
    : client_(loop, endpoint, options(ca_file)),
      // The whole path is the client's base, which its errors do not repeat.
      target_(endpoint.path.ends_with('/') ? "/" : ""),
      deadline_(deadline),
      from_(std::move(from)) {}

void AlarmWebhook::send(const Alarm& alarm, OnDone on_done) {
  net::HttpRequest request("POST", target_, {{"Content-Type", "application/json"}},
                           alarm_json(alarm, from_));
  const auto heard = [on_done = std::move(on_done),
                      deadline = deadline_](Result<net::HttpResponse> answer) {
    const auto ms = [](Duration d) {
      return std::chrono::floor<std::chrono::milliseconds>(d).count();
    };
    if (answer.has_error())
      return on_done(Delivery::Failed, answer.error().code == ErrorCode::Timeout
                                           ? fmt::format("no answer within {} ms", ms(deadline))
                                           : answer.error().context);
    const net::HttpResponse& response = answer.value();
    on_done(outcome_of(response.status),
            fmt::format("status {} after {} ms", response.status, ms(response.elapsed)));
  };
  client_.request(std::move(request), deadline_, heard);
}

}  // namespace proteus::app
