// The table on the terminal.
#include <fmt/format.h>

#include "tools/app/text.hpp"
#include "tools/evaluate/report.hpp"

namespace proteus::app::evaluate {
namespace {

std::string number(const std::optional<double>& x, int places = 2) {
  return x ? fmt::format("{:.{}f}", *x, places) : "-";
}

}  // namespace

std::string report_text(const Report& report) {
  std::vector<std::vector<std::string>> rows;
  for (const Account& account : report.accounts) {
    const auto& f = account.figures;
    rows.push_back(
        {account.name, number(f.net_sharpe),
         f.sharpe ? fmt::format("{:.2f} .. {:.2f}", account.sharpe.low, account.sharpe.high) : "-",
         account.difference
             ? fmt::format("{:+.2f} ({:+.2f} .. {:+.2f})", account.difference->estimate,
                           account.difference->low, account.difference->high)
             : "",
         number(f.gross_sharpe), percent(f.yearly_return, 1), percent(f.drawdown, 1),
         number(f.turnover, 0), std::to_string(f.trips)});
  }
  std::string out = table({{"account", Align::Left},
                           {"Sharpe", Align::Right},
                           {"95 %", Align::Right},
                           {"judged less this", Align::Right},
                           {"gross", Align::Right},
                           {"a year", Align::Right},
                           {"drawdown", Align::Right},
                           {"turnover", Align::Right},
                           {"trips", Align::Right}},
                          rows);
  out += "\n";
  for (const std::string& sentence : verdict_of(report)) out += sentence + "\n";
  for (const std::string& note : report.notes) out += "note: " + note + "\n";
  return out;
}

}  // namespace proteus::app::evaluate
