#include "connectors/storage/journal_db.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "connectors/storage/journal_schema.hpp"
#include "connectors/storage/sqlite.hpp"
#include "engine/core/refusal.hpp"

namespace proteus::storage {
namespace {

std::string insert(std::string_view table, int columns, std::string_view conflict = "") {
  std::string sql = fmt::format("INSERT INTO {} VALUES(?", table);
  for (int i = 1; i < columns; ++i) sql += ",?";
  return sql + ")" + std::string(conflict);
}

/// An INSERT into some columns of a table.
std::string insert_columns(std::string_view table, std::string_view columns) {
  std::string sql = fmt::format("INSERT INTO {}({}) VALUES(?", table, columns);
  for (auto n = std::ranges::count(columns, ','); n > 0; --n) sql += ",?";
  return sql + ")";
}

// What a decision holds beyond its columns.
std::string detail_of(const DecisionRecord& decision) {
  std::string out = "{\"observation\":";
  json::append(out, decision.observation);
  out += ",\"policy\":";
  json::append(out, decision.policy);
  out += ",\"sizing\":";
  json::append(out, decision.sizing);
  out += ",\"controls\":";
  json::append(out, decision.controls);
  out += ",\"orders\":";
  json::append(out, decision.orders);
  out += '}';
  return out;
}

std::string text_of(const Measure& measure) {
  const bool whole = measure.unit == Unit::Count || measure.unit == Unit::Nanoseconds;
  return whole ? std::to_string(measure.raw) : format_fixed(measure.raw);
}

std::uint64_t number_from(const std::optional<std::string>& text) {
  std::uint64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

}  // namespace

struct JournalDb::Tables {
  explicit Tables(Database database) : db(std::move(database)) {}

  Database db;
  std::map<std::uint32_t, std::string> names;
  Statement set_meta, get_meta, instrument, decision, refusal, order, order_update, order_other,
      order_cancel, fill, funding, adjustment, equity, anomaly, feed, state, bar, dropped, cut,
      proposed, failed, judged;

  Result<void> prepare();
  Result<void> load_names();
  std::string name(InstrumentId id) const {
    const auto it = names.find(id.index);
    return it == names.end() ? "#" + std::to_string(id.index) : it->second;
  }

  Result<void> put(const Event& event, std::uint64_t record) {
    return std::visit([&](const auto& body) { return put(body, event, record); }, event.body);
  }
  Result<void> put(const DecisionRecord& d, std::uint64_t record);
  Result<void> put(const OrderIntent& intent, std::uint64_t record);
  Result<void> put(const CancelIntent& intent, std::uint64_t) {
    return order_cancel.run(intent.id);
  }
  Result<void> put(const EquityPoint& p, std::uint64_t record) {
    return equity.run(record, p.sequence, p.time, p.equity, p.cash, p.gross,
                      fmt::format("{:016x}", p.ledger_hash));
  }

  Result<void> put(const Snapshot&, std::uint64_t) { return success(); }

  Result<void> put(const BarClosed& c, const Event& e, std::uint64_t record) {
    const Bar& b = c.bar;
    return bar.run(record, e.sequence, e.ts_recv, b.instrument.index, name(b.instrument),
                   to_string(b.interval), b.open_time, b.open, b.high, b.low, b.close, b.volume,
                   b.turnover, c.source);
  }
  // Tickers and books stay in the log and the recorded feed alone.
  Result<void> put(const TickerUpdated&, const Event&, std::uint64_t) { return success(); }
  Result<void> put(const BookUpdated&, const Event&, std::uint64_t) { return success(); }
  Result<void> put(const ClockTick&, const Event&, std::uint64_t) { return success(); }
  Result<void> put(const InstrumentChanged& c, const Event&, std::uint64_t) {
    names[c.instrument.id.index] = c.instrument.name();
    return instrument.run(c.instrument.id.index, c.instrument.name(), json::to_json(c.instrument));
  }
  Result<void> put(const FeedChanged& f, const Event& e, std::uint64_t record) {
    return feed.run(record, e.sequence, e.ts_recv, f.stream, f.state, f.cause);
  }
  Result<void> put(const FeedAnomaly& a, const Event& e, std::uint64_t record) {
    if (!a.has_instrument)
      return anomaly.run(record, e.sequence, e.ts_recv, a.kind, nullptr, nullptr, a.detail);
    return anomaly.run(record, e.sequence, e.ts_recv, a.kind, a.instrument.index,
                       name(a.instrument), a.detail);
  }
  Result<void> put(const OrderUpdate& u, const Event& e, std::uint64_t record);
  Result<void> put(const Fill& f, const Event& e, std::uint64_t record) {
    return fill.run(record, e.sequence, f.time, f.id, f.execution, f.instrument.index,
                    name(f.instrument), f.side, f.liquidity, f.liquidation, f.quantity, f.price,
                    f.fee, f.fee_base, f.slippage);
  }
  Result<void> put(const FundingSettled& f, const Event& e, std::uint64_t record) {
    return funding.run(record, e.sequence, f.time, f.instrument.index, name(f.instrument),
                       f.position, f.mark, Price::from_raw(f.rate_e9), f.rate_assumed, f.amount);
  }
  Result<void> put(const ExternalAdjustment& a, const Event& e, std::uint64_t record) {
    if (!a.has_instrument)
      return adjustment.run(record, e.sequence, a.time, a.kind, nullptr, nullptr, a.execution,
                            a.quantity, a.price, a.fee, a.cash, a.cause);
    return adjustment.run(record, e.sequence, a.time, a.kind, a.instrument.index,
                          name(a.instrument), a.execution, a.quantity, a.price, a.fee, a.cash,
                          a.cause);
  }
  Result<void> put(const OperatorCommand& c, const Event& e, std::uint64_t record) {
    return state.run(record, e.sequence, e.ts_recv, "operator", c.action, nullptr, nullptr, nullptr,
                     c.cause);
  }
  Result<void> put(const TradingStateChanged& s, const Event& e, std::uint64_t record) {
    return state.run(record, e.sequence, e.ts_recv, "trading", s.to, nullptr, nullptr, nullptr,
                     s.cause);
  }
  Result<void> put(const HoldChanged& h, const Event& e, std::uint64_t record) {
    if (!h.has_instrument)
      return state.run(record, e.sequence, e.ts_recv, "hold", h.hold, h.active, nullptr, nullptr,
                       h.cause);
    return state.run(record, e.sequence, e.ts_recv, "hold", h.hold, h.active, h.instrument.index,
                     name(h.instrument), h.cause);
  }
  Result<void> put(const SessionResumed& r, const Event& e, std::uint64_t record) {
    return state.run(record, e.sequence, e.ts_recv, "session", "resumed", nullptr, nullptr, nullptr,
                     r.version);
  }
  Result<void> put(const ControlLatched& l, const Event& e, std::uint64_t record) {
    return state.run(record, e.sequence, e.ts_recv, "latched", l.control, nullptr, nullptr, nullptr,
                     l.cause);
  }
  Result<void> put(const ClockMeasured&, const Event&, std::uint64_t) { return success(); }
  Result<void> put(const OverrideChanged& o, const Event& e, std::uint64_t record) {
    if (!o.has_instrument)
      return state.run(record, e.sequence, e.ts_recv, "override", o.control, o.active, nullptr,
                       nullptr, o.reason);
    return state.run(record, e.sequence, e.ts_recv, "override", o.control, o.active,
                     o.instrument.index, name(o.instrument), o.reason);
  }
  Result<void> put(const AdaptationCut& a, const Event& e, std::uint64_t record) {
    return cut.run(record, e.sequence, e.ts_recv, a.instrument.index, name(a.instrument), a.ordinal,
                   "cut", a.cause, a.from, a.until, a.bars);
  }
  Result<void> put(const AdaptationProposed& a, const Event& e, std::uint64_t record) {
    return proposed.run(record, e.sequence, e.ts_recv, a.instrument.index, name(a.instrument),
                        a.ordinal, "proposed", a.steps, a.step_norm, a.kl, a.support_before,
                        a.support_after, a.held_base, a.held_adapted);
  }
  Result<void> put(const AdaptationFailed& a, const Event& e, std::uint64_t record) {
    return failed.run(record, e.sequence, e.ts_recv, a.instrument.index, name(a.instrument),
                      a.ordinal, "failed", a.cause);
  }
  Result<void> put(const AdaptationJudged& a, const Event& e, std::uint64_t record) {
    return judged.run(record, e.sequence, e.ts_recv, a.instrument.index, name(a.instrument),
                      a.ordinal, a.verdict, a.reason, a.version_before, a.version_after,
                      fmt::format("{:016x}", a.weights_hash), a.shadow_gain);
  }
};

Result<void> JournalDb::Tables::prepare() {
  const auto make = [this](Statement& out, std::string_view sql) -> Result<void> {
    BOOST_OUTCOME_TRY(out, db.prepare(sql));
    return success();
  };
  BOOST_OUTCOME_TRY(make(set_meta, "INSERT OR REPLACE INTO meta VALUES(?,?)"));
  BOOST_OUTCOME_TRY(make(get_meta, "SELECT value FROM meta WHERE key=?"));
  BOOST_OUTCOME_TRY(make(instrument, "INSERT OR REPLACE INTO instruments VALUES(?,?,?)"));
  BOOST_OUTCOME_TRY(make(decision, insert("decisions", 21)));
  BOOST_OUTCOME_TRY(make(refusal, insert("refusals", 14)));
  // A re-send keeps its id: the order stays one row.
  BOOST_OUTCOME_TRY(
      make(order, insert("orders", 28, " ON CONFLICT(id) DO UPDATE SET sends=sends+1")));
  BOOST_OUTCOME_TRY(make(order_update,
                         "UPDATE orders SET state=?2, ended_by=?3, filled=?4, filled_raw=?5, "
                         "text=?6, updated=?7, updated_ns=?8 WHERE id=?1 AND filled_raw<=?5 AND "
                         "state NOT IN ('filled','cancelled','rejected')"));
  BOOST_OUTCOME_TRY(make(order_other,
                         "INSERT OR IGNORE INTO orders(id, record, sequence, instrument_id, "
                         "instrument, sends, cancel_asked, state, ended_by, filled, filled_raw, "
                         "text, updated, updated_ns) VALUES(?,?,?,?,?,0,0,?,?,?,?,?,?,?)"));
  BOOST_OUTCOME_TRY(make(order_cancel, "UPDATE orders SET cancel_asked=1 WHERE id=?"));
  BOOST_OUTCOME_TRY(make(fill, insert("fills", 21)));
  BOOST_OUTCOME_TRY(make(funding, insert("funding", 15)));
  BOOST_OUTCOME_TRY(make(adjustment, insert("adjustments", 17)));
  BOOST_OUTCOME_TRY(make(equity, insert("equity", 11)));
  BOOST_OUTCOME_TRY(make(anomaly, insert("anomalies", 8)));
  BOOST_OUTCOME_TRY(make(feed, insert("feed", 7)));
  BOOST_OUTCOME_TRY(make(bar, insert("bars", 20)));
  BOOST_OUTCOME_TRY(make(dropped, insert("dropped", 7,
                                         " ON CONFLICT(what, name) DO UPDATE SET "
                                         "time=excluded.time, time_ns=excluded.time_ns, "
                                         "rows=rows+excluded.rows")));
  const auto step = [&](Statement& out, std::string_view columns) {
    return make(out, insert_columns("adaptations",
                                    fmt::format("record, sequence, time, time_ns, instrument_id, "
                                                "instrument, ordinal, step, {}",
                                                columns)));
  };
  BOOST_OUTCOME_TRY(step(cut, "cause, bars_from, bars_from_ns, bars_until, bars_until_ns, bars"));
  BOOST_OUTCOME_TRY(step(proposed,
                         "steps, step_norm, kl, support_before, support_after, held_base, "
                         "held_adapted"));
  BOOST_OUTCOME_TRY(step(failed, "cause"));
  BOOST_OUTCOME_TRY(
      step(judged, "cause, version_before, version_after, weights_hash, shadow_gain"));
  return make(state, insert("states", 10));
}

Result<void> JournalDb::Tables::load_names() {
  BOOST_OUTCOME_TRY(Statement rows, db.prepare("SELECT id, instrument FROM instruments"));
  for (;;) {
    BOOST_OUTCOME_TRY(const bool there, rows.row());
    if (!there) return success();
    names[static_cast<std::uint32_t>(number_from(rows.column(0)))] = rows.column(1);
  }
}

Result<void> JournalDb::Tables::put(const DecisionRecord& d, std::uint64_t record) {
  const std::string instrument_name = name(d.instrument);
  const auto row = [&](const auto& weight, const auto& confidence) {
    return decision.run(record, d.sequence, d.time, d.instrument.index, instrument_name, d.bar_open,
                        d.close, d.outcome, d.reason, weight, confidence, d.position, d.wanted,
                        d.equity, detail_of(d));
  };
  BOOST_OUTCOME_TRY(d.has_target ? row(d.target.weight, d.target.confidence)
                                 : row(nullptr, nullptr));
  std::uint64_t ordinal = 0;
  for (const ControlResult& c : d.controls) {
    if (c.passed) continue;
    BOOST_OUTCOME_TRY(refusal.run(record, ordinal++, d.sequence, d.time, d.instrument.index,
                                  instrument_name, static_cast<int>(c.control), refuser(c),
                                  text_of(c.limit), c.limit.raw, text_of(c.actual), c.actual.raw,
                                  c.limit.unit));
  }
  return success();
}

Result<void> JournalDb::Tables::put(const OrderIntent& intent, std::uint64_t record) {
  const OrderRequest& o = intent.order;
  return order.run(o.id, record, intent.sequence, o.instrument.index, name(o.instrument), o.side,
                   o.type, o.time_in_force, o.reduce_only, o.quantity, o.price, o.trigger,
                   o.reference, o.decided_at, 1, 0, OrderState::Submitted, OrderEnd::None,
                   Quantity{}, "", o.decided_at);
}

Result<void> JournalDb::Tables::put(const OrderUpdate& u, const Event& e, std::uint64_t record) {
  BOOST_OUTCOME_TRY(order_update.run(u.id, u.state, u.end, u.filled, u.text, e.ts_recv));
  if (db.changes() > 0) return success();
  // Not ours (the venue's own liquidation, say), or stale: the latter is ignored.
  return order_other.run(u.id, record, e.sequence, u.instrument.index, name(u.instrument), u.state,
                         u.end, u.filled, u.text, e.ts_recv);
}

JournalDb::JournalDb(std::unique_ptr<Tables> tables) : tables_(std::move(tables)) {}
JournalDb::~JournalDb() { rollback(); }

Result<std::unique_ptr<JournalDb>> JournalDb::open(const std::filesystem::path& path,
                                                   const WalHeader& header) {
  BOOST_OUTCOME_TRY(Database database, Database::open(path));
  BOOST_OUTCOME_TRY(database.run(kTables));
  auto tables = std::make_unique<Tables>(std::move(database));
  BOOST_OUTCOME_TRY(tables->prepare());
  const std::string schema = std::to_string(kJournalSchema);
  BOOST_OUTCOME_TRY(const auto version, tables->get_meta.text("schema"));
  if (version && *version != schema)
    return error(ErrorCode::Unsupported,
                 fmt::format("{} has tables of version {}; this program writes version {}: "
                             "proteus journal rebuild keeps it aside and makes new ones",
                             path.string(), *version, schema));
  BOOST_OUTCOME_TRY(const auto session, tables->get_meta.text("session"));
  if (session && *session != header.session.view())
    return error(ErrorCode::Refused, fmt::format("{} belongs to session {}, not to {}",
                                                 path.string(), *session, header.session.view()));
  if (!version) {
    BOOST_OUTCOME_TRY(tables->set_meta.run("schema", schema));
    BOOST_OUTCOME_TRY(tables->set_meta.run("session", header.session));
    BOOST_OUTCOME_TRY(tables->set_meta.run("mode", header.mode));
    BOOST_OUTCOME_TRY(tables->set_meta.run("start", json::time_text(header.start)));
    BOOST_OUTCOME_TRY(tables->set_meta.run("config_hash", header.config_hash));
  }
  BOOST_OUTCOME_TRY(tables->load_names());
  std::unique_ptr<JournalDb> db{new JournalDb{std::move(tables)}};
  BOOST_OUTCOME_TRY(const auto offset, db->tables_->get_meta.text("wal_offset"));
  BOOST_OUTCOME_TRY(const auto number, db->tables_->get_meta.text("wal_records"));
  db->offset_ = number_from(offset);
  db->number_ = number_from(number);
  return db;
}

Result<void> JournalDb::judge(Result<void> outcome) {
  if (!outcome && outcome.error().code == ErrorCode::Corrupt) damaged_ = true;
  return outcome;
}

Result<void> JournalDb::begin() {
  if (tables_->db.in_transaction()) return success();
  return judge(tables_->db.run("BEGIN"));
}

Result<void> JournalDb::apply(const WalRecord& record, std::uint64_t number) {
  BOOST_OUTCOME_TRY(begin());
  return judge(std::visit([&](const auto& value) { return tables_->put(value, number); }, record));
}

Result<void> JournalDb::note(const Dropped& d) {
  return judge(tables_->dropped.run(d.what, d.name, d.time, d.why, d.bytes, d.rows));
}

Result<std::uint64_t> JournalDb::drop_rows(Timestamp before, std::uint64_t limit) {
  // Every bar has its decision, and numbers rise with time: one lookup says where to cut. Decisions
  // go last, so that an interruption leaves the cut to be found again.
  constexpr std::array kTablesWithRows = {"bars", "refusals",  "equity",
                                          "feed", "anomalies", "decisions"};
  const auto go = [&]() -> Result<std::uint64_t> {
    BOOST_OUTCOME_TRY(Statement last, tables_->db.prepare("SELECT record FROM decisions WHERE "
                                                          "time_ns<? ORDER BY time_ns DESC "
                                                          "LIMIT 1"));
    BOOST_OUTCOME_TRY(const auto cut, last.text(to_unix_ns(before)));
    if (!cut) return 0U;
    std::uint64_t gone = 0;
    for (const char* table : kTablesWithRows) {
      BOOST_OUTCOME_TRY(Statement take,
                        tables_->db.prepare(fmt::format(
                            "DELETE FROM {0} WHERE record IN (SELECT record FROM {0} WHERE "
                            "record<=?1 ORDER BY record LIMIT ?2)",
                            table)));
      BOOST_OUTCOME_TRY(take.run(number_from(cut), limit));
      gone += static_cast<std::uint64_t>(tables_->db.changes());
    }
    return gone;
  };
  auto gone = go();
  if (!gone) {
    static_cast<void>(judge(gone.error()));
    return gone;
  }
  BOOST_OUTCOME_TRY(judge(tables_->db.run("PRAGMA incremental_vacuum(2000)")));
  return gone;
}

Result<void> JournalDb::commit(std::uint64_t offset, std::uint64_t number) {
  BOOST_OUTCOME_TRY(begin());
  BOOST_OUTCOME_TRY(judge(tables_->set_meta.run("wal_offset", std::to_string(offset))));
  BOOST_OUTCOME_TRY(judge(tables_->set_meta.run("wal_records", std::to_string(number))));
  BOOST_OUTCOME_TRY(judge(tables_->db.run("COMMIT")));
  offset_ = offset;
  number_ = number;
  return success();
}

void JournalDb::rollback() {
  // A rollback that fails leaves a transaction that the next commit reports.
  if (tables_->db.in_transaction()) static_cast<void>(tables_->db.run("ROLLBACK"));
}

Result<std::uint64_t> derive(SessionLog& log, JournalDb& db, std::uint64_t batch, bool once) {
  if (log.number() != db.number()) {
    BOOST_OUTCOME_TRY(log.seek(db.number(), db.offset()));
    if (log.number() < db.number()) return 0U;  // Not there yet.
  }
  std::uint64_t total = 0;
  for (bool more = true; more;) {
    std::uint64_t count = 0;
    for (; count < batch; ++count) {
      auto record = log.next();
      if (!record) {
        // What lies before the damage is told all the same.
        if (count > 0) {
          BOOST_OUTCOME_TRY(db.commit(log.byte(), log.number()));
        }
        return record.error();
      }
      if (record.value() == nullptr) break;
      // Asked for after it was read: a hole may lie before it.
      if (auto applied = db.apply(*record.value(), log.number() - 1); !applied) {
        db.rollback();
        return applied.error();
      }
    }
    if (count > 0) {
      if (auto done = db.commit(log.byte(), log.number()); !done) {
        db.rollback();
        return done.error();
      }
    }
    total += count;
    more = count == batch && !once;
  }
  return total;
}

}  // namespace proteus::storage
