// The guard's ways to the account. What changes something there are three functions, and their
// arguments can only cancel or reduce; everything else that leaves is a question.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "connectors/live/guard_books.hpp"
#include "connectors/live/rest_lane.hpp"
#include "connectors/live/stream_link.hpp"

namespace proteus::live {

class GuardWire final : private StreamLink::Listener {
 public:
  /// How a thing that was sent by HTTP ended: nothing, or what is wrong.
  using OnDone = std::function<void(const std::string& wrong)>;
  template <class T>
  using OnRead = std::function<void(Result<T>)>;

  GuardWire(WireParts& parts, GuardBooks& books, Duration ack_deadline)
      : parts_(parts), books_(books), ack_deadline_(ack_deadline) {}

  void start(SteadyTime now);
  void stop();
  void on_open(Channel channel, SteadyTime now);
  void on_text(Channel channel, std::string_view bytes, SteadyTime now);
  void on_closed(Channel channel, const Error& cause, SteadyTime now);
  void on_answer(RequestId id, Result<HttpAnswer> answer, SteadyTime now);
  void on_timer(SteadyTime now);

  // Questions, by HTTP.
  void key_info(OnRead<KeyInfo> on);
  void account_info(OnRead<AccountInfo> on);
  /// All open orders, all positions and, where spot is traded, the wallet; the books take them in.
  void look(OnDone on);
  /// Measures the venue's clock.
  void ask_time();

  // By HTTP.
  void cancel(const GuardCancel& what, OnDone on);
  void reduce(const ReducingOrder& order, OnDone on);
  // By the trade stream; its answers change the books.
  void stream_cancel(const GuardCancel& what, const OrderRow& order);
  void stream_reduce(const ReducingOrder& order);
  /// The venue has refused to reduce on this side, and its stream has told of no position since.
  [[nodiscard]] bool nothing_on(InstrumentId id, Side side) const {
    return empty_sides_.contains({id, side});
  }
  void forget_sides() { empty_sides_.clear(); }
  /// The venue bars this address from HTTP (403): somebody else was told.
  void bar(SteadyTime now) { rest_.bar(now); }

  [[nodiscard]] bool http_open() const { return !rest_.barred(now_); }
  [[nodiscard]] bool trade_open() const { return trade_.live(); }
  [[nodiscard]] bool private_open() const { return private_.live(); }
  /// Why the venue does not let us in; empty: it did, or was not asked.
  [[nodiscard]] const std::string& refusal() const { return private_.refusal(); }
  /// Requests that are on their way by the trade stream.
  [[nodiscard]] std::size_t on_their_way() const { return out_.size(); }

 private:
  struct Sent {
    SteadyTime at{};
    std::string order_id;  ///< of a cancel; empty: a reducing order
    InstrumentId instrument;
    Quantity quantity;  ///< of a reducing order; zero: whatever there is
    Side side = Side::Buy;
  };
  void link_live(Channel channel, SteadyTime now) override;
  void link_lost(Channel channel, const std::string& cause, SteadyTime now) override;
  void hear_private(std::string_view bytes);
  void hear_trade(std::string_view bytes);
  using OnCode = std::function<bool(int code)>;  ///< true: it is as good as done
  void post(const char* path, const std::string& body, RequestKind kind, OnCode settled, OnDone on);
  void send(const char* op, const std::string& text, Sent sent);
  /// What the answer to a reducing order says of the account. True: there is nothing to be done
  /// about it, whether it was taken or not.
  bool learn(int code, InstrumentId id, Quantity quantity);
  /// What one look has listed; looks may overlap, for those of before a ban go on after it.
  struct Listing {
    std::vector<OrderRow> orders;
    std::vector<PositionRow> positions;
    int pages = 0;
  };
  using Listed = std::shared_ptr<Listing>;
  void list_orders(Listed into, std::size_t category, std::string cursor, OnDone on);
  void list_positions(Listed into, std::string cursor, OnDone on);
  void list_wallet(const Listed& into, OnDone on);
  [[nodiscard]] bool trades(Category category) const;
  [[nodiscard]] bool trades_by_stream() const { return parts_.settings.profile != Profile::Demo; }

  WireParts& parts_;
  GuardBooks& books_;
  Duration ack_deadline_;
  AccountCodec codec_;
  RestLane rest_{parts_};
  StreamLink private_{Channel::Private, parts_, *this};
  StreamLink trade_{Channel::Trade, parts_, *this};
  std::map<std::string, Sent> out_;
  std::set<std::pair<InstrumentId, Side>> empty_sides_;
  std::uint64_t requests_ = 0;
  SteadyTime now_{};
};

}  // namespace proteus::live
