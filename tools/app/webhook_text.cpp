#include "tools/app/webhook_text.hpp"

#include <algorithm>

#include "connectors/net/endpoint.hpp"

namespace proteus::app {

std::string shown_webhook(std::string_view url) {
  if (net::parse_endpoint(url).has_error()) return "***";
  const std::size_t host = url.find("://") + 3;
  const std::size_t path = std::min(url.find_first_of("/?", host), url.size());
  const bool bare = url.size() - path <= 1;
  return std::string(url.substr(0, path)) + (bare ? "" : "/***");
}

bool is_hidden_webhook(std::string_view url) { return url.ends_with("***"); }

}  // namespace proteus::app
