#include "tools/app/why_journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "connectors/storage/sqlite.hpp"
#include "strategies/make_strategy.hpp"
#include "tools/app/settings.hpp"
#include "tools/app/why_json.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;

double real(const std::string& text) {
  double value = 0.0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::int64_t integer(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The settings of the session, where this program can still read them.
std::optional<Settings> settings_of(const fs::path& folder) {
  auto loaded = load(folder / "config.resolved.toml", {}, Paths::Ignored);
  if (loaded.has_error()) return std::nullopt;
  return std::move(loaded.value().settings);
}

std::vector<std::string> column_names(const std::optional<Settings>& settings,
                                      const std::string& instrument_name) {
  if (!settings) return {};
  const auto parts = parse_instrument_name(instrument_name);
  if (parts.has_error()) return {};
  Instrument instrument;
  instrument.category = parts.value().category;
  instrument.symbol = parts.value().symbol.c_str();
  auto names =
      strategies::observation_names(settings->strategy, instrument, settings->engine.interval);
  return names.has_error() ? std::vector<std::string>{} : std::move(names.value());
}

struct OpenJournal {
  storage::Database db;
  std::optional<Settings> settings;
  std::string session;
};

Result<std::vector<std::string>> instruments_of(OpenJournal& journal) {
  BOOST_OUTCOME_TRY(auto rows,
                    journal.db.prepare("SELECT instrument FROM instruments ORDER BY id"));
  std::vector<std::string> names;
  for (;;) {
    BOOST_OUTCOME_TRY(const bool there, rows.row());
    if (!there) return names;
    names.push_back(rows.column(0));
  }
}

Result<void> add_orders(OpenJournal& journal, DecisionFacts& facts) {
  BOOST_OUTCOME_TRY(auto orders,
                    journal.db.prepare("SELECT id, type, state, ended_by, filled, text, decided, "
                                       "reference, sends, updated FROM orders "
                                       "WHERE instrument=?1 AND sequence=?2 ORDER BY record"));
  orders.given(facts.instrument, facts.sequence);
  for (;;) {
    BOOST_OUTCOME_TRY(const bool there, orders.row());
    if (!there) break;
    facts.orders.push_back({orders.column(0), orders.column(1), orders.column(2), orders.column(3),
                            orders.column(4), orders.column(5), orders.column(6), orders.column(7),
                            orders.column(8), orders.column(9)});
  }
  for (const OrderFacts& order : facts.orders) {
    BOOST_OUTCOME_TRY(auto fills,
                      journal.db.prepare("SELECT order_id, time, quantity, price, fee, slippage, "
                                         "liquidity FROM fills WHERE order_id=?1 ORDER BY record"));
    fills.given(order.id);
    for (;;) {
      BOOST_OUTCOME_TRY(const bool there, fills.row());
      if (!there) break;
      facts.fills.push_back({fills.column(0), fills.column(1), fills.column(2), fills.column(3),
                             fills.column(4), fills.column(5), fills.column(6)});
    }
  }
  return success();
}

/// The bar of a decision as it came; nothing where its row is gone.
Result<void> add_bar(OpenJournal& journal, DecisionFacts& facts, std::int64_t open_ns) {
  if (!journal.settings) return success();
  const Interval interval = journal.settings->engine.interval;
  BOOST_OUTCOME_TRY(
      auto rows, journal.db.prepare(
                     "SELECT open, high, low, close, source, time, time_ns, volume FROM bars WHERE "
                     "instrument_id=(SELECT id FROM instruments WHERE instrument=?1) AND "
                     "open_time_ns=?2 AND interval=?3 AND sequence<=?4 ORDER BY record LIMIT 1"));
  rows.given(facts.instrument, open_ns, to_string(interval), facts.sequence);
  BOOST_OUTCOME_TRY(const bool there, rows.row());
  if (!there) return success();
  const Timestamp end = next_open(from_unix_ns(open_ns), interval);
  facts.bar = BarFacts{rows.column(0),
                       rows.column(1),
                       rows.column(2),
                       rows.column(3),
                       rows.column(4),
                       json::time_text(end),
                       rows.column(5),
                       real(rows.column(7)),
                       seconds(from_unix_ns(integer(rows.column(6))) - end) * 1e3};
  return success();
}

Result<void> add_adaptation(OpenJournal& journal, DecisionFacts& facts) {
  BOOST_OUTCOME_TRY(
      auto rows,
      journal.db.prepare("SELECT time, step, cause, ordinal FROM adaptations WHERE "
                         "instrument_id=(SELECT id FROM instruments WHERE instrument=?1) AND "
                         "sequence<=?2 ORDER BY record DESC LIMIT 1"));
  rows.given(facts.instrument, facts.sequence);
  BOOST_OUTCOME_TRY(const bool there, rows.row());
  if (there)
    facts.adaptation =
        AdaptationFacts{rows.column(0), rows.column(1), rows.column(2), integer(rows.column(3))};
  return success();
}

/// Position and books behind the last fill of the decision's orders, or behind the decision.
Result<void> add_after(OpenJournal& journal, DecisionFacts& facts, std::int64_t record,
                       std::int64_t position_raw) {
  for (const OrderFacts& order : facts.orders) {
    BOOST_OUTCOME_TRY(auto fills, journal.db.prepare("SELECT side, quantity_raw, fee_base_raw, "
                                                     "record FROM fills WHERE order_id=?1"));
    fills.given(order.id);
    for (;;) {
      BOOST_OUTCOME_TRY(const bool there, fills.row());
      if (!there) break;
      const std::int64_t quantity = integer(fills.column(1));
      position_raw += fills.column(0) == to_string(Side::Buy) ? quantity : -quantity;
      position_raw -= integer(fills.column(2));
      record = std::max(record, integer(fills.column(3)));
    }
  }
  BOOST_OUTCOME_TRY(auto rows,
                    journal.db.prepare("SELECT time, equity, cash, gross FROM equity WHERE "
                                       "record>?1 ORDER BY record LIMIT 1"));
  rows.given(record);
  BOOST_OUTCOME_TRY(const bool there, rows.row());
  if (there)
    facts.after = AfterFacts{rows.column(0), format_fixed(position_raw), rows.column(1),
                             rows.column(2), rows.column(3)};
  return success();
}

/// A row of decisions_at; nothing where the bar that holds the time is not there.
Result<std::optional<DecisionFacts>> decision_of(OpenJournal& journal, storage::Statement& rows,
                                                 const std::string& instrument,
                                                 std::int64_t time_ns) {
  DecisionFacts facts;
  facts.instrument = instrument;
  facts.sequence = static_cast<std::uint64_t>(integer(rows.column(0)));
  facts.time = rows.column(1);
  facts.bar_open = rows.column(2);
  facts.close = rows.column(4);
  facts.outcome = rows.column(5);
  facts.reason = rows.column(6);
  if (!rows.column(7).empty()) facts.target = {real(rows.column(7)), real(rows.column(8))};
  facts.position = rows.column(9);
  facts.wanted = rows.column(10);
  facts.equity = rows.column(11);
  facts.detail = rows.column(12);
  if (journal.settings) {
    const Interval interval = journal.settings->engine.interval;
    facts.interval = to_string(interval);
    const Timestamp open = from_unix_ns(integer(rows.column(3)));
    const bool asked_for_a_time = time_ns != INT64_MAX;
    if (asked_for_a_time && from_unix_ns(time_ns) >= next_open(open, interval)) return std::nullopt;
  }
  facts.names = column_names(journal.settings, instrument);
  BOOST_OUTCOME_TRYV(add_orders(journal, facts));
  BOOST_OUTCOME_TRYV(add_bar(journal, facts, integer(rows.column(3))));
  BOOST_OUTCOME_TRYV(add_adaptation(journal, facts));
  BOOST_OUTCOME_TRYV(add_after(journal, facts, integer(rows.column(13)), integer(rows.column(14))));
  return std::optional{std::move(facts)};
}

/// Every record of the last bar that opened at or before `time`, in their order: a bar has more
/// than one where a wish waited for an order, or an operator flattened.
Result<std::vector<DecisionFacts>> decisions_at(OpenJournal& journal, const std::string& instrument,
                                                std::int64_t time_ns) {
  BOOST_OUTCOME_TRY(
      auto rows,
      journal.db.prepare(
          "SELECT sequence, time, bar_open, bar_open_ns, close, outcome, reason, weight, "
          "confidence, position, wanted, equity, detail, record, position_raw FROM decisions WHERE "
          "instrument=?1 AND "
          "bar_open_ns=(SELECT max(bar_open_ns) FROM decisions WHERE instrument=?1 AND "
          "bar_open_ns<=?2) ORDER BY record"));
  rows.given(instrument, time_ns);
  std::vector<DecisionFacts> all;
  for (;;) {
    BOOST_OUTCOME_TRY(const bool there, rows.row());
    if (!there) return all;
    BOOST_OUTCOME_TRY(auto facts, decision_of(journal, rows, instrument, time_ns));
    if (facts) all.push_back(*std::move(facts));
  }
}

/// "bars from A to B (N decisions)" of one instrument or of all.
Result<std::string> what_is_there(OpenJournal& journal, const std::string& instrument) {
  BOOST_OUTCOME_TRY(
      auto rows, journal.db.prepare("SELECT min(bar_open), max(bar_open), count(*) FROM decisions "
                                    "WHERE ?1='' OR instrument=?1"));
  rows.given(instrument);
  BOOST_OUTCOME_TRY(const bool there, rows.row());
  if (!there || integer(rows.column(2)) == 0) return std::string("it holds no decision");
  return fmt::format("it holds {} decisions, on bars that opened from {} to {}", rows.column(2),
                     rows.column(0), rows.column(1));
}

}  // namespace

Result<std::string> why_from_journal(const fs::path& folder, const WhyWords& words) {
  BOOST_OUTCOME_TRY(auto db, storage::Database::open_read_only(folder / "journal.sqlite"));
  std::string name = folder.filename().string();
  if (name.empty()) name = folder.parent_path().filename().string();  // "runs/x/"
  OpenJournal journal{std::move(db), settings_of(folder), std::move(name)};
  BOOST_OUTCOME_TRY(auto instruments, instruments_of(journal));
  if (!words.instrument.empty()) {
    if (std::ranges::find(instruments, words.instrument) == instruments.end())
      return error(ErrorCode::NotFound,
                   fmt::format("session {} does not trade {}; it trades {}", journal.session,
                               words.instrument, fmt::join(instruments, ", ")));
    instruments = {words.instrument};
  }
  const std::int64_t until = words.time ? to_unix_ns(*words.time) : INT64_MAX;
  std::vector<DecisionFacts> decisions;
  for (const std::string& instrument : instruments) {
    BOOST_OUTCOME_TRY(auto facts, decisions_at(journal, instrument, until));
    std::ranges::move(facts, std::back_inserter(decisions));
  }
  if (!decisions.empty()) return why_document("journal", journal.session, decisions);
  BOOST_OUTCOME_TRY(const auto there, what_is_there(journal, words.instrument));
  return error(ErrorCode::NotFound,
               fmt::format("session {} holds no decision{}{}; {}", journal.session,
                           words.instrument.empty() ? "" : " on " + words.instrument,
                           words.time ? " for the bar at " + format_time(*words.time) : "", there));
}

}  // namespace proteus::app
