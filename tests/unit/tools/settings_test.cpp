// What `load` and `load_sim` refuse before anything runs, and what they fill in.
#include "tools/app/settings.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "connectors/net/certificate.hpp"
#include "tests/support/folder.hpp"
#include "tests/unit/tools/support.hpp"
#include "tools/app/kline_inputs.hpp"
#include "tools/app/replay.hpp"
#include "tools/app/sim_host.hpp"

namespace proteus::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Overrides = std::vector<std::string>;

TEST(SettingsLoad, QuoteFillsNeedBooks) {
  EXPECT_THAT(refusal({"paper.fill_mode=quote"}),
              AllOf(StartsWith("command line: paper.fill_mode: "),
                    HasSubstr("needs books: set feed.book_depth to 1, 50 or 200")));
  EXPECT_EQ(refusal({"paper.fill_mode=quote", "feed.book_depth=50"}), "");
}

TEST(SettingsLoad, QuoteFillsCannotBeReplayed) {
  const auto loaded = load("", {"paper.fill_mode=quote", "feed.book_depth=50"});
  const auto replay = Replay::create(loaded.value(), Timestamp{});
  ASSERT_TRUE(replay.has_error());
  EXPECT_THAT(replay.error().context, HasSubstr("kline files hold no order books"));
}

TEST(SettingsLoad, TheFeedFollowsTheDecisionIntervalUnlessTold) {
  const auto followed = load("", {"engine.interval=5m"});
  ASSERT_TRUE(followed.has_value()) << followed.error().context;
  EXPECT_EQ(followed.value().settings.feed.intervals, Overrides{"5m"});
  EXPECT_THAT(followed.value().resolved, HasSubstr("intervals = [\"5m\"]\n"));
  EXPECT_THAT(refusal({"engine.interval=5m", "feed.intervals=1m"}),
              HasSubstr("feed.intervals: lacks engine.interval (5m)"));
}

TEST(SettingsLoad, ReducingAfterHaltingIsRefusedWhereItWasSaid) {
  EXPECT_THAT(refusal({"risk.limits.drawdown_max=0.5"}),
              StartsWith("command line: risk.limits.drawdown_max: drawdown_halt = 0.3 lies below"));
  EXPECT_THAT(refusal({"risk.limits.drawdown_halt=0.1"}),
              StartsWith("command line: risk.limits.drawdown_halt: "));
}

TEST(SettingsLoad, ClosingBeforeReducingIsRefusedWhereItWasSaid) {
  EXPECT_THAT(
      refusal({"risk.limits.message_burst=2", "risk.limits.message_room=0.9"}),
      StartsWith("command line: risk.limits.message_burst: message_room = 0.9 of message_burst = 2 "
                 "leaves no message"));
  EXPECT_THAT(
      refusal({"risk.limits.daily_loss_max=0.5"}),
      StartsWith("command line: risk.limits.daily_loss_max: daily_loss_flat = 0.08 lies below"));
  EXPECT_THAT(refusal({"risk.limits.micro_live_order_cap=100000"}),
              StartsWith("command line: risk.limits.micro_live_order_cap: "));
}

TEST(SettingsLoad, CostsOfNothingAreWarnedOf) {
  EXPECT_TRUE(inspect("", {}).value().warnings.empty());
  const auto read = inspect("", {"paper.linear_taker_fee_bps=0", "paper.half_spread_bps=0"});
  ASSERT_TRUE(read.has_value());
  EXPECT_THAT(read.value().warnings,
              ::testing::ElementsAre(StartsWith("paper.linear_taker_fee_bps = 0: "),
                                     StartsWith("paper.half_spread_bps = 0: ")));
}

TEST(SettingsLoad, TheResearchProfileWidensWhatIsNotGiven) {
  const auto wide = load("", {"risk.limits.profile=research", "risk.limits.drawdown_max=0.2"});
  ASSERT_TRUE(wide.has_value()) << wide.error().context;
  EXPECT_EQ(wide.value().settings.limits.drawdown_max, 0.2);
  EXPECT_EQ(wide.value().settings.limits.drawdown_halt, 0.99);
  EXPECT_THAT(wide.value().resolved, HasSubstr("profile = \"research\"\n"));
  EXPECT_THAT(wide.value().shown, HasSubstr("position_max = 1000.0  # profile research: "));
  EXPECT_NE(wide.value().hash, load("", {}).value().hash);
  EXPECT_EQ(refusal({"risk.limits.profile=research", "risk.limits.position_max=500"}), "");
  EXPECT_THAT(refusal({"risk.limits.position_max=500"}), HasSubstr("is out of range"));
}

TEST(SettingsLoad, AWebhooksPathIsNeverShownStoredOrHashed) {
  const auto one = load("", {"alarms.webhook=https://example.org/hook/token1"});
  const auto two = load("", {"alarms.webhook=https://example.org/hook/token2"});
  ASSERT_TRUE(one.has_value()) << one.error().context;
  EXPECT_EQ(one.value().settings.alarms.webhook, "https://example.org/hook/token1");
  EXPECT_THAT(one.value().resolved,
              AllOf(HasSubstr("webhook = \"https://example.org/***\""), Not(HasSubstr("token1"))));
  EXPECT_THAT(one.value().shown, Not(HasSubstr("token1")));
  EXPECT_EQ(one.value().hash, two.value().hash);
  EXPECT_NE(one.value().hash, load("", {}).value().hash);
}

TEST(SettingsLoad, AHiddenWebhookLeadsNowhere) {
  const auto again = load("", {"alarms.webhook=https://example.org/***"});
  ASSERT_TRUE(again.has_value()) << again.error().context;
  EXPECT_EQ(again.value().settings.alarms.webhook, "");
}

TEST(SettingsLoad, TheEnvironmentsWebhookGoesBeforeTheFiles) {
  ::setenv("PROTEUS_ALARM_WEBHOOK", "https://example.org/from/environment", 1);
  const auto loaded = load("", {"alarms.webhook=https://example.org/***"});
  ::unsetenv("PROTEUS_ALARM_WEBHOOK");
  ASSERT_TRUE(loaded.has_value()) << loaded.error().context;
  EXPECT_EQ(loaded.value().settings.alarms.webhook, "https://example.org/from/environment");
  EXPECT_THAT(loaded.value().resolved + loaded.value().shown, Not(HasSubstr("environment\"")));
  EXPECT_THAT(loaded.value().resolved, HasSubstr("https://example.org/***"));
}

TEST(SettingsLoad, AWebhookThatCannotBeReadIsRefusedWithoutRepeatingIt) {
  for (const std::string url :
       {"secret", "ws://example.org/secret", "https://me:secret@example.org/", "http:///secret",
        "https://example.org:99999/secret", "https://example.org/secret#secret"}) {
    const std::string words = refusal({"alarms.webhook=" + url});
    EXPECT_THAT(words, AllOf(HasSubstr("alarms.webhook: is no address"), Not(HasSubstr("secret"))))
        << url;
  }
}

TEST(SettingsLoad, MetricsAreServedAtAnAddress) {
  EXPECT_EQ(refusal({"metrics.bind=::1"}), "");
  EXPECT_THAT(refusal({"metrics.bind=localhost"}), HasSubstr("metrics.bind: \"localhost\" is no"));
  EXPECT_THAT(refusal({"metrics.port=65536"}), HasSubstr("metrics.port"));
}

TEST(SettingsLoad, OneInstrumentTwiceIsRefused) {
  EXPECT_THAT(refusal({"engine.instruments=linear:BTCUSDT,linear:BTCUSDT"}),
              HasSubstr("engine.instruments: instrument linear:BTCUSDT is listed twice"));
}

TEST(SettingsLoad, SharesHaveToFitTheInstruments) {
  const auto said = [](const std::string& shares) {
    return refusal({"engine.instruments=linear:A,linear:B", "risk.sizing.shares=" + shares});
  };
  EXPECT_EQ(said("linear:A=0.5,linear:B=0.5"), "");
  for (const char* wrong : {"linear:A=0.5", "linear:A=0.5,linear:C=0.5", "linear:A,linear:B=0.5",
                            "linear:A=0.6,linear:B=0.6"})
    EXPECT_THAT(said(wrong), StartsWith("command line: risk.sizing.shares: ")) << wrong;
}

TEST(SettingsLoad, AFolderAndASocketHaveToBeNamed) {
  EXPECT_THAT(refusal({"session.folder="}), HasSubstr("session.folder: is empty"));
  EXPECT_THAT(refusal({"session.socket=" + std::string(108, 'x')}), HasSubstr("1 to 107 bytes"));
  EXPECT_EQ(refusal({"session.socket=" + std::string(107, 'x')}), "");
}

TEST(SettingsLoad, TheCaFileHasToHoldACertificate) {
  const std::string file = ::testing::TempDir() + "proteus_settings_ca.pem";
  EXPECT_THAT(refusal({"venue.ca_file=" + file + ".none"}),
              AllOf(StartsWith("command line: venue.ca_file: "), HasSubstr("PEM file")));
  std::ofstream(file) << "this is not a certificate\n";
  EXPECT_THAT(refusal({"venue.ca_file=" + file}), HasSubstr("no certificate can be read from"));
  EXPECT_TRUE(load("", {"venue.ca_file=" + file}, Paths::Ignored).has_value());
  std::ofstream(file) << net::make_self_signed({{"localhost"}}).value().certificate;
  EXPECT_EQ(refusal({"venue.ca_file=" + file}), "");
  std::filesystem::remove(file);
}

TEST(SettingsLoad, AnUnknownRegimeOfTheMarketIsRefused) {
  const auto loaded = load_sim("", {"market.regime=calm"});
  ASSERT_TRUE(loaded.has_error());
  EXPECT_THAT(loaded.error().context,
              StartsWith("command line: market.regime: no such regime: \"calm\""));
  EXPECT_TRUE(load_sim("", {"market.regime=crisis"}).has_value());
}

TEST(SettingsLoad, AMarketThatCannotStartIsRefusedWhereItWasSaid) {
  const auto said = [](const Overrides& overrides) {
    const auto loaded = load_sim("", overrides);
    return loaded.has_error() ? loaded.error().context : "";
  };
  EXPECT_THAT(said({"market.instruments=linear:BTCUSDT,linear:NOPEUSDT"}),
              AllOf(StartsWith("command line: market.instruments: "), HasSubstr("NOPEUSDT")));
  EXPECT_THAT(said({"market.garch_beta=0.95"}),
              AllOf(StartsWith("command line: market.garch_beta: "), HasSubstr("below 0.9995")));
  EXPECT_THAT(said({"market.garch_alpha=0.2"}), StartsWith("command line: market.garch_alpha: "));
  EXPECT_THAT(said({"sim.start=soon"}), StartsWith("command line: sim.start: is no UTC time"));
  EXPECT_EQ(said({"market.instruments=spot:BTCUSDT", "market.garch_beta=0.9"}), "");
}

TEST(SettingsLoad, AnOperatorsHeartbeatIsOffUnlessGiven) {
  EXPECT_FALSE(load("", {}).value().settings.session.heartbeat_required);
  const auto given = load("", {"session.heartbeat_required=5m", "session.heartbeat_lost=halt"});
  ASSERT_TRUE(given.has_value()) << given.error().context;
  EXPECT_EQ(given.value().settings.session.heartbeat_required, std::chrono::minutes{5});
  EXPECT_EQ(given.value().settings.session.heartbeat_lost, LostOperator::Halt);
}

TEST(SettingsLoad, EachValueShowsWhereItCameFrom) {
  const std::string file = ::testing::TempDir() + "proteus_origin.toml";
  std::ofstream(file) << "[engine]\ncapital = 5000.0\n";
  const auto loaded = load(file, {"engine.interval=5m"});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().context;
  EXPECT_THAT(loaded.value().shown,
              AllOf(HasSubstr("capital = 5000.0  # " + file + ":2: "),
                    HasSubstr("interval = \"5m\"  # --set: "), HasSubstr("  # default: ")));
  std::filesystem::remove(file);
}

TEST(MarketStart, LeavesThePastBeforeTheClockOfTheExchange) {
  sim::SimSettings settings;
  settings.history_bars = 90;
  const Timestamp now = parse_time("2025-06-01T12:00:30Z").value();
  EXPECT_EQ(generated_market_start(settings, now), parse_time("2025-06-01T10:30:00Z").value());
  settings.start = "2024-01-01T01:30:00Z";
  EXPECT_EQ(generated_market_start(settings, now), parse_time("2024-01-01T00:00:00Z").value());
}

TEST(MarketStart, IsTheClockItselfWhereTimeIsReal) {
  const Timestamp now = parse_time("2025-06-01T12:00:30.250Z").value();
  SimSettings settings;
  start_by_the_clock(settings, now);
  EXPECT_EQ(settings.exchange.start, "2025-06-01T12:00:30.250Z");
  settings.exchange.history_bars = 90;
  EXPECT_EQ(generated_market_start(settings.exchange, now),
            parse_time("2025-06-01T10:30:00Z").value());
  const auto left_alone = [&](auto change) {
    SimSettings other;
    change(other);
    const std::string before = other.exchange.start;
    start_by_the_clock(other, now);
    EXPECT_EQ(other.exchange.start, before);
  };
  left_alone([](SimSettings& s) { s.exchange.start = "2024-01-01T01:30:00Z"; });
  left_alone([](SimSettings& s) { s.exchange.speed = 60.0; });
  left_alone([](SimSettings& s) { s.exchange.paced = true; });
  left_alone([](SimSettings& s) { s.host.files = {"bars.csv"}; });
}

TEST(KlineInput, AFileThatIsNotThereIsSaidBeforeItsName) {
  const auto input = kline_input("nothere.csv");
  ASSERT_TRUE(input.has_error());
  EXPECT_EQ(input.error().context, "nothere.csv: there is no such kline file");
}

/// The settings of a policy that is shipped, with `content` as it stands in the file.
Result<Loaded> load_policy(const std::string& content) {
  const char* root = std::getenv("PROTEUS_SOURCE_DIR");
  const auto folder = std::filesystem::absolute(root == nullptr ? "." : root);
  const test::Folder here;
  const std::string file = (here / "policy.toml").string();
  std::ofstream(file) << fmt::format(
      "[engine]\ninterval = \"1h\"\n[strategy]\nname = \"policy\"\n[policy]\n"
      "checkpoints = [\"{}/models/shipped/policy-1h/seed-1.safetensors\"]\n{}",
      folder.string(), content);
  return load(file, {});
}

TEST(SettingsLoad, AnEmptyListOfContentsIsFilledInAsOneThatIsNotGiven) {
  const auto plain = load_policy("");
  ASSERT_TRUE(plain) << plain.error().context;
  ASSERT_EQ(plain.value().settings.policy.content.size(), 1U);
  const std::string& hash = plain.value().settings.policy.content[0];
  const auto empty = load_policy("content = []\n");
  ASSERT_TRUE(empty) << empty.error().context;
  EXPECT_EQ(empty.value().settings.policy.content, plain.value().settings.policy.content);
  // A session is resumed by these lines: what is traded has to stand in them.
  EXPECT_THAT(empty.value().resolved, HasSubstr(fmt::format("content = [\"{}\"]", hash)));
  EXPECT_EQ(empty.value().hash, plain.value().hash);
  const auto other = load_policy(fmt::format("content = [\"{}\"]\n", std::string(64, '0')));
  ASSERT_TRUE(other.has_error());
  EXPECT_THAT(other.error().context, HasSubstr("it is another checkpoint"));
}

}  // namespace
}  // namespace proteus::app
