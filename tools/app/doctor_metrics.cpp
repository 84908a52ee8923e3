#include <fmt/format.h>

#include "connectors/net/local_client.hpp"
#include "connectors/net/loop.hpp"
#include "connectors/net/server.hpp"
#include "tools/app/doctor.hpp"
#include "tools/app/loopback.hpp"

namespace proteus::app {
namespace {

/// Listens there for a moment, as the daemon would. Nothing: it can be done.
std::optional<std::string> failure_to_listen(const MetricsSettings& metrics) {
  net::Loop loop;
  net::ServerOptions options;
  options.bind = metrics.bind;
  options.port = static_cast<std::uint16_t>(metrics.port);
  const auto opened = net::Server::create(loop, options, {});
  if (opened.has_error()) return opened.error().context;
  return std::nullopt;
}

}  // namespace

Finding judge_metrics_port(const MetricsSettings& metrics, const std::optional<std::string>& taken,
                           bool daemon_runs) {
  const std::string topic = "metrics";
  if (!metrics.enabled) return fine(topic, "off: metrics.enabled = true serves them");
  const std::string where = fmt::format("{}, port {}", metrics.bind, metrics.port);
  if (taken && daemon_runs)
    return fine(topic, where + " is in use, probably by the daemon that answers at the socket");
  if (taken)
    return failure_of(topic, fmt::format("{}: {}", where, *taken),
                      "a daemon would not start: set metrics.port to another (0: any free one), or "
                      "end what listens there");
  if (!is_loopback(metrics.bind))
    return warning(topic, where + " is free, and other machines can read it without a password",
                   "set metrics.bind to 127.0.0.1, or keep it behind something that asks for one");
  return fine(topic, where + (metrics.port == 0 ? ": any free one" : " is free, on loopback"));
}

void check_metrics_port(const Settings& settings, const Tell& tell) {
  const MetricsSettings& metrics = settings.metrics;
  const bool daemon_runs = net::LocalClient::connect(settings.session.socket).has_value();
  const auto taken = metrics.enabled ? failure_to_listen(metrics) : std::nullopt;
  tell(judge_metrics_port(metrics, taken, daemon_runs));
}

}  // namespace proteus::app
