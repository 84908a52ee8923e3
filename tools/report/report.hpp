// What `proteus report` tells of a session, and the forms in which it does. Every form is made of
// the same numbers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/evaluation/bootstrap.hpp"
#include "models/evaluation/figures.hpp"
#include "tools/report/books.hpp"

namespace proteus::app::report {

inline constexpr int kReportSchema = 1;

/// How a number is shown.
enum class Show : std::uint8_t { Number, Percent, Count, Money };
/// One number: by its key in report.json, by its label on the page.
struct ReportFigure {
  std::string key, label;
  std::optional<double> value;  ///< absent: there is none
  Show show = Show::Number;
  std::string means;  ///< in words, for the page; may be empty
};
/// As the page shows it: "12.3 %", "0.70", "none".
std::string shown(const ReportFigure& figure);
std::string shown(std::optional<double> value, Show show);

/// The greatest fall, as shares of the index of returns.
struct Fall {
  double depth = 0.0;
  Timestamp peak{}, trough{};
  std::optional<Timestamp> recovered;  ///< absent: not by the end
};
/// Of returns that end at `closes`, from 1 at `from` on. No fall: nothing.
std::optional<Fall> greatest_fall(const std::vector<double>& returns,
                                  const std::vector<Timestamp>& closes, Timestamp from);

struct MonthRow {
  int year = 0;
  unsigned month = 0;
  double net = 0.0;  ///< compounded
  double buy_and_hold = 0.0;
  std::size_t bars = 0;
};
/// A bar belongs to the month in which it lies: one that closes at midnight, to the month before.
std::vector<MonthRow> months_of(const evaluation::Track& track,
                                const std::vector<double>& buy_and_hold);

/// Buying all instruments in equal shares at their first close and holding them, the cost of the
/// entry taken off. One return a bar. `cost`: share of what is bought, of each instrument.
std::vector<double> buy_and_hold_returns(const Books& books, const std::vector<double>& cost);

/// What the bars of one kind brought.
struct RegimeRow {
  std::string name;
  std::size_t bars = 0;          ///< of instruments: two instruments have two bars an hour
  double share = 0.0;            ///< of all bars that have a kind
  double brought = 0.0;          ///< sum of the instruments' shares of equity, net
  std::optional<double> sharpe;  ///< a year, by sqrt
  double market = 0.0;           ///< sum of log returns
  double held = 0.0;             ///< share of its bars that brought anything, be it gain or loss
};
/// Volatility (thirds of the trailing deviation of each instrument) and trend (sign of the trailing
/// return) over `window` bars that ended before the bar.
std::vector<RegimeRow> regimes_of(const Books& books, std::size_t window);
/// 168 bars, or a tenth of what there is; 0: too few for any.
std::size_t regime_window(std::size_t bars);

struct Note {
  bool warning = false;
  std::string text;
};

struct Report {
  Run run;
  Books books;
  evaluation::Figures figures;
  std::vector<double> buy_and_hold;                   ///< returns
  evaluation::Figures baseline;                       ///< of them
  std::optional<evaluation::BootstrapResult> sharpe;  ///< a year, by sqrt
  std::optional<evaluation::BootstrapResult> baseline_sharpe;
  std::optional<evaluation::BootstrapResult> difference;  ///< of both, at the same draws
  std::optional<Fall> fall, baseline_fall;
  std::vector<MonthRow> months;
  std::vector<RegimeRow> regimes;
  std::size_t window = 0;          ///< bars of the regimes
  std::vector<ReportFigure> list;  ///< in the order of the page
  std::vector<std::pair<std::string, std::string>> identity;
  std::vector<std::string> verdict;  ///< what a person has to know first
  std::vector<Note> notes;

  [[nodiscard]] Timestamp from() const {
    return books.track.closes.front() - bar_length(books.track.closes.front(), run.interval);
  }
  [[nodiscard]] Timestamp until() const { return books.track.closes.back(); }
};

/// Errors: those of reading and of the books.
Result<Report> make_report(Run run);
Result<Report> make_report(const std::filesystem::path& folder);

std::vector<ReportFigure> figures_list(const Report& report);
std::vector<Note> notes_of(const Report& report);
std::vector<std::string> verdict_of(const Report& report);
std::vector<std::pair<std::string, std::string>> identity_of(const Run& run, const Books& books);

std::string report_json(const Report& report);
std::string report_page(const Report& report);
std::string curve_csv(const Report& report);   ///< a line a bar
std::string trades_csv(const Report& report);  ///< a line a round trip

}  // namespace proteus::app::report
