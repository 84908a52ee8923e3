// Tickers: what a trader's screen shows of an instrument, from its last day and its book.
#include <algorithm>

#include "connectors/sim/frames.hpp"

namespace proteus::sim {
namespace {

/// The day before now as the ticker tells it, the running bar included.
struct DayView {
  Candle whole;
  Price before_day;
  Price before_hour;
};

DayView day_view(Market& market, InstrumentId id, Timestamp now) {
  const RollingDay& day = market.day(id, now);
  const Tape& tape = market.tape(id, now);
  std::optional<Candle> whole = day.whole();
  if (tape.running()) extend(whole, tape.path().candle(), tape.path().open_time());
  if (!whole)
    whole =
        Candle{{}, tape.path().last(), tape.path().last(), tape.path().last(), tape.path().last()};
  DayView view{*whole, day.bars().empty() ? whole->open : day.bars().front().open, Price{}};
  const Timestamp hour_ago = now - std::chrono::hours{1};
  const auto after =
      std::partition_point(day.bars().begin(), day.bars().end(),
                           [&](const Candle& bar) { return bar.open_time <= hour_ago; });
  view.before_hour = after == day.bars().begin() ? view.before_day : std::prev(after)->open;
  return view;
}

std::string fixed_text(Int128 raw, int decimals) {
  std::string out;
  append_decimal(out, raw, decimals);
  return out;
}

/// (last - before) / before, six places: the venue's "price24hPcnt" is a fraction.
std::string change_text(Price last, Price before) {
  if (before.is_zero()) return "0";
  const Int128 change = Int128{last.raw() - before.raw()} * 1'000'000;
  return decimal_text(divide(change, before.raw(), Rounding::Near) * 1000);
}

TickerFields spot_fields(Market& market, InstrumentId id, Timestamp now, TickerView view) {
  const Instrument& what = market.instrument(id);
  const int places = decimals_of(what.tick_size.raw());
  const int lot_places = decimals_of(what.lot_step.raw());
  const DayView day = day_view(market, id, now);
  const Price last = market.tape(id, now).path().last();
  TickerFields fields{{"symbol", std::string(what.symbol.view())}};
  if (view == TickerView::Rest) {
    const Ladder book = market.ladder(id, 1, now);
    const auto side = [&](const std::vector<BookLevel>& levels, const char* price,
                          const char* size) {
      fields.emplace_back(price, levels.empty() ? "" : fixed_text(levels[0].price_raw, places));
      fields.emplace_back(
          size, levels.empty()
                    ? ""
                    : fixed_text(Int128{levels[0].lots} * what.lot_step.raw(), lot_places));
    };
    side(book.bids, "bid1Price", "bid1Size");
    side(book.asks, "ask1Price", "ask1Size");
  }
  fields.emplace_back("lastPrice", fixed_text(last.raw(), places));
  fields.emplace_back("highPrice24h", fixed_text(day.whole.high.raw(), places));
  fields.emplace_back("lowPrice24h", fixed_text(day.whole.low.raw(), places));
  fields.emplace_back("prevPrice24h", fixed_text(day.before_day.raw(), places));
  fields.emplace_back("volume24h", decimal_text(day.whole.volume_e9));
  fields.emplace_back("turnover24h", decimal_text(day.whole.turnover_e9));
  fields.emplace_back("price24hPcnt", change_text(last, day.before_day));
  fields.emplace_back("usdIndexPrice", fixed_text(last.raw(), places));
  return fields;
}

/// Open interest is told as half of the day's volume, on the lot: the source knows none.
Int128 open_interest(const Candle& day, const Instrument& what) {
  return day.volume_e9 / 2 / what.lot_step.raw() * what.lot_step.raw();
}

TickerFields linear_fields(Market& market, InstrumentId id, Timestamp now, TickerView view) {
  const Instrument& what = market.instrument(id);
  const int places = decimals_of(what.tick_size.raw());
  const int lot_places = decimals_of(what.lot_step.raw());
  const DayView day = day_view(market, id, now);
  const Price last = market.tape(id, now).path().last();
  const Price mark = market.mark(last, what);
  const Ladder book = market.ladder(id, 1, now);
  const Timestamp funding = market.next_funding(what, now);
  const Int128 interest = open_interest(day.whole, what);
  const Int128 interest_value = interest / 1000 * mark.raw() / 1'000'000 / 10'000'000 * 10'000'000;
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(market.funding_interval(what));
  const auto price = [&](Price p) { return fixed_text(p.raw(), places); };
  const auto level_price = [&](const std::vector<BookLevel>& side) {
    return side.empty() ? std::string{} : fixed_text(side[0].price_raw, places);
  };
  const auto level_size = [&](const std::vector<BookLevel>& side) {
    return side.empty() ? std::string{}
                        : fixed_text(Int128{side[0].lots} * what.lot_step.raw(), lot_places);
  };
  TickerFields fields{{"symbol", std::string(what.symbol.view())},
                      {"tickDirection", market.tape(id, now).path().last_tick()},
                      {"price24hPcnt", change_text(last, day.before_day)},
                      {"lastPrice", price(last)},
                      {"prevPrice24h", price(day.before_day)},
                      {"highPrice24h", price(day.whole.high)},
                      {"lowPrice24h", price(day.whole.low)},
                      {"prevPrice1h", price(day.before_hour)},
                      {"markPrice", price(mark)},
                      {"indexPrice", price(last)},
                      {"openInterest", fixed_text(interest, lot_places)},
                      {"openInterestValue", fixed_text(interest_value, 2)},
                      {"singleOpenInterest", fixed_text(interest / 2, lot_places)},
                      {"singleOpenInterestValue", fixed_text(interest_value / 2, 2)},
                      {"turnover24h", fixed_text(day.whole.turnover_e9, 4)},
                      {"volume24h", fixed_text(day.whole.volume_e9, 4)},
                      {"fundingIntervalHour", std::to_string(hours.count())},
                      {"fundingCap", "0.005"},
                      {"nextFundingTime", std::to_string(to_unix_ms(funding))},
                      {"fundingRate", decimal_text(market.funding_rate_e9(id, funding))},
                      {"bid1Price", level_price(book.bids)},
                      {"bid1Size", level_size(book.bids)},
                      {"ask1Price", level_price(book.asks)},
                      {"ask1Size", level_size(book.asks)},
                      {"preOpenPrice", ""},
                      {"preQty", ""},
                      {"curPreListingPhase", ""}};
  if (view == TickerView::Rest)
    for (const char* name : {"predictedDeliveryPrice", "basisRate", "deliveryFeeRate", "basis"})
      fields.emplace_back(name, "");
  if (view == TickerView::Rest)
    fields.emplace_back("deliveryTime", std::to_string(to_unix_ms(what.delivery_time)));
  return fields;
}

}  // namespace

TickerFields ticker_fields(Market& market, InstrumentId id, Timestamp now, TickerView view) {
  if (!market.tape(id, now).priced()) return {};
  return market.instrument(id).category == Category::Spot ? spot_fields(market, id, now, view)
                                                          : linear_fields(market, id, now, view);
}

std::string ticker_frame(std::string_view topic, const Instrument& instrument,
                         const TickerFields& before, const TickerFields& after, std::int64_t cs,
                         std::int64_t ts) {
  const bool spot = instrument.category == Category::Spot;
  std::string data;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const auto& [name, text] = after[i];
    const bool told = !before.empty() && before[i].second == text;
    if (told && i != 0 && !spot) continue;
    data += i == 0 ? "{\"" : ",\"";
    data += name;
    data += "\":\"";
    data += text;
    data += '"';
  }
  data += '}';
  const bool nothing_new = !before.empty() && before == after;
  if (nothing_new) return {};
  const bool snapshot = before.empty() || spot;
  std::string out = "{\"topic\":\"";
  out += topic;
  out += '"';
  const auto number = [&](const char* key, std::int64_t value) {
    out += key;
    append_int(out, value);
  };
  if (spot) number(",\"ts\":", ts);
  out += snapshot ? ",\"type\":\"snapshot\"" : ",\"type\":\"delta\"";
  if (spot) number(",\"cs\":", cs);
  out += ",\"data\":";
  out += data;
  if (!spot) {
    number(",\"cs\":", cs);
    number(",\"ts\":", ts);
  }
  out += '}';
  return out;
}

}  // namespace proteus::sim
