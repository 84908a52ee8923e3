// The private websockets: /v5/private tells an account what became of its orders, /v5/trade takes
// them. What a client says is answered here, and what happened is made into frames; connections
// themselves are the hub's.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include "connectors/sim/private/private_rest.hpp"

namespace proteus::sim {

/// One connection's state.
struct PrivateSession {
  explicit PrivateSession(bool t) : trade(t) {}
  bool trade;                               ///< /v5/trade; else /v5/private
  std::optional<AccountId> account;         ///< since it has authenticated
  std::set<std::string> topics;             ///< as subscribed
  std::unordered_set<std::string> req_ids;  ///< of orders, which must not repeat
  std::deque<std::string> req_ids_by_age;
};

struct StreamReply {
  std::string text;   ///< empty: a fault lost it
  Duration delay{0};  ///< a fault: venue time to hold it back
};

class PrivateStream {
 public:
  /// All outlive it.
  PrivateStream(Market& market, MarketView& view, ExchangeCore& core, PrivateRest& rest,
                std::span<const AccountSpec> accounts)
      : market_(market), view_(view), core_(core), rest_(rest), accounts_(accounts) {}

  /// The answer to one message. `conn`: the connection's name.
  StreamReply answer(PrivateSession& session, std::string_view conn, std::string_view text,
                     Timestamp now);

  /// Hands over what happened to each account since the last call, as frames: executions, orders,
  /// positions, wallet; perpetuals before spot. `to`: account, topic without category, the category
  /// whose subscribers hear it beside those of all, and the function that gives the frame under the
  /// name it was subscribed by.
  using FrameOf = std::function<std::string(std::string_view name)>;
  using Deliver =
      std::function<void(AccountId, std::string_view topic, Category category, const FrameOf&)>;
  void tell(Timestamp now, const Deliver& to);
  bool take_early() { return rest_.take_early(); }

 private:
  std::string private_answer(PrivateSession& session, std::string_view conn, std::string_view text,
                             Timestamp now);
  StreamReply trade_answer(PrivateSession& session, std::string_view conn, std::string_view text,
                           Timestamp now);
  /// Topics and their rows, in the order in which they are told.
  using Told = std::array<std::pair<std::string_view, std::string>, 4>;
  void tell_one(AccountId id, const Changes& changes, Category category, Timestamp now,
                const Deliver& to);
  /// What of the changes is the category's.
  [[nodiscard]] Changes part_of(const Changes& changes, Category category) const;
  Told rows_of(AccountId id, const Changes& changes, Timestamp now);
  /// Topic execution.fast, before all others.
  void tell_fast(AccountId id, const Changes& changes, Category category, Timestamp now,
                 const Deliver& to);
  /// The account that an auth message signs for.
  [[nodiscard]] Said<AccountId> log_in(std::string_view text, Timestamp now) const;

  Market& market_;
  MarketView& view_;
  ExchangeCore& core_;
  PrivateRest& rest_;
  std::span<const AccountSpec> accounts_;
  std::uint64_t frames_ = 0;
};

/// Who subscribes to it is guarded by disconnect protection; it tells nothing.
inline constexpr std::string_view kGuardTopic = "dcp.future";

/// "order" of "order" and "order.linear"; empty: there is no such private topic.
std::string_view private_topic(std::string_view name);

}  // namespace proteus::sim
