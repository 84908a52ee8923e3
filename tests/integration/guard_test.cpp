// `proteus sim`, `proteus live` and `proteus guard` as programs of their own: the daemon is killed,
// and the account is flat by the venue's word.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "connectors/net/http_client.hpp"
#include "connectors/sim/private/signature.hpp"
#include "tests/integration/programs.hpp"
#include "tools/app/options.hpp"

namespace proteus::app {
namespace {

namespace bj = boost::json;
using ::testing::HasSubstr;

class Guarded : public ::testing::Test {
 protected:
  Guarded() : Guarded({"sim.paced=false", "sim.speed=60", "sim.push_interval=1s"}) {}
  explicit Guarded(const Overrides& exchange) : sim_(exchange) {
    ::setenv("PROTEUS_API_KEY", "simkey", 1);
    ::setenv("PROTEUS_API_SECRET", "simsecret", 1);
  }
  ~Guarded() override {
    ::unsetenv("PROTEUS_API_KEY");
    ::unsetenv("PROTEUS_API_SECRET");
  }
  [[nodiscard]] Overrides settings() const {
    return Overrides{"feed.speed=60",       "feed.warm_up_bars=60", "strategy.name=sma_cross",
                     "strategy.fast=3",     "strategy.slow=8",      "risk.limits.stage=live",
                     "guard.interval=50ms", "guard.patience=500ms", "guard.doubt=20s",
                     "guard.pause=100ms",   "guard.look=500ms"} +
           in(folder_) + sim_.where();
  }
  [[nodiscard]] std::string socket() const { return folder_ / "socket"; }
  /// A signed question of the test's own; the body of the answer.
  std::string signed_get(const std::string& path, const std::string& query) {
    const auto time = bj::parse(get("/v5/market/time", {}));
    const std::string stamp = std::to_string(time.at("time").as_int64());
    return get(
        path + "?" + query,
        {{"X-BAPI-API-KEY", "simkey"},
         {"X-BAPI-TIMESTAMP", stamp},
         {"X-BAPI-RECV-WINDOW", "60000"},
         {"X-BAPI-SIGN", sim::hmac_sha256_hex("simsecret", stamp + "simkey" + "60000" + query)}});
  }
  std::string get(const std::string& target,
                  const std::vector<std::pair<std::string, std::string>>& headers) {
    net::Loop loop;
    net::HttpClient http(loop, net::parse_endpoint(sim_.where()[0].substr(11)).value(), {});
    net::HttpRequest request;
    request.method = "GET";
    request.target = target;
    for (const auto& [name, value] : headers) {
      net::HttpHeader header;
      header.name = name;
      header.value = value;
      request.headers.push_back(std::move(header));
    }
    std::string body;
    bool done = false;
    http.request(std::move(request), 5s, [&](Result<net::HttpResponse> answer) {
      if (answer) body = answer.value().body;
      done = true;
    });
    EXPECT_TRUE(run_until(
        loop, [&] { return done; }, 10s));
    return body;
  }
  std::size_t positions() {
    const auto body =
        bj::parse(signed_get("/v5/position/list", "category=linear&settleCoin=USDT&limit=200"));
    return body.at("result").at("list").as_array().size();
  }
  bool within(Duration longest, const std::function<bool()>& holds) {
    const Duration until = net::Loop::steady_now() + longest;
    while (!holds()) {
      if (net::Loop::steady_now() > until) return false;
      std::this_thread::sleep_for(50ms);
    }
    return true;
  }
  void start_live() {
    const Ran test = run_proteus(with_settings({"risk", "selftest"}, settings()));
    ASSERT_EQ(test.code, kOk) << test.out << test.err;
    live_.emplace(with_settings({"live"}, settings()));
  }

  Folder folder_;
  SimProgram sim_;
  std::optional<Child> live_;
};

TEST_F(Guarded, ADaemonThatIsKilledLeavesAFlatAccount) {
  start_live();
  Child guard(with_settings({"guard"}, settings()));
  ASSERT_TRUE(guard.says("there and well")) << guard.err() << live_->err();
  EXPECT_THAT(guard.out(), HasSubstr("closes every position"));
  ASSERT_TRUE(within(60s, [&] { return positions() > 0; })) << live_->err();
  live_->signal(SIGKILL);
  live_->wait();
  const Duration killed = net::Loop::steady_now();
  ASSERT_TRUE(guard.says("Confirmed by query", 20s)) << guard.err();
  const double took = std::chrono::duration<double>(net::Loop::steady_now() - killed).count();
  EXPECT_EQ(positions(), 0U);
  fmt::print("flat and confirmed {:.1f} s after kill -9, of which patience 0.5 s\n", took);
  EXPECT_LT(took, 5.0);
  guard.signal(SIGTERM);
  EXPECT_EQ(guard.wait(), kOk) << guard.err();
}

TEST_F(Guarded, ADaemonThatIsStoppedIsNotMissedAndASecondGuardIsRefused) {
  start_live();
  Child guard(with_settings({"guard"}, settings()));
  ASSERT_TRUE(guard.says("there and well")) << guard.err() << live_->err();
  const Ran second = run_proteus(with_settings({"guard", "--for", "5s"}, settings()));
  EXPECT_EQ(second.code, kError);
  EXPECT_THAT(second.err, HasSubstr("another guard"));
  ASSERT_TRUE(within(60s, [&] { return positions() > 0; })) << live_->err();
  live_->signal(SIGTERM);
  EXPECT_EQ(live_->wait(), kOk) << live_->err();
  ASSERT_TRUE(guard.says("stopped in good order", 20s)) << guard.err();
  std::this_thread::sleep_for(1s);  // Twice its patience.
  EXPECT_GT(positions(), 0U);
  // A person closes what is left.
  EXPECT_EQ(run_proteus(with_settings({"guard", "--once"}, settings())).code, kUsage);
  const Ran once = run_proteus(with_settings({"guard", "--once", "--yes"}, settings()));
  EXPECT_EQ(once.code, kOk) << once.err;
  EXPECT_THAT(once.out, HasSubstr("Done, confirmed by query."));
  EXPECT_EQ(positions(), 0U);
}

/// No daemon: an account that holds something, of an exchange at real time, as `--once` needs where
/// it cannot ask what time it is.
class GuardOnce : public Guarded {
 protected:
  GuardOnce() : Guarded({"sim.paced=false", "sim.push_interval=1s"}) {
    for (const char* trade : {"symbol=BTCUSDT&side=Buy&qty=0.5", "symbol=ETHUSDT&side=Sell&qty=3"})
      EXPECT_THAT(get("/sim/trade?key=simkey&" + std::string(trade), {}), HasSubstr("orderId"));
  }
  [[nodiscard]] std::vector<std::string> once(const Overrides& more) const {
    return with_settings({"guard", "--once", "--yes"},
                         Overrides{"guard.pause=100ms", "live.ban_pause=2s", "feed.ban_pause=2s"} +
                             in(folder_) + sim_.where() + more);
  }
  /// By the exchange's own door, which no fault and no ban closes.
  std::size_t held() {
    return bj::parse(get("/sim/account?key=simkey", {})).at("positions").as_array().size();
  }
};

TEST_F(GuardOnce, WorksThroughTheTradeStreamWhileHttpIsBarredAndConfirmsLater) {
  ASSERT_EQ(held(), 2U);
  EXPECT_THAT(get("/sim/fault?kind=http_403&count=1", {}), HasSubstr("ok"));
  Child guard(once({}));
  ASSERT_TRUE(guard.says("has not seen the account", 20s)) << guard.err();
  EXPECT_EQ(held(), 0U) << guard.err();
  EXPECT_EQ(guard.wait(), kOk) << guard.err();
  EXPECT_THAT(guard.out(), HasSubstr("Done, confirmed by query."));
}

TEST_F(GuardOnce, OnDemoItCallsAPersonAndWorksWhenTheBanIsOver) {
  EXPECT_THAT(get("/sim/fault?kind=http_403&count=1", {}), HasSubstr("ok"));
  const std::string address = sim_.where()[0].substr(std::string("venue.rest=http://").size());
  Child guard(once({"live.profile=demo", "venue.account_stream=ws://" + address}));
  ASSERT_TRUE(guard.says("demo takes no orders by websocket. Close what the account holds", 20s))
      << guard.err();
  EXPECT_EQ(held(), 2U);
  EXPECT_EQ(guard.wait(), kOk) << guard.err();
  EXPECT_EQ(held(), 0U);
}

TEST_F(GuardOnce, KeysThatAreNotTakenAreToldInWordsOfWhatToDo) {
  const auto doctor = [&](const Overrides& more) {
    const Ran ran = run_proteus(with_settings({"doctor"}, in(folder_) + sim_.where() + more));
    EXPECT_EQ(ran.code, kError);
    return ran.out;
  };
  ::setenv("PROTEUS_API_KEY", "another", 1);
  const Ran unknown = run_proteus(once({}));
  EXPECT_EQ(unknown.code, kError);
  EXPECT_THAT(unknown.err, HasSubstr("live.profile is \"sim\") does not know this API key"));
  EXPECT_THAT(doctor({}), HasSubstr("set live.profile to the world where the key was made"));
  ::setenv("PROTEUS_API_KEY", "simkey", 1);
  ::setenv("PROTEUS_API_SECRET", "another", 1);
  EXPECT_THAT(doctor({}), HasSubstr("the secret is not this key's"));
  ::unsetenv("PROTEUS_API_KEY");
  ::unsetenv("PROTEUS_API_SECRET");
  EXPECT_THAT(doctor({"live.profile=testnet"}), HasSubstr("there is no API key"));
  const std::string file = folder_ / "keys.toml";
  std::ofstream(file) << "key = \"simkey\"\nsecret = \"simsecret\"\n";
  std::filesystem::permissions(file, std::filesystem::perms{0644});
  EXPECT_THAT(doctor({"live.key_file=" + file}), HasSubstr("chmod 600 " + file));
}

}  // namespace
}  // namespace proteus::app
