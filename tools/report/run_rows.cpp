#include "tools/report/run_rows.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <fstream>
#include <iterator>

#include "connectors/storage/sqlite.hpp"
#include "engine/core/enum_values.hpp"
#include "models/inference/sha256.hpp"
#include "tools/app/json_view.hpp"

namespace proteus::app::report {
namespace {

namespace fs = std::filesystem;
using storage::Statement;

std::int64_t integer_of(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}
std::int64_t integer_at(const Statement& row, int column) { return integer_of(row.column(column)); }
std::uint64_t record_at(const Statement& row) {
  return static_cast<std::uint64_t>(integer_at(row, 0));
}
Timestamp time_at(const Statement& row, int column) {
  return from_unix_ns(integer_at(row, column));
}
template <class T>
T fixed_at(const Statement& row, int column) {
  return T::from_raw(integer_at(row, column));
}
InstrumentId instrument_at(const Statement& row, int column) {
  return InstrumentId{static_cast<std::uint32_t>(integer_at(row, column))};
}

/// The enumerator that is spelled so; `other` where none is.
template <class E>
E enumerator(std::string_view text, E other) {
  for (std::uint8_t i = 0; is_enumerator<E>(i); ++i)
    if (to_string(static_cast<E>(i)) == text) return static_cast<E>(i);
  return other;
}

/// Calls take(row) for every row.
template <class Take>
Result<void> each_row(storage::Database& db, const std::string& sql, Take&& take) {
  BOOST_OUTCOME_TRY(Statement rows, db.prepare(sql));
  for (;;) {
    BOOST_OUTCOME_TRY(const bool there, rows.row());
    if (!there) return success();
    take(rows);
  }
}

std::string text_of_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void read_identity(Run& run) {
  const auto document = view::parse(text_of_file(run.folder / "session.json"));
  if (!document.is_object()) return;
  for (const auto& [key, value] : document.as_object())
    if (!value.is_object() && !value.is_array())
      run.identity.emplace_back(std::string(key), view::text(document, std::string(key)));
}

Result<void> read_instruments(storage::Database& db, Run& run) {
  Result<void> outcome = success();
  BOOST_OUTCOME_TRY(each_row(
      db, "SELECT instrument, detail FROM instruments ORDER BY id", [&](const Statement& row) {
        const auto detail = view::parse(row.column(1));
        const auto tick = Price::parse(view::text(detail, "tick_size"));
        const auto lot = Quantity::parse(view::text(detail, "lot_step"));
        Instrument instrument;
        instrument.category = enumerator(view::text(detail, "category"), Category::Linear);
        instrument.symbol = view::text(detail, "symbol").c_str();
        instrument.quote_coin = view::text(detail, "quote_coin").c_str();
        instrument.tick_size = tick.has_value() ? tick.value() : Price::from_raw(1);
        instrument.lot_step = lot.has_value() ? lot.value() : Quantity::from_raw(1);
        const auto added = run.instruments.add(instrument);
        if (added.has_error() && outcome.has_value())
          outcome =
              error(ErrorCode::Refused, fmt::format("{}: instrument {}: {}", run.folder.string(),
                                                    row.column(0), added.error().context));
      }));
  return outcome;
}

Result<void> read_decisions(storage::Database& db, Run& run) {
  std::map<std::pair<std::string, std::string>, std::int64_t> reasons;
  BOOST_OUTCOME_TRY(each_row(
      db,
      "SELECT record, instrument_id, time_ns, bar_open_ns, close_raw, outcome, reason FROM "
      "decisions ORDER BY record",
      [&](const Statement& row) {
        const std::string outcome = row.column(5);
        run.decisions.push_back(
            {record_at(row),
             {instrument_at(row, 1), time_at(row, 2), time_at(row, 3), fixed_at<Price>(row, 4),
              enumerator(outcome, Outcome::NoTarget)}});
        std::string reason = row.column(6);
        // What differs from bar to bar stands in brackets.
        if (const auto bracket = reason.find(" ("); bracket != std::string::npos)
          reason.resize(bracket);
        if (reason != "bar from before the run") ++reasons[{outcome, std::move(reason)}];
      }));
  for (const auto& [key, count] : reasons) run.reasons.push_back({key.first, key.second, count});
  std::ranges::stable_sort(run.reasons, std::greater<>{}, &ReasonRow::count);
  return success();
}

Result<void> read_points(storage::Database& db, Run& run) {
  return each_row(
      db,
      "SELECT record, time_ns, equity_raw, cash_raw, gross_raw, ledger_hash FROM equity ORDER BY "
      "record",
      [&](const Statement& row) {
        run.points.push_back({record_at(row),
                              {time_at(row, 1), fixed_at<Money>(row, 2), fixed_at<Money>(row, 3),
                               fixed_at<Money>(row, 4), row.column(5)}});
      });
}

Result<void> read_fills(storage::Database& db, Run& run) {
  return each_row(
      db,
      "SELECT record, time_ns, order_id, instrument_id, side, liquidity, liquidation, "
      "quantity_raw, "
      "price_raw, fee_raw, fee_base_raw, slippage_raw, execution FROM fills ORDER BY record",
      [&](const Statement& row) {
        Fill fill;
        fill.time = time_at(row, 1);
        fill.id = row.column(2).c_str();
        fill.instrument = instrument_at(row, 3);
        fill.side = enumerator(row.column(4), Side::Buy);
        fill.liquidity = enumerator(row.column(5), Liquidity::Taker);
        fill.liquidation = integer_at(row, 6) != 0;
        fill.quantity = fixed_at<Quantity>(row, 7);
        fill.price = fixed_at<Price>(row, 8);
        fill.fee = fixed_at<Money>(row, 9);
        fill.fee_base = fixed_at<Quantity>(row, 10);
        fill.slippage = fixed_at<Money>(row, 11);
        fill.execution = row.column(12).c_str();
        run.fills.push_back({record_at(row), fill});
      });
}

Result<void> read_funding(storage::Database& db, Run& run) {
  return each_row(db,
                  "SELECT record, time_ns, instrument_id, position_raw, mark_raw, rate_raw, "
                  "rate_assumed, amount_raw FROM funding ORDER BY record",
                  [&](const Statement& row) {
                    FundingSettled f;
                    f.time = time_at(row, 1);
                    f.instrument = instrument_at(row, 2);
                    f.position = fixed_at<Quantity>(row, 3);
                    f.mark = fixed_at<Price>(row, 4);
                    f.rate_e9 = integer_at(row, 5);
                    f.rate_assumed = integer_at(row, 6) != 0;
                    f.amount = fixed_at<Money>(row, 7);
                    run.funding.push_back({record_at(row), f});
                  });
}

Result<void> read_adjustments(storage::Database& db, Run& run) {
  return each_row(db,
                  "SELECT record, time_ns, kind, instrument_id, quantity_raw, price_raw, fee_raw, "
                  "cash_raw FROM adjustments ORDER BY record",
                  [&](const Statement& row) {
                    AdjustmentRow a;
                    a.line.time = time_at(row, 1);
                    a.line.kind = enumerator(row.column(2), AdjustmentKind::Position);
                    a.has_instrument = a.line.has_instrument = !row.column(3).empty();
                    a.line.instrument = instrument_at(row, 3);
                    a.line.quantity = fixed_at<Quantity>(row, 4);
                    a.line.price = fixed_at<Price>(row, 5);
                    a.line.fee = fixed_at<Money>(row, 6);
                    a.line.cash = fixed_at<Money>(row, 7);
                    run.adjustments.push_back({record_at(row), a});
                  });
}

Result<void> read_refusals(storage::Database& db, Run& run) {
  // SQLite takes the other columns from the row that has the maximum.
  BOOST_OUTCOME_TRY(each_row(
      db,
      "SELECT control_number, control, instrument, count(*), min(time_ns), max(time_ns), allowed, "
      "actual, unit FROM refusals GROUP BY control_number, control, instrument ORDER BY count(*) "
      "DESC, control_number, instrument",
      [&](const Statement& row) {
        run.refusals.push_back({integer_at(row, 0), row.column(1), row.column(2),
                                integer_at(row, 3), time_at(row, 4), time_at(row, 5), row.column(6),
                                row.column(7), row.column(8)});
      }));
  BOOST_OUTCOME_TRY(each_row(
      db, "SELECT id, instrument, state, ended_by, decided_ns FROM orders",
      [&](const Statement& row) {
        run.orders[row.column(0)] = {row.column(1), row.column(2), row.column(3), time_at(row, 4)};
      }));
  BOOST_OUTCOME_TRY(
      each_row(db, "SELECT kind, count(*) FROM anomalies GROUP BY 1",
               [&](const Statement& row) { run.anomalies[row.column(0)] = integer_at(row, 1); }));
  return each_row(db, "SELECT coalesce(sum(rows), 0) FROM dropped WHERE what='rows'",
                  [&](const Statement& row) { run.rows_dropped = integer_at(row, 0); });
}

/// Told of what the run saw, wherever it came from.
Result<void> hash_bars(storage::Database& db, Run& run) {
  std::string all;
  BOOST_OUTCOME_TRY(each_row(
      db,
      "SELECT instrument, interval, open_time_ns, open_raw, high_raw, low_raw, close_raw, volume "
      "FROM bars ORDER BY record",
      [&](const Statement& row) {
        for (int i = 0; i < 8; ++i) (all += row.column(i)) += i == 7 ? '\n' : ',';
        ++run.bars_hashed;
      }));
  if (run.bars_hashed > 0) run.bars_hash = inference::sha256(all);
  return success();
}

Result<void> read_settings(storage::Database& db, Run& run) {
  const fs::path file = run.folder / "config.resolved.toml";
  run.settings_text = text_of_file(file);
  auto loaded = load(file, {}, Paths::Ignored);
  if (loaded.has_value()) {
    run.settings = std::move(loaded.value().settings);
    run.interval = run.settings->engine.interval;
    return success();
  }
  return each_row(db, "SELECT interval FROM bars WHERE source<>'warmup' LIMIT 1",
                  [&](const Statement& row) {
                    run.interval = parse_interval(row.column(0)).value_or(Interval::M1);
                  });
}

}  // namespace

Result<Run> read_run(const fs::path& folder) {
  Run run;
  run.folder = folder;
  run.name = fs::path(folder / ".").parent_path().filename().string();
  const fs::path tables = folder / "journal.sqlite";
  std::error_code ignored;
  if (!fs::exists(tables, ignored))
    return error(ErrorCode::NotFound,
                 fmt::format("{} is not there: proteus journal rebuild {} makes it from the log",
                             tables.string(), folder.string()));
  BOOST_OUTCOME_TRY(auto db, storage::Database::open_read_only(tables));
  // One state of the tables for all queries, while a daemon goes on writing.
  BOOST_OUTCOME_TRY(db.run("BEGIN"));
  read_identity(run);
  BOOST_OUTCOME_TRY(read_settings(db, run));
  BOOST_OUTCOME_TRY(read_instruments(db, run));
  BOOST_OUTCOME_TRY(read_decisions(db, run));
  BOOST_OUTCOME_TRY(read_points(db, run));
  BOOST_OUTCOME_TRY(read_fills(db, run));
  BOOST_OUTCOME_TRY(read_funding(db, run));
  BOOST_OUTCOME_TRY(read_adjustments(db, run));
  BOOST_OUTCOME_TRY(read_refusals(db, run));
  BOOST_OUTCOME_TRY(hash_bars(db, run));
  return run;
}

}  // namespace proteus::app::report
