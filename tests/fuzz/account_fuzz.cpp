// What an account is told: frames of the private stream, replies of the order-entry stream, bodies
// of the private REST endpoints. Every reader gets every input. An error is one bounded sentence; a
// row that comes out has its identity, and what of it goes into requests again can stand in one.
#include <algorithm>

#include "connectors/live/account_codec.hpp"
#include "tests/fuzz/property.hpp"

namespace proteus::live {
namespace {

template <class T>
bool read(const Result<T>& result) {
  if (!result) fuzz::check_sentence(result.error());
  return result.has_value();
}

void check_name(std::string_view text, bool needed) {
  FUZZ_CHECK(!needed || !text.empty());
  FUZZ_CHECK(std::ranges::all_of(
      text, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; }));
}

/// What was clamped leaves room for sums.
void check_held(std::int64_t raw, bool exact) {
  FUZZ_CHECK(exact || raw != INT64_MAX);
  FUZZ_CHECK(raw != INT64_MIN);
}

void check(const OrderRow& row) {
  check_name(row.symbol.view(), true);
  check_name(row.order_id.view(), true);
  check_name(row.link_id.view(), false);
  check_held(row.quantity.raw(), row.exact);
  check_held(row.price.raw(), row.exact);
}

void check(const ExecutionRow& row) {
  check_name(row.symbol.view(), true);
  check_name(row.execution.view(), true);
  if (row.kind == ExecutionKind::Trade) {
    check_name(row.order_id.view(), true);
    FUZZ_CHECK(row.quantity > Quantity{});
  }
}

void check(const PositionRow& row) {
  check_name(row.symbol.view(), true);
  check_held(row.quantity.raw(), row.exact);
}

void check(const WalletRow& row) {
  for (const CoinBalance& coin : row.coins) FUZZ_CHECK(!coin.coin.empty());
}

template <class Rows>
bool check_frame(const PrivateFrame& frame) {
  const auto* const rows = std::get_if<Rows>(&frame);
  if (rows == nullptr) return false;
  for (const auto& row : rows->rows) check(row);
  return true;
}

template <class Row>
void check_page(const Result<Page<Row>>& page) {
  if (!read(page)) return;
  for (const Row& row : page.value().rows) check(row);
  check_name(page.value().next_cursor, false);
}

}  // namespace
}  // namespace proteus::live

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace proteus::live;
  using proteus::Category;
  static AccountCodec codec;
  const std::string_view text = proteus::fuzz::text_of(data, size);
  if (const auto frame = codec.decode_private(text); read(frame))
    check_frame<OrderRows>(frame.value()) || check_frame<ExecutionRows>(frame.value()) ||
        check_frame<PositionRows>(frame.value()) || check_frame<WalletRows>(frame.value());
  if (const auto reply = codec.decode_trade(text); read(reply)) {
    check_name(reply.value().order_id.view(), false);
    check_name(reply.value().link_id.view(), false);
  }
  read(codec.envelope(text));
  for (const Category asked : {Category::Linear, Category::Spot}) {
    check_page(codec.orders(text, asked));
    check_page(codec.executions(text, asked));
    check_page(codec.positions(text, asked));
  }
  if (const auto wallet = codec.wallet(text); read(wallet)) check(wallet.value());
  read(codec.key_info(text));
  read(codec.account_info(text));
  read(codec.fees(text));
  if (const auto ids = codec.order_ids(text); read(ids))
    check_name(ids.value().order_id.view(), true);
  read(codec.cancelled(text));
  read(codec.server_time(text));
  return 0;
}
