#include "connectors/net/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "connectors/net/http_message.hpp"

namespace proteus::net {
namespace {

struct Scheme {
  std::string_view prefix;
  std::uint16_t port;
  bool tls;
};
constexpr Scheme kSchemes[] = {
    {"ws://", 80, false}, {"wss://", 443, true}, {"http://", 80, false}, {"https://", 443, true}};

Error bad_url(std::string_view url, std::string_view why) {
  return error(ErrorCode::Malformed,
               fmt::format("\"{}\" is not an address to connect to: {}", url.substr(0, 120), why));
}

bool is_unfit(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '#'; }

Result<std::uint16_t> parse_port(std::string_view url, std::string_view text) {
  unsigned port = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (ec != std::errc{} || end != text.data() + text.size() || port < 1 || port > 65535) {
    return bad_url(
        url, fmt::format("the port \"{}\" is not a number from 1 to 65535", text.substr(0, 20)));
  }
  return static_cast<std::uint16_t>(port);
}

/// "host", "host:port", "[v6]" or "[v6]:port" into `endpoint`.
Result<void> parse_authority(std::string_view url, std::string_view text, Endpoint& endpoint) {
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == text.npos) return bad_url(url, "the '[' of the IPv6 address is not closed");
    endpoint.host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest[0] != ':') return bad_url(url, "text follows the IPv6 address");
    has_port = !rest.empty();
    port = has_port ? rest.substr(1) : rest;
  } else {
    const auto colon = text.find(':');
    endpoint.host = text.substr(0, colon);
    has_port = colon != text.npos;
    port = has_port ? text.substr(colon + 1) : std::string_view{};
  }
  if (endpoint.host.empty()) return bad_url(url, "it names no host");
  if (endpoint.host.find_first_of("[]") != endpoint.host.npos)
    return bad_url(url, "a bracket stands inside the host");
  if (has_port) {
    BOOST_OUTCOME_TRY(endpoint.port, parse_port(url, port));
  }
  return success();
}

}  // namespace

std::string to_string(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", endpoint.host, endpoint.port)
            : fmt::format("{}:{}", endpoint.host, endpoint.port);
}

Result<Endpoint> parse_endpoint(std::string_view url) {
  if (url.substr(0, url.find('?')).find('@') != url.npos) {
    // First, and without repeating the URL: what stands before the '@' may be a secret.
    return error(ErrorCode::Malformed,
                 "an address to connect to may not hold an '@': keys and "
                 "passwords do not belong in it");
  }
  const auto* scheme = std::ranges::find_if(
      kSchemes, [&](const Scheme& candidate) { return url.starts_with(candidate.prefix); });
  if (scheme == std::end(kSchemes)) {
    return bad_url(url, "it has to begin with ws://, wss://, http:// or https://");
  }
  if (std::ranges::any_of(url, is_unfit)) {
    return bad_url(url, "blanks, control characters and '#' are not allowed");
  }
  const std::string_view rest = url.substr(scheme->prefix.size());
  const auto slash = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  Endpoint endpoint;
  endpoint.port = scheme->port;
  endpoint.tls = scheme->tls;
  BOOST_OUTCOME_TRY(parse_authority(url, authority, endpoint));
  const std::string_view path = rest.substr(slash);
  endpoint.path = path.starts_with('/') ? std::string{path} : "/" + std::string{path};
  return endpoint;
}

std::string_view find_header(const std::vector<HttpHeader>& headers, std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const auto same = [&](const HttpHeader& header) {
    return std::ranges::equal(header.name, name, {}, lower, lower);
  };
  const auto found = std::ranges::find_if(headers, same);
  return found == headers.end() ? std::string_view{} : std::string_view{found->value};
}

}  // namespace proteus::net
