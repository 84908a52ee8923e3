#include "tools/app/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/app/metrics_text.hpp"
#include "tools/app/version.hpp"

namespace proteus::app {
namespace {

double as_double(std::uint64_t count) { return static_cast<double>(count); }

void add_account(MetricsText& m, const LedgerView& ledger, const RiskStatus& risk) {
  Money price, fees, funding, slippage;
  for (const PositionView& p : ledger.positions) {
    price += p.realised + p.unrealised;
    fees += p.fees;
    funding += p.funding;
    slippage += p.slippage;
  }
  m.gauge("proteus_equity", "Equity, quote currency.", ledger.equity.to_double());
  m.gauge("proteus_cash", "Cash, quote currency.", ledger.cash.to_double());
  m.gauge("proteus_gross", "Sum of the absolute values of all positions, quote currency.",
          ledger.gross.to_double());
  m.gauge("proteus_initial", "Capital at the start, quote currency.", ledger.initial.to_double());
  m.family("proteus_profit", "gauge",
           "Profit by part, quote currency; total = price - fees - funding. Fees and funding are "
           "positive where they were paid; slippage is a part of price.")
      .sample({{"part", "total"}}, (ledger.equity - ledger.initial).to_double())
      .sample({{"part", "price"}}, price.to_double())
      .sample({{"part", "fees"}}, fees.to_double())
      .sample({{"part", "funding"}}, funding.to_double())
      .sample({{"part", "slippage"}}, slippage.to_double());
  m.gauge("proteus_drawdown_ratio", "Fraction below the highest equity.", risk.drawdown);
  m.gauge("proteus_drawdown_limit_ratio", "Drawdown at which trading is reduced.",
          risk.drawdown_max);
}

void add_risk(MetricsText& m, const StatusSources& s, const RiskStatus& risk) {
  m.family("proteus_trading_state", "gauge", "1 for the state that trading is in.");
  for (const TradingState state :
       {TradingState::Active, TradingState::Reducing, TradingState::Halted})
    m.sample({{"state", std::string(to_string(state))}}, risk.state == state ? 1.0 : 0.0);
  m.family("proteus_hold", "gauge", "1 for each hold that blocks increases at the moment.");
  for (const HoldChanged& hold : risk.holds)
    m.sample({{"hold", std::string(to_string(hold.hold))},
              {"instrument", hold.has_instrument ? s.instruments[hold.instrument].name() : "all"}},
             1.0);
  m.gauge("proteus_holds", "Holds that block increases at the moment.",
          static_cast<double>(risk.holds.size()));
}

void add_counters(MetricsText& m, const EngineCounters& c, const WatchedJournal& watched,
                  const DecisionCounts& decisions) {
  m.counter("proteus_bars_total", "Closed bars of the decision interval, warm-up apart.",
            as_double(c.bars));
  m.counter("proteus_late_bars_total", "Bars that came too late to be traded.",
            as_double(c.late_bars));
  m.counter("proteus_bars_set_aside_total", "Bars that did not touch books or windows.",
            as_double(c.bars_set_aside));
  m.counter("proteus_gaps_total", "Holes in an instrument's bars.", as_double(c.gaps));
  m.family("proteus_decisions_total", "counter", "Decisions by what came of them.");
  for (std::size_t k = 0; k < decisions.size(); ++k)
    if (decisions[k] > 0)
      m.sample({{"outcome", std::string(to_string(static_cast<Outcome>(k)))}},
               as_double(decisions[k]));
  m.counter("proteus_orders_total", "Orders handed to the venue.", as_double(c.orders));
  m.counter("proteus_fills_total", "Executions.", as_double(c.fills));
  m.counter("proteus_funding_settlements_total", "Funding settlements.", as_double(c.funding));
  m.family("proteus_refusals_total", "counter", "Orders refused, by the control that refused.");
  for (const RefusalCount& refused : refusal_counts(c, watched))
    m.sample({{"control", std::string(refused.by)}}, as_double(refused.count));
  m.family("proteus_anomalies_total", "counter", "What the feed saw and set aside, by kind.");
  for (std::size_t k = 0; k < c.anomalies.size(); ++k)
    if (c.anomalies[k] > 0)
      m.sample({{"kind", std::string(to_string(static_cast<AnomalyKind>(k)))}},
               as_double(c.anomalies[k]));
}

void add_instruments(MetricsText& m, const StatusSources& s, const LedgerView& ledger) {
  const auto each = [&](std::string_view name, std::string_view help, auto value) {
    m.family(name, "gauge", help);
    for (const Instrument& instrument : s.instruments)
      m.sample({{"instrument", instrument.name()}}, value(ledger[instrument.id]));
  };
  each("proteus_position", "Signed quantity held, base currency.",
       [](const PositionView& p) { return p.quantity.to_double(); });
  each("proteus_mark", "Price at which the position is valued; 0: never marked.",
       [](const PositionView& p) { return p.mark.to_double(); });
  each("proteus_position_value", "Signed value at the mark, quote currency.",
       [](const PositionView& p) { return p.value.to_double(); });
}

void add_feed(MetricsText& m, const StatusSources& s) {
  if (s.feed == nullptr) return;
  const bybit::FeedCounters c = s.feed->counters();
  m.gauge("proteus_feed_live", "1 while every topic is live.", s.feed->live() ? 1.0 : 0.0);
  m.counter("proteus_feed_losses_total", "Times a stream that was live was lost.",
            as_double(s.watched.losses()));
  m.counter("proteus_feed_reconnects_total", "Connections that ended or failed.",
            as_double(c.reconnects));
  m.counter("proteus_feed_frames_total", "Frames received.", as_double(c.frames));
  m.counter("proteus_feed_backfilled_total", "Bars that REST gave because the stream lacked them.",
            as_double(c.backfilled));
  m.counter("proteus_feed_rest_requests_total", "REST requests.", as_double(c.rest_requests));
  const auto topics = s.feed->topics(s.now);
  m.family("proteus_feed_topic_live", "gauge", "1 while the topic's stream is live.");
  for (const auto& t : topics)
    m.sample({{"topic", t.topic}, {"stream", t.stream}}, t.state == FeedState::Live ? 1.0 : 0.0);
  m.family("proteus_feed_topic_age_seconds", "gauge",
           "Venue time since the topic's last frame; absent before the first.");
  for (const auto& t : topics)
    if (t.age) m.sample({{"topic", t.topic}, {"stream", t.stream}}, seconds(*t.age));
  m.gauge("proteus_clock_offset_seconds", "How far the venue's clock lay ahead of ours.",
          seconds(s.clock.offset()));
  m.gauge("proteus_clock_uncertainty_seconds", "Half the round trip of that reading.",
          seconds(s.clock.uncertainty()));
}

void add_log(MetricsText& m, const StatusSources& s) {
  const storage::StorageStatus disk = s.storage.status();
  m.counter("proteus_log_committed_bytes_total", "Bytes of the session log handed to the kernel.",
            as_double(disk.committed_bytes));
  m.counter("proteus_log_synced_bytes_total", "Of them, on the disk.",
            as_double(disk.synced_bytes));
  m.counter("proteus_log_derived_bytes_total", "Of them, told in journal.sqlite.",
            as_double(disk.derived_bytes));
  m.gauge("proteus_log_pending_bytes", "Bytes that could not be written yet.",
          static_cast<double>(s.log.pending_bytes()));
  m.counter("proteus_log_failed_commits_total", "Writes of the log that failed.",
            as_double(s.log.failed_commits()));
  m.gauge("proteus_log_writable", "1 while the log can be written.",
          s.log.last_errno() == 0 ? 1.0 : 0.0);
  m.gauge("proteus_session_bytes", "Bytes of the session's folder.", as_double(disk.session_bytes));
  m.gauge("proteus_session_quota_bytes", "Bytes that it may have.", as_double(disk.quota_bytes));
  m.gauge("proteus_disk_free_bytes", "Room that is left on its disk.",
          as_double(disk.disk_free_bytes));
  m.counter("proteus_tables_put_aside_total",
            "Times that journal.sqlite was damaged and made anew.",
            as_double(disk.tables_put_aside));
  m.family("proteus_storage_errors_total", "counter", "Trouble of the storage thread, by part.")
      .sample({{"part", "sync"}}, as_double(disk.sync_errors))
      .sample({{"part", "sqlite"}}, as_double(disk.sqlite_errors))
      .sample({{"part", "feed"}},
              as_double(disk.feed_errors + (s.recorder == nullptr ? 0 : s.recorder->lost())));
}

void add_alarms(MetricsText& m, const Alarms& alarms) {
  m.counter("proteus_alarms_total", "Alarms that passed the filter.",
            as_double(alarms.filter().passed()));
  m.counter("proteus_alarms_suppressed_total", "Alarms that the filter kept back.",
            as_double(alarms.filter().suppressed()));
  const auto ways = alarms.ways();
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help,
                        auto value) {
    m.family(name, type, help);
    for (const auto& way : ways) m.sample({{"way", way.name}}, static_cast<double>(value(way)));
  };
  using Way = Alarms::WayStatus;
  each("proteus_alarm_deliveries_total", "counter", "Alarms delivered.",
       [](const Way& w) { return w.counters.delivered; });
  each("proteus_alarm_attempts_total", "counter", "Attempts to deliver an alarm.",
       [](const Way& w) { return w.counters.attempts; });
  each("proteus_alarm_lost_total", "counter", "Alarms given up, or dropped from a full queue.",
       [](const Way& w) { return w.counters.given_up + w.counters.dropped; });
  each("proteus_alarm_waiting", "gauge", "Alarms that wait.",
       [](const Way& w) { return w.waiting; });
}

void add_process(MetricsText& m, const MetricsSources& sources) {
  std::vector<double> counts;
  for (const std::uint64_t count : sources.loop.buckets()) counts.push_back(as_double(count));
  m.family("proteus_loop_delay_seconds", "histogram",
           "How late the event loop fired a timer, measured ten times a second.")
      .histogram({LoopDelay::kBoundsSeconds.begin(), LoopDelay::kBoundsSeconds.end()}, counts,
                 sources.loop.sum_seconds());
  m.gauge("proteus_loop_delay_p99_seconds", "99th percentile of the last minute.",
          seconds(sources.loop.p99()));
  m.gauge("proteus_loop_delay_worst_seconds", "The largest of the run.",
          seconds(sources.loop.worst()));
  const ProcessFigures& p = sources.process;
  m.gauge("process_resident_memory_bytes", "Resident memory.", p.resident_bytes);
  m.gauge("process_open_fds", "Open file descriptors.", p.open_descriptors);
  m.gauge("process_max_fds", "Most file descriptors that may be open.", p.descriptors_max);
  m.counter("process_cpu_seconds_total", "Processor time, user and system.", p.cpu_seconds);
  m.gauge("process_start_time_seconds", "Start of the process, unix time.", p.started_unix_seconds);
}

}  // namespace

std::string metrics_text(const MetricsSources& sources) {
  MetricsText m;
  m.family("proteus_build_info", "gauge", "Always 1; the labels say what runs.")
      .sample({{"version", kVersion}, {"mode", std::string(sources.mode)}}, 1.0);
  if (const StatusSources* s = sources.trading; s != nullptr) {
    const LedgerView ledger = s->engine.ledger();
    const RiskStatus risk = s->gate.status(ledger);
    add_account(m, ledger, risk);
    add_risk(m, *s, risk);
    add_counters(m, s->engine.counters(), s->watched, sources.decisions);
    add_instruments(m, *s, ledger);
    add_feed(m, *s);
    add_log(m, *s);
  }
  add_alarms(m, sources.alarms);
  add_process(m, sources);
  return m.text();
}

Readiness health(const HealthFacts& facts) {
  if (facts.stopping) return {false, "stopping"};
  if (!facts.trading) return {false, "starting: the venue has not told its instruments yet"};
  if (!facts.log_error.empty())
    return {false, "the session log cannot be written: " + facts.log_error};
  if (facts.feed_live) return {true, facts.holds.empty() ? "ok" : "ok, holding: " + facts.holds};
  if (!facts.ever_live) return {false, "starting: the feed has not been live yet"};
  if (facts.holds.empty()) return {false, "the feed is not live"};
  return {true, "the feed is not live, holding: " + facts.holds};
}

}  // namespace proteus::app
