#include "risk/limits/overrides.hpp"

#include <algorithm>
#include <charconv>

namespace proteus::risk {
namespace {

constexpr int kLast = static_cast<int>(Control::KeyPermissions);

bool same_place(const OverrideChanged& a, const OverrideChanged& b) {
  return a.control == b.control && a.has_instrument == b.has_instrument &&
         (!a.has_instrument || a.instrument == b.instrument);
}

}  // namespace

std::optional<Control> parse_control(std::string_view text) {
  for (int i = 1; i <= kLast; ++i)
    if (text == to_string(static_cast<Control>(i))) return static_cast<Control>(i);
  int number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failed == std::errc{} && end == text.data() + text.size();
  if (!whole || number < 1 || number > kLast) return std::nullopt;
  return static_cast<Control>(number);
}

const char* never_lifted(Control control) {
  switch (control) {
    case Control::Kill:
      return "a person's own stop is taken back by resume and by nothing else";
    case Control::ModelOutput:
      return "a number that is not finite or out of range is no wish that could be granted";
    case Control::DustAndMinimum:
      return "it is the venue's own rule: it would refuse the order";
    case Control::PriceCollar:
    case Control::CapitalThreshold:
    case Control::PriceDrift:
    case Control::OrderValue:
    case Control::OrderQuantity:
    case Control::MessageRate:
    case Control::RepeatedExecution:
    case Control::DuplicateOrder:
    case Control::PositionLimit:
    case Control::OpenOrderValue:
    case Control::DailyLoss:
    case Control::Drawdown:
    case Control::LossStreak:
    case Control::Leverage:
    case Control::StaleData:
    case Control::AbsurdData:
    case Control::ClockSkew:
    case Control::Stage:
    case Control::ExpectedEdge:
      return nullptr;
    default:
      return "this control refuses no order that an override could let pass";
  }
}

void Overrides::on_change(const OverrideChanged& change, Timestamp now) {
  std::erase_if(standing_, [&](const OverrideChanged& standing) {
    return standing.expires <= now || same_place(standing, change);
  });
  const bool adopted = change.active && change.expires > now && standing_.size() < kMax &&
                       never_lifted(change.control) == nullptr;
  if (adopted) standing_.push_back(change);
}

std::optional<Duration> Overrides::left(Control control, InstrumentId instrument,
                                        Timestamp now) const {
  std::optional<Duration> most;
  for (const OverrideChanged& standing : standing_) {
    const bool here = !standing.has_instrument || standing.instrument == instrument;
    if (standing.control != control || !here || standing.expires <= now) continue;
    most = std::max(most.value_or(Duration{0}), standing.expires - now);
  }
  return most;
}

}  // namespace proteus::risk
