// The private REST endpoints' answers.
#include <algorithm>

#include "connectors/live/account_codec_impl.hpp"

namespace proteus::live {
namespace {

constexpr std::size_t kCursorMax = 1'000;

/// A cursor goes into a request as it stands, so it must be what a URL can hold.
bool fits_query(std::string_view cursor) {
  return cursor.size() <= kCursorMax && std::ranges::all_of(cursor, [](char c) {
           return c > ' ' && c < 0x7f &&
                  std::string_view{"\"#<>[]\\^`{|}"}.find(c) == std::string_view::npos;
         });
}

OrderIds read_ids(ondemand::object& object, FieldReader& reader) {
  OrderIds ids;
  for_each_member(object, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
    if (is(key, "orderId"))
      ids.order_id = read_identity(reader, value, "orderId");
    else if (is(key, "orderLinkId"))
      ids.link_id = read_link_id(reader, value, "orderLinkId");
  });
  if (!reader.failed() && ids.order_id.empty()) reader.missing("orderId");
  return ids;
}

bool says_withdraw(std::string_view permission) {
  constexpr std::string_view kWord = "withdraw";
  const auto same = [](char a, char b) { return (a | 0x20) == b; };
  // Not of std::ranges, which clang 14 does not compile with this library.
  return std::search(permission.begin(), permission.end(), kWord.begin(), kWord.end(), same) !=
         permission.end();
}

/// Groups of permissions, each a list of words. A word about withdrawing counts in whatever group.
void read_permissions(ondemand::value& value, FieldReader& reader, KeyInfo& info) {
  ondemand::object groups;
  if (value.get_object().get(groups)) return reader.fail("permissions", "is not an object");
  for_each_member(groups, reader, [&](ondemand::raw_json_string group, ondemand::value& words) {
    const bool derivatives = is(group, "ContractTrade") || is(group, "Derivatives");
    const bool spot = is(group, "Spot");
    for_each_element(words, reader, "permissions", [&](ondemand::value& item) {
      const std::string_view word = reader.text(item, "permissions");
      if (says_withdraw(word)) info.can_withdraw = true;
      if (derivatives && (word == "Order" || word == "DerivativesTrade"))
        info.can_trade_derivatives = true;
      if (spot && word == "SpotTrade") info.can_trade_spot = true;
    });
  });
}

/// Bound if addresses are listed and none of them means "any".
void read_addresses(ondemand::value& value, FieldReader& reader, KeyInfo& info) {
  bool any = false;
  bool some = false;
  for_each_element(value, reader, "ips", [&](ondemand::value& item) {
    const std::string_view address = reader.text(item, "ips");
    some = some || !address.empty();
    any = any || address == "*";
  });
  info.ip_bound = some && !any;
}

}  // namespace

template <class Row, class F>
Result<Page<Row>> AccountCodec::Impl::page(std::string_view body, const char* what, Category asked,
                                           F&& read) {
  Page<Row> page;
  auto failed = with_result(body, what, [&](ondemand::object& result) {
    bool found = false;
    bool foreign = false;
    for_each_member(result, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
      if (reader.failed()) return;
      if (is(key, "category")) {
        // An answer about another category than was asked for is no answer to it.
        const std::string_view word = reader.text(value, "category");
        foreign = !word.empty() && parse_category(word) != asked;
      } else if (is(key, "nextPageCursor")) {
        page.next_cursor = reader.text(value, "nextPageCursor");
        if (!fits_query(page.next_cursor))
          reader.fail("nextPageCursor",
                      "cannot stand in a request: " + bybit::excerpt(page.next_cursor));
      } else if (is(key, "list")) {
        found = true;
        for_each_row(value, "list", [&](ondemand::object& object) {
          Row row;
          if (read(object, RowOrigin{asked, false}, row))
            page.rows.push_back(std::move(row));
          else
            ++page.left_out;
        });
      }
    });
    if (!found) reader.missing("list");
    if (foreign) reader.fail("category", "is not the one that was asked for");
  });
  if (failed) return *std::move(failed);
  // The last page may carry a cursor all the same; an empty page ends it.
  if (page.rows.empty() && page.left_out == 0) page.next_cursor.clear();
  return page;
}

Result<Page<OrderRow>> AccountCodec::orders(std::string_view body, Category asked) {
  return impl_->page<OrderRow>(body, "orders answer", asked,
                               [&](ondemand::object& object, const RowOrigin& from, OrderRow& row) {
                                 return read_order(object, impl_->reader, from, row);
                               });
}

Result<Page<ExecutionRow>> AccountCodec::executions(std::string_view body, Category asked) {
  return impl_->page<ExecutionRow>(
      body, "execution/list answer", asked,
      [&](ondemand::object& object, const RowOrigin& from, ExecutionRow& row) {
        return read_execution(object, impl_->reader, from, row);
      });
}

Result<Page<PositionRow>> AccountCodec::positions(std::string_view body, Category asked) {
  return impl_->page<PositionRow>(
      body, "position/list answer", asked,
      [&](ondemand::object& object, const RowOrigin& from, PositionRow& row) {
        return read_position(object, impl_->reader, from, row);
      });
}

Result<WalletRow> AccountCodec::wallet(std::string_view body) {
  FieldReader& reader = impl_->reader;
  WalletRow row;
  bool found = false;
  auto failed = impl_->with_result(body, "wallet-balance answer", [&](ondemand::object& result) {
    for_each_member(result, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
      if (!is(key, "list")) return;
      impl_->for_each_row(value, "list", [&](ondemand::object& object) {
        if (found) return;  // One account was asked for.
        found = true;
        read_wallet(object, reader, row);
      });
    });
    if (!found) reader.missing("list");
  });
  if (failed) return *std::move(failed);
  return row;
}

Result<KeyInfo> AccountCodec::key_info(std::string_view body) {
  FieldReader& reader = impl_->reader;
  KeyInfo info;
  bool permissions = false;
  std::optional<std::int64_t> read_only;
  std::string_view expires;
  auto failed = impl_->with_result(body, "query-api answer", [&](ondemand::object& result) {
    info.can_withdraw = false;
    for_each_member(result, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
      if (reader.failed()) return;
      if (is(key, "readOnly")) {
        read_only = reader.integer(value, "readOnly");
      } else if (is(key, "permissions")) {
        permissions = true;
        read_permissions(value, reader, info);
      } else if (is(key, "ips")) {
        ondemand::json_type type{};
        if (const auto code = value.type().get(type)) return reader.fail(code);
        if (type == ondemand::json_type::array) read_addresses(value, reader, info);
      } else if (is(key, "expiredAt")) {
        expires = reader.text(value, "expiredAt");
      }
    });
    if (!permissions) reader.missing("permissions");
    if (!read_only) reader.missing("readOnly");
    if (reader.failed() || expires.empty()) return;
    if (const auto time = parse_time(expires))
      info.expires = time.value();
    else
      reader.fail("expiredAt", "is " + time.error().context);
  });
  if (failed) return *std::move(failed);
  info.read_only = *read_only != 0;
  return info;
}

Result<AccountInfo> AccountCodec::account_info(std::string_view body) {
  FieldReader& reader = impl_->reader;
  AccountInfo info;
  auto failed = impl_->with_result(body, "account/info answer", [&](ondemand::object& result) {
    for_each_member(result, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
      if (is(key, "marginMode"))
        info.margin_mode = reader.text(value, "marginMode");
      else if (is(key, "unifiedMarginStatus"))
        info.unified_status = read_small(reader, value, "unifiedMarginStatus");
    });
    if (info.margin_mode.empty()) reader.missing("marginMode");
  });
  if (failed) return *std::move(failed);
  return info;
}

Result<std::vector<FeeRow>> AccountCodec::fees(std::string_view body) {
  FieldReader& reader = impl_->reader;
  std::vector<FeeRow> rows;
  auto failed = impl_->with_result(body, "fee-rate answer", [&](ondemand::object& result) {
    bool found = false;
    for_each_member(result, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
      if (!is(key, "list")) return;
      found = true;
      impl_->for_each_row(value, "list", [&](ondemand::object& object) {
        FeeRow& row = rows.emplace_back();
        std::optional<std::int64_t> taker, maker;
        for_each_member(object, reader, [&](ondemand::raw_json_string name, ondemand::value& said) {
          if (is(name, "symbol"))
            row.symbol = reader.text(said, "symbol");
          else if (is(name, "takerFeeRate"))
            taker = reader.rate(said, "takerFeeRate");
          else if (is(name, "makerFeeRate"))
            maker = reader.rate(said, "makerFeeRate");
        });
        if (!taker) reader.missing("takerFeeRate");
        if (!maker) reader.missing("makerFeeRate");
        row.taker_e9 = taker.value_or(0);
        row.maker_e9 = maker.value_or(0);
      });
    });
    if (!found) reader.missing("list");
  });
  if (failed) return *std::move(failed);
  return rows;
}

Result<OrderIds> AccountCodec::order_ids(std::string_view body) {
  OrderIds ids;
  auto failed = impl_->with_result(body, "order answer", [&](ondemand::object& result) {
    ids = read_ids(result, impl_->reader);
  });
  if (failed) return *std::move(failed);
  return ids;
}

Result<std::vector<OrderIds>> AccountCodec::cancelled(std::string_view body) {
  FieldReader& reader = impl_->reader;
  std::vector<OrderIds> all;
  auto failed = impl_->with_result(body, "cancel-all answer", [&](ondemand::object& result) {
    bool found = false;
    for_each_member(result, reader, [&](ondemand::raw_json_string key, ondemand::value& value) {
      if (!is(key, "list")) return;
      found = true;
      impl_->for_each_row(value, "list", [&](ondemand::object& object) {
        all.push_back(read_ids(object, reader));
      });
    });
    if (!found) reader.missing("list");
  });
  if (failed) return *std::move(failed);
  return all;
}

Result<Timestamp> AccountCodec::server_time(std::string_view body) {
  // That reader stops at what it looked for; whether the body is whole is seen here.
  BOOST_OUTCOME_TRY(impl_->envelope(body));
  return impl_->public_rest.server_time(body);
}

}  // namespace proteus::live
