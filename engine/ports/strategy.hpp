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
  const PolicyWords* policy = nullptr;  ///< where a policy spoke; valid until the next call
};

/// How a strategy's policy has fared so far, for the status.
struct PolicyStatus {
  std::uint64_t answers = 0;   ///< bars on which it spoke
  std::uint64_t bad = 0;       ///< of those, with an input or an output that was no number
  std::uint64_t outside = 0;   ///< of those, with a feature beyond what training saw
  std::uint64_t trials = 0;    ///< begun, each with a rebuilt memory
  std::uint64_t cuts = 0;      ///< stretches that went to the learner
  std::uint64_t proposed = 0;  ///< answers of the learner
  std::uint64_t failed = 0;    ///< cuts without an answer
  std::uint64_t adopted = 0;
  std::uint64_t refused = 0;
  std::uint64_t rolled_back = 0;
  std::uint64_t lost = 0;     ///< adapted weights that were gone or damaged
  std::uint32_t version = 0;  ///< of the weights in use; 0: the base
  double shadow_gain = 0.0;   ///< of these over the base since their adoption, in units
  double gain_total = 0.0;    ///< the same of all versions that have ended
  std::uint32_t awaited = 0;  ///< ordinal of the cut whose answer is awaited; 0: none
  void archive(Archive& a) {
    a(answers, bad, outside, trials, cuts, proposed, failed, adopted, refused, rolled_back, lost,
      version, shadow_gain, gain_total, awaited);
  }
};

class Strategy {
 public:
  virtual ~Strategy() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Closed bars needed before the first opinion.
  [[nodiscard]] virtual std::size_t warm_up_bars() const = 0;
  /// A closed bar that on_bar will speak of, shown before any strategy of its set speaks: what
  /// several can compute together begins here. Not called for every bar.
  virtual void gather(const Bar&) {}
  /// Every closed bar of the decision interval, in order, late and warm-up ones too. `position`:
  /// the instrument's books.
  virtual Opinion on_bar(const Bar& bar, const PositionView& position, Money equity) = 0;
  /// The latest ticker, for features that need funding. Not an occasion to speak.
  virtual void on_ticker(const TickerUpdated&) {}
  /// The same with its time, by the venue's word.
  virtual void on_ticker_at(const TickerUpdated& ticker, Timestamp) { on_ticker(ticker); }
  /// Null: no policy trades.
  [[nodiscard]] virtual const PolicyStatus* policy_status() const { return nullptr; }
  /// What the learner said, between two bars. No one but a policy asked it.
  virtual void on_adaptation(const AdaptationProposed&) {}
  virtual void on_adaptation(const AdaptationFailed&) {}
  /// Moves what has happened inside (AdaptationCut, AdaptationJudged) to `out`, oldest first.
  /// False: there is no more.
  virtual bool take_news(EventBody&) { return false; }
  /// Windows can no longer be trusted (a hole in the bars): start again.
  virtual void reset() = 0;
  /// All that the next opinion rests on, as a snapshot.
  virtual void archive(Archive& a) = 0;
};

}  // namespace proteus
