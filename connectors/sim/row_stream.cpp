#include "connectors/sim/row_stream.hpp"

namespace proteus::sim {

std::optional<Bar> RowStream::next_row() {
  if (failure_) return std::nullopt;
  auto row = reader_->next();
  if (row.has_error()) {
    failure_ = row.error();
    return std::nullopt;
  }
  return row.value();
}

void RowStream::advance() {
  head_.reset();
  while (!ended_ && !head_) {
    const std::optional<Bar> row = next_row();
    ended_ = !row;
    if (row && own_ == into_)
      head_ = row;
    else
      head_ = row ? sum_.add(*row) : sum_.finish();
  }
}

std::optional<Bar> RowStream::at(Timestamp open) {
  if (failure_) return std::nullopt;
  if (!reader_ || open < reached_) {
    auto opened = klines::KlineReader::open(path_, id_, own_, bad_rows_);
    if (opened.has_error()) {
      failure_ = opened.error();
      return std::nullopt;
    }
    reader_ = std::move(opened).value();
    sum_ = BarAggregator(into_);
    ended_ = false;
    advance();
  }
  reached_ = open;
  while (head_ && head_->open_time < open) advance();
  return head_ && head_->open_time == open ? head_ : std::nullopt;
}

}  // namespace proteus::sim
