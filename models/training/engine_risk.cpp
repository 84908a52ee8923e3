#include "models/training/engine_risk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

namespace proteus::training {
namespace {

constexpr InstrumentId kTraded{0};
constexpr std::string_view kSession =
    "trainingtrain";  // ids only have to differ inside one account

/// The instrument's own share, where shares are given at all: others are traded elsewhere.
Result<risk::SizingSettings> of_one(risk::SizingSettings sizing, const Instrument& instrument) {
  if (sizing.shares.empty()) return sizing;
  const std::string own = instrument.name() + "=";
  std::erase_if(sizing.shares, [&](const std::string& share) { return !share.starts_with(own); });
  if (sizing.shares.empty())
    return error(ErrorCode::NotFound,
                 fmt::format("shares: {} has none, and a series of it is trained on: name it",
                             instrument.name()));
  return sizing;
}

}  // namespace

Result<EngineRisk> EngineRisk::create(const EngineRiskSettings& settings, const risk::Costs& costs,
                                      const Series& series, Money capital) {
  if (settings.limits.profile != risk::LimitProfile::Research)
    return error(ErrorCode::Unsupported,
                 "training trades under the research limits, which report what would stop a live "
                 "run: set profile to research");
  BOOST_OUTCOME_TRY(const risk::SizingSettings sizing,
                    of_one(settings.sizing, series.instrument()));
  BOOST_OUTCOME_TRY(risk::check(sizing, settings.limits, series.table()));
  return EngineRisk{
      risk::Gate{sizing, settings.limits, series.table(), series.interval(), costs, capital}};
}

void EngineRisk::new_account(const EngineRisk& fresh) {
  gate_.new_account(fresh.gate_);
  open_count_ = 0;
  latched_ = Control::None;
}

void EngineRisk::report(EventBody body, Timestamp) {
  // The research profile leaves the trading state alone, and of its own holds the gate knows.
  if (const auto* latched = std::get_if<ControlLatched>(&body))
    if (latched_ == Control::None) latched_ = latched->control;
}

Control EngineRisk::take_latched() { return std::exchange(latched_, Control::None); }

void EngineRisk::observe(EventBody body, const LedgerView& view, Timestamp happened,
                         Timestamp now) {
  gate_.observe(Event{0, Origin::Input, happened, now, std::move(body)}, view, *this);
}

void EngineRisk::warm_up(const Bar& bar, const Instrument& instrument, const LedgerView& view,
                         bool set_aside) {
  observe(BarClosed{bar, BarSource::Warmup}, view, bar.close_time, bar.close_time);
  if (set_aside) return;
  SizingSteps steps;
  gate_.size({bar, instrument, std::nullopt, false, view}, steps);
}

void EngineRisk::on_funding_told(const matching::FundingTime& due, const LedgerView& view,
                                 Timestamp now) {
  observe(TickerUpdated{.instrument = kTraded,
                        .funding_known = true,
                        .funding_rate_e9 = due.rate_e9,
                        .next_funding = due.time},
          view, now, now);
}

void EngineRisk::on_fill(const Fill& fill, const LedgerView& view, Timestamp now) {
  observe(fill, view, fill.time, now);
}

void EngineRisk::on_funding(const FundingSettled& settled, const LedgerView& view, Timestamp now) {
  observe(settled, view, settled.time, now);
}

void EngineRisk::on_bar(const Bar& bar, const LedgerView& view, bool set_aside) {
  observe(BarClosed{bar, BarSource::Stream}, view, bar.close_time, bar.close_time);
  if (!set_aside) gate_.on_equity(view, bar.close_time, *this);
}

Sized EngineRisk::size(const Bar& bar, const Instrument& instrument, std::optional<Target> target,
                       const LedgerView& view) {
  open_count_ = 0;
  SizingSteps steps;
  return gate_.size({bar, instrument, target, true, view}, steps);
}

Reviewed EngineRisk::review(const matching::PlannedOrder& planned, const Bar& bar,
                            const Instrument& instrument, const LedgerView& view) {
  OrderRequest& order = open_[open_count_];
  order = {};
  order.id = make_order_id(kSession, kTraded, bar.close_time,
                           planned.reduce_only ? Purpose::Close : Purpose::Open,
                           static_cast<std::uint32_t>(open_count_));
  order.instrument = kTraded;
  order.side = planned.side;
  order.reduce_only = planned.reduce_only;
  order.quantity = planned.quantity;
  order.reference = bar.close;
  order.decided_at = bar.close_time;
  ControlWords words;
  const Verdict verdict = gate_.review(
      order, {instrument, view, std::span(open_).first(open_count_), bar.close_time}, words);
  Reviewed said{.id = order.id};
  if (const auto* refused = std::get_if<Refused>(&verdict)) {
    said.refused_by = refused->by.control;
    return said;
  }
  order = std::get<Approved>(verdict).order;
  ++open_count_;
  said.order = {.side = order.side, .quantity = order.quantity, .reduce_only = order.reduce_only};
  return said;
}

}  // namespace proteus::training
