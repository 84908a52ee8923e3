// Frames of the private stream, replies of the order-entry stream and bodies of the private REST
// endpoints -> values, with simdjson on-demand.
//
// Tolerant as the public codec: any key order, unknown keys, unknown enum values (Other), "", null
// and a missing key alike. Strict: what a row is about (symbol, ids, side, price and quantity of a
// trade) has to be there, and a number is plain decimal text; where it is not, the whole frame or
// page is an Error that names the field and shows the first bytes.
//
// Rows of categories that we do not trade (inverse, option) are counted and left out. Nothing here
// throws. Not thread-safe: one codec a loop.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "connectors/live/account_rows.hpp"
#include "connectors/live/request_bucket.hpp"
#include "engine/core/result.hpp"

namespace proteus::live {

// Frames are made in their place in the answer, which takes a constructor. Spans are valid until
// the next call.

template <class Row>
struct RowFrame {
  Timestamp creation{};  ///< when the venue made the frame; epoch: it did not say
  std::span<const Row> rows;
  std::size_t left_out = 0;  ///< rows of categories that we do not trade
  RowFrame() = default;
  RowFrame(Timestamp t, std::span<const Row> r, std::size_t out)
      : creation(t), rows(r), left_out(out) {}
};
using OrderRows = RowFrame<OrderRow>;
using ExecutionRows = RowFrame<ExecutionRow>;
using PositionRows = RowFrame<PositionRow>;
using WalletRows = RowFrame<WalletRow>;

/// The answer to auth, subscribe, unsubscribe; either spelling (ret_msg or retCode and retMsg).
struct Ack {
  bool success = false;
  InlineText<24> op;
  InlineText<40> req_id;  ///< empty where the venue leaves it out
  InlineText<160> message;
  int code = 0;  ///< retCode where there is one
};
struct Pong {
  InlineText<40> req_id;
};
/// A well-formed frame that is none of the others.
struct Unknown {
  InlineText<64> what;
};
using PrivateFrame =
    std::variant<Unknown, OrderRows, ExecutionRows, PositionRows, WalletRows, Ack, Pong>;

/// What the order-entry stream says: the answer to one request, to auth, or a pong.
struct TradeReply {
  static constexpr int kNoCode = -1'000'000;  ///< refused without a retCode; in no table
  InlineText<40> req_id;                      ///< empty: errors have been seen without it
  int code = kNoCode;
  InlineText<160> message;
  InlineText<24> op;
  InlineText<40> order_id;
  InlineText<40> link_id;
  RateLimit rate;
  bool pong = false;
};

struct RestEnvelope {
  int code = 0;
  InlineText<160> message;
  Timestamp time{};  ///< the server's clock; epoch where it is left out
};

/// One page of a list, in the venue's order (newest first).
template <class Row>
struct Page {
  std::vector<Row> rows;
  std::string next_cursor;   ///< as it stands in a URL; empty: this was the last page
  std::size_t left_out = 0;  ///< rows of categories that we do not trade
};

class AccountCodec {
 public:
  static constexpr std::size_t kBytesMax = std::size_t{16} << 20;

  AccountCodec();
  ~AccountCodec();
  AccountCodec(AccountCodec&&) noexcept;
  AccountCodec(const AccountCodec&) = delete;

  // Errors of all: Malformed, OutOfRange (larger than kBytesMax, or a time that we cannot hold).
  Result<PrivateFrame> decode_private(std::string_view bytes);
  Result<TradeReply> decode_trade(std::string_view bytes);

  /// Of every body that came with HTTP 200; the readers below are for those with code 0.
  Result<RestEnvelope> envelope(std::string_view body);
  /// `asked`: the category of the request, for answers that do not repeat it.
  Result<Page<OrderRow>> orders(std::string_view body, Category asked = Category::Linear);
  Result<Page<ExecutionRow>> executions(std::string_view body, Category asked = Category::Linear);
  Result<Page<PositionRow>> positions(std::string_view body, Category asked = Category::Linear);
  Result<WalletRow> wallet(std::string_view body);
  Result<KeyInfo> key_info(std::string_view body);
  Result<AccountInfo> account_info(std::string_view body);
  Result<std::vector<FeeRow>> fees(std::string_view body);
  /// Of create, amend and cancel.
  Result<OrderIds> order_ids(std::string_view body);
  /// Of cancel-all: what it cancelled.
  Result<std::vector<OrderIds>> cancelled(std::string_view body);
  Result<Timestamp> server_time(std::string_view body);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace proteus::live
