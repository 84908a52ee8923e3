// Whether settings of sizing and limits may be used at all.
#include <fmt/format.h>

#include <type_traits>

#include "risk/gate.hpp"

namespace proteus::risk {
namespace {

template <class T>
double as_number(const T& value) {
  if constexpr (std::is_same_v<T, Duration>)
    return std::chrono::duration<double>(value).count();
  else
    return static_cast<double>(value);
}

template <class T>
constexpr bool kIsNumber =
    std::is_same_v<T, double> || std::is_same_v<T, std::int64_t> || std::is_same_v<T, Duration>;

Result<void> check_range(const char* name, double value, double min, double max) {
  if (value >= min && value <= max) return success();
  return error(ErrorCode::OutOfRange,
               fmt::format("{} = {} must lie in [{}, {}]", name, value, min, max));
}

template <class S, class T>
Result<void> check_setting(const S& settings, const Setting<S, T>& entry) {
  const T& value = settings.*(entry.member);
  if constexpr (kIsNumber<T>)
    return check_range(entry.name, as_number(value), entry.min, entry.max);
  else if constexpr (std::is_same_v<T, std::optional<std::int64_t>>)
    return value ? check_range(entry.name, as_number(*value), entry.min, entry.max)
                 : Result<void>{success()};
  else
    return success();
}

template <class S>
Result<void> check_ranges(const S& settings) {
  Result<void> first = success();
  const auto check_all = [&](const auto&... entry) {
    ((first.has_value() ? void(first = check_setting(settings, entry)) : void()), ...);
  };
  if constexpr (HasProfiles<S>)
    std::apply(check_all, S::settings(settings.profile));
  else
    std::apply(check_all, S::settings());
  return first;
}

}  // namespace

Result<void> check(const SizingSettings& sizing, const LimitSettings& limits,
                   const InstrumentTable& instruments) {
  BOOST_OUTCOME_TRYV(check_ranges(sizing));
  BOOST_OUTCOME_TRYV(check_ranges(limits));
  if (limits.drawdown_halt < limits.drawdown_max)
    return error(ErrorCode::OutOfRange,
                 fmt::format("drawdown_halt = {} lies below drawdown_max = {}: trading would halt "
                             "before it is reduced",
                             limits.drawdown_halt, limits.drawdown_max));
  if (limits.daily_loss_flat < limits.daily_loss_max)
    return error(ErrorCode::OutOfRange,
                 fmt::format("daily_loss_flat = {} lies below daily_loss_max = {}: positions would "
                             "be closed before they are only reduced",
                             limits.daily_loss_flat, limits.daily_loss_max));
  if (static_cast<double>(limits.message_burst) * (1.0 - limits.message_room) < 1.0)
    return error(ErrorCode::OutOfRange,
                 fmt::format("message_room = {} of message_burst = {} leaves no message for an "
                             "order that raises risk: nothing would ever be traded",
                             limits.message_room, limits.message_burst));
  if (limits.micro_live_order_cap > limits.live_order_cap ||
      limits.micro_live_gross_cap > limits.live_gross_cap)
    return error(ErrorCode::OutOfRange,
                 fmt::format("micro_live_order_cap = {} and micro_live_gross_cap = {} must not "
                             "exceed live_order_cap = {} and live_gross_cap = {}: stages have "
                             "rising caps",
                             limits.micro_live_order_cap, limits.micro_live_gross_cap,
                             limits.live_order_cap, limits.live_gross_cap));
  BOOST_OUTCOME_TRYV(capital_shares(sizing, instruments));
  return success();
}

Result<void> fit_for_live(const LimitSettings& limits) {
  if (limits.profile == LimitProfile::Standard) return success();
  return error(ErrorCode::Unsupported,
               "limits.profile = research: its limits are for back-tests and training and do not "
               "stop a run, real money is traded under profile = standard alone");
}

}  // namespace proteus::risk
