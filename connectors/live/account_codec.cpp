#include "connectors/live/account_codec.hpp"

#include "connectors/live/account_codec_impl.hpp"

namespace proteus::live {
namespace {

/// Everything of a private frame's top level that may stand before or after `data`.
struct PrivateEnvelope {
  std::string_view topic;
  std::string_view op;
  std::string_view req_id;
  std::string_view message;
  Timestamp creation{};
  std::optional<bool> success;
  std::optional<std::int64_t> code;
  bool has_topic = false;
  bool has_data = false;
};

int code_of(std::int64_t code) {
  return code >= INT32_MIN && code <= INT32_MAX ? static_cast<int>(code) : TradeReply::kNoCode;
}

/// Keys that acknowledgements of both streams share, in both of their spellings.
bool read_answer_member(ondemand::raw_json_string key, ondemand::value& value, FieldReader& reader,
                        PrivateEnvelope& into) {
  if (is(key, "op"))
    into.op = reader.text(value, "op");
  else if (is(key, "req_id") || is(key, "reqId"))
    into.req_id = reader.text(value, "req_id");
  else if (is(key, "ret_msg") || is(key, "retMsg"))
    into.message = reader.text(value, "ret_msg");
  else if (is(key, "success"))
    into.success = reader.boolean(value, "success");
  else if (is(key, "retCode"))
    into.code = reader.integer(value, "retCode");
  else
    return false;
  return true;
}

Result<PrivateFrame> answer_frame(const PrivateEnvelope& envelope) {
  if (envelope.op == "pong" || envelope.message == "pong")
    return PrivateFrame{Pong{envelope.req_id}};
  if (!envelope.success && !envelope.code)
    return PrivateFrame{
        Unknown{envelope.op.empty() ? std::string_view{"frame without topic"} : envelope.op}};
  Ack ack;
  ack.code = code_of(envelope.code.value_or(0));
  ack.success = envelope.success.value_or(ack.code == 0) && ack.code == 0;
  ack.op = envelope.op;
  ack.req_id = envelope.req_id;
  ack.message = envelope.message;
  return PrivateFrame{ack};
}

}  // namespace

std::optional<Error> AccountCodec::Impl::open(std::string_view bytes, const char* what,
                                              ondemand::object& top) {
  reader.reset();
  if (bytes.size() > kBytesMax)
    return error(ErrorCode::OutOfRange,
                 fmt::format("{} of {} bytes (at most {}); it begins with {}", what, bytes.size(),
                             kBytesMax, bybit::excerpt(bytes)));
  if (const auto code = parser_.iterate(buffer_.copy(bytes)).get(document_)) reader.fail(code);
  if (!reader.failed())
    if (const auto code = document_.get_object().get(top)) reader.fail(code);
  if (reader.failed()) return reader.error(what, bytes);
  return std::nullopt;
}

void AccountCodec::Impl::check_end() {
  if (!reader.failed() && document_.current_location().error() != simdjson::OUT_OF_BOUNDS)
    reader.fail("text", "goes on after its end");
}

AccountCodec::Impl::Topic AccountCodec::Impl::topic_of(std::string_view text) {
  const auto names = [&](std::string_view name) {
    return text.starts_with(name) && (text.size() == name.size() || text[name.size()] == '.');
  };
  if (names("order")) return Topic::Order;
  if (names("execution.fast")) return Topic::Fast;
  if (names("execution")) return Topic::Execution;
  if (names("position")) return Topic::Position;
  if (names("wallet")) return Topic::Wallet;
  return Topic::Other;
}

void AccountCodec::Impl::read_data(ondemand::value& value) {
  const RowOrigin from{std::nullopt, topic_ == Topic::Fast};
  switch (topic_) {
    case Topic::Order:
      return read_rows(value, orders_, [&](ondemand::object& object, OrderRow& row) {
        return read_order(object, reader, from, row);
      });
    case Topic::Execution:
    case Topic::Fast:
      return read_rows(value, executions_, [&](ondemand::object& object, ExecutionRow& row) {
        return read_execution(object, reader, from, row);
      });
    case Topic::Position:
      return read_rows(value, positions_, [&](ondemand::object& object, PositionRow& row) {
        return read_position(object, reader, from, row);
      });
    case Topic::Wallet:
      return read_rows(value, wallets_, [&](ondemand::object& object, WalletRow& row) {
        return read_wallet(object, reader, row);
      });
    case Topic::None:
    case Topic::Other:
      return;
  }
}

PrivateFrame AccountCodec::Impl::rows_of(Timestamp creation, std::string_view topic) const {
  switch (topic_) {
    case Topic::Order:
      return OrderRows{creation, orders_, left_out_};
    case Topic::Execution:
    case Topic::Fast:
      return ExecutionRows{creation, executions_, left_out_};
    case Topic::Position:
      return PositionRows{creation, positions_, left_out_};
    case Topic::Wallet:
      return WalletRows{creation, wallets_, left_out_};
    case Topic::None:
    case Topic::Other:
      break;
  }
  return Unknown{topic};
}

Result<PrivateFrame> AccountCodec::Impl::decode_private(std::string_view bytes) {
  constexpr const char* kWhat = "private frame";
  ondemand::object top;
  if (auto failed = open(bytes, kWhat, top)) return *std::move(failed);
  topic_ = Topic::None;
  left_out_ = 0;
  orders_.clear();
  executions_.clear();
  positions_.clear();
  wallets_.clear();
  PrivateEnvelope envelope;
  for_each_member(top, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
    if (reader.failed()) return;
    if (is(key, "topic")) {
      envelope.topic = reader.text(value, "topic");
      envelope.has_topic = true;
      topic_ = topic_of(envelope.topic);
    } else if (is(key, "creationTime")) {
      envelope.creation = reader.time(value, "creationTime").value_or(Timestamp{});
    } else if (is(key, "data")) {
      if (topic_ == Topic::None) return;
      read_data(value);
      envelope.has_data = true;
    } else {
      read_answer_member(key, value, reader, envelope);
    }
  });
  check_end();
  if (!reader.failed() && envelope.has_topic && !envelope.has_data && topic_ != Topic::Other) {
    // `data` stood before `topic`, or nowhere.
    document_.rewind();
    ondemand::value data;
    if (document_.find_field_unordered("data").get(data))
      reader.missing("data");
    else
      read_data(data);
  }
  if (reader.failed()) return reader.error(kWhat, bytes);
  if (envelope.has_topic) return rows_of(envelope.creation, envelope.topic);
  return answer_frame(envelope);
}

/// An object in the answer to a request, an array in a pong.
void AccountCodec::Impl::read_reply_data(ondemand::value& value, TradeReply& reply) {
  ondemand::json_type type{};
  if (const auto code = value.type().get(type)) return reader.fail(code);
  if (type != ondemand::json_type::object) return;
  ondemand::object object;
  if (const auto code = value.get_object().get(object)) return reader.fail(code);
  for_each_member(object, reader, [&](ondemand::raw_json_string key, ondemand::value& member) {
    if (is(key, "orderId"))
      reply.order_id = read_identity(reader, member, "data.orderId");
    else if (is(key, "orderLinkId"))
      reply.link_id = read_link_id(reader, member, "data.orderLinkId");
  });
}

Result<TradeReply> AccountCodec::Impl::decode_trade(std::string_view bytes) {
  constexpr const char* kWhat = "order-entry reply";
  ondemand::object top;
  if (auto failed = open(bytes, kWhat, top)) return *std::move(failed);
  PrivateEnvelope envelope;
  TradeReply reply;
  for_each_member(top, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
    if (reader.failed() || read_answer_member(key, value, reader, envelope)) return;
    if (is(key, "data")) return read_reply_data(value, reply);
    if (!is(key, "header")) return;
    ondemand::object headers;
    if (value.get_object().get(headers)) return reader.fail("header", "is not an object");
    for_each_member(headers, reader, [&](ondemand::raw_json_string name, ondemand::value& said) {
      std::string_view unescaped;
      // Names of headers hold no escapes; the raw text ends at its quote.
      const char* const raw = name.raw();
      unescaped = std::string_view(raw, std::string_view(raw).find('"'));
      read_header(reply.rate, unescaped, reader.text(said, "header"));
    });
  });
  check_end();
  reply.pong = envelope.op == "pong" || envelope.message == "pong";
  if (!reader.failed() && !envelope.code && !envelope.success && !reply.pong)
    reader.missing("retCode");
  if (reader.failed()) return reader.error(kWhat, bytes);
  const bool fine = envelope.success.value_or(false) || reply.pong;
  reply.code = envelope.code ? code_of(*envelope.code) : (fine ? 0 : TradeReply::kNoCode);
  reply.req_id = envelope.req_id;
  reply.message = envelope.message;
  reply.op = envelope.op;
  return reply;
}

Result<RestEnvelope> AccountCodec::Impl::envelope(std::string_view body) {
  constexpr const char* kWhat = "answer";
  ondemand::object top;
  if (auto failed = open(body, kWhat, top)) return *std::move(failed);
  RestEnvelope envelope;
  std::optional<std::int64_t> code;
  for_each_member(top, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
    if (is(key, "retCode"))
      code = reader.integer(value, "retCode");
    else if (is(key, "retMsg"))
      envelope.message = reader.text(value, "retMsg");
    else if (is(key, "time"))
      envelope.time = reader.time(value, "time").value_or(Timestamp{});
  });
  check_end();
  if (!reader.failed() && !code) reader.missing("retCode");
  if (reader.failed()) return reader.error(kWhat, body);
  envelope.code = code_of(*code);
  return envelope;
}

AccountCodec::AccountCodec() : impl_(std::make_unique<Impl>()) {}
AccountCodec::~AccountCodec() = default;
AccountCodec::AccountCodec(AccountCodec&&) noexcept = default;

Result<PrivateFrame> AccountCodec::decode_private(std::string_view bytes) {
  return impl_->decode_private(bytes);
}
Result<TradeReply> AccountCodec::decode_trade(std::string_view bytes) {
  return impl_->decode_trade(bytes);
}
Result<RestEnvelope> AccountCodec::envelope(std::string_view body) { return impl_->envelope(body); }

}  // namespace proteus::live
