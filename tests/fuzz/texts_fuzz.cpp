// Short texts that people and venues write: decimals, times, durations, names, addresses, topics.
// What is taken is written back and read again as the same; what is not gets one bounded sentence.
#include "config/value_text.hpp"
#include "connectors/bybit/topics.hpp"
#include "connectors/net/endpoint.hpp"
#include "engine/core/instrument.hpp"
#include "tests/fuzz/property.hpp"

namespace proteus {
namespace {

void check_decimal(std::string_view text) {
  const Result<std::int64_t> raw = parse_fixed(text);
  if (!raw) return fuzz::check_sentence(raw.error());
  const std::string again = format_fixed(raw.value());
  const Result<std::int64_t> back = parse_fixed(again);
  FUZZ_CHECK(back.has_value() && back.value() == raw.value(), again);
  FUZZ_CHECK(text.find(again[0] == '-' ? std::string_view{again}.substr(1) : again) != text.npos,
             again);
}

void check_time(std::string_view text) {
  const Result<Timestamp> time = parse_time(text);
  if (!time) return fuzz::check_sentence(time.error());
  const std::string again = format_time(time.value());
  const Result<Timestamp> back = parse_time(again);
  FUZZ_CHECK(back.has_value(), again);
  FUZZ_CHECK(to_unix_ms(back.value()) == to_unix_ms(time.value()), again);
  for (int i = 0; i <= static_cast<int>(Interval::Month); ++i) {
    const auto interval = static_cast<Interval>(i);
    const Timestamp open = bar_open(time.value(), interval);
    FUZZ_CHECK(open <= time.value() && next_open(open, interval) > time.value(), again);
  }
}

void check_duration(std::string_view text) {
  const std::optional<Duration> duration = config::parse_duration(text);
  if (!duration) return;
  const std::string again = config::format_duration(*duration);
  FUZZ_CHECK(config::parse_duration(again) == duration, again);
}

void check_name(std::string_view text) {
  const Result<InstrumentName> name = parse_instrument_name(text);
  if (!name) return fuzz::check_sentence(name.error());
  FUZZ_CHECK(fmt::format("{}:{}", to_string(name.value().category), name.value().symbol) == text);
}

void check_address(std::string_view text) {
  const Result<net::Endpoint> endpoint = net::parse_endpoint(text);
  if (!endpoint) return fuzz::check_sentence(endpoint.error());
  const net::Endpoint& e = endpoint.value();
  FUZZ_CHECK(e.port != 0 && !e.host.empty() && e.path.starts_with('/'));
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 127; };
  for (const char c : e.host + e.path) FUZZ_CHECK(!blank(c), e.host + e.path);
  const std::string again = fmt::format("{}://{}{}", e.tls ? "wss" : "ws", to_string(e), e.path);
  const Result<net::Endpoint> back = net::parse_endpoint(again);
  FUZZ_CHECK(back.has_value(), again);
  FUZZ_CHECK(back.value().host == e.host && back.value().port == e.port &&
                 back.value().tls == e.tls && back.value().path == e.path,
             again);
}

void check_topic(std::string_view text) {
  using bybit::TopicKind;
  const bybit::Topic topic = bybit::parse_topic(text);
  if (topic.kind == TopicKind::Kline)
    FUZZ_CHECK(bybit::kline_topic(topic.interval, topic.symbol) == text);
  if (topic.kind == TopicKind::Ticker) FUZZ_CHECK(bybit::ticker_topic(topic.symbol) == text);
  if (topic.kind == TopicKind::Other) FUZZ_CHECK(topic.symbol.empty());
}

}  // namespace
}  // namespace proteus

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = proteus::fuzz::text_of(data, size);
  proteus::check_decimal(text);
  proteus::check_time(text);
  proteus::check_duration(text);
  proteus::check_name(text);
  proteus::check_address(text);
  proteus::check_topic(text);
  return 0;
}
