// The tables of journal.sqlite. Columns: docs/reference/session.md. A change of what is here raises
// kJournalSchema.
#pragma once

namespace proteus::storage {

inline constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS instruments(id INTEGER PRIMARY KEY, instrument TEXT, detail TEXT);
CREATE TABLE IF NOT EXISTS bars(record INTEGER PRIMARY KEY, sequence INTEGER, time TEXT,
  time_ns INTEGER, instrument_id INTEGER, instrument TEXT, interval TEXT, open_time TEXT,
  open_time_ns INTEGER, open TEXT, open_raw INTEGER, high TEXT, high_raw INTEGER, low TEXT,
  low_raw INTEGER, close TEXT, close_raw INTEGER, volume REAL, turnover REAL, source TEXT);
CREATE TABLE IF NOT EXISTS decisions(record INTEGER PRIMARY KEY, sequence INTEGER, time TEXT,
  time_ns INTEGER, instrument_id INTEGER, instrument TEXT, bar_open TEXT, bar_open_ns INTEGER,
  close TEXT, close_raw INTEGER, outcome TEXT, reason TEXT, weight REAL, confidence REAL,
  position TEXT, position_raw INTEGER, wanted TEXT, wanted_raw INTEGER, equity TEXT,
  equity_raw INTEGER, detail TEXT);
CREATE TABLE IF NOT EXISTS refusals(record INTEGER, ordinal INTEGER, sequence INTEGER, time TEXT,
  time_ns INTEGER, instrument_id INTEGER, instrument TEXT, control_number INTEGER, control TEXT,
  allowed TEXT, allowed_raw INTEGER, actual TEXT, actual_raw INTEGER, unit TEXT,
  PRIMARY KEY(record, ordinal)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders(id TEXT PRIMARY KEY, record INTEGER, sequence INTEGER,
  instrument_id INTEGER, instrument TEXT, side TEXT, type TEXT, time_in_force TEXT,
  reduce_only INTEGER, quantity TEXT, quantity_raw INTEGER, price TEXT, price_raw INTEGER,
  trigger_price TEXT, trigger_price_raw INTEGER, reference TEXT, reference_raw INTEGER,
  decided TEXT, decided_ns INTEGER, sends INTEGER, cancel_asked INTEGER, state TEXT,
  ended_by TEXT, filled TEXT, filled_raw INTEGER, text TEXT, updated TEXT, updated_ns INTEGER)
  WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fills(record INTEGER PRIMARY KEY, sequence INTEGER, time TEXT,
  time_ns INTEGER, order_id TEXT, execution TEXT, instrument_id INTEGER, instrument TEXT,
  side TEXT, liquidity TEXT, liquidation INTEGER, quantity TEXT, quantity_raw INTEGER, price TEXT,
  price_raw INTEGER, fee TEXT, fee_raw INTEGER, fee_base TEXT, fee_base_raw INTEGER,
  slippage TEXT, slippage_raw INTEGER);
CREATE TABLE IF NOT EXISTS funding(record INTEGER PRIMARY KEY, sequence INTEGER, time TEXT,
  time_ns INTEGER, instrument_id INTEGER, instrument TEXT, position TEXT, position_raw INTEGER,
  mark TEXT, mark_raw INTEGER, rate TEXT, rate_raw INTEGER, rate_assumed INTEGER, amount TEXT,
  amount_raw INTEGER);
CREATE TABLE IF NOT EXISTS adjustments(record INTEGER PRIMARY KEY, sequence INTEGER, time TEXT,
  time_ns INTEGER, kind TEXT, instrument_id INTEGER, instrument TEXT, execution TEXT,
  quantity TEXT, quantity_raw INTEGER, price TEXT, price_raw INTEGER, fee TEXT, fee_raw INTEGER,
  cash TEXT, cash_raw INTEGER, cause TEXT);
CREATE TABLE IF NOT EXISTS equity(record INTEGER PRIMARY KEY, sequence INTEGER, time TEXT,
  time_ns INTEGER, equity TEXT, equity_raw INTEGER, cash TEXT, cash_raw INTEGER, gross TEXT,
  gross_raw INTEGER, ledger_hash TEXT);
CREATE TABLE IF NOT EXISTS anomalies(record INTEGER PRIMARY KEY, sequence INTEGER, time TEXT,
  time_ns INTEGER, kind TEXT, instrument_id INTEGER, instrument TEXT, detail TEXT);
CREATE TABLE IF NOT EXISTS feed(record INTEGER PRIMARY KEY, sequence INTEGER, time TEXT,
  time_ns INTEGER, stream TEXT, state TEXT, cause TEXT);
CREATE TABLE IF NOT EXISTS states(record INTEGER PRIMARY KEY, sequence INTEGER, time TEXT,
  time_ns INTEGER, kind TEXT, name TEXT, active INTEGER, instrument_id INTEGER, instrument TEXT,
  cause TEXT);
CREATE TABLE IF NOT EXISTS adaptations(record INTEGER PRIMARY KEY, sequence INTEGER, time TEXT,
  time_ns INTEGER, instrument_id INTEGER, instrument TEXT, ordinal INTEGER, step TEXT, cause TEXT,
  bars_from TEXT, bars_from_ns INTEGER, bars_until TEXT, bars_until_ns INTEGER, bars INTEGER,
  steps INTEGER, step_norm REAL, kl REAL, support_before REAL, support_after REAL, held_base REAL,
  held_adapted REAL, version_before INTEGER, version_after INTEGER, weights_hash TEXT,
  shadow_gain REAL);
CREATE TABLE IF NOT EXISTS dropped(what TEXT, name TEXT, time TEXT, time_ns INTEGER, why TEXT,
  bytes INTEGER, rows INTEGER, PRIMARY KEY(what, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS bars_instrument ON bars(instrument_id, open_time_ns);
CREATE INDEX IF NOT EXISTS decisions_time ON decisions(time_ns);
CREATE INDEX IF NOT EXISTS decisions_instrument ON decisions(instrument_id, time_ns);
CREATE INDEX IF NOT EXISTS refusals_time ON refusals(time_ns);
CREATE INDEX IF NOT EXISTS orders_instrument ON orders(instrument_id, decided_ns);
CREATE INDEX IF NOT EXISTS fills_time ON fills(time_ns);
CREATE INDEX IF NOT EXISTS fills_instrument ON fills(instrument_id, time_ns);
CREATE INDEX IF NOT EXISTS fills_order ON fills(order_id);
CREATE INDEX IF NOT EXISTS funding_instrument ON funding(instrument_id, time_ns);
CREATE INDEX IF NOT EXISTS equity_time ON equity(time_ns);
CREATE INDEX IF NOT EXISTS anomalies_time ON anomalies(time_ns);
CREATE INDEX IF NOT EXISTS feed_time ON feed(time_ns);
CREATE INDEX IF NOT EXISTS adaptations_instrument ON adaptations(instrument_id, time_ns);
CREATE INDEX IF NOT EXISTS states_time ON states(time_ns);
)";

}  // namespace proteus::storage
