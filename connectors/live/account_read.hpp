// How the rows of an account are read off the wire; shared by frames and REST pages. Not part of
// the room's public face: it drags simdjson in.
//
// Readers answer false for a row that is not ours to trade (another category); what is wrong with a
// row goes to the FieldReader.
#pragma once

#include <optional>

#include "connectors/bybit/field_reader.hpp"
#include "connectors/live/account_rows.hpp"

namespace proteus::live {

using bybit::FieldReader;
using bybit::for_each_element;
using bybit::for_each_member;
using bybit::is;
namespace ondemand = bybit::ondemand;

/// Where rows come from: their category, should they not name one.
struct RowOrigin {
  std::optional<Category> category;
  bool fast = false;
};

bool read_order(ondemand::object& object, FieldReader& reader, const RowOrigin& from,
                OrderRow& row);
bool read_execution(ondemand::object& object, FieldReader& reader, const RowOrigin& from,
                    ExecutionRow& row);
bool read_position(ondemand::object& object, FieldReader& reader, const RowOrigin& from,
                   PositionRow& row);
bool read_wallet(ondemand::object& object, FieldReader& reader, WalletRow& row);

/// Linear or spot; nothing: a category that we do not trade.
std::optional<Category> parse_category(std::string_view word);
/// An identity of at most 40 characters; longer ones fail.
InlineText<40> read_identity(FieldReader& reader, ondemand::value& value, const char* field);
/// The client's own name for an order; empty if it is longer than ours ever are.
InlineText<40> read_link_id(FieldReader& reader, ondemand::value& value, const char* field);
int read_small(FieldReader& reader, ondemand::value& value, const char* field);

}  // namespace proteus::live
