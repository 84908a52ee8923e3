// The parts of the status that come from a session on disk, held against its files and settings.
#include "tools/app/status_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/tools/exposition_format.hpp"
#include "tools/app/alarms.hpp"
#include "tools/app/json_view.hpp"
#include "tools/app/loop_delay.hpp"
#include "tools/app/metrics.hpp"
#include "tools/app/trading.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;
constexpr Timestamp kStart{std::chrono::sys_days{std::chrono::June / 2 / 2025}};

/// A session that was begun and ended, with `more` bytes in its folder that nothing may take.
class EndedSession {
 public:
  EndedSession(const std::vector<std::string>& storage, std::size_t more) {
    std::vector<std::string> settings = storage;
    settings.push_back("session.folder=" + folder_.string());
    settings.emplace_back("engine.instruments=linear:BTCUSDT");
    loaded_.emplace(load("", settings).value());
    trading_ = Trading::open(*loaded_, "paper", kStart).value();
    std::ofstream(trading_->session().folder() / "notes") << std::string(more, 'x');
    trading_->watch(Telling::Silent);
    InstrumentTable instruments;
    Instrument btc{.symbol = "BTCUSDT"};
    btc.tick_size = Price::from_raw(kFixedScale);
    btc.lot_step = Quantity::from_raw(kFixedScale);
    EXPECT_TRUE(instruments.add(btc).has_value());
    EXPECT_TRUE(trading_->build(instruments, kStart).has_value());
    EXPECT_TRUE(trading_->finish("the end", kStart).has_value());
  }
  EndedSession(const EndedSession&) = delete;
  EndedSession& operator=(const EndedSession&) = delete;
  ~EndedSession() {
    trading_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  [[nodiscard]] StatusSources sources() const {
    return {.mode = "paper",
            .loaded = *loaded_,
            .folder = trading_->session().folder().string(),
            .instruments = trading_->instruments(),
            .engine = trading_->engine(),
            .gate = trading_->gate(),
            .watched = trading_->watched(),
            .log = trading_->log(),
            .storage = trading_->storage(),
            .recorder = nullptr,
            .clock = clock_,
            .feed = nullptr};
  }
  [[nodiscard]] view::bj::value storage() const {
    return view::get(view::parse(status_json(sources())), "storage");
  }
  [[nodiscard]] exposition::Parsed metrics() const {
    net::Loop loop;
    const Alarms alarms(loop, {});
    const LoopDelay delay;
    const DecisionCounts none{};
    const StatusSources now = sources();
    return exposition::parse(metrics_text({&now, "paper", delay, alarms, none, {}}));
  }

 private:
  fs::path folder_ = [] {
    std::string name = (fs::temp_directory_path() / "proteus-status-XXXXXX").string();
    return fs::path(::mkdtemp(name.data()));
  }();
  std::optional<Loaded> loaded_;
  bybit::VenueClock clock_{bybit::ClockMode::Frames, 1.0, [] { return bybit::SteadyTime{}; }};
  std::unique_ptr<Trading> trading_;
};

TEST(StatusJson, TellsOfASessionThatIsLargerThanItsQuota) {
  const EndedSession session(
      {"storage.quota_bytes=1048576", "storage.disk_free_min=1000000000000000"}, 2'000'000);
  const auto told = session.storage();
  EXPECT_GT(view::number(told, "session_bytes"), 2e6);
  EXPECT_LT(view::number(told, "session_bytes"), 1e7) << "log and tables are small";
  EXPECT_EQ(view::number(told, "quota_bytes"), 1'048'576);
  EXPECT_GT(view::number(told, "disk_free_bytes"), 0.0);
  EXPECT_TRUE(view::flag(told, "near_quota"));
  EXPECT_TRUE(view::flag(told, "over_quota"));
  EXPECT_TRUE(view::flag(told, "disk_low")) << "a million GB are asked for";
  for (const char* none : {"files_dropped", "bytes_dropped", "rows_dropped", "tables_put_aside"})
    EXPECT_EQ(view::number(told, none), 0.0) << none;
}

TEST(StatusJson, TellsOfASessionThatIsNearItsQuota) {
  const EndedSession session({"storage.quota_bytes=40000000", "storage.disk_free_min=0"},
                             37'500'000);
  const auto told = session.storage();
  EXPECT_TRUE(view::flag(told, "near_quota")) << view::number(told, "session_bytes");
  EXPECT_FALSE(view::flag(told, "over_quota")) << view::number(told, "session_bytes");
  EXPECT_FALSE(view::flag(told, "disk_low"));
}

TEST(StatusJson, TheMetricsTellTheSameOfTheDisk) {
  const EndedSession session({"storage.quota_bytes=20000000"}, 700'000);
  const auto told = session.storage();
  const exposition::Parsed read = session.metrics();
  ASSERT_EQ(read.error, "");
  EXPECT_FALSE(view::flag(told, "near_quota")) << view::number(told, "session_bytes");
  EXPECT_GT(view::number(told, "session_bytes"), 7e5);
  EXPECT_EQ(read.value("proteus_session_bytes"), view::number(told, "session_bytes"));
  EXPECT_EQ(read.value("proteus_session_quota_bytes"), 2e7);
  EXPECT_EQ(read.value("proteus_disk_free_bytes"), view::number(told, "disk_free_bytes"));
  EXPECT_EQ(read.value("proteus_tables_put_aside_total"), 0.0);
}

}  // namespace
}  // namespace proteus::app
