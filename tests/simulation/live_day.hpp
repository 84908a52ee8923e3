// A day of venue time of a live daemon with every fault of the venue on at random, and with what
// else happens to an account: somebody trades on it, its settings change, its stops fire or are
// taken away, the venue forgets and its clock jumps, a person commands. All from one seed.
#pragma once

#include "tests/simulation/footprint.hpp"
#include "tests/simulation/live_world.hpp"

namespace proteus::simulation {

class LiveDay {
 public:
  LiveDay(std::uint64_t seed, const std::filesystem::path& folder);

  /// Starts the daemon and lets it live so many minutes. Every ten the venue's books are compared
  /// with ours. Empty: all was well; else what was not, and when.
  std::string run(int minutes);
  [[nodiscard]] LiveWorld& world() { return world_; }

  /// What happened that is no fault of the venue's own dice; each was done, not only tried.
  struct Done {
    std::uint64_t commands = 0;
    std::uint64_t trades = 0;         ///< of somebody else
    std::uint64_t trades_away = 0;    ///< of somebody else, while the private stream is away
    std::uint64_t orders = 0;         ///< of somebody else, that rest
    std::uint64_t leverages = 0;      ///< changed
    std::uint64_t modes = 0;          ///< to hedge mode, and back by the owner
    std::uint64_t stops_removed = 0;  ///< protective stops, by the owner
    std::uint64_t looks = 0;          ///< at which all was equal to the unit
    Duration longest_naked{0};        ///< from such a look on, with a position without a stop
  };
  [[nodiscard]] const Done& done() const { return done_; }

  struct Hour {
    int hour = 0;
    std::uint64_t events = 0;  ///< so far
    Footprint footprint;
  };
  [[nodiscard]] const std::vector<Hour>& hours() const { return hours_; }

 private:
  void disturb();
  void command(OperatorAction action);
  /// A request of the owner's other device; false: the venue refuses it.
  bool owner(const std::string& path, const std::string& query);
  void trade();
  void trade_away();
  void rest();
  void change_leverage();
  void change_mode();
  void remove_stop();
  void make_up();
  std::string look(int minute);
  [[nodiscard]] bool one_in(double minutes) { return draws_.unit() < 1.0 / minutes; }

  sim::Draws draws_;
  LiveWorld world_;
  std::map<std::string, int> hedged_;  ///< symbols in hedge mode, and minutes until that ends
  Done done_;
  std::vector<Hour> hours_;
};

}  // namespace proteus::simulation
