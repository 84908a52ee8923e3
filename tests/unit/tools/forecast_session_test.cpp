// A paper session that a forecaster trades, from its configuration to the decision record: the
// forecasts are those of the back-test over the same bars, and a session that was killed and taken
// up again goes on with the same bits.
#include <gtest/gtest.h>

#include "models/maml/forecast_trading.hpp"
#include "models/maml/model_file.hpp"
#include "models/training/synthetic.hpp"
#include "strategies/forecast/forecast_strategy.hpp"
#include "tests/support/folder.hpp"
#include "tools/app/trading.hpp"

namespace proteus::app {
namespace {

using training::Series;

constexpr std::size_t kBars = 800;

std::shared_ptr<const Series> a_series() {
  training::SyntheticSettings settings;
  settings.bars = kBars;
  return training::synthetic_series(settings, 4).value();
}

maml::ForecastSettings tasks() {
  maml::ForecastSettings settings;
  settings.support_rows = 25;
  settings.horizon = 4;
  return settings;
}

maml::Learner<float> a_learner(std::uint64_t seed) {
  maml::LearnerSettings settings;
  settings.inner_steps = 3;
  return std::move(
      maml::Learner<float>::create(
          settings, maml::Mlp::create(11, {8, 8}, 1, maml::Activation::Tanh).value(), seed)
          .value());
}

class ForecastSession {
 public:
  ForecastSession(const test::Folder& folder, const std::string& name, const Series& series,
                  const std::vector<std::string>& more = {})
      : series_(series), file_((folder / "f.safetensors").string()) {
    const auto checkpoint =
        maml::forecast_checkpoint(a_learner(5), series.schema(), {}, tasks(), Interval::H1);
    EXPECT_TRUE(inference::save_checkpoint(file_, checkpoint));
    std::vector<std::string> overrides{
        "engine.interval=1h",      "engine.instruments=linear:SIM000USDT",
        "strategy.name=forecast",  "forecast.checkpoints=" + file_,
        "forecast.threshold=0.05", "session.folder=" + (folder / name).string()};
    overrides.insert(overrides.end(), more.begin(), more.end());
    auto read = load("", overrides);
    EXPECT_TRUE(read.has_value()) << read.error().context;
    loaded_ = std::move(read).value();
    EXPECT_TRUE(table_.add(series.instrument()).has_value());
    auto opened = Trading::open(loaded_, "paper", series.bars().front().open_time,
                                SessionCode{"0123456789abc"});
    EXPECT_TRUE(opened.has_value()) << opened.error().context;
    trading_ = std::move(opened).value();
    EXPECT_TRUE(trading_->build(table_, series.bars().front().open_time).has_value());
  }

  const DecisionRecord& close() {
    Bar bar = series_.bars()[next_++];
    bar.instrument = InstrumentId{0};
    engine().on_input(BarClosed{bar, BarSource::Stream}, bar.close_time, bar.close_time);
    return engine().last_decision(InstrumentId{0});
  }
  void kill_and_resume() {
    const auto folder = trading_->session().folder();
    trading_.reset();
    auto resumed = Trading::resume(loaded_, "paper", folder);
    ASSERT_TRUE(resumed.has_value()) << resumed.error().context;
    trading_ = std::move(resumed).value();
    ASSERT_TRUE(trading_->go_on(table_, engine().now()).has_value());
  }
  Engine& engine() { return trading_->engine(); }
  [[nodiscard]] const Settings& settings() const { return loaded_.settings; }

 private:
  const Series& series_;
  std::string file_;
  Loaded loaded_;
  InstrumentTable table_;
  std::unique_ptr<Trading> trading_;
  std::size_t next_ = 0;
};

std::size_t column(const Series& series, std::string_view name) {
  const auto names = strategies::forecast_observation_names(series.schema());
  return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
}

TEST(ForecastSession, DecidesByTheForecastsOfTheBackTest) {
  const auto series = a_series();
  auto learner = a_learner(5);
  maml::ForecastRule rule;
  rule.window = 25;
  rule.adaptation_steps = 3;
  rule.threshold = 0.05;
  const auto test =
      maml::trade_forecasts(learner, maml::ForecastRows(series, {}, 4), 0, kBars, rule, {}).value();
  const test::Folder folder;
  ForecastSession session(folder, "a", *series);
  // All of it from the checkpoint.
  EXPECT_EQ(session.settings().forecast.window, 25);
  EXPECT_EQ(session.settings().forecast.adaptation_steps, 3);
  EXPECT_EQ(session.settings().forecast.content.size(), 1U);
  EXPECT_EQ(session.settings().feed.warm_up_bars, 600 + 25 + 4 - 1);
  const std::size_t expected = column(*series, "expected_return");
  std::size_t compared = 0;
  std::size_t orders = 0;
  for (std::size_t i = 0; i < kBars; ++i) {
    const DecisionRecord& record = session.close();
    orders += record.orders.size();
    const auto same =
        std::ranges::find(test, series->bars()[i].close_time, &maml::ForecastBar::date);
    if (!record.has_target || same == test.end()) continue;
    ASSERT_EQ(record.observation[expected], same->prediction) << i;
    ASSERT_EQ(record.target.weight != 0.0, std::abs(same->position) > 0.5) << i;
    ++compared;
  }
  EXPECT_EQ(compared, kBars - (600 + 25 + 4 - 1));
  EXPECT_GT(orders, 0U);
}

TEST(ForecastSession, KilledAndTakenUpAgainItGoesOnWithTheSameBits) {
  const auto series = a_series();
  const test::Folder folder;
  ForecastSession unbroken(folder, "a", *series);
  ForecastSession broken(folder, "b", *series);
  for (int i = 0; i < 700; ++i) {
    unbroken.close();
    broken.close();
  }
  broken.kill_and_resume();
  std::size_t targets = 0;
  for (int i = 0; i < 90; ++i) {
    const DecisionRecord& a = unbroken.close();
    const DecisionRecord& b = broken.close();
    ASSERT_EQ(a.has_target, b.has_target);
    ASSERT_EQ(a.target.weight, b.target.weight);
    ASSERT_EQ(a.wanted, b.wanted);
    ASSERT_EQ(a.equity, b.equity);
    ASSERT_TRUE(std::ranges::equal(a.observation, b.observation));
    targets += a.has_target ? 1U : 0U;
  }
  EXPECT_EQ(targets, 90U);
}

/// Trades with this guard until it speaks; the books' own entry decides, the record says what did,
/// and a session that is killed then goes on alike.
void leave_by(const std::string& guard, std::string_view word, int sign) {
  const auto series = a_series();
  const test::Folder folder;
  const std::vector<std::string> guards{guard, "forecast.exit=-100"};
  ForecastSession unbroken(folder, "a", *series, guards);
  ForecastSession broken(folder, "b", *series, guards);
  const std::size_t from_entry = column(*series, "from_entry");
  int said = 0;
  for (std::size_t i = 0; i < kBars; ++i) {
    const DecisionRecord& record = unbroken.close();
    // What was ordered at the last close is filled with this bar, before it is decided on.
    const PositionView position = unbroken.engine().ledger()[InstrumentId{0}];
    const int side = position.quantity > Quantity{} ? 1 : position.quantity < Quantity{} ? -1 : 0;
    const double entry =
        side == 0 ? 1.0 : position.cost.to_double() / position.quantity.to_double();
    const double gain = side == 0 ? 0.0 : side * (record.close.to_double() / entry - 1.0);
    ASSERT_NEAR(record.observation[from_entry], gain, 1e-9) << i;
    const DecisionRecord& other = broken.close();
    ASSERT_EQ(record.reason.view(), other.reason.view());
    ASSERT_EQ(record.wanted, other.wanted);
    // Out of it, or turned by this very bar: never on with it.
    if (side == 0 || sign * gain < 0.005) continue;
    ASSERT_TRUE(record.has_target);
    ASSERT_LE(record.target.weight * side, 0.0) << i;
    if (record.target.weight != 0.0) continue;
    ASSERT_TRUE(record.reason.view().starts_with(word)) << i << ": " << record.reason.view();
    if (++said == 1) broken.kill_and_resume();
  }
  EXPECT_GT(said, 0);
}

TEST(ForecastSession, LeavesAPositionAtItsStopAndItsTarget) {
  leave_by("forecast.stop=0.005", "stop:", -1);
  leave_by("forecast.target=0.005", "target:", 1);
}

TEST(ForecastSession, SettingsThatDoNotFitTheCheckpointAreRefusedWithTheKey) {
  const auto series = a_series();
  const test::Folder folder;
  const std::string file = (folder / "f.safetensors").string();
  ASSERT_TRUE(inference::save_checkpoint(
      file, maml::forecast_checkpoint(a_learner(5), series->schema(), {}, tasks(), Interval::H1)));
  const auto told = [&](const std::vector<std::string>& more, const std::string& interval = "1h",
                        const std::string& checkpoints = "") {
    std::vector<std::string> all{
        "strategy.name=forecast", "engine.interval=" + interval,
        "forecast.checkpoints=" + (checkpoints.empty() ? file : checkpoints)};
    all.insert(all.end(), more.begin(), more.end());
    const auto read = load("", all);
    return read.has_error() ? read.error().context : std::string();
  };
  EXPECT_EQ(told({}), "");
  EXPECT_NE(told({}, "15m").find("trained on 1h bars"), std::string::npos);
  EXPECT_NE(told({}, "1h", "none.safetensors").find("none.safetensors"), std::string::npos);
  EXPECT_NE(told({}, "1h", "none.safetensors").find("forecast.checkpoints"), std::string::npos);
  EXPECT_NE(told({"forecast.content=abc"}).find("forecast.content"), std::string::npos);
  EXPECT_NE(told({"strategy.features=trend"}).find("the forecaster reads chapter"),
            std::string::npos);
  EXPECT_NE(told({"forecast.threshold=0.1", "forecast.exit=0.2"}).find("forecast.exit"),
            std::string::npos);
}

}  // namespace
}  // namespace proteus::app
