#include "tools/report/books.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/ledger/ledger.hpp"
#include "tools/evaluate/round_trips.hpp"

namespace proteus::app::report {
namespace {

/// The ledger's totals at one time.
struct BookTotals {
  Money initial, equity, fees, slippage, funding;
  double traded = 0.0;  ///< value of all fills, quote
  std::int64_t fills = 0;
  std::vector<Money> price;   ///< realised and unrealised, of each instrument
  std::vector<Money> earned;  ///< the same after fees and funding
};

BookTotals totals_of(const LedgerView& view) {
  BookTotals t{.initial = view.initial, .equity = view.equity};
  for (const PositionView& p : view.positions) {
    t.fees += p.fees;
    t.slippage += p.slippage;
    t.funding += p.funding;
    t.price.push_back(p.realised + p.unrealised);
    t.earned.push_back(t.price.back() - p.fees - p.funding);
  }
  return t;
}

/// Goes through a list up to a record.
template <class T>
class Cursor {
 public:
  explicit Cursor(const std::vector<Numbered<T>>& rows) : rows_(rows) {}
  [[nodiscard]] std::uint64_t record() const {
    return at_ < rows_.size() ? rows_[at_].record : UINT64_MAX;
  }
  const T& take() { return rows_[at_++].row; }

 private:
  const std::vector<Numbered<T>>& rows_;
  std::size_t at_ = 0;
};

class Teller {
 public:
  Teller(const Run& run, Money capital)
      : run_(run),
        ledger_(capital, run.instruments),
        trips_(run.instruments.size()),
        last_close_(run.instruments.size(), 0.0) {
    out_.track.bars_a_year = bars_per_year(run.interval);
    for (const Instrument& instrument : run.instruments)
      out_.track.names.push_back(instrument.name());
    out_.instruments.resize(run.instruments.size());
  }

  Result<Books> tell() {
    Cursor fills(run_.fills);
    Cursor funding(run_.funding);
    Cursor adjustments(run_.adjustments);
    Cursor decisions(run_.decisions);
    Cursor points(run_.points);
    for (;;) {
      const std::uint64_t next = std::min({fills.record(), funding.record(), adjustments.record(),
                                           decisions.record(), points.record()});
      if (next == UINT64_MAX) break;
      if (next == fills.record())
        take(fills.take());
      else if (next == funding.record())
        take(funding.take());
      else if (next == adjustments.record())
        take(adjustments.take());
      else if (next == decisions.record())
        take(decisions.take());
      else
        take(points.take());
    }
    return end();
  }

 private:
  void take(const Fill& fill) {
    ledger_.apply(fill);
    const double value = fill.price.to_double() * fill.quantity.to_double();
    ++early_;
    if (!begun_) return;
    trips_.add(fill);
    InstrumentBooks& books = out_.instruments[fill.instrument.index];
    ++books.fills;
    if (fill.side == Side::Buy) ++books.buys;
    books.traded += value;
    traded_ += value;
    ++fills_;
  }
  void take(const FundingSettled& funding) {
    ledger_.apply(funding);
    if (!begun_) return;
    trips_.add(funding);
    ++out_.track.settlements;
    if (funding.rate_assumed) ++out_.track.funding_assumed;
  }
  void take(const AdjustmentRow& adjustment) {
    ledger_.apply(adjustment.line);
    if (!begun_ || !adjustment.has_instrument || adjustment.line.quantity.is_zero()) return;
    // Somebody else's trade changes what is held: the trips go on with it.
    const ExternalAdjustment& line = adjustment.line;
    Fill fill;
    fill.instrument = line.instrument;
    fill.side = line.quantity > Quantity{} ? Side::Buy : Side::Sell;
    fill.quantity = abs(line.quantity);
    fill.price = line.price;
    fill.fee = line.fee;
    fill.time = line.time;
    trips_.add(fill);
  }
  void take(const DecisionRow& decision) {
    if (decision.outcome == Outcome::Refused) ++out_.track.refused;
    if (decision.outcome == Outcome::SetAside || decision.close.is_zero()) return;
    ledger_.mark(decision.instrument, decision.close);
    last_close_[decision.instrument.index] = decision.close.to_double();
    batch_close_ = std::max(batch_close_, next_open(decision.open, run_.interval));
  }
  void take(const PointRow& point) {
    ++out_.points;
    out_.ledger_hash = point.ledger_hash;
    if (ledger_.view().cash == point.cash) ++out_.points_with_equal_cash;
    if (fmt::format("{:016x}", ledger_.hash()) == point.ledger_hash) ++out_.points_with_equal_hash;
    if (!begun_) begin(point);
    if (group_ && batch_close_ > group_close_) flush();
    group_ = point;
    group_close_ = batch_close_;
    at_group_ = totals_of(ledger_.view());
    at_group_.traded = traded_;
    at_group_.fills = fills_;
    net_value_ = 0.0;
    held_ = 0;
    for (const PositionView& p : ledger_.view().positions) {
      net_value_ += p.value.to_double();
      if (!p.quantity.is_zero()) ++held_;
    }
    closes_ = last_close_;
  }

  /// Where the rows of the beginning are gone, the first point that is there is the beginning.
  void begin(const PointRow& point) {
    begun_ = true;
    begun_at_ = totals_of(ledger_.view());
    out_.begins_late = early_ > 0 || run_.rows_dropped > 0;
    out_.money.start = out_.begins_late ? point.equity : begun_at_.initial;
    const auto positions = ledger_.view().positions;
    positions_at_begin_.assign(positions.begin(), positions.end());
    before_ = begun_at_;
    equity_before_ = out_.money.start;
  }

  /// Ends a bar: the last point of its close counts.
  void flush() {
    auto& track = out_.track;
    const PointRow& point = *group_;
    const Money flow = at_group_.initial - before_.initial;
    // Money that came worked from here on; what went did not.
    const double base = (equity_before_ + std::max(flow, Money{})).to_double();
    const double now = point.equity.to_double();
    if (!(base > 0.0) || !(now > 0.0)) track.ruined = true;
    const double share = base > 0.0 ? 1.0 / base : 0.0;
    track.closes.push_back(group_close_);
    track.net.push_back(std::max((point.equity - flow - equity_before_).to_double() * share, -1.0));
    track.fees.push_back((at_group_.fees - before_.fees).to_double() * share);
    track.slippage.push_back((at_group_.slippage - before_.slippage).to_double() * share);
    track.funding.push_back((at_group_.funding - before_.funding).to_double() * share);
    track.traded.push_back((at_group_.traded - before_.traded) * share);
    track.fills.push_back(at_group_.fills - before_.fills);
    track.exposure.push_back(now > 0.0 ? point.gross.to_double() / now : 0.0);
    std::vector<double> row;
    for (std::size_t k = 0; k < at_group_.earned.size(); ++k)
      row.push_back((at_group_.earned[k] - before_.earned[k]).to_double() * share);
    track.contributions.push_back(std::move(row));
    out_.equity.push_back(point.equity);
    out_.net_exposure.push_back(now > 0.0 ? net_value_ / now : 0.0);
    out_.positions_held.push_back(held_);
    out_.closes.push_back(closes_);
    equity_before_ = point.equity;
    before_ = at_group_;
    last_point_ = point;
    group_.reset();
  }

  Result<Books> end() {
    if (group_) flush();
    if (out_.track.bars() == 0)
      return error(
          ErrorCode::NotFound,
          fmt::format("session {} has not decided on a bar yet: there is nothing to report",
                      run_.name));
    const LedgerView view = ledger_.view();
    // What came after the last point, with marks as they were.
    const BookTotals now = totals_of(view);
    MoneySplit& money = out_.money;
    money.flows = now.initial - begun_at_.initial;
    money.fees = now.fees - begun_at_.fees;
    money.slippage = now.slippage - begun_at_.slippage;
    money.funding = now.funding - begun_at_.funding;
    money.final = last_point_.equity + (view.equity - at_group_.equity);
    money.gross = money.net() + money.fees + money.slippage + money.funding;
    for (std::size_t k = 0; k < out_.instruments.size(); ++k) {
      const PositionView& p = view.positions[k];
      InstrumentBooks& books = out_.instruments[k];
      books.position = p.quantity;
      books.price = now.price[k] - begun_at_.price[k];
      books.fees = p.fees - positions_at_begin_[k].fees;
      books.slippage = p.slippage - positions_at_begin_[k].slippage;
      books.funding = p.funding - positions_at_begin_[k].funding;
      trips_.cut(InstrumentId{static_cast<std::uint32_t>(k)}, p.mark.to_double(),
                 out_.track.closes.back());
    }
    out_.track.trips = trips_.closed();
    out_.track.blocks = {{0, out_.track.bars()}};
    return std::move(out_);
  }

  const Run& run_;
  Ledger ledger_;
  evaluate::RoundTrips trips_;
  std::vector<double> last_close_;
  Books out_;
  bool begun_ = false;
  std::int64_t early_ = 0;  // fills before the first point
  BookTotals begun_at_, before_, at_group_;
  std::vector<PositionView> positions_at_begin_;
  Money equity_before_;
  std::optional<PointRow> group_;
  PointRow last_point_;
  Timestamp group_close_{}, batch_close_{};
  double traded_ = 0.0, net_value_ = 0.0;
  std::int64_t fills_ = 0;
  std::size_t held_ = 0;
  std::vector<double> closes_;
};

/// What the books of a run begin with: a live run's come with the first adjustments on top.
Money capital_of(const Run& run) {
  if (run.settings) return Money::from_raw(to_fixed_raw(run.settings->engine.capital));
  return run.points.empty() ? Money{} : run.points.front().row.equity;
}

/// The ledger takes no row that no venue can say.
Result<void> check_rows(const Run& run) {
  const auto refused = [&](std::uint64_t record, std::string_view what) {
    return error(ErrorCode::Corrupt,
                 fmt::format("{}/journal.sqlite: record {}: {}; proteus journal rebuild makes the "
                             "tables again from the log",
                             run.folder.string(), record, what));
  };
  const std::size_t known = run.instruments.size();
  for (const auto& [record, fill] : run.fills) {
    if (fill.instrument.index >= known) return refused(record, "a fill of an unknown instrument");
    if (fill.quantity <= Quantity{} || fill.price <= Price{})
      return refused(record, "a fill without quantity or price");
  }
  for (const auto& [record, funding] : run.funding)
    if (funding.instrument.index >= known) return refused(record, "funding of nothing known");
  for (const auto& [record, decision] : run.decisions)
    if (decision.instrument.index >= known || decision.close < Price{})
      return refused(record, "a decision on an unknown instrument");
  for (const auto& [record, adjustment] : run.adjustments) {
    const ExternalAdjustment& a = adjustment.line;
    if (a.has_instrument
            ? a.instrument.index >= known || (!a.quantity.is_zero() && a.price <= Price{})
            : !a.quantity.is_zero() || !a.fee.is_zero())
      return refused(record, "an adjustment that no books can hold");
  }
  return success();
}

}  // namespace

Result<Books> tell_books(const Run& run) {
  BOOST_OUTCOME_TRY(check_rows(run));
  return Teller(run, capital_of(run)).tell();
}

}  // namespace proteus::app::report
