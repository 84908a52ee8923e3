// A market of the past on its way through the engine, whatever it comes from.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "models/online/inline_learner.hpp"
#include "tools/app/trading.hpp"

namespace proteus::app {

class Playing {
 public:
  virtual ~Playing() = default;
  Playing() = default;
  Playing(const Playing&) = delete;
  Playing& operator=(const Playing&) = delete;

  /// Goes on by up to `steps`: closing times, or frames. False: everything was played.
  virtual bool play(std::int64_t steps) = 0;
  /// Ends the session. Errors: Io, what of the log was lost.
  virtual Result<void> finish(const std::string& cause) = 0;

  [[nodiscard]] virtual const Trading& trading() const = 0;
  /// Open of the first bar that is decided on, as far as it is known.
  [[nodiscard]] virtual Timestamp from() const = 0;
  /// Last close that will be played, as far as it is known.
  [[nodiscard]] virtual Timestamp until() const = 0;
  /// From now on `observer` sees events and decisions.
  virtual void observe(JournalObserver* observer) = 0;
  /// When what comes next was received; nothing: nothing comes.
  [[nodiscard]] virtual std::optional<Timestamp> next() const = 0;
  /// So many steps are about as long as a thousandth of a second.
  [[nodiscard]] virtual std::int64_t steps_at_once() const = 0;
  /// Sentences for the summary: what was damaged, passed over or not there.
  [[nodiscard]] virtual std::vector<std::string> notes() const { return {}; }
};

/// Whoever learns in a replay: at once, in the order of the inputs. Null: nothing is adapted.
class ReplayLearner {
 public:
  void begin(Trading& trading) {
    trading_ = &trading;
    if (!trading.learns()) return;
    const strategies::PolicySpec& spec = trading.policy_spec();
    learner_ =
        std::make_unique<online::InlineLearner>(online::LearnMarket{spec.market, spec.interval});
    trading.learn_with(*learner_);
  }
  void hear() {
    if (learner_ == nullptr) return;
    EventBody answer;
    while (learner_->take(answer))
      trading_->hear_learner(std::move(answer), trading_->engine().now());
  }

 private:
  std::unique_ptr<online::InlineLearner> learner_;
  Trading* trading_ = nullptr;
};

}  // namespace proteus::app
