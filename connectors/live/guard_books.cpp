#include "connectors/live/guard_books.hpp"

namespace proteus::live {

void GuardBooks::list(const std::vector<OrderRow>& rows) {
  orders_.clear();
  for (const OrderRow& row : rows) see(row);
}

void GuardBooks::list(const std::vector<PositionRow>& rows) {
  positions_.clear();
  for (const PositionRow& row : rows) see(row);
}

void GuardBooks::see(const OrderRow& row) {
  if (!parts_.find(row.category, row.symbol.view())) return;
  const std::string id(row.order_id.view());
  const auto known = orders_.find(id);
  // Rows come in any order: an older one does not open again what has closed since it was made.
  if (known != orders_.end() && row.updated < known->second.updated) return;
  if (is_open(row.status))
    orders_[id] = row;
  else if (known != orders_.end())
    orders_.erase(known);
}

void GuardBooks::see(const PositionRow& row) {
  const auto id = parts_.find(row.category, row.symbol.view());
  if (!id) return;
  const auto known = positions_.find(id->index);
  if (known != positions_.end() && row.seq > 0 && row.seq < known->second.seq) return;
  if (row.quantity.is_zero())
    positions_.erase(id->index);
  else
    positions_[id->index] = row;
}

std::vector<OrderRow> GuardBooks::orders() const {
  std::vector<OrderRow> rows;
  for (const auto& [id, row] : orders_) rows.push_back(row);
  return rows;
}

std::vector<OrderRow> GuardBooks::opening_orders() const {
  std::vector<OrderRow> rows;
  for (const auto& [id, row] : orders_)
    if (!only_reduces(row)) rows.push_back(row);
  return rows;
}

std::vector<PositionRow> GuardBooks::positions() const {
  std::vector<PositionRow> rows;
  for (const auto& [id, row] : positions_) rows.push_back(row);
  return rows;
}

InstrumentId GuardBooks::instrument_of(const OrderRow& row) const {
  return *parts_.find(row.category, row.symbol.view());
}
InstrumentId GuardBooks::instrument_of(const PositionRow& row) const {
  return *parts_.find(row.category, row.symbol.view());
}

}  // namespace proteus::live
