#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/app/json_object.hpp"
#include "tools/app/replay_grid.hpp"

namespace proteus::app {
namespace {

constexpr double kDaysAYear = 365.0;

std::string sharpe_text(const GridRow& row) {
  const auto sharpe = row.sharpe();
  return sharpe ? fmt::format("{:.2f}", *sharpe) : "-";
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

}  // namespace

std::optional<double> GridRow::sharpe() const {
  if (!daily) return std::nullopt;
  return daily->ratio * std::sqrt(kDaysAYear);
}

void sort_rows(std::vector<GridRow>& rows) {
  std::ranges::stable_sort(rows, [](const GridRow& a, const GridRow& b) {
    if (a.failure.empty() != b.failure.empty()) return a.failure.empty();
    if (a.change() != b.change()) return a.change() > b.change();
    return a.number < b.number;
  });
}

std::string grid_table(const std::vector<GridRow>& rows) {
  std::string out = fmt::format(
      "{:>4}  {:>12}  {:>9}  {:>6}  {:>8}  {:>7}  {:>10}  {:>10}  {:>7}  {}\n", "run", "equity",
      "change", "sharpe", "drawdown", "fills", "fees", "funding", "seconds", "settings");
  for (const GridRow& row : rows) {
    const std::string settings = fmt::format("{}", fmt::join(row.settings, " "));
    if (!row.failure.empty()) {
      out += fmt::format("{:>4}  FAILED: {}  {}\n", row.number, row.failure, settings);
      continue;
    }
    out += fmt::format(
        "{:>4}  {:>12.2f}  {:>+8.2f}%  {:>6}  {:>7.2f}%  {:>7}  {:>10.2f}  {:>10.2f}  {:>7.2f}  "
        "{}\n",
        row.number, row.equity, 100.0 * row.change(), sharpe_text(row), 100.0 * row.drawdown,
        row.fills, row.fees, row.funding, row.seconds, settings);
  }
  return out;
}

std::string grid_csv(const std::vector<GridRow>& rows) {
  std::string out =
      "run,settings,failure,equity,change,sharpe,drawdown,fills,fees,funding,slippage,bars,seconds,"
      "ledger_hash,session\n";
  for (const GridRow& row : rows) {
    const auto sharpe = row.sharpe();
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{:.3f},{},{}\n", row.number,
                       quoted(fmt::format("{}", fmt::join(row.settings, " "))), quoted(row.failure),
                       row.equity, row.change(), sharpe ? fmt::format("{}", *sharpe) : "",
                       row.drawdown, row.fills, row.fees, row.funding, row.slippage, row.bars,
                       row.seconds, row.ledger_hash, quoted(row.session));
  }
  return out;
}

std::string grid_json(const std::vector<GridRow>& rows) {
  JsonList list;
  for (const GridRow& row : rows) {
    JsonObject one;
    one.add("run", static_cast<std::uint64_t>(row.number));
    JsonList settings;
    for (const std::string& setting : row.settings) {
      std::string text;
      json::append_text(text, setting);
      settings.add_raw(text);
    }
    one.add_raw("settings", settings.text());
    if (!row.failure.empty()) {
      list.add(one.add("failure", std::string_view{row.failure}));
      continue;
    }
    one.add("equity", row.equity).add("initial", row.initial).add("change", row.change());
    if (const auto sharpe = row.sharpe())
      one.add("sharpe", *sharpe);
    else
      one.add_raw("sharpe", "null");
    one.add("drawdown", row.drawdown).add("fills", row.fills).add("fees", row.fees);
    one.add("funding", row.funding).add("slippage", row.slippage).add("bars", row.bars);
    one.add("seconds", row.seconds).add("ledger_hash", std::string_view{row.ledger_hash});
    list.add(one.add("session", std::string_view{row.session}));
  }
  return list.text() + "\n";
}

std::string grid_honesty(const std::vector<GridRow>& rows) {
  std::vector<const GridRow*> with;
  for (const GridRow& row : rows)
    if (row.failure.empty() && row.daily) with.push_back(&row);
  if (with.size() < 2) return {};
  double mean = 0.0;
  for (const GridRow* row : with) mean += row->daily->ratio / static_cast<double>(with.size());
  double variance = 0.0;
  for (const GridRow* row : with)
    variance += (row->daily->ratio - mean) * (row->daily->ratio - mean) /
                static_cast<double>(with.size() - 1);
  const GridRow& best =
      **std::ranges::max_element(with, {}, [](const GridRow* row) { return row->daily->ratio; });
  // One that never traded was tried as well.
  const auto trials =
      std::ranges::count_if(rows, [](const GridRow& row) { return row.failure.empty(); });
  const auto deflated = evaluation::deflated_sharpe(*best.daily, variance, trials);
  if (deflated.has_error())
    return fmt::format("The best of {} is chosen after the fact: its figures flatter.", trials);
  return fmt::format(
      "The best of {} is chosen after the fact. Of {} that are worth nothing, with Sharpe ratios "
      "as "
      "far apart as these,\nthe best would be expected to show {:.2f} a year; run {} shows {:.2f}. "
      "The chance that it is worth anything, that counted\n(deflated Sharpe ratio): {:.0f} %. What "
      "was tried before this grid counts too.",
      trials, trials, deflated.value().threshold * std::sqrt(kDaysAYear), best.number,
      *best.sharpe(), 100.0 * deflated.value().probability);
}

}  // namespace proteus::app
