// Many environments in lock-step over bars in memory: the market as an agent trains on it. An
// environment keeps the engine's Ledger and fills, charges and settles by the functions of
// engine/matching, so that the same bars and actions give the engine's equity to the unit.
//
// One step of an environment whose last closed bar is t:
//   1. the action becomes a wish for a position at the close of t, and that orders (lot, minima)
//   2. bar t+1: orders fill at its open, worsened, with fees; liquidation inside it; funding that
//      falls due by its close; the position is marked at its close
//   3. reward from the equity at both closes; observation of t+1
//
// Episodes. `terminated`: the account is ruined. `truncated`: the episode's steps or the data are
// over; only this one bootstraps. Either starts the trial's next episode at once, flat and with new
// capital: observations() then shows its first bar, and final_observations() the one that ended.
// `trial_over` says that there is no further episode: the environment then rests, with reward 0, no
// end and its last observation, until it is given a new task.
//
// Sizing. `none`: a wish is a share of exposure_max x equity, and nothing refuses it but the venue.
// `engine`: it passes the sizing and the limits that the engine uses, in the engine's order of
// steps (engine_risk.hpp). A bar that control 19 sets aside then moves nothing but the observation:
// the action is not read, orders wait for the next bar, the position keeps its mark.
//
// Thread: one owner. Steps allocate nothing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/ledger/ledger.hpp"
#include "engine/matching/execution.hpp"
#include "models/training/actions.hpp"
#include "models/training/engine_risk.hpp"
#include "models/training/rewards.hpp"
#include "models/training/task.hpp"
#include "strategies/features/policy_observation.hpp"

namespace proteus::training {

enum class Sizing : std::uint8_t { None, Engine };

struct EnvSettings {
  double capital = 10'000.0;
  double ruin_share = 0.1;
  Sizing sizing = Sizing::None;
  bool end_at_latch = false;
  std::int64_t warm_up_bars = 200;

  static constexpr auto settings() {
    using E = EnvSettings;
    return std::tuple{
        setting("capital", &E::capital, "what an episode starts with, in quote currency", 1.0, 1e8),
        setting("ruin_share", &E::ruin_share,
                "an episode ends for good when equity is at or below this share of its capital",
                0.0, 0.99),
        setting("sizing", &E::sizing,
                "none: a full position is exposure_max of equity; engine: the sizing and limits of "
                "the engine, as set below"),
        setting("end_at_latch", &E::end_at_latch,
                "sizing = engine: an episode ends for good when a control would stop a live run; "
                "false: that is only reported"),
        setting("warm_up_bars", &E::warm_up_bars,
                "sizing = engine: bars before a trial that its volatility and volumes rest on, as "
                "far as there are any",
                0, 100'000)};
  }
};

/// After a step: money in quote currency. At an episode's end still that of the episode that ended.
struct StepInfo {
  double capital = 0.0;      ///< equity, open positions at their marks
  double position = 0.0;     ///< value / equity, signed
  double total_pnl = 0.0;    ///< equity less the episode's capital
  double step_return = 0.0;  ///< net: equity / equity one step before - 1
  double fees = 0.0;         ///< of the episode so far; likewise the next three
  double funding = 0.0;
  double slippage = 0.0;
  double turnover = 0.0;               ///< sum of |price x quantity| of all fills
  std::uint32_t fills = 0;             ///< of this step
  std::uint32_t refused = 0;           ///< orders and actions that this step refused
  bool liquidated = false;             ///< in this step
  bool set_aside = false;              ///< sizing = engine: by control 19, the bar that closed
  Control refused_by = Control::None;  ///< sizing = engine: the last control that refused
  Control latched = Control::None;     ///< sizing = engine: what would have stopped a live run now
  std::size_t bar = 0;                 ///< index of the bar that closed
};

class MarketEnv {
 public:
  struct Settings {
    EnvSettings env;
    matching::VenueSettings venue;  ///< fill_mode is Bar
    ActionSettings actions;
    RewardSettings reward;
    EngineRiskSettings risk;  ///< for sizing = engine
  };

  /// `count` environments whose observations `observation` writes; they rest until reset. Errors:
  /// Unsupported (a venue in quote mode), OutOfRange (no environment, no capital).
  static Result<MarketEnv> create(const Settings& settings, features::PolicyObservation observation,
                                  std::size_t count);

  [[nodiscard]] std::size_t size() const { return slots_.size(); }
  [[nodiscard]] const features::PolicyObservation& observation() const { return observation_; }

  /// A new trial for every environment; as many tasks as environments. Errors: those of the single
  /// reset, with nothing changed after the failing one.
  Result<void> reset(std::span<const Task> tasks);
  /// A new trial for one. Errors: OutOfRange (a trial without a step), Unsupported (a series whose
  /// features are not those of the observation), and those of EngineRisk::create.
  Result<void> reset(std::size_t env, const Task& task);

  /// One step of all. One action each, from the set of the settings; those of resting environments
  /// are not read.
  void step(std::span<const Action> actions);

  /// [size, columns] row-major: what the next actions rest on.
  [[nodiscard]] std::span<const float> observations() const { return observations_; }
  /// The same shape; a row holds the last observation of its environment's last ended episode.
  [[nodiscard]] std::span<const float> final_observations() const { return final_observations_; }
  [[nodiscard]] std::span<const double> rewards() const { return rewards_; }
  [[nodiscard]] std::span<const std::uint8_t> terminated() const { return terminated_; }
  [[nodiscard]] std::span<const std::uint8_t> truncated() const { return truncated_; }
  [[nodiscard]] std::span<const std::uint8_t> trial_over() const { return trial_over_; }
  [[nodiscard]] std::span<const StepInfo> infos() const { return infos_; }

  /// The books of the running episode, for tests and reports. A task must have been set.
  [[nodiscard]] const Ledger& books(std::size_t env) const { return *slots_[env].ledger; }
  [[nodiscard]] const Task& task(std::size_t env) const { return slots_[env].task; }
  [[nodiscard]] std::size_t episode(std::size_t env) const { return slots_[env].episode; }

  /// Where each environment stands in its trial; rewards, ends and infos of the last step are not
  /// kept. `series`: all that tasks may be of, in the same order as when it was written.
  void archive(Archive& a, std::span<const std::shared_ptr<const Series>> series);

 private:
  /// What sizing = engine adds to an environment.
  struct Guard {
    EngineRisk fresh;  ///< as made: no bar seen
    EngineRisk gate;
    std::array<ClientOrderId, 2> ids;  ///< of the slot's orders
    double said = 0.0;                 ///< the weight that was wished last in this episode
    std::size_t told = 0;    ///< bars [0, told) are known to the gate, or lie too far back
    std::size_t done = 0;    ///< last bar that was not set aside
    bool set_aside = false;  ///< the last closed bar
  };
  struct Slot {
    Task task;
    std::optional<Ledger> blank;   ///< as every episode starts; nothing before the first task
    std::optional<Ledger> ledger;  ///< of the running episode
    std::size_t bar = 0;           ///< last closed
    std::size_t episode = 0;
    std::size_t steps = 0;  ///< of this episode
    double equity = 0.0;
    double turnover = 0.0;
    RewardMeter reward;
    matching::OrderPlan orders;   ///< sent at the close of `bar`
    std::unique_ptr<Guard> risk;  ///< nothing: sizing = none
    bool running = false;
  };

  MarketEnv(const Settings& settings, features::PolicyObservation observation, std::size_t count);
  void archive_slot(Archive& a, Slot& slot, std::span<const std::shared_ptr<const Series>> series);
  void archive_guard(Archive& a, Slot& slot);
  /// Nothing without sizing. Errors: those of EngineRisk::create.
  [[nodiscard]] Result<std::unique_ptr<Guard>> make_guard(const Task& task) const;
  void begin_episode(Slot& slot);
  void step_one(std::size_t env, const Action& action);
  void decide(Slot& slot, const Action& action, StepInfo& info);
  void decide_sized(Slot& slot, const Action& action, StepInfo& info);
  void begin_account(Slot& slot);
  bool admit(Slot& slot, const Bar& bar, StepInfo& info);
  void settle(Slot& slot, std::size_t bar, Price known);
  [[nodiscard]] bool accepts(const Slot& slot, const matching::PlannedOrder& order) const;
  void next_bar(Slot& slot, StepInfo& info);
  void fill(Slot& slot, std::size_t order, const Bar& bar, StepInfo& info);
  void liquidate(Slot& slot, const Bar& bar, StepInfo& info);
  [[nodiscard]] matching::Funds funds(const Slot& slot) const;
  void book(Slot& slot, const Fill& fill, const Bar& bar, StepInfo& info);
  void end_episode(std::size_t env);
  void observe(const Slot& slot, std::span<float> row) const;
  [[nodiscard]] double time_of(const Slot& slot) const;
  [[nodiscard]] std::span<float> row(std::vector<float>& rows, std::size_t env) const {
    return std::span(rows).subspan(env * observation_.columns(), observation_.columns());
  }

  Settings settings_;
  matching::Rates rates_;
  features::PolicyObservation observation_;
  std::vector<Slot> slots_;
  std::vector<float> observations_;
  std::vector<float> final_observations_;
  std::vector<double> rewards_;
  std::vector<std::uint8_t> terminated_;
  std::vector<std::uint8_t> truncated_;
  std::vector<std::uint8_t> trial_over_;
  std::vector<StepInfo> infos_;
};

}  // namespace proteus::training

template <>
struct proteus::EnumNames<proteus::training::Sizing> {
  static constexpr std::array<std::string_view, 2> names{"none", "engine"};
};
