#include "tools/app/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/exposition_format.hpp"
#include "tools/app/metrics_text.hpp"
#include "tools/app/process_figures.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(ExpositionReader, RefusesWhatTheFormatDoesNotAllow) {
  const std::string head = "# HELP a_total h\n# TYPE a_total counter\n";
  EXPECT_EQ(exposition::parse(head + "a_total 1\n").error, "");
  EXPECT_EQ(exposition::parse(head + "a_total{x=\"\\\\ \\\" \\n\",y=\"\"} 1e-9\n").error, "");
  for (const std::string bad : {"a_total 1",
                                "a_total one\n",
                                "a_total{x=\"1\"}1\n",
                                "a_total{x='1'} 1\n",
                                "a_total{x=\"\\t\"} 1\n",
                                "a_total{x=\"1} 1\n",
                                "a_total{1x=\"1\"} 1\n",
                                "a_total{__x=\"1\"} 1\n",
                                "a_total{x=\"1\",x=\"1\"} 1\n",
                                "a_total -1\n",
                                "b_total 1\n",
                                "a_total 1\na_total 2\n",
                                "a_total 1\n# TYPE a_total counter\n",
                                "# TYPE b gauge\n# HELP b h\nb 1\na_total 1\n",
                                "a-total 1\n",
                                "# EOF\n",
                                "a_total 1 2\n",
                                "a_total  1\n",
                                "a_total inf\n",
                                "# TYPE b number\n",
                                "# HELP b \\x\n"})
    EXPECT_NE(exposition::parse(head + bad).error, "") << bad;
  const std::string histogram =
      "# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 4\n";
  EXPECT_EQ(exposition::parse(histogram + "h_count 3\n").error, "");
  EXPECT_NE(exposition::parse(histogram + "h_count 4\n").error, "");
}

TEST(MetricsText, EscapesLabelsAndHelpAsTheFormatAsks) {
  MetricsText m;
  const std::string nasty = "back\\slash \"quoted\"\nline\\n";
  m.family("a", "gauge", nasty).sample({{"x", nasty}, {"y", ""}}, 1.5);
  const auto read = exposition::parse(m.text());
  ASSERT_EQ(read.error, "") << m.text();
  EXPECT_EQ(read.helps.at("a"), nasty);
  EXPECT_EQ(read.value("a", {{"x", nasty}, {"y", ""}}), 1.5);
}

TEST(MetricsText, SpellsEveryNumberSoThatItIsReadBack) {
  for (const double v : {0.0, -0.5, 1e300, 5e-324, 0.1, 123456789.123456789, 1e21}) {
    MetricsText m;
    m.gauge("a", "h", v);
    EXPECT_EQ(exposition::parse(m.text()).value("a"), v) << m.text();
  }
  MetricsText m;
  m.family("a", "gauge", "h").sample({{"k", "p"}}, INFINITY).sample({{"k", "m"}}, -INFINITY);
  m.sample({{"k", "n"}}, NAN);
  EXPECT_EQ(exposition::parse(m.text()).error, "") << m.text();
  EXPECT_EQ(exposition::parse(m.text()).value("a", {{"k", "m"}}), -INFINITY);
}

TEST(MetricsText, HistogramsAddUp) {
  MetricsText m;
  m.family("h", "histogram", "x").histogram({0.1, 2.5}, {3, 0, 4}, 17.5);
  const auto read = exposition::parse(m.text());
  ASSERT_EQ(read.error, "") << m.text();
  EXPECT_EQ(read.value("h_bucket", {{"le", "0.1"}}), 3);
  EXPECT_EQ(read.value("h_bucket", {{"le", "2.5"}}), 3);
  EXPECT_EQ(read.value("h_bucket", {{"le", "+Inf"}}), 7);
  EXPECT_EQ(read.value("h_count"), 7);
  EXPECT_EQ(read.value("h_sum"), 17.5);
}

TEST(Metrics, BeforeAnythingTradesTheProcessIsTold) {
  net::Loop loop;
  const Alarms alarms(loop, {});
  LoopDelay delay;
  delay.add(3ms);
  const DecisionCounts none{};
  const auto read = exposition::parse(
      metrics_text({nullptr, "paper", delay, alarms, none, process_figures(12.5)}));
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(read.value("proteus_build_info", {{"mode", "paper"}, {"version", "0.1.0"}}), 1);
  EXPECT_EQ(read.value("proteus_loop_delay_seconds_count"), 1);
  EXPECT_EQ(read.value("proteus_loop_delay_p99_seconds"), 0.003);
  EXPECT_EQ(read.value("process_start_time_seconds"), 12.5);
  EXPECT_GT(read.value("process_resident_memory_bytes"), 1e6);
  EXPECT_GE(read.value("process_open_fds"), 3);
  EXPECT_FALSE(read.value("proteus_equity"));
}

TEST(Health, IsGoodWhileTheFeedIsLiveOrKnowinglyHeld) {
  HealthFacts facts{.trading = true, .ever_live = true, .feed_live = true};
  EXPECT_TRUE(health(facts).ok);
  EXPECT_EQ(health(facts).word, "ok");
  facts.feed_live = false;
  EXPECT_FALSE(health(facts).ok) << "away, and nothing is held";
  facts.holds = "reconnecting all";
  EXPECT_TRUE(health(facts).ok);
  EXPECT_THAT(health(facts).word, HasSubstr("reconnecting all"));
}

TEST(Health, IsBadWhileStartingStoppingOrUnableToWrite) {
  const HealthFacts good{.trading = true, .ever_live = true, .feed_live = true, .holds = "x"};
  HealthFacts facts = good;
  facts.trading = false;
  EXPECT_THAT(health(facts).word, HasSubstr("starting"));
  facts = good;
  facts.ever_live = facts.feed_live = false;
  EXPECT_FALSE(health(facts).ok);
  facts = good;
  facts.stopping = true;
  EXPECT_EQ(health(facts).word, "stopping");
  facts = good;
  facts.log_error = "No space left on device";
  EXPECT_FALSE(health(facts).ok);
  EXPECT_THAT(health(facts).word, HasSubstr("No space left on device"));
}

}  // namespace
}  // namespace proteus::app
