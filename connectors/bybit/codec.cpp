#include "connectors/bybit/codec.hpp"

#include <fmt/format.h>

#include "connectors/bybit/ticker_fields.hpp"

namespace proteus::bybit {
namespace {

/// Everything of a frame's top level that may stand before or after `data`.
struct FrameEnvelope {
  std::string_view topic;
  std::string_view type;
  std::string_view op;
  std::string_view req_id;
  std::string_view message;
  Timestamp ts{};
  std::optional<bool> success;
  std::optional<std::int64_t> ret_code;
  bool has_topic = false;
  bool has_data = false;
  bool topics_failed = false;  // option-style acknowledgement
};

const char* name_of(TopicKind kind) {
  switch (kind) {
    case TopicKind::Kline:
      return "kline frame";
    case TopicKind::Ticker:
      return "ticker frame";
    case TopicKind::Book:
      return "order book frame";
    case TopicKind::Trade:
      return "trade frame";
    case TopicKind::Other:
      break;
  }
  return "frame";
}

/// A frame made in its place in the answer: moving one there waits for the parts just written.
template <class T, class... Parts>
Result<Frame> made(Parts&&... parts) {
  return Result<Frame>{std::in_place_type<Frame>, std::in_place_type<T>,
                       std::forward<Parts>(parts)...};
}

/// Of one side; the deepest topic of the venue has 1000. Levels are put into place one by one.
constexpr std::size_t kBookLevelsMax = 1'000;

Timestamp last_ms(Timestamp close_time) { return close_time - std::chrono::milliseconds{1}; }

}  // namespace

class Codec::Impl {
 public:
  explicit Impl(const SymbolIndex& symbols) : symbols_(symbols) {}

  Result<Frame> decode(std::string_view bytes, Subject& subject);

 private:
  void read_envelope(ondemand::object object, FrameEnvelope& envelope, Subject& subject);
  void read_member(ondemand::raw_json_string key, ondemand::value& value, FrameEnvelope& envelope,
                   Subject& subject);
  void read_data(ondemand::value& value);
  void set_topic(std::string_view text, Subject& subject);
  void read_klines(ondemand::value& value);
  void read_kline(ondemand::object object);
  void read_ticker(ondemand::value& value);
  void read_book(ondemand::value& value);
  void read_side(ondemand::value& value, const char* field, std::vector<BookLevel>& side);
  void read_trades(ondemand::value& value);
  void read_trade(ondemand::object object);
  [[nodiscard]] Result<Frame> assemble(const FrameEnvelope& envelope) const;
  bool any_topic_failed(ondemand::document& document);
  [[nodiscard]] static Frame assemble_command(const FrameEnvelope& envelope);

  const SymbolIndex& symbols_;
  ondemand::parser parser_;
  PaddedBuffer buffer_;
  FieldReader reader_;
  Topic topic_;
  std::optional<InstrumentId> instrument_;
  std::vector<Kline> klines_;
  TickerValues ticker_;
  std::vector<BookLevel> bids_;
  std::vector<BookLevel> asks_;
  std::int64_t update_id_ = 0;
  std::vector<PublicTrade> trades_;
};

Result<Frame> Codec::Impl::decode(std::string_view bytes, Subject& subject) {
  subject = Subject{};
  reader_.reset();
  topic_ = Topic{};
  instrument_.reset();
  if (bytes.size() > kFrameBytesMax)
    return error(ErrorCode::OutOfRange,
                 fmt::format("frame of {} bytes (at most {}); it begins with {}", bytes.size(),
                             kFrameBytesMax, excerpt(bytes)));
  ondemand::document document;
  ondemand::object object;
  if (const auto code = parser_.iterate(buffer_.copy(bytes)).get(document)) {
    reader_.fail(code);
    return reader_.error(name_of(TopicKind::Other), bytes);
  }
  if (const auto code = document.get_object().get(object)) {
    reader_.fail(code);
    return reader_.error(name_of(TopicKind::Other), bytes);
  }
  FrameEnvelope envelope;
  read_envelope(object, envelope, subject);
  if (!reader_.failed() && document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    reader_.fail("frame", "goes on after its end");
  if (!reader_.failed() && envelope.has_topic && instrument_ && !envelope.has_data) {
    // `data` stood before `topic`, or nowhere.
    document.rewind();
    ondemand::value data;
    if (document.find_field_unordered("data").get(data))
      reader_.missing("data");
    else
      read_data(data);
  }
  // A document that failed cannot be rewound: simdjson has abandoned it.
  if (!reader_.failed() && envelope.type == "COMMAND_RESP")
    envelope.topics_failed = any_topic_failed(document);
  if (reader_.failed()) return reader_.error(name_of(topic_.kind), bytes);
  return assemble(envelope);
}

void Codec::Impl::read_envelope(ondemand::object object, FrameEnvelope& envelope,
                                Subject& subject) {
  for_each_member(object, reader_, [&](ondemand::raw_json_string key, ondemand::value& value) {
    if (!reader_.failed()) read_member(key, value, envelope, subject);
  });
}

void Codec::Impl::read_member(ondemand::raw_json_string key, ondemand::value& value,
                              FrameEnvelope& envelope, Subject& subject) {
  switch (key.raw()[0]) {
    case 't':
      if (is(key, "topic")) {
        envelope.topic = reader_.text(value, "topic");
        envelope.has_topic = true;
        set_topic(envelope.topic, subject);
      } else if (is(key, "ts")) {
        envelope.ts = reader_.time(value, "ts").value_or(Timestamp{});
      } else if (is(key, "type")) {
        envelope.type = reader_.text(value, "type");
      }
      return;
    case 'd':
      if (!is(key, "data")) return;
      if (envelope.has_topic && instrument_) {
        read_data(value);
        envelope.has_data = true;
      }
      return;
    case 's':
      if (is(key, "success")) envelope.success = reader_.boolean(value, "success");
      return;
    case 'o':
      if (is(key, "op")) envelope.op = reader_.text(value, "op");
      return;
    case 'r':
      if (is(key, "req_id") || is(key, "reqId"))
        envelope.req_id = reader_.text(value, "req_id");
      else if (is(key, "ret_msg") || is(key, "retMsg"))
        envelope.message = reader_.text(value, "ret_msg");
      else if (is(key, "retCode"))
        envelope.ret_code = reader_.integer(value, "retCode");
      return;
    default:
      return;
  }
}

void Codec::Impl::set_topic(std::string_view text, Subject& subject) {
  topic_ = parse_topic(text);
  subject.kind = topic_.kind;
  instrument_.reset();
  subject.instrument.reset();
  if (topic_.kind == TopicKind::Other) return;
  // Value by value: an optional copied whole, right after it was made, waits on store forwarding.
  if (const std::optional<InstrumentId> found = symbols_.find(topic_.symbol)) {
    instrument_.emplace(*found);
    subject.instrument.emplace(*found);
  }
}

void Codec::Impl::read_data(ondemand::value& value) {
  switch (topic_.kind) {
    case TopicKind::Kline:
      return read_klines(value);
    case TopicKind::Ticker:
      return read_ticker(value);
    case TopicKind::Book:
      return read_book(value);
    case TopicKind::Trade:
      return read_trades(value);
    case TopicKind::Other:
      return;
  }
}

void Codec::Impl::read_klines(ondemand::value& value) {
  klines_.clear();
  for_each_element(value, reader_, "data", [&](ondemand::value& item) {
    ondemand::object row;
    if (item.get_object().get(row)) return reader_.fail("data", "holds what is not an object");
    read_kline(row);
  });
}

void Codec::Impl::read_kline(ondemand::object object) {
  std::optional<Timestamp> start, end;
  std::optional<std::int64_t> open, high, low, close;
  std::optional<bool> confirm;
  std::string_view interval;
  std::optional<double> volume;
  double turnover = 0.0;
  for_each_member(object, reader_, [&](ondemand::raw_json_string key, ondemand::value& value) {
    switch (key.raw()[0]) {
      case 's':
        if (is(key, "start")) start = reader_.time(value, "start");
        break;
      case 'e':
        if (is(key, "end")) end = reader_.time(value, "end");
        break;
      case 'i':
        if (is(key, "interval")) interval = reader_.text(value, "interval");
        break;
      case 'o':
        if (is(key, "open")) open = reader_.fixed(value, "open");
        break;
      case 'c':
        if (is(key, "close"))
          close = reader_.fixed(value, "close");
        else if (is(key, "confirm"))
          confirm = reader_.boolean(value, "confirm");
        break;
      case 'h':
        if (is(key, "high")) high = reader_.fixed(value, "high");
        break;
      case 'l':
        if (is(key, "low")) low = reader_.fixed(value, "low");
        break;
      case 'v':
        if (is(key, "volume")) volume = reader_.number(value, "volume");
        break;
      case 't':
        if (is(key, "turnover")) turnover = reader_.number(value, "turnover").value_or(0.0);
        break;
      default:
        break;
    }
  });
  if (reader_.failed()) return;
  if (!start) return reader_.missing("start");
  if (!open) return reader_.missing("open");
  if (!high) return reader_.missing("high");
  if (!low) return reader_.missing("low");
  if (!close) return reader_.missing("close");
  if (!volume) return reader_.missing("volume");
  if (!confirm) return reader_.missing("confirm");
  if (!interval.empty() && interval != wire_interval(topic_.interval))
    return reader_.fail("interval", "is not that of the topic");
  if (bar_open(*start, topic_.interval) != *start)
    return reader_.fail("start", "does not lie on the interval");
  Kline& kline = klines_.emplace_back();
  Bar& bar = kline.bar;
  bar.instrument = *instrument_;
  bar.interval = topic_.interval;
  bar.open_time = *start;
  bar.close_time = next_open(*start, topic_.interval);
  if (end && *end != last_ms(bar.close_time))
    return reader_.fail("end", "is not the last millisecond of the interval");
  bar.open = Price::from_raw(*open);
  bar.high = Price::from_raw(*high);
  bar.low = Price::from_raw(*low);
  bar.close = Price::from_raw(*close);
  bar.volume = *volume;
  bar.turnover = turnover;
  kline.confirmed = *confirm;
}

void Codec::Impl::read_ticker(ondemand::value& value) {
  ticker_ = TickerValues{};
  ondemand::object object;
  if (value.get_object().get(object)) return reader_.fail("data", "is not an object");
  for_each_member(object, reader_, [&](ondemand::raw_json_string key, ondemand::value& member) {
    if (is(key, "symbol")) {
      if (reader_.text(member, "symbol") != topic_.symbol)
        reader_.fail("symbol", "is not that of the topic");
      return;
    }
    read_ticker_member(reader_, key, member, ticker_);
  });
}

void Codec::Impl::read_book(ondemand::value& value) {
  bids_.clear();
  asks_.clear();
  std::optional<std::int64_t> update_id;
  ondemand::object object;
  if (value.get_object().get(object)) return reader_.fail("data", "is not an object");
  for_each_member(object, reader_, [&](ondemand::raw_json_string key, ondemand::value& member) {
    if (is(key, "b"))
      read_side(member, "b", bids_);
    else if (is(key, "a"))
      read_side(member, "a", asks_);
    else if (is(key, "u"))
      update_id = reader_.integer(member, "u");
    else if (is(key, "s") && reader_.text(member, "s") != topic_.symbol)
      reader_.fail("s", "is not that of the topic");
  });
  if (reader_.failed()) return;
  if (!update_id) return reader_.missing("u");
  update_id_ = *update_id;
}

void Codec::Impl::read_side(ondemand::value& value, const char* field,
                            std::vector<BookLevel>& side) {
  side.clear();
  for_each_element(value, reader_, field, [&](ondemand::value& row) {
    if (reader_.failed()) return;
    if (side.size() == kBookLevelsMax)
      return reader_.fail(field, "holds more levels than any book has", ErrorCode::OutOfRange);
    std::optional<std::int64_t> price, size;
    int column = 0;
    for_each_element(row, reader_, field, [&](ondemand::value& cell) {
      if (column == 0) price = reader_.fixed(cell, field);
      if (column == 1) size = reader_.fixed(cell, field);
      ++column;
    });
    if (reader_.failed()) return;
    if (!price || !size) return reader_.fail(field, "holds a level without price or size");
    if (*price <= 0 || *size < 0)
      return reader_.fail(field, "holds a price that is not positive or a negative size",
                          ErrorCode::OutOfRange);
    side.push_back(BookLevel{Price::from_raw(*price), Quantity::from_raw(*size)});
  });
}

void Codec::Impl::read_trades(ondemand::value& value) {
  trades_.clear();
  for_each_element(value, reader_, "data", [&](ondemand::value& item) {
    ondemand::object row;
    if (item.get_object().get(row)) return reader_.fail("data", "holds what is not an object");
    read_trade(row);
  });
}

void Codec::Impl::read_trade(ondemand::object object) {
  PublicTrade trade;
  trade.instrument = *instrument_;
  std::optional<std::int64_t> price, size;
  std::optional<Timestamp> time;
  std::string_view side;
  for_each_member(object, reader_, [&](ondemand::raw_json_string key, ondemand::value& value) {
    if (is(key, "T"))
      time = reader_.time(value, "T");
    else if (is(key, "S"))
      side = reader_.text(value, "S");
    else if (is(key, "v"))
      size = reader_.fixed(value, "v");
    else if (is(key, "p"))
      price = reader_.fixed(value, "p");
    else if (is(key, "i"))
      trade.id = reader_.text(value, "i");
    else if (is(key, "BT"))
      trade.block = reader_.boolean(value, "BT").value_or(false);
    else if (is(key, "s") && reader_.text(value, "s") != topic_.symbol)
      reader_.fail("s", "is not that of the topic");
  });
  if (reader_.failed()) return;
  if (!time) return reader_.missing("T");
  if (!price) return reader_.missing("p");
  if (!size) return reader_.missing("v");
  if (side != "Buy" && side != "Sell") return reader_.fail("S", "is neither Buy nor Sell");
  trade.taker = side == "Buy" ? Side::Buy : Side::Sell;
  trade.price = Price::from_raw(*price);
  trade.size = Quantity::from_raw(*size);
  trade.time = *time;
  trades_.push_back(trade);
}

Result<Frame> Codec::Impl::assemble(const FrameEnvelope& envelope) const {
  if (!envelope.has_topic) return assemble_command(envelope);
  if (!instrument_) return UnknownFrame{envelope.topic};
  const bool snapshot = envelope.type == "snapshot";
  switch (topic_.kind) {
    case TopicKind::Kline:
      return made<KlineFrame>(envelope.ts, klines_);
    case TopicKind::Ticker:
      return made<TickerFrame>(envelope.ts, *instrument_, snapshot, ticker_);
    case TopicKind::Book:
      return made<BookFrame>(envelope.ts, *instrument_, topic_.depth, snapshot, update_id_, bids_,
                             asks_);
    case TopicKind::Trade:
      return TradeFrame{envelope.ts, trades_};
    case TopicKind::Other:
      break;
  }
  return UnknownFrame{envelope.topic};
}

bool Codec::Impl::any_topic_failed(ondemand::document& document) {
  document.rewind();
  ondemand::array topics;
  if (document["data"]["failTopics"].get_array().get(topics)) return false;
  bool empty = true;
  if (const auto code = topics.is_empty().get(empty)) reader_.fail(code);
  return !empty;
}

Frame Codec::Impl::assemble_command(const FrameEnvelope& envelope) {
  const bool pong = envelope.op == "pong" || envelope.message == "pong";
  if (pong) return Pong{envelope.req_id};
  if (envelope.success || envelope.ret_code) {
    const bool success =
        envelope.success.value_or(envelope.ret_code.value_or(-1) == 0) && !envelope.topics_failed;
    return Ack{success, envelope.op, envelope.req_id, envelope.message};
  }
  return UnknownFrame{envelope.op.empty() ? std::string_view{"frame without topic"} : envelope.op};
}

Codec::Codec(const SymbolIndex& symbols) : impl_(std::make_unique<Impl>(symbols)) {}
Codec::~Codec() = default;
Codec::Codec(Codec&&) noexcept = default;

Result<Frame> Codec::decode(std::string_view bytes) { return impl_->decode(bytes, subject_); }

}  // namespace proteus::bybit
