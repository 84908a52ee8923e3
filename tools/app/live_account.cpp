#include "tools/app/live_account.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "tools/app/loopback.hpp"

namespace proteus::app {

Result<void> check_private_endpoint(const net::Endpoint& endpoint, const char* key) {
  if (endpoint.tls || is_loopback(endpoint.host) || endpoint.host == "localhost") return success();
  return error(ErrorCode::Refused,
               fmt::format("{} is {} without TLS: orders and keys leave this machine by https:// "
                           "and wss:// alone",
                           key, net::to_string(endpoint)));
}

Result<std::unique_ptr<LiveAccount>> LiveAccount::create(net::Loop& loop, const Loaded& loaded,
                                                         Trading& trading, bybit::VenueClock& clock,
                                                         storage::FeedRecorder* recorder,
                                                         std::unique_ptr<live::Signing> signing) {
  const Settings& s = loaded.settings;
  BOOST_OUTCOME_TRY(auto rest, net::parse_endpoint(s.venue.rest));
  BOOST_OUTCOME_TRY(auto stream, net::parse_endpoint(s.venue.account_stream));
  BOOST_OUTCOME_TRYV(check_private_endpoint(rest, "venue.rest"));
  BOOST_OUTCOME_TRYV(check_private_endpoint(stream, "venue.account_stream"));
  std::unique_ptr<LiveAccount> made(new LiveAccount(loop, loaded.settings, trading));
  made->signing_ = std::move(signing);
  made->io_ =
      std::make_unique<NetAccountIo>(loop, std::move(rest), std::move(stream), s.venue.ca_file,
                                     s.live, std::string(made->signing_->key()), clock, recorder);
  Trading* const traded = &trading;
  live::AccountGateway::Setup setup{
      .settings = s.live,
      .recv_window = s.limits.recv_window,
      .instruments = trading.instruments(),
      .memory = trading.live_venue()->memory(),
      .ledger = [traded] { return traded->engine().ledger(); },
      .io = *made->io_,
      .clock = clock,
      .signing = *made->signing_,
      .engine = trading.engine(),
      .reached = [traded] { return traded->engine().now(); },
      .tell = [](const std::string& sentence) { spdlog::warn("{}", sentence); },
      .seed = trading.seed()};
  made->gateway_ = std::make_unique<live::AccountGateway>(std::move(setup));
  made->io_->attach(made->gateway_.get());
  return made;
}

LiveAccount::~LiveAccount() {
  stop();
  io_->attach(nullptr);
}

Result<live::AccountFacts> LiveAccount::prepare() {
  std::optional<Result<live::AccountFacts>> told;
  gateway_->prepare(steady_time(), [&](Result<live::AccountFacts> facts) {
    told = std::move(facts);
    loop_.stop();
  });
  const net::Timer tick =
      loop_.every(std::chrono::milliseconds{50}, [this] { gateway_->on_timer(steady_time()); });
  loop_.run();
  if (!told) return error(ErrorCode::Stopped, "stopped before the venue had told of the account");
  if (told->has_error()) return explained(told->error(), settings_);
  return std::move(*told);
}

Error explained(const Error& refusal, const Settings& settings) {
  const std::string profile(
      EnumNames<live::Profile>::names[static_cast<std::size_t>(settings.live.profile)]);
  const auto is = [&](int code) {
    return refusal.context.find(fmt::format(": {} ", code)) != std::string::npos;
  };
  const auto told = [&](const std::string& words) {
    Error better = refusal;
    better.context = fmt::format("{} (the venue says: {})", words, refusal.context);
    return better;
  };
  if (is(10003))
    return told(fmt::format(
        "the venue at {} (live.profile is \"{}\") does not know this API key: mainnet, testnet and "
        "demo each have keys of their own; set live.profile to the world where the key was made, "
        "or make one there; a key that was deleted is not known either",
        settings.venue.rest, profile));
  if (is(10004))
    return told(
        "the venue knows the API key and refuses the signature: the secret is not this key's; copy "
        "both again, whole and without quotes");
  if (is(10010))
    return told(
        "the API key is bound to other addresses than the one that this machine has at the venue: "
        "add it to the key there");
  if (is(10005)) return told("the API key lacks a permission: it needs those to read and to trade");
  if (is(33004)) return told("the API key has run out: make a new one");
  return refusal;
}

void LiveAccount::start() {
  trading_.live_venue()->carry_with(gateway_.get());
  gateway_->start(steady_time());
}

void LiveAccount::on_timer() { gateway_->on_timer(steady_time()); }

void LiveAccount::settle(Duration longest) {
  const auto until = steady_time() + longest;
  const auto settled = [this] {
    return trading_.engine().open_orders().empty() && gateway_->status(steady_time()).stops_settled;
  };
  const net::Timer tick = loop_.every(std::chrono::milliseconds{20}, [this, until, settled] {
    gateway_->on_timer(steady_time());
    if (settled() || steady_time() >= until) loop_.stop();
  });
  if (!settled()) loop_.run_for(longest + std::chrono::seconds{1});
}

void LiveAccount::stop() {
  if (trading_.built()) trading_.live_venue()->carry_with(nullptr);
  gateway_->stop();
}

live::GatewayStatus LiveAccount::status() const { return gateway_->status(steady_time()); }

}  // namespace proteus::app
