#include "tools/evaluate/findings.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "models/evaluation/sharpe_draws.hpp"
#include "models/training/task_sampler.hpp"
#include "tests/unit/evaluate/support.hpp"

namespace proteus::app::evaluate {
namespace {

evaluation::Track track_of(std::uint64_t seed, double drift, std::size_t bars = 300,
                           double cost = 0.0) {
  market::Random random{seed, "test"};
  evaluation::Track track;
  track.bars_a_year = 8'760.0;
  track.names = {"linear:BTCUSDT"};
  for (std::size_t i = 0; i < bars; ++i) {
    track.closes.push_back(hour(static_cast<std::int64_t>(i) + 1));
    track.net.push_back(drift + 0.01 * random.normal());
    track.fees.push_back(cost);
    track.slippage.push_back(0.0);
    track.funding.push_back(0.0);
    track.traded.push_back(0.1);
    track.exposure.push_back(0.5);
    track.fills.push_back(i % 10 == 0 ? 2 : 0);
    track.contributions.push_back({track.net.back()});
  }
  track.blocks = {{0, bars}};
  return track;
}

EvaluateSettings settings() {
  EvaluateSettings out;
  out.draws = 300;
  return out;
}

TEST(Findings, HoldEveryAccountAgainstTheJudgedOneAtTheSameDraws) {
  std::vector<Account> accounts(2);
  accounts[0].track = track_of(1, 0.001);
  accounts[1].track = track_of(2, 0.0);
  ASSERT_TRUE(weigh_accounts(accounts, settings()));
  EXPECT_FALSE(accounts[0].difference);
  const auto plain =
      evaluation::bootstrap_difference(accounts[0].track.net, accounts[1].track.net,
                                       evaluation::sharpe_ratio, {.draws = 300, .seed = 1})
          .value();
  EXPECT_NEAR(accounts[1].difference->estimate, plain.estimate * std::sqrt(8'760.0), 1e-6);
  EXPECT_NEAR(accounts[1].difference->low, plain.low * std::sqrt(8'760.0), 1e-6);
  EXPECT_NEAR(accounts[0].sharpe.estimate, *accounts[0].figures.net_sharpe, 1e-9);
}

TEST(Findings, GiveEachRegimeTheBarsOfItsStretches) {
  const test::Folder folder;
  auto source = sim::FileSource::open(
                    {sim::FileSource::input_named(write_klines(folder, "BTCUSDT", 300)).value()})
                    .value();
  std::vector<MemoryMarket> markets;
  markets.push_back(MemoryMarket::cut(source, hour(0), hour(1), hour(300)).value());
  const evaluation::Track track = track_of(1, 0.0);
  const auto parts = parts_by_regime(track, markets, 50);
  // The same by hand: six stretches of fifty bars, each named by itself.
  const auto bars = markets[0].bars(InstrumentId{0});
  const double usual = training::log_deviation(bars);
  std::map<std::string, std::pair<std::size_t, double>> expected;
  for (std::size_t w = 0; w < 6; ++w) {
    auto& [count, sum] =
        expected[std::string(training::regime_of(bars.subspan(w * 50, 50), usual).view())];
    count += 50;
    for (std::size_t i = w * 50; i < (w + 1) * 50; ++i) sum += track.net[i];
  }
  ASSERT_EQ(parts.size(), expected.size());
  for (const Part& part : parts) {
    ASSERT_TRUE(expected.contains(part.name));
    EXPECT_EQ(part.bars, expected[part.name].first);
    EXPECT_NEAR(part.brought, expected[part.name].second, 1e-12);
  }
}

TEST(Findings, FindNothingOnNoiseAndSomethingWhereSomethingLooksAhead) {
  const NoiseResult fair = noise_of({track_of(1, 0.0, 2'000), track_of(2, 0.0, 2'000)}).value();
  EXPECT_TRUE(fair.passed()) << fair.gross_sharpe << " " << fair.standard_error;
  EXPECT_EQ(fair.bars, 4'000U);
  // Independent returns of ratio near 0: about sqrt(8760 / 4000).
  EXPECT_NEAR(fair.standard_error, std::sqrt(8'760.0 / 4'000.0), 0.15);
  EXPECT_FALSE(noise_of({track_of(1, 0.002, 2'000)}).value().passed());
}

TEST(Findings, PutTheCostsBackBeforeTheyLookAtNoise) {
  const NoiseResult noise = noise_of({track_of(1, -0.01, 2'000, 0.01)}).value();
  EXPECT_TRUE(noise.passed());
  EXPECT_NEAR(noise.cost, 0.01 * 8'760.0, 1e-6);
  EXPECT_NEAR(noise.net_return, -0.01 * 8'760.0, 10.0);
}

TEST(Findings, TellTheGainOverTheFirstWayToAdapt) {
  const auto curve = adaptation_curve({{"off", strategies::Adapt::Off, track_of(1, 0.0)},
                                       {"on", strategies::Adapt::Recurrent, track_of(1, 0.003)}},
                                      settings())
                         .value();
  EXPECT_EQ(curve[0].gain.estimate, 0.0);
  EXPECT_GT(curve[1].gain.low, 0.0);
  EXPECT_EQ(curve[1].name, "on");
  EXPECT_FALSE(curve[1].gain_of_steps);
}

TEST(Findings, TellWhatGradientStepsBringOverTheSamePolicyWithoutThem) {
  using strategies::Adapt;
  const std::vector<AdaptationRun> runs{{"off", Adapt::Off, track_of(1, 0.0)},
                                        {"recurrent", Adapt::Recurrent, track_of(1, 0.003)},
                                        {"steps", Adapt::Both, track_of(1, 0.002)},
                                        {"steps alone", Adapt::Gradient, track_of(1, 0.001)}};
  const auto curve = adaptation_curve(runs, settings()).value();
  EXPECT_EQ(curve[2].without_steps, "recurrent");
  EXPECT_EQ(curve[3].without_steps, "off");
  // Against off both gain; against the hidden state alone its steps lose.
  EXPECT_GT(curve[2].gain.low, 0.0);
  EXPECT_LT(curve[2].gain_of_steps->high, 0.0);
  EXPECT_GT(curve[3].gain_of_steps->low, 0.0);
  const auto plain =
      evaluation::bootstrap_difference(runs[2].track.net, runs[1].track.net,
                                       evaluation::sharpe_ratio, {.draws = 300, .seed = 1})
          .value();
  EXPECT_NEAR(curve[2].gain_of_steps->estimate, plain.estimate * std::sqrt(8'760.0), 1e-6);

  Report report;
  report.accounts.resize(1);
  report.plan.candidates.resize(1);
  report.adaptation = curve;
  const std::string card = model_card(report);
  EXPECT_NE(card.find("adapting steps: it cost"), std::string::npos) << card;
  EXPECT_NE(card.find("of the ratio against recurrent"), std::string::npos) << card;
  EXPECT_EQ(card.find("against off"), std::string::npos) << card;
}

TEST(Findings, OfABlockAreThoseOfItsBarsAlone) {
  evaluation::Track track = track_of(1, 0.0, 100);
  track.blocks = {{0, 40}, {40, 100}};
  evaluation::Track second = track_of(1, 0.0, 100);
  const auto f = block_figures(track, 1);
  EXPECT_EQ(f.bars, 60U);
  EXPECT_EQ(f.fills, 12);
  second.net.erase(second.net.begin(), second.net.begin() + 40);
  EXPECT_NEAR(f.total_return, evaluation::equity_of(second.net).back() - 1.0, 1e-12);
}

TEST(Findings, CountABarThatTwoValidationsShareOnce) {
  const evaluation::Track all = track_of(1, 0.0, 100);
  const auto part = [&](std::size_t from, std::size_t to) {
    evaluation::Track track;
    track.bars_a_year = all.bars_a_year;
    track.closes.assign(all.closes.begin() + static_cast<std::ptrdiff_t>(from),
                        all.closes.begin() + static_cast<std::ptrdiff_t>(to));
    track.net.assign(all.net.begin() + static_cast<std::ptrdiff_t>(from),
                     all.net.begin() + static_cast<std::ptrdiff_t>(to));
    return track;
  };
  Validated so_far;
  add_new_bars(so_far, part(0, 60));
  add_new_bars(so_far, part(40, 100));
  EXPECT_EQ(so_far.closes, all.closes);
  EXPECT_EQ(so_far.net, all.net);
  EXPECT_EQ(so_far.bars_a_year, 8'760.0);
}

TEST(Standing, SaysWhatItLosesToAndWhatItCannotBeToldFrom) {
  Report report;
  report.accounts.resize(4);
  for (std::size_t i = 0; i < 4; ++i) report.accounts[i].name = std::string(1, "abcd"[i]);
  report.accounts[1].difference = {.estimate = -0.5, .low = -1.0, .high = -0.1};
  report.accounts[2].difference = {.estimate = -0.1, .low = -1.0, .high = 0.9};
  report.accounts[3].difference = {.estimate = 0.8, .low = 0.1, .high = 1.5};
  const Standing standing = standing_of(report);
  EXPECT_EQ(standing.loses_to, (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(standing.not_told_apart, (std::vector<std::string>{"c"}));
  EXPECT_EQ(standing.beats, (std::vector<std::string>{"d"}));
}

}  // namespace
}  // namespace proteus::app::evaluate
