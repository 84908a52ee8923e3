// The websockets: connections, what each has subscribed to, the answers to their commands, and the
// frames of each instant. What private ones say and hear is PrivateStream's; the way there, with
// its faults, is the same.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/sim/commands.hpp"
#include "connectors/sim/faults.hpp"
#include "connectors/sim/private/private_stream.hpp"
#include "connectors/sim/topics.hpp"

namespace proteus::sim {

class Hub {
 public:
  /// All outlive it.
  Hub(Market& market, PrivateStream& orders, SimIo& io, FaultCounts& counts);
  ~Hub();

  int connect(ConnId conn, std::string_view target, Timestamp now);
  void text(ConnId conn, std::string_view text, Timestamp now);
  void closed(ConnId conn);
  [[nodiscard]] bool open(ConnId conn) const { return connections_.contains(conn); }
  [[nodiscard]] std::vector<ConnId> connections() const;

  /// All frames of one instant of the push grid.
  void push(Timestamp now);
  /// What happened to accounts since the last call, to those who subscribed to it.
  void tell_accounts(Timestamp now);
  /// Accounts with a live connection that asked for disconnect protection.
  [[nodiscard]] std::set<AccountId> guarded() const;
  /// Delayed frames that are due, and when the next is.
  void release(Timestamp now);
  [[nodiscard]] std::optional<Timestamp> next_release() const;
  /// Cuts private connections that have neither said nor heard anything for as long as they may:
  /// looked at every thirty seconds, as the venue does. At speed N both are N times as long; in
  /// paced time nobody is idle.
  void cut_idle(Timestamp now);
  /// Chances of the passing of `minutes`, and of the close of a base bar.
  void pass_minutes(std::int64_t minutes);
  void before_close();

  /// A reader: a connection with a subscription that has not been muted.
  [[nodiscard]] std::size_t readers() const;
  /// Control pings to all readers, or to those that got frames since their last ping. True if any
  /// was sent.
  bool ping_readers(bool all);
  void pong(ConnId conn, std::string_view payload);
  [[nodiscard]] bool awaits_pong() const;

  void cut(ConnId conn, FaultKind why);
  void mute(ConnId conn);
  /// A private stream tells nothing more but answers; of others nothing changes.
  void silence(ConnId conn);
  /// Cuts every connection, and counts none.
  void cut_all();
  FaultDice& dice(ConnId conn);
  [[nodiscard]] std::uint64_t frames() const;

 private:
  struct Connection;
  struct Channel {
    std::unique_ptr<Topic> topic;
    std::vector<Connection*> readers;
  };
  [[nodiscard]] std::string subscribe(Connection& connection, const Command& command,
                                      std::vector<Channel*>& fresh, Timestamp now);
  [[nodiscard]] std::string unsubscribe(Connection& connection, const Command& command);
  void answer(Connection& connection, const Command& command, const Answer& what);
  Channel& channel(const TopicKey& key, const std::string& name);
  void leave_all(Connection& connection);

  Market& market_;
  PrivateStream& orders_;
  SimIo& io_;
  FaultCounts& counts_;
  std::map<ConnId, std::unique_ptr<Connection>> connections_;
  std::map<TopicKey, Channel> channels_;
  std::uint64_t pings_ = 0;
  std::uint64_t frames_of_closed_ = 0;
  std::optional<Timestamp> looked_for_idle_;
};

}  // namespace proteus::sim
