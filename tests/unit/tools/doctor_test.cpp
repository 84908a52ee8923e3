#include "tools/app/doctor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <fstream>

#include <filesystem>

#include "connectors/net/loop.hpp"
#include "connectors/net/server.hpp"
#include "tools/app/json_view.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr Timestamp kNow{std::chrono::sys_days{std::chrono::June / 2 / 2025}};

live::KeyInfo good_key() {
  live::KeyInfo key;
  key.read_only = false;
  key.can_withdraw = false;
  key.can_trade_derivatives = true;
  key.ip_bound = true;
  return key;
}

TEST(Doctor, JudgesWhatAKeyMay) {
  constexpr Timestamp now = from_unix_ms(1700000000000);
  const auto worst = [&](const live::KeyInfo& key, live::Profile profile) {
    Health health = Health::Ok;
    for (const Finding& finding : judge_key(key, profile, now))
      health = std::max(health, finding.health);
    return health;
  };
  using live::Profile;
  live::KeyInfo key = good_key();
  EXPECT_EQ(worst(key, Profile::Mainnet), Health::Ok);
  key.expires = now + std::chrono::days{13};
  EXPECT_EQ(worst(key, Profile::Mainnet), Health::Warn);
  key.expires = now + std::chrono::days{15};
  EXPECT_EQ(worst(key, Profile::Mainnet), Health::Ok);
  key.expires = now - std::chrono::seconds{1};
  EXPECT_EQ(worst(key, Profile::Mainnet), Health::Fail);
  key = good_key();
  key.ip_bound = false;
  EXPECT_EQ(worst(key, Profile::Mainnet), Health::Warn);
  EXPECT_EQ(worst(key, Profile::Sim), Health::Ok);
  key = good_key();
  key.can_withdraw = true;
  EXPECT_EQ(worst(key, Profile::Sim), Health::Fail);
  key = good_key();
  key.read_only = true;
  EXPECT_EQ(worst(key, Profile::Testnet), Health::Fail);
  key = good_key();
  key.can_trade_derivatives = false;
  EXPECT_EQ(worst(key, Profile::Demo), Health::Fail);
}

TEST(Doctor, CertificateFailsAfterItsEndAndWarnsAWeekBefore) {
  EXPECT_EQ(judge_certificate("tls", kNow - 1s, kNow).health, Health::Fail);
  EXPECT_EQ(judge_certificate("tls", kNow + 24h * 6, kNow).health, Health::Warn);
  EXPECT_EQ(judge_certificate("tls", kNow + 24h * 8, kNow).health, Health::Ok);
  EXPECT_THAT(judge_certificate("tls", kNow + 24h * 8, kNow).what,
              HasSubstr("2025-06-10 (8 days)"));
}

TEST(Doctor, AVenueFarAwayHasToAgreeOnTheTime) {
  EXPECT_EQ(judge_offset(250ms, 10ms, true).health, Health::Ok);
  EXPECT_EQ(judge_offset(-400ms, 10ms, true).health, Health::Warn);
  EXPECT_EQ(judge_offset(1100ms, 10ms, true).health, Health::Fail);
  EXPECT_EQ(judge_offset(1100ms, 900ms, true).health, Health::Ok) << "it may be the way there";
  EXPECT_EQ(judge_offset(-48h, 1ms, false).health, Health::Ok);
  EXPECT_THAT(judge_offset(-48h, 1ms, false).what, HasSubstr("2 d 0 h behind ours"));
}

TEST(Doctor, ADiskWithoutRoomFails) {
  constexpr std::int64_t kQuota = std::int64_t{20} << 30;
  EXPECT_EQ(judge_room(50U << 20U, kQuota, "runs").health, Health::Fail);
  EXPECT_EQ(judge_room(1U << 30U, kQuota, "runs").health, Health::Warn);
  EXPECT_EQ(judge_room(1U << 30U, 1 << 29, "runs").health, Health::Ok);
  EXPECT_EQ(judge_room(std::uint64_t{50} << 30U, kQuota, "runs").health, Health::Ok);
}

TEST(Doctor, TooFewDescriptorsFail) {
  EXPECT_EQ(judge_files(64, 1024, 3).health, Health::Fail);
  EXPECT_EQ(judge_files(1024, 4096, 500).health, Health::Ok);
}

TEST(Doctor, AMetricsPortIsJudgedByWhoHoldsItAndWhoCanReadIt) {
  MetricsSettings metrics;
  EXPECT_EQ(judge_metrics_port(metrics, "in use", false).health, Health::Ok) << "it is off";
  metrics.enabled = true;
  EXPECT_EQ(judge_metrics_port(metrics, {}, false).health, Health::Ok);
  EXPECT_EQ(judge_metrics_port(metrics, "in use", true).health, Health::Ok) << "the daemon's own";
  const Finding taken = judge_metrics_port(metrics, "in use", false);
  EXPECT_EQ(taken.health, Health::Fail);
  EXPECT_THAT(taken.what, AllOf(HasSubstr("127.0.0.1, port 9464"), HasSubstr("in use")));
  metrics.bind = "0.0.0.0";
  EXPECT_EQ(judge_metrics_port(metrics, {}, false).health, Health::Warn);
  metrics.bind = "::1";
  EXPECT_EQ(judge_metrics_port(metrics, {}, false).health, Health::Ok);
}

TEST(Doctor, AMetricsPortThatAnotherProgramHoldsFails) {
  net::Loop loop;
  const auto other = net::Server::create(loop, {}, {});
  ASSERT_FALSE(other.has_error()) << other.error().context;
  Settings settings;
  settings.session.socket = "/nonexistent/socket";
  settings.metrics.enabled = true;
  std::vector<Health> seen;
  const Tell tell = [&](const Finding& f) { seen.push_back(f.health); };
  settings.metrics.port = other.value()->port();
  check_metrics_port(settings, tell);
  settings.metrics.port = 0;
  check_metrics_port(settings, tell);
  EXPECT_EQ(seen, (std::vector{Health::Fail, Health::Ok}));
}

TEST(Findings, AreTellingWhatToDoAndWhetherAllIsWell) {
  const std::vector<Finding> some = {fine("a", "is\nfine"), warning("b", "looks odd", "look")};
  EXPECT_TRUE(healthy(some)) << "a warning stops nobody";
  EXPECT_THAT(render_finding(some[0]), HasSubstr("ok    a"));
  EXPECT_THAT(render_finding(some[0]), HasSubstr("is fine\n"));
  EXPECT_THAT(render_finding(some[1]), AllOf(HasSubstr("warn  b"), HasSubstr("-> look\n")));
  EXPECT_THAT(render_verdict(some), HasSubstr("2 checks: 1 ok, 1 to look at, 0 failed."));
  EXPECT_FALSE(healthy({failure_of("c", "x", "y")}));
}

TEST(Findings, AreOneDocument) {
  const auto document = view::parse(findings_json({failure_of("c", "x", "y"), fine("d", "z")}));
  EXPECT_FALSE(view::flag(document, "healthy"));
  ASSERT_EQ(view::list(document, "checks").size(), 2U);
  EXPECT_EQ(view::text(view::list(document, "checks")[0], "health"), "fail");
  EXPECT_EQ(view::text(view::list(document, "checks")[0], "advice"), "y");
}

/// What the checks on one folder say, by topic.
class DiskCheck : public ::testing::Test {
 protected:
  DiskCheck() {
    std::string name = (std::filesystem::temp_directory_path() / "proteus-doctor-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    settings_.session.folder = (folder_ / "runs").string();
    settings_.session.socket = (folder_ / "socket").string();
  }
  ~DiskCheck() override { std::filesystem::remove_all(folder_); }
  Health health(const std::string& topic) {
    Health found = Health::Fail;
    const Tell tell = [&](const Finding& f) {
      if (f.topic == topic) found = f.health;
    };
    check_disk(settings_, tell);
    check_socket(settings_, tell);
    return found;
  }
  std::filesystem::path folder_;
  Settings settings_;
};

TEST_F(DiskCheck, AnEmptyPlaceIsFineAndLeftAsItWas) {
  for (const char* topic : {"folder", "sqlite", "last session", "socket"})
    EXPECT_EQ(health(topic), Health::Ok) << topic;
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(DiskCheck, ALogThatIsNoneFails) {
  const auto session = folder_ / "runs/2025-06-02T00-00-00Z-paper";
  std::filesystem::create_directories(session);
  std::ofstream(session / "session.json") << "{}";
  std::ofstream(session / "session.wal") << "no log of a session, though long enough for one";
  EXPECT_EQ(health("last session"), Health::Fail);
}

TEST_F(DiskCheck, AFolderOpenToAllIsNoPlaceForTheSocket) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  EXPECT_EQ(health("socket"), Health::Fail);
}

}  // namespace
}  // namespace proteus::app
