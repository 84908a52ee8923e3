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
                    journal.db.prepare("SELECT id, type, state, ended_by, filled, text FROM orders "
                                       "WHERE instrument=?1 AND sequence=?2 ORDER BY record"));
  orders.given(facts.instrument, facts.sequence);
  for (;;) {
    BOOST_OUTCOME_TRY(const bool there, orders.row());
    if (!there) break;
    facts.orders.push_back({orders.column(0), orders.column(1), orders.column(2), orders.column(3),
                            orders.column(4), orders.column(5)});
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
          "confidence, position, wanted, equity, detail FROM decisions WHERE instrument=?1 AND "
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
