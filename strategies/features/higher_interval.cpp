#include "strategies/features/higher_interval.hpp"

namespace proteus::features {

std::optional<Interval> higher_interval(Interval base) {
  switch (base) {
    case Interval::M1:
      return Interval::M15;
    case Interval::M3:
    case Interval::M5:
      return Interval::H1;
    case Interval::M15:
      return Interval::H4;
    case Interval::M30:
      return Interval::H12;
    case Interval::H1:
    case Interval::H2:
    case Interval::H4:
    case Interval::H6:
      return Interval::D1;
    case Interval::H12:
    case Interval::D1:
      return Interval::W1;
    case Interval::W1:
    case Interval::Month:
      break;
  }
  return std::nullopt;
}

HigherBars::HigherBars(Interval base, Interval higher)
    : higher_(higher),
      bars_each_(static_cast<std::size_t>(bar_length(bar_open(Timestamp{}, higher), higher) /
                                          bar_length(bar_open(Timestamp{}, base), base))) {}

bool HigherBars::add(const Bar& bar) {
  const Timestamp open = bar_open(bar.open_time, higher_);
  if (bar.open_time == open) {
    open_ = open;
    seen_ = 1;
  } else if (seen_ > 0 && open == open_) {
    ++seen_;
  } else {
    seen_ = 0;
  }
  return seen_ == bars_each_ && bar.close_time == next_open(open, higher_);
}

}  // namespace proteus::features
