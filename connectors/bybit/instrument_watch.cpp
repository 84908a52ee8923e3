#include "connectors/bybit/instrument_watch.hpp"

#include <tuple>

namespace proteus::bybit {
namespace {

bool same(const Instrument& a, const Instrument& b) {
  const auto key = [](const Instrument& i) {
    return std::tie(i.status, i.base_coin, i.quote_coin, i.tick_size, i.lot_step, i.quantity_min,
                    i.quantity_max_limit, i.quantity_max_market, i.notional_min, i.leverage_max_e9,
                    i.funding_interval, i.delivery_time);
  };
  return key(a) == key(b);
}

}  // namespace

InstrumentWatch::InstrumentWatch(const InstrumentTable& instruments)
    : instruments_(instruments.begin(), instruments.end()),
      seen_(instruments_.size()),
      unreadable_(instruments_.size(), false) {}

void InstrumentWatch::begin(Category category) {
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    if (instruments_[i].category != category) continue;
    seen_[i].reset();
    unreadable_[i] = false;
  }
}

void InstrumentWatch::on_page(Category category, const InstrumentPage& page) {
  for (const InstrumentRow& row : page.rows) {
    for (std::size_t i = 0; i < instruments_.size(); ++i) {
      const Instrument& ours = instruments_[i];
      if (ours.category != category || ours.symbol.view() != row.symbol) continue;
      if (row.problem.empty()) {
        seen_[i] = row.instrument;
      } else {
        unreadable_[i] = true;
        problems_.push_back(row.problem);
      }
    }
  }
}

std::vector<Instrument> InstrumentWatch::finish(Category category) {
  std::vector<Instrument> changed;
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    Instrument& ours = instruments_[i];
    if (ours.category != category || unreadable_[i]) continue;
    Instrument next = seen_[i].value_or(ours);
    if (!seen_[i]) next.status = InstrumentStatus::Closed;
    next.id = ours.id;
    if (same(ours, next)) continue;
    ours = next;
    changed.push_back(next);
  }
  return changed;
}

}  // namespace proteus::bybit
