// What to hold. One object trades one instrument; it owns its feature window and, where it has one,
// its recurrent state.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "engine/core/archive.hpp"
#include "engine/core/decision.hpp"
#include "engine/core/event.hpp"
#include "engine/core/ledger_view.hpp"

namespace proteus {

struct Opinion {
  std::optional<Target> target;  ///< nothing: keep what is held
  std::string_view reason;  ///< a constant sentence, at most 64 bytes, also when there is a target
  std::span<const double> observation;  ///< what the opinion rests on; valid until the next call
  bool warming_up = false;
  /// What a position is expected to bring before costs, as a fraction of its value, if the strategy
  /// knows (control 29).
  std::optional<double> edge{};
};

class Strategy {
 public:
  virtual ~Strategy() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Closed bars needed before the first opinion.
  [[nodiscard]] virtual std::size_t warm_up_bars() const = 0;
  /// Every closed bar of the decision interval, in order, late and warm-up ones too. `position`:
  /// the instrument's books.
  virtual Opinion on_bar(const Bar& bar, const PositionView& position, Money equity) = 0;
  /// The latest ticker, for features that need funding. Not an occasion to speak.
  virtual void on_ticker(const TickerUpdated&) {}
  /// Windows can no longer be trusted (a hole in the bars): start again.
  virtual void reset() = 0;
  /// All that the next opinion rests on, as a snapshot.
  virtual void archive(Archive& a) = 0;
};

}  // namespace proteus
