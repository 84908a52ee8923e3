#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "tools/app/status_parts.hpp"

namespace proteus::app::status {
namespace {

using namespace view;

std::string quote_of(const bj::value& v) {
  const bj::array& instruments = list(v, "instruments");
  return instruments.empty() ? "" : text(instruments.front(), "quote");
}

/// "[####......]": how much of a limit is used.
std::string bar_of(double used, const Style& style) {
  constexpr int kCells = 10;
  const int full = std::clamp(static_cast<int>(std::ceil(used * kCells - 1e-9)), 0, kCells);
  const std::string_view code = used > 1.0 ? kBad : used > 0.8 ? kWarn : kGood;
  const std::string_view on = style.unicode ? "█" : "#";
  const std::string_view off = style.unicode ? "░" : ".";
  std::string cells;
  for (int i = 0; i < kCells; ++i) cells += i < full ? on : off;
  return "[" + painted(style, code, cells) + "]";
}

std::string limit_text(const bj::value& row) {
  const std::string unit = text(row, "unit");
  if (unit == "ratio")
    return fmt::format("{} of {}", percent(std::atof(text(row, "actual").c_str())),
                       percent(std::atof(text(row, "limit").c_str())));
  const int places = unit == "quote" ? 2 : unit == "count" || unit == "ns" ? 0 : 8;
  return fmt::format("{} of {}", fixed(text(row, "actual"), places),
                     fixed(text(row, "limit"), places));
}

std::size_t widest_of(const std::vector<std::string>& cells) {
  std::size_t widest = 0;
  for (const std::string& cell : cells) widest = std::max(widest, columns_of(cell));
  return widest;
}

/// What one order may be worth has no standing amount, and so neither bar nor share.
std::vector<std::string> limit_cells(const bj::value& v, const Style& style, bool bars) {
  std::vector<std::string> cells;
  for (const bj::value& row : list(v, "headroom")) {
    const std::string what = fmt::format("{:<17} ", text(row, "what"));
    if (text(row, "control") == "order_value") {
      cells.push_back(what + "at most " + fixed(text(row, "limit"), 2));
      continue;
    }
    const double used = number(row, "used");
    cells.push_back(what + (bars ? bar_of(used, style) + " " : "") +
                    fmt::format("{:>4.0f} %  {}", used * 100.0, limit_text(row)));
  }
  return cells;
}

}  // namespace

std::string money(const bj::value& v, const Style& style) {
  const bj::value& profit = get(v, "profit");
  const std::string total = text(profit, "total");
  const double initial = std::atof(text(v, "initial").c_str());
  const double share = initial > 0.0 ? std::atof(total.c_str()) / initial : 0.0;
  const std::string shown = signed_fixed(total, 2);
  const auto cost = [&](const char* key) { return signed_fixed(negated(text(profit, key)), 4); };
  return wrap("equity",
              {fmt::format("{} {}", fixed(text(v, "equity"), 2), quote_of(v)),
               fmt::format("{} ({}) since the start with {}",
                           painted(style, shown.starts_with('-') ? kBad : kGood, shown),
                           percent(share), fixed(text(v, "initial"), 2))},
              style) +
         wrap("profit",
              {"price " + signed_fixed(text(profit, "price"), 4), "fees " + cost("fees"),
               "funding " + cost("funding"),
               fmt::format("(slippage {}, inside price)", cost("slippage_inside_price"))},
              style) +
         wrap("drawdown",
              {fmt::format("{} of at most {}", percent(number(v, "drawdown")),
                           percent(number(v, "drawdown_max"))),
               "worst " + percent(number(v, "drawdown_worst"))},
              style);
}

/// One limit a line with a bar, two side by side where there is room. Where there is little, the
/// bars go: the numbers say the same.
std::string limits(const bj::value& v, const Style& style) {
  std::vector<std::string> cells = limit_cells(v, style, true);
  if (10 + widest_of(cells) > style.width) cells = limit_cells(v, style, false);
  const std::size_t widest = widest_of(cells);
  const bool side_by_side = 10 + 2 * widest + 3 <= style.width;
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    std::string now = cells[i];
    if (side_by_side && i + 1 < cells.size()) {
      now += std::string(widest - columns_of(now) + 3, ' ') + cells[i + 1];
      ++i;
    }
    out += line(out.empty() ? "limits" : "", now);
  }
  return out;
}

std::string holds(const bj::value& v, const Style& style) {
  std::string out;
  for (const bj::value& hold : list(v, "holds")) {
    const std::string instrument = text(hold, "instrument");
    out += line(out.empty() ? "holds" : "",
                fmt::format("{} {}: {}", painted(style, kWarn, text(hold, "hold")),
                            instrument.empty() ? "everywhere" : instrument, text(hold, "cause")));
  }
  return out.empty() ? line("holds", "none") : out;
}

/// What is on its way or rests at the venue; nothing where nothing does.
std::string open_orders(const bj::value& v, const Style& style) {
  std::vector<std::string> cells;
  for (const bj::value& order : list(v, "open_orders")) {
    const std::string price = text(order, "price");
    cells.push_back(fmt::format("{} {} of {} {}{}{}", text(order, "side"), text(order, "remaining"),
                                text(order, "quantity"), text(order, "instrument"),
                                price.empty() ? "" : " at " + price,
                                flag(order, "reduce_only") ? " (reduces)" : ""));
  }
  return cells.empty() ? "" : wrap("open", cells, style);
}

}  // namespace proteus::app::status
