// report.json and the CSV files.
#include <fmt/format.h>

#include <iterator>

#include "tools/app/json_object.hpp"
#include "tools/report/report.hpp"

namespace proteus::app::report {
namespace {

JsonObject money_json(const MoneySplit& m) {
  return JsonObject{}
      .add("start", m.start)
      .add("flows", m.flows)
      .add("gross", m.gross)
      .add("fees", m.fees)
      .add("slippage", m.slippage)
      .add("funding", m.funding)
      .add("net", m.net())
      .add("final", m.final);
}

std::string figures_json(const Report& r) {
  JsonObject out;
  for (const ReportFigure& figure : r.list) {
    if (figure.value)
      out.add(figure.key, *figure.value);
    else
      out.add_raw(figure.key, "null");
  }
  return out.text();
}

std::string months_json(const Report& r) {
  JsonObject out;
  for (const MonthRow& m : r.months)
    out.add(fmt::format("{}-{:02}", m.year, m.month),
            JsonObject{}.add("net", m.net).add("buy_and_hold", m.buy_and_hold).add("bars", m.bars));
  return out.text();
}

std::string instruments_json(const Report& r) {
  JsonList out;
  std::size_t k = 0;
  for (const Instrument& instrument : r.run.instruments) {
    const InstrumentBooks& b = r.books.instruments[k++];
    out.add(JsonObject{}
                .add("instrument", instrument.name())
                .add("fills", b.fills)
                .add("buys", b.buys)
                .add("traded", b.traded)
                .add("price", b.price)
                .add("fees", b.fees)
                .add("slippage", b.slippage)
                .add("funding", b.funding)
                .add("net", b.price - b.fees - b.funding)
                .add("position", b.position));
  }
  return out.text();
}

std::string regimes_json(const Report& r) {
  JsonList out;
  for (const RegimeRow& row : r.regimes) {
    JsonObject one;
    one.add("regime", row.name)
        .add("bars", row.bars)
        .add("share", row.share)
        .add("brought", row.brought)
        .add("market", row.market)
        .add("held", row.held);
    if (row.sharpe)
      one.add("sharpe", *row.sharpe);
    else
      one.add_raw("sharpe", "null");
    out.add(one);
  }
  return out.text();
}

std::string refusals_json(const Report& r) {
  JsonList out;
  for (const RefusalRow& row : r.run.refusals)
    out.add(JsonObject{}
                .add("number", row.number)
                .add("control", row.control)
                .add("instrument", row.instrument)
                .add("count", row.count)
                .add("first", row.first)
                .add("last", row.last)
                .add("allowed", row.allowed)
                .add("actual", row.actual)
                .add("unit", row.unit));
  return out.text();
}

std::string outcomes_json(const Report& r) {
  JsonList out;
  for (const ReasonRow& row : r.run.reasons)
    out.add(
        JsonObject{}.add("outcome", row.outcome).add("reason", row.reason).add("count", row.count));
  return out.text();
}

std::string fall_json(const std::optional<Fall>& fall) {
  if (!fall) return "null";
  JsonObject out;
  out.add("depth", fall->depth).add("peak", fall->peak).add("trough", fall->trough);
  if (fall->recovered)
    out.add("recovered", *fall->recovered);
  else
    out.add_raw("recovered", "null");
  return out.text();
}

std::string strings_json(const std::vector<std::string>& list) {
  JsonObject holder;
  holder.add("list", list);
  const std::string text = holder.text();
  return text.substr(8, text.size() - 9);  // {"list": and }
}

std::string notes_json(const Report& r) {
  JsonList out;
  for (const Note& note : r.notes)
    out.add(JsonObject{}.add("warning", note.warning).add("text", note.text));
  return out.text();
}

std::string identity_json(const Report& r) {
  JsonList out;
  for (const auto& [key, value] : r.identity)
    out.add(JsonObject{}.add("what", key).add("is", value));
  return out.text();
}

std::string csv_number(double value) { return fmt::format("{}", value); }

}  // namespace

std::string report_json(const Report& r) {
  const Books& b = r.books;
  return JsonObject{}
             .add("schema", kReportSchema)
             .add("session", r.run.name)
             .add("from", r.from())
             .add("until", r.until())
             .add("interval", to_string(r.run.interval))
             .add("bars", b.track.bars())
             .add_raw("verdict", strings_json(r.verdict))
             .add_raw("notes", notes_json(r))
             .add("money", money_json(b.money))
             .add_raw("figures", figures_json(r))
             .add_raw("fall", fall_json(r.fall))
             .add_raw("months", months_json(r))
             .add_raw("instruments", instruments_json(r))
             .add("regime_window", r.window)
             .add_raw("regimes", regimes_json(r))
             .add_raw("refusals", refusals_json(r))
             .add_raw("outcomes", outcomes_json(r))
             .add_raw("identity", identity_json(r))
             .text() +
         "\n";
}

std::string curve_csv(const Report& r) {
  std::string out =
      "close,equity,return,buy_and_hold_return,drawdown,exposure,net_exposure,traded,fees,slippage,"
      "funding,fills";
  for (const Instrument& instrument : r.run.instruments) out += ",close " + instrument.name();
  out += '\n';
  const auto& t = r.books.track;
  double index = 1.0;
  double peak = 1.0;
  for (std::size_t i = 0; i < t.bars(); ++i) {
    index *= 1.0 + t.net[i];
    peak = std::max(peak, index);
    fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{},{},{}",
                   format_time(t.closes[i]), r.books.equity[i].to_string(), t.net[i],
                   r.buy_and_hold[i], index / peak - 1.0, t.exposure[i], r.books.net_exposure[i],
                   t.traded[i], t.fees[i], t.slippage[i], t.funding[i], t.fills[i]);
    for (const double close : r.books.closes[i])
      out += close > 0.0 ? "," + csv_number(close) : std::string(",");
    out += '\n';
  }
  return out;
}

std::string trades_csv(const Report& r) {
  std::string out = "instrument,opened,closed,hours,size,profit,open_at_the_end\n";
  for (const auto& trip : r.books.track.trips)
    fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{}\n",
                   r.books.track.names[trip.instrument], format_time(trip.opened),
                   format_time(trip.closed), seconds(trip.closed - trip.opened) / 3600.0, trip.size,
                   trip.profit, trip.cut ? 1 : 0);
  return out;
}

}  // namespace proteus::app::report
