// A guard beside a live daemon, both on the simulated exchange's account, in virtual time; what the
// guard sends is taken apart.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "connectors/live/guard.hpp"
#include "connectors/sim/private/signature.hpp"
#include "tests/simulation/live_world.hpp"

namespace proteus::simulation {

using namespace std::chrono_literals;
namespace bj = boost::json;
using live::AccountGuard;
using live::Heartbeat;

class GuardSigning final : public live::Signing {
 public:
  [[nodiscard]] std::string_view key() const override { return "simkey"; }
  [[nodiscard]] std::string sign(std::string_view text) const override {
    return sim::hmac_sha256_hex("simsecret", text);
  }
};

struct GuardFolder {
  explicit GuardFolder(const std::string& name)
      : path(std::filesystem::temp_directory_path() /
             fmt::format("proteus_guard.{}.{}", static_cast<long>(::getpid()), name)) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~GuardFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

/// What the guard sent, taken apart by a parser of the test's own.
struct Sent {
  std::string way;  ///< "cancel-all", "cancel", "create"
  bool by_stream = false;
  bj::object what;
};

class GuardedWorld : public ::testing::Test {
 protected:
  void start(live::Profile profile = live::Profile::Sim, LiveSetup setup = {}) {
    folder_.emplace(::testing::UnitTest::GetInstance()->current_test_info()->name());
    setup.seed = 5;
    setup.folder = folder_->path;
    world_.emplace(std::move(setup));
    const auto started = world_->start();
    ASSERT_TRUE(started) << started.error().context;
    world_->network().second.on_sent = [this](const std::string& where, const std::string& text) {
      note(where, text);
    };
    table_ = world_->instruments();
    live_.profile = profile;
    live_.ban_pause = 10min;
    set_guard_ = {};
    set_guard_.action = set_action_;
    make_guard();
    world_->network().every(50ms, [this] { guard_->on_timer(now()); });
    world_->network().every(2s, [this] { ask(); });
  }
  void make_guard(bool prepared = true) {
    guard_ = std::make_unique<AccountGuard>(AccountGuard::Setup{
        .settings = live_,
        .guard = set_guard_,
        .recv_window = 5s,
        .instruments = table_,
        .io = world_->network().second,
        .clock = clock_of(),
        .signing = signing_,
        .tell = [this](const std::string& said) { words_.push_back(said); },
        .alarm =
            [this](AccountGuard::Word word, const std::string& text) {
              (word == AccountGuard::Word::Alarm ? alarms_ : news_).push_back(text);
            },
        .ids = live::GuardIds(world_->exchange().now(), 7),
        .seed = 77,
        .by_name = set_by_name_});
    world_->network().second.account = guard_.get();
    if (!prepared) return;
    std::optional<Result<live::AccountFacts>> facts;
    guard_->prepare(now(), [&](Result<live::AccountFacts> told) { facts = std::move(told); });
    for (int i = 0; i < 200 && !facts; ++i) {
      world_->run(50ms);
      guard_->on_timer(now());
    }
    ASSERT_TRUE(facts && *facts) << "the key was not told of";
    guard_->start(now());
  }
  /// A clock of the guard's own: the daemon's dies with it.
  bybit::VenueClock& clock_of() {
    clock_.emplace(bybit::ClockMode::Steady, 1.0, [this] { return now(); });
    static_cast<void>(clock_->on_server_time(world_->exchange().now(), now(), now()));
    return *clock_;
  }
  /// As the process asks the daemon's socket.
  void ask() {
    if (!asks_) return;
    if (stopped_) return guard_->gone(now());
    if (!world_->running()) return guard_->silent(now());
    const live::GatewayStatus told = world_->status();
    guard_->answered({.live = true,
                      .ready = true,
                      .stopping = false,
                      .reconciled = told.clean,
                      .private_live = told.private_live,
                      .loop_delay = loop_delay_},
                     now());
  }
  void note(const std::string& where, const std::string& text) {
    const bj::object said = bj::parse(text).as_object();
    if (where != "trade") {
      sent_.push_back({where.substr(where.rfind('/') + 1), false, said});
    } else if (const std::string op(said.at("op").as_string()); op.starts_with("order.")) {
      sent_.push_back({op.substr(6), true, said.at("args").at(0).as_object()});
    }
  }
  /// Runs until the daemon holds something.
  void run_until_held() {
    ASSERT_TRUE(takes([&] { return guard_->status().heartbeat == Heartbeat::Well; }, 2min));
    const auto looked = now() + 60s;
    ASSERT_TRUE(takes([&] { return now() > looked && !guard_->books().positions().empty(); }, 3h));
    ASSERT_FALSE(world_->venue().positions.empty());
  }
  [[nodiscard]] bool flat() {
    const VenueBooks books = world_->venue();
    return books.positions.empty() && books.open.empty();
  }
  /// Real time until it holds.
  std::optional<Duration> takes(const std::function<bool()>& holds, Duration longest) {
    const auto from = now();
    // The venue is asked in there: not more often than it allows.
    while (!holds()) {
      if (now() - from >= longest) return std::nullopt;
      world_->run(250ms);
    }
    return now() - from;
  }
  /// Everything that was sent can only cancel or reduce.
  void expect_nothing_opens() const {
    for (const Sent& one : sent_) {
      if (one.way == "cancel-all" || one.way == "cancel") continue;
      ASSERT_EQ(one.way, "create");
      if (one.what.at("category").as_string() == "spot") {
        EXPECT_EQ(one.what.at("side").as_string(), "Sell");
        EXPECT_EQ(one.what.at("marketUnit").as_string(), "baseCoin");
        EXPECT_EQ(one.what.at("isLeverage").as_int64(), 0);
      } else {
        EXPECT_TRUE(one.what.at("reduceOnly").as_bool());
      }
      EXPECT_EQ(one.what.at("orderType").as_string(), "Market");
      const std::string id(one.what.at("orderLinkId").as_string());
      EXPECT_EQ(id[0], 'g');
      EXPECT_LE(id.size(), 36U);
    }
  }
  std::size_t count(const std::string& way, bool by_stream) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        sent_, [&](const Sent& one) { return one.way == way && one.by_stream == by_stream; }));
  }
  void fault(sim::FaultKind kind, std::int64_t times) {
    ASSERT_TRUE(world_->exchange().inject({.kind = kind, .connection = {}, .count = times}));
  }
  [[nodiscard]] bybit::SteadyTime now() { return world_->network().now(); }

  std::optional<GuardFolder> folder_;
  std::optional<LiveWorld> world_;
  InstrumentTable table_;
  live::LiveSettings live_;
  live::GuardSettings set_guard_;
  live::GuardAction set_action_ = live::GuardAction::Flatten;
  bool set_by_name_ = false;
  GuardSigning signing_;
  std::optional<bybit::VenueClock> clock_;
  std::unique_ptr<AccountGuard> guard_;
  std::vector<Sent> sent_;
  std::vector<std::string> words_, alarms_, news_;
  bool asks_ = true;
  bool stopped_ = false;
  Duration loop_delay_{0};
};

}  // namespace proteus::simulation
