// The operator's door: one line of text a command over a unix socket, answered with lines of JSON.
// What the lines say: docs/reference/operator.md. It knows no engine; the house behind it does.
// Thread: the event loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/net/local_server.hpp"
#include "connectors/net/loop.hpp"
#include "engine/core/event.hpp"

namespace proteus::app {

/// What a command is judged by, before and after it.
struct TradingView {
  struct OpenOrder {
    ClientOrderId id;
    bool reduce_only = false;
  };
  struct Holding {
    std::string instrument;
    std::string quote;
    Quantity quantity;
    Price mark;
    Money value;
  };
  TradingState state = TradingState::Active;
  bool stopped = false;  ///< an instrument is, by the control of repeated executions
  std::string cause;
  std::vector<std::string> holds;  ///< what keeps orders back still, such as "reconciling: CAUSE"
  Timestamp venue_time{};
  std::vector<OpenOrder> open;
  std::vector<Holding> held;   ///< what is not zero
  std::size_t flattening = 0;  ///< positions that a flatten has still to close
};

class OperatorDoor {
 public:
  /// What lies behind the door.
  class House {
   public:
    virtual ~House() = default;
    /// False: it is still starting, and only `stop` is taken.
    [[nodiscard]] virtual bool ready() const = 0;
    [[nodiscard]] virtual std::string session() const = 0;
    [[nodiscard]] virtual std::string status() const = 0;
    [[nodiscard]] virtual std::string why(std::string_view instrument) const = 0;
    [[nodiscard]] virtual TradingView view() const = 0;
    /// Puts it to the engine as an input; what follows has happened when this returns, as far as it
    /// happens at once.
    virtual void command(OperatorAction action, const std::string& cause) = 0;
    /// What has to be settled before `resume`, a sentence; empty: nothing.
    [[nodiscard]] virtual std::string obstacle() const = 0;
    /// Ends the run, soon. reason: the operator's words, may be empty.
    virtual void end(const std::string& reason) = 0;
    /// Somebody spoke. Answer: what a heartbeat is told, as JSON.
    virtual std::string heard() = 0;
    /// What `proteus guard` is told, as JSON; also before ready(). The guard is no operator.
    [[nodiscard]] virtual std::string pulse() const = 0;
  };

  /// Listens when it returns; makes the socket's folder where it is missing. Errors: those of
  /// LocalServer, and Refused where others could put a socket of their own in its place; with what
  /// to do.
  static Result<std::unique_ptr<OperatorDoor>> open(net::Loop& loop, const std::string& path,
                                                    House& house);
  OperatorDoor(const OperatorDoor&) = delete;
  OperatorDoor& operator=(const OperatorDoor&) = delete;

 private:
  /// A command whose outcome somebody waits for.
  struct Follower {
    net::Reply reply;
    OperatorAction action = OperatorAction::Halt;
    TradingView before;
    std::string told;
  };

  OperatorDoor(net::Loop& loop, House& house) : loop_(loop), house_(house) {}
  void on_line(std::string_view line, const net::Reply& reply);
  void watch(const net::Reply& reply);
  void obey(OperatorAction action, std::string_view reason, const net::Reply& reply);
  void resume(std::string_view reason, const net::Reply& reply);
  /// Tells what has changed. False: it is done, or nobody listens any more.
  bool tell(Follower& follower);
  void look();

  net::Loop& loop_;
  House& house_;
  std::vector<net::Reply> watchers_;
  std::vector<Follower> followers_;
  net::Timer watch_timer_;
  net::Timer follow_timer_;
  std::unique_ptr<net::LocalServer> server_;  // first to go: nothing is heard any more
};

/// Whether a command has done all that it is to do. Pure.
bool settled(OperatorAction action, const TradingView& before, const TradingView& now);
/// The answer to a command, as one line of JSON. Pure.
std::string outcome_json(OperatorAction action, std::string_view session, const TradingView& before,
                         const TradingView& now);
/// The operator's words as they may stand in the log: one line, at most 100 bytes of whole letters.
std::string clean_reason(std::string_view words);
/// Errors: Refused, where the folder of a socket lets others put another file in its place.
Result<void> fit_for_socket(const std::string& socket);

}  // namespace proteus::app
