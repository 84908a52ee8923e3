// The inside of the account's codec: one parser, one buffer, rows that are kept between frames.
#pragma once

#include <fmt/format.h>

#include "connectors/bybit/rest_codec.hpp"
#include "connectors/live/account_codec.hpp"
#include "connectors/live/account_read.hpp"

namespace proteus::live {

class AccountCodec::Impl {
 public:
  Result<PrivateFrame> decode_private(std::string_view bytes);
  Result<TradeReply> decode_trade(std::string_view bytes);
  Result<RestEnvelope> envelope(std::string_view body);

  /// Starts on a text whose top has to be an object. Nothing, or what is wrong.
  std::optional<Error> open(std::string_view bytes, const char* what, ondemand::object& top);
  /// Calls f(result object) of a REST body.
  template <class F>
  std::optional<Error> with_result(std::string_view body, const char* what, F&& f);
  /// Calls f(row object) for each element of what has to be an array of objects.
  template <class F>
  void for_each_row(ondemand::value& list, const char* field, F&& f);
  /// A list with cursor and category. read(object, origin, row) answers false for a row to leave
  /// out.
  template <class Row, class F>
  Result<Page<Row>> page(std::string_view body, const char* what, Category asked, F&& read);
  /// After the last member: nothing may follow.
  void check_end();

  FieldReader reader;
  bybit::RestCodec public_rest;

 private:
  enum class Topic : std::uint8_t { None, Order, Execution, Fast, Position, Wallet, Other };
  static Topic topic_of(std::string_view text);
  void read_data(ondemand::value& value);
  template <class Row, class F>
  void read_rows(ondemand::value& value, std::vector<Row>& rows, F&& read);
  PrivateFrame rows_of(Timestamp creation, std::string_view topic) const;
  void read_reply_data(ondemand::value& value, TradeReply& reply);

  static constexpr std::size_t kRowsMax = 5'000;  // The venue sends 200 at most.

  ondemand::parser parser_;
  bybit::PaddedBuffer buffer_;
  ondemand::document document_;
  Topic topic_ = Topic::None;
  std::size_t left_out_ = 0;
  std::vector<OrderRow> orders_;
  std::vector<ExecutionRow> executions_;
  std::vector<PositionRow> positions_;
  std::vector<WalletRow> wallets_;
};

template <class F>
std::optional<Error> AccountCodec::Impl::with_result(std::string_view body, const char* what,
                                                     F&& f) {
  ondemand::object top;
  if (auto failed = open(body, what, top)) return failed;
  bool found = false;
  for_each_member(top, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
    if (reader.failed() || !is(key, "result")) return;
    ondemand::object result;
    if (value.get_object().get(result)) return reader.fail("result", "is not an object");
    found = true;
    f(result);
  });
  check_end();
  if (!found) reader.missing("result");
  if (reader.failed()) return reader.error(what, body);
  return std::nullopt;
}

template <class F>
void AccountCodec::Impl::for_each_row(ondemand::value& list, const char* field, F&& f) {
  std::size_t count = 0;
  for_each_element(list, reader, field, [&](ondemand::value& item) {
    if (reader.failed()) return;
    if (++count > kRowsMax)
      return reader.fail(field, fmt::format("holds more than {} rows", kRowsMax),
                         ErrorCode::OutOfRange);
    ondemand::object row;
    if (item.get_object().get(row)) return reader.fail(field, "holds what is not an object");
    f(row);
  });
}

template <class Row, class F>
void AccountCodec::Impl::read_rows(ondemand::value& value, std::vector<Row>& rows, F&& read) {
  for_each_row(value, "data", [&](ondemand::object& object) {
    Row row;
    if (read(object, row))
      rows.push_back(std::move(row));
    else
      ++left_out_;
  });
}

}  // namespace proteus::live
