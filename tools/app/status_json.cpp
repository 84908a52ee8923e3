#include "tools/app/status_json.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "risk/limits/stage.hpp"
#include "tools/app/daemon_watch.hpp"
#include "tools/app/json_object.hpp"
#include "tools/app/status_policy.hpp"
#include "tools/app/version.hpp"

namespace proteus::app {
namespace {

std::string session_name_of(const StatusSources& s) {
  return std::filesystem::path(s.folder).filename().string();
}

/// Costs are positive where they were paid: total = price - fees - funding.
JsonObject profit_json(const LedgerView& ledger) {
  Money realised, unrealised, fees, funding, slippage;
  for (const PositionView& p : ledger.positions) {
    realised += p.realised;
    unrealised += p.unrealised;
    fees += p.fees;
    funding += p.funding;
    slippage += p.slippage;
  }
  return JsonObject{}
      .add("total", ledger.equity - ledger.initial)
      .add("price", realised + unrealised)
      .add("realised", realised)
      .add("unrealised", unrealised)
      .add("fees", fees)
      .add("funding", funding)
      .add("slippage_inside_price", slippage);
}

std::string holds_json(const StatusSources& s, const RiskStatus& risk) {
  JsonList out;
  for (const HoldChanged& hold : risk.holds) {
    JsonObject entry;
    entry.add("hold", hold.hold);
    if (hold.has_instrument)
      entry.add("instrument", s.instruments[hold.instrument].name());
    else
      entry.add_raw("instrument", "null");
    out.add(entry.add("cause", hold.cause));
  }
  return out.text();
}

std::string reported_json(const RiskStatus& risk) {
  JsonList out;
  for (const ReportedLatch& latch : risk.reported)
    out.add(JsonObject{}
                .add("control", latch.what.control)
                .add("state", latch.what.state)
                .add("since", latch.since)
                .add("cause", latch.what.cause));
  return out.text();
}

JsonObject headroom_row(std::string_view what, const ControlResult& word) {
  const bool whole = word.limit.unit == Unit::Count || word.limit.unit == Unit::Nanoseconds;
  const auto text = [&](const Measure& m) {
    return whole ? std::to_string(m.raw) : format_fixed(m.raw);
  };
  const double used = word.limit.raw == 0 ? 0.0
                                          : static_cast<double>(word.actual.raw) /
                                                static_cast<double>(word.limit.raw);
  return JsonObject{}
      .add("control", word.control)
      .add("number", static_cast<int>(word.control))
      .add("what", what)
      .add("limit", text(word.limit))
      .add("actual", text(word.actual))
      .add("unit", word.limit.unit)
      .add("used", used);
}

/// The standing limits as the gate tells them, and the largest value of one order, which is a limit
/// without a standing amount: a share of equity (control 4) under the stage's cap (26).
std::string headroom_json(const StatusSources& s, const RiskStatus& risk,
                          const LedgerView& ledger) {
  JsonList out;
  int positions = 0;
  for (const ControlResult& word : risk.headroom) {
    std::string what{to_string(word.control)};
    if (word.control == Control::CapitalThreshold) what = "capital at risk";
    if (word.control == Control::PositionLimit)
      what = positions++ == 0 ? "largest position" : "all positions";
    out.add(headroom_row(what, word));
  }
  const risk::LimitSettings& limits = s.loaded.settings.limits;
  const double allowed = std::min(limits.order_value_max * ledger.equity.to_double(),
                                  risk::stage_caps(limits).order.to_double());
  ControlResult one{
      Control::OrderValue, true, {to_fixed_raw(allowed), Unit::Quote}, {0, Unit::Quote}};
  return out.add(headroom_row("one order", one)).text();
}

JsonObject log_json(const StatusSources& s) {
  const storage::StorageStatus disk = s.storage.status();
  JsonObject out;
  out.add("committed_bytes", disk.committed_bytes)
      .add("synced_bytes", disk.synced_bytes)
      .add("derived_bytes", disk.derived_bytes)
      .add("unsynced_bytes",
           disk.committed_bytes - std::min(disk.committed_bytes, disk.synced_bytes))
      .add("underived_bytes",
           disk.committed_bytes - std::min(disk.committed_bytes, disk.derived_bytes))
      .add("pending_bytes", s.log.pending_bytes())
      .add("records", s.log.records())
      .add("failed_commits", s.log.failed_commits())
      .add("sync_errors", disk.sync_errors)
      .add("sqlite_errors", disk.sqlite_errors)
      .add("frames_recorded", s.recorder == nullptr ? 0 : s.recorder->frames())
      .add("frames_not_recorded", s.recorder == nullptr ? 0 : s.recorder->lost())
      .add("parts_compressed", disk.parts_compressed);
  return out;
}

/// What the session takes on the disk, and what retention took.
JsonObject storage_json(const storage::StorageStatus& disk) {
  JsonObject out;
  out.add("session_bytes", disk.session_bytes)
      .add("quota_bytes", disk.quota_bytes)
      .add("disk_free_bytes", disk.disk_free_bytes)
      .add("near_quota", disk.near_quota)
      .add("over_quota", disk.over_quota)
      .add("disk_low", disk.disk_low)
      .add("files_dropped", disk.files_dropped)
      .add("bytes_dropped", disk.bytes_dropped)
      .add("rows_dropped", disk.rows_dropped)
      .add("tables_put_aside", disk.tables_put_aside);
  return out;
}

/// "live", "stale", "quiet", "lost" or "connecting". Klines come at least every 60 s of venue time:
/// older than half as much again is stale. Tickers and books come only when something changes, so
/// beyond the gate's limit they are quiet, which may be the market's state.
std::string_view topic_state(const bybit::TopicStatus& topic, Duration quote_age_max) {
  if (topic.state == FeedState::Lost) return "lost";
  if (topic.state != FeedState::Live) return "connecting";
  const bool kline = topic.topic.starts_with("kline.");
  const Duration allowed = kline ? Duration{std::chrono::seconds{90}} : quote_age_max;
  if (!topic.age || *topic.age <= allowed) return "live";
  return kline ? "stale" : "quiet";
}

JsonObject feed_json(const StatusSources& s) {
  JsonList topics;
  bybit::FeedCounters counters;
  if (s.feed != nullptr) {
    counters = s.feed->counters();
    for (const bybit::TopicStatus& topic : s.feed->topics(s.now)) {
      JsonObject row;
      row.add("topic", topic.topic)
          .add("stream", topic.stream)
          .add("state", topic_state(topic, s.loaded.settings.limits.ticker_age_max));
      if (topic.age)
        row.add("age_s", seconds(*topic.age));
      else
        row.add_raw("age_s", "null");
      topics.add(row);
    }
  }
  return JsonObject{}
      .add("live", s.feed != nullptr && s.feed->live())
      .add("streams", s.feed == nullptr ? 0 : s.feed->streams())
      .add("losses", s.watched.losses())
      .add("reconnects", counters.reconnects)
      .add("frames", counters.frames)
      .add("bars", counters.bars)
      .add("backfilled", counters.backfilled)
      .add("rest_requests", counters.rest_requests)
      .add("speed", s.clock.speed())
      .add_raw("topics", topics.text());
}

std::string anomalies_json(const EngineCounters& counters) {
  JsonObject out;
  for (std::size_t k = 0; k <= static_cast<std::size_t>(AnomalyKind::ClockSkew); ++k)
    if (counters.anomalies[k] > 0)
      out.add(to_string(static_cast<AnomalyKind>(k)), counters.anomalies[k]);
  return out.text();
}

std::string last_anomalies_json(const StatusSources& s) {
  JsonObject out;
  for (std::size_t k = 0; k <= static_cast<std::size_t>(AnomalyKind::ClockSkew); ++k) {
    const auto kind = static_cast<AnomalyKind>(k);
    if (const std::string& last = s.watched.last_anomaly(kind); !last.empty())
      out.add(to_string(kind), last);
  }
  return out.text();
}

std::string refusals_json(const StatusSources& s) {
  JsonObject out;
  for (const RefusalCount& refused : refusal_counts(s.engine.counters(), s.watched))
    out.add(refused.by, refused.count);
  return out.text();
}

void add_funding(JsonObject& row, const TickerUpdated* ticker) {
  if (ticker != nullptr && ticker->funding_known)
    row.add("funding_rate", Price::from_raw(ticker->funding_rate_e9));
  else
    row.add_raw("funding_rate", "null");
  if (ticker != nullptr && ticker->next_funding != Timestamp{})
    row.add("next_funding", ticker->next_funding);
  else
    row.add_raw("next_funding", "null");
}

/// How the instrument's policy fares; null: a rule trades it.
std::string fares_json(const StatusSources& s, InstrumentId id) {
  const PolicyStatus* const p = s.engine.policy_status(id);
  const DecisionRecord& last = s.engine.last_decision(id);
  if (p == nullptr) return "null";
  JsonObject out;
  out.add("answers", p->answers)
      .add("bad", p->bad)
      .add("outside", p->outside)
      .add("trials", p->trials)
      .add("version", p->version)
      .add("awaited", p->awaited)
      .add("cuts", p->cuts)
      .add("proposed", p->proposed)
      .add("failed", p->failed)
      .add("adopted", p->adopted)
      .add("refused", p->refused)
      .add("rolled_back", p->rolled_back)
      .add("lost", p->lost)
      .add("shadow_gain", p->shadow_gain)
      .add("gain_total", p->gain_total);
  if (last.policy.empty()) return out.add_raw("last", "null").text();
  return out.add_raw("last", json::to_json(last.policy[0])).text();
}

JsonObject instrument_json(const StatusSources& s, const Instrument& instrument,
                           const PositionView& p) {
  const DecisionRecord& d = s.engine.last_decision(instrument.id);
  const TickerUpdated* ticker = s.watched.ticker(instrument.id);
  const bool decided = d.time != Timestamp{};
  JsonObject row;
  row.add("name", instrument.name())
      .add("tick", instrument.tick_size)
      .add("lot", instrument.lot_step)
      .add("quote", instrument.quote_coin)
      .add("position", p.quantity)
      .add("mark", p.mark)
      .add("value", p.value)
      .add("unrealised", p.unrealised)
      .add("realised", p.realised)
      .add("fees", p.fees)
      .add("funding", p.funding)
      .add("fills", p.fills)
      .add("last", ticker == nullptr ? Price{} : ticker->last);
  add_funding(row, ticker);
  if (d.has_target)
    row.add("weight", d.target.weight);
  else
    row.add_raw("weight", "null");
  return row.add("bar_open", decided ? json::time_text(d.bar_open) : std::string())
      .add("outcome", decided ? to_string(d.outcome) : std::string_view())
      .add("reason", d.reason)
      .add_raw("policy", fares_json(s, instrument.id));
}

std::string instruments_json(const StatusSources& s, const LedgerView& ledger) {
  JsonList out;
  for (const Instrument& instrument : s.instruments)
    out.add(instrument_json(s, instrument, ledger[instrument.id]));
  return out.text();
}

JsonObject operator_json(const StatusSources& s) {
  const SessionSettings& session = s.loaded.settings.session;
  JsonObject out;
  out.add("kill_file", s.operators.kill_file)
      .add("kill_file_there", s.operators.kill_file_there)
      .add("heard_s", seconds(s.operators.silence));
  if (session.heartbeat_required)
    out.add("heartbeat_required_s", seconds(*session.heartbeat_required));
  else
    out.add_raw("heartbeat_required_s", "null");
  return out.add("heartbeat_lost",
                 EnumNames<LostOperator>::names[static_cast<std::size_t>(session.heartbeat_lost)]);
}

/// Free bytes where the session lies; nothing: the kernel does not tell.
std::optional<std::uint64_t> disk_free(const std::string& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return std::nullopt;
  return std::uint64_t{disk.f_bavail} * disk.f_frsize;
}

void add_session(JsonObject& out, const StatusSources& s) {
  std::error_code unknown;
  out.add("schema", kStatusSchema)
      .add("mode", s.mode)
      .add("version", kVersion)
      .add("session", session_name_of(s))
      .add("folder", s.folder)
      .add("working_folder", std::filesystem::current_path(unknown).string())
      .add("socket", s.loaded.settings.session.socket)
      .add("config_hash", s.loaded.hash)
      .add("venue", s.loaded.settings.venue.stream)
      .add("strategy", EnumNames<strategies::StrategyKind>::names[static_cast<std::size_t>(
                           s.loaded.settings.strategy.name)])
      .add_raw("policy", policy_json(s.loaded))
      .add("interval", s.loaded.settings.engine.interval)
      .add("venue_time", s.engine.now())
      .add("uptime_s", seconds(s.uptime))
      .add("restarts", s.restarts);
}

void add_account(JsonObject& out, const LedgerView& ledger, const RiskStatus& risk,
                 const StatusSources& s) {
  out.add("state", risk.state)
      .add("state_cause", risk.state_cause)
      .add("limits_profile", risk.limits_profile)
      .add_raw("latched_reported", reported_json(risk))
      .add_raw("holds", holds_json(s, risk))
      .add("initial", ledger.initial)
      .add("equity", ledger.equity)
      .add("flattening", s.engine.flattening())
      .add("cash", ledger.cash)
      .add("gross", ledger.gross)
      .add("profit", profit_json(ledger))
      .add("equity_peak", risk.equity_peak)
      .add("drawdown", risk.drawdown)
      .add("drawdown_max", risk.drawdown_max)
      .add("drawdown_worst", std::max(s.watched.worst_drawdown(), risk.drawdown))
      .add_raw("headroom", headroom_json(s, risk, ledger));
}

std::string open_orders_json(const StatusSources& s) {
  JsonList out;
  for (const Order& order : s.engine.open_orders()) {
    const OrderRequest& request = order.request();
    JsonObject told;
    told.add("id", request.id.view())
        .add("instrument", s.instruments[request.instrument].name())
        .add("side", to_string(request.side))
        .add("quantity", request.quantity)
        .add("remaining", order.remaining())
        .add("reduce_only", request.reduce_only)
        .add("state", to_string(order.state()))
        .add("decided_at", json::time_text(request.decided_at));
    if (request.type == OrderType::Limit)
      told.add("price", request.price);
    else
      told.add_raw("price", "null");
    out.add(std::move(told));
  }
  return out.text();
}

void add_counters(JsonObject& out, const EngineCounters& c, const StatusSources& s) {
  out.add("bars", c.bars)
      .add("warmup_bars", c.warmup_bars)
      .add("late_bars", c.late_bars)
      .add("set_aside", c.bars_set_aside)
      .add("gaps", c.gaps)
      .add("decisions", c.decisions)
      .add("orders", c.orders)
      .add("in_flight_at_stop", s.watched.in_flight_at_stop())
      .add("refusals", c.refusals)
      .add_raw("refusals_by_control", refusals_json(s))
      .add("fills", c.fills)
      .add("funding_settlements", c.funding)
      .add_raw("anomalies", anomalies_json(c))
      .add_raw("last_anomalies", last_anomalies_json(s))
      .add("ledger_hash", fmt::format("{:016x}", s.engine.ledger_hash()));
}

/// Whether those who are away are told, and how far the telling goes well.
std::string alarms_json(const DaemonWatch* watch) {
  if (watch == nullptr) return "null";
  JsonList ways;
  for (const Alarms::WayStatus& way : watch->alarms().ways())
    ways.add(JsonObject{}
                 .add("way", way.name)
                 .add("delivered", way.counters.delivered)
                 .add("attempts", way.counters.attempts)
                 .add("given_up", way.counters.given_up)
                 .add("dropped", way.counters.dropped)
                 .add("waiting", way.waiting)
                 .add("failing", way.failures_in_a_row)
                 .add("last", way.last_word));
  return JsonObject{}
      .add("raised", watch->alarms().filter().passed())
      .add("suppressed", watch->alarms().filter().suppressed())
      .add("loop_delay_p99_ms", seconds(watch->loop_delay().p99()) * 1e3)
      .add_raw("ways", ways.text())
      .text();
}

}  // namespace

std::string status_json(const StatusSources& s) {
  const LedgerView ledger = s.engine.ledger();
  const RiskStatus risk = s.gate.status(ledger);
  const storage::StorageStatus disk = s.storage.status();
  JsonObject out;
  add_session(out, s);
  add_account(out, ledger, risk, s);
  if (s.account) out.add("venue_account", venue_account_json(*s.account, s.loaded.settings.live));
  add_counters(out, s.engine.counters(), s);
  out.add("operator", operator_json(s));
  if (const auto free = disk_free(s.folder))
    out.add("disk_free_bytes", *free);
  else
    out.add_raw("disk_free_bytes", "null");
  out.add("feed_live", s.feed != nullptr && s.feed->live())
      .add("feed", feed_json(s))
      .add("clock_offset_ms", seconds(s.clock.offset()) * 1e3)
      .add("clock_uncertainty_ms", seconds(s.clock.uncertainty()) * 1e3)
      .add("log_bytes", disk.committed_bytes)
      .add("log_synced_bytes", disk.synced_bytes)
      .add("log", log_json(s))
      .add("storage", storage_json(disk))
      .add("storage_error", disk.last_error)
      .add_raw("alarms", alarms_json(s.watch))
      .add_raw("open_orders", open_orders_json(s))
      .add_raw("instruments", instruments_json(s, ledger));
  return out.text();
}

}  // namespace proteus::app
