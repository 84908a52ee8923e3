// The guard of a live account: it watches the daemon's heartbeat and, when that is missed, cancels
// and closes what the account holds in the traded instruments, coins of spot too, until a query
// says that it is flat. Without sockets and without a clock of its own; the owner feeds it. It
// cannot open risk: see guard_orders.hpp.
#pragma once

#include <functional>
#include <string>

#include "connectors/live/account_facts.hpp"
#include "connectors/live/guard_watch.hpp"
#include "connectors/live/guard_wire.hpp"

namespace proteus::live {

struct GuardStatus {
  Heartbeat heartbeat = Heartbeat::None;
  std::string cause;
  bool acting = false;
  bool confirmed = false;  ///< what had to be done was done, and a query has said so
  bool http_open = false;
  bool trade_open = false;
  bool private_open = false;
  bool looked = false;  ///< the account has been seen
  std::size_t orders = 0;
  std::size_t positions = 0;
  std::size_t holdings = 0;  ///< spot coins of at least a lot
  std::string dust;          ///< what no order can sell: "0.0000005 BTC"; empty: none
  std::uint64_t rounds = 0;
  std::uint64_t cancels_sent = 0;
  std::uint64_t orders_sent = 0;
  std::uint64_t orders_by_rest = 0;
};

class AccountGuard final : public AccountEvents {
 public:
  /// Alarm: a person has to know. News: and is told how it went on.
  enum class Word : std::uint8_t { Alarm, News };
  struct Setup {
    const LiveSettings& settings;
    const GuardSettings& guard;
    Duration recv_window;
    const InstrumentTable& instruments;
    AccountIo& io;
    bybit::VenueClock& clock;
    const Signing& signing;
    std::function<void(std::string)> tell;                     ///< for the log
    std::function<void(Word word, const std::string&)> alarm;  ///< for whoever is away
    GuardIds ids;
    std::uint64_t seed = 0;
    /// Nothing but the names of the instruments is known, for HTTP was barred from the beginning:
    /// the trade stream alone is used, and no size is told.
    bool by_name = false;
  };
  /// All that is referred to outlives it.
  explicit AccountGuard(Setup setup);

  /// Asks what the key may. `done` is called once; on_answer and on_timer have to be fed meanwhile.
  /// Errors: Refused, as a live daemon would be.
  void prepare(SteadyTime now, std::function<void(Result<AccountFacts>)> done);
  /// Connects, and looks at the account from time to time.
  void start(SteadyTime now);
  void stop();

  void answered(const Pulse& pulse, SteadyTime now) { watch_.answered(pulse, now); }
  void silent(SteadyTime now) { watch_.silent(now); }
  void gone(SteadyTime now) { watch_.gone(now); }
  /// HTTP is barred (403): somebody else was told.
  void bar(SteadyTime now) { wire_.bar(now); }
  /// Acts now, whatever the daemon says, until it is done; there is no way back.
  void fire(const std::string& cause, SteadyTime now);

  void on_open(Channel channel, SteadyTime now) override { wire_.on_open(channel, now); }
  void on_text(Channel channel, std::string_view bytes, SteadyTime now) override {
    wire_.on_text(channel, bytes, now);
  }
  void on_closed(Channel channel, const Error& cause, SteadyTime now) override {
    wire_.on_closed(channel, cause, now);
  }
  void on_answer(RequestId id, Result<HttpAnswer> answer, SteadyTime now) override;
  void on_timer(SteadyTime now);

  [[nodiscard]] GuardStatus status() const;
  [[nodiscard]] const GuardBooks& books() const { return books_; }

 private:
  void follow(SteadyTime now);
  void begin(const std::string& cause, SteadyTime now);
  void stand_down(SteadyTime now);
  void look_around(SteadyTime now);
  void round(SteadyTime now);
  void round_by_http();
  void round_by_stream(SteadyTime now);
  /// Of an account that nobody has seen: what closes either side of each instrument, until the
  /// venue says that there is nothing to reduce.
  [[nodiscard]] std::vector<ReducingOrder> closing_unseen();
  /// Calls `then` when so many answers have come; answers of a round that is over are not heard.
  void expect(std::size_t answers, std::function<void()> then);
  GuardWire::OnDone one();
  void judge_look();
  void end_round();
  void confirm();
  [[nodiscard]] bool flattens() const { return guard_.action == GuardAction::Flatten; }
  /// It holds what the guard would take away.
  [[nodiscard]] bool holds_something() const;
  [[nodiscard]] bool trades_spot() const;
  /// The orders that take away all that the books know of, if that is what it does.
  [[nodiscard]] std::vector<ReducingOrder> closing();
  [[nodiscard]] std::string left() const;

  LiveSettings settings_;
  GuardSettings guard_;
  bool by_name_;
  GatewayCounters counters_;
  WireParts parts_;
  GuardBooks books_{parts_};
  GuardWire wire_;
  GuardWatch watch_;
  GuardIds ids_;
  std::function<void(Word, const std::string&)> alarm_;

  Heartbeat heartbeat_ = Heartbeat::None;
  bool fired_ = false;
  bool acting_ = false;
  bool confirmed_ = false;
  bool looked_ = false;
  bool looking_ = false;
  SteadyTime next_look_{};
  SteadyTime now_{};

  SteadyTime began_{};
  SteadyTime next_round_{};
  std::uint64_t rounds_ = 0;
  std::uint64_t rounds_before_ = 0;  ///< when this acting began
  bool round_running_ = false;
  bool told_of_stream_ = false;
  std::size_t outstanding_ = 0;
  std::uint64_t round_ = 0;
  std::function<void()> then_;
  std::string wrong_;  ///< of this round, the first thing
};

}  // namespace proteus::live
