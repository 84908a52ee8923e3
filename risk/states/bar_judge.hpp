// Control 19: decides which closed bars, tickers and books may be used, and waits for a second
// opinion on a jump. One object an instrument.
#pragma once

#include <array>
#include <cstdint>

#include "engine/core/archive.hpp"
#include "engine/core/bar.hpp"

namespace proteus::risk {

/// A bar further than `jump_max` from the last good close, |log(close / last)|, is set aside until
/// another opinion agrees: the bar after it, or a ticker or book of its time. A ticker or book of
/// its time that lies elsewhere contradicts, and then no number of bars convinces: a broken source
/// repeats itself. A jump beyond a factor of 10 needs two opinions. A bar back near the last good
/// close forgets the jump. A real move so costs one bar at most and an erroneous one is never used.
/// A bar whose open lies that far from both the last good close and its own close is set aside as
/// well.
///
/// Tickers and books are held against the last price believed. Only bars move that further than the
/// limit.
class BarJudge {
 public:
  /// Who looks. Each looks at most once at each bar that arrives, in either order, and both get the
  /// same word; a second look of the same one at the same bar means that the bar came twice.
  enum class Looker : std::uint8_t { Asked, Observed };
  enum class Quote : std::uint8_t { Ticker, Book };

  /// quote_age_max: how far from a bar's close a ticker or book may lie to say something of it.
  explicit BarJudge(double jump_max, Duration quote_age_max = std::chrono::seconds{30});

  /// nullptr if the bar may be used, else why not, a constant sentence.
  const char* judge(const Bar& bar, Looker looker);

  /// Whether a price of a ticker or book may be believed; changes nothing. nullptr: it may.
  [[nodiscard]] const char* doubt(Price price) const;
  /// A ticker or book said this. It is evidence for bars, believed or not.
  void hear(Quote quote, Price price, Timestamp time, bool believed);
  /// A bar was good: there is something to hold prices against.
  [[nodiscard]] bool knows() const { return level_ > 0.0; }

  /// The last bar that arrived was set aside.
  [[nodiscard]] bool aside() const { return word_ != Word::Fine; }
  /// |log| distance of the last bar's close (or open) from the last good close where it was a jump,
  /// else 0.
  [[nodiscard]] double distance() const { return distance_; }
  [[nodiscard]] std::uint64_t set_aside() const { return set_aside_; }
  void archive(Archive& a) {
    a(level_, good_close_, good_until_, candidate_, bars_there_, heard_, distance_, judged_open_,
      word_, looked_, any_, set_aside_);
  }

 private:
  enum class Word : std::uint8_t { Fine, Impossible, NotNewer, Unconfirmed, Contradicted, Open };
  struct Heard {
    double price = 0.0;
    Timestamp time{};
    void archive(Archive& a) { a(price, time); }
  };

  Word first_look(const Bar& bar);
  Word jump(double close, Timestamp time);
  [[nodiscard]] bool near(double close, double level) const;
  static const char* sentence(Word word, const Bar& bar);

  double ratio_min_;  // exp(-jump_max), so that a bar costs no logarithm
  double ratio_max_;
  Duration quote_age_max_;
  double level_ = 0.0;       // the last price believed; 0: no bar yet
  double good_close_ = 0.0;  // 0: none yet
  Timestamp good_until_{};
  double candidate_ = 0.0;       // 0: none waits
  std::int64_t bars_there_ = 0;  // in a row, near the candidate
  std::array<Heard, 2> heard_{};
  double distance_ = 0.0;
  Timestamp judged_open_{};
  Word word_ = Word::Fine;
  std::array<bool, 2> looked_{};
  bool any_ = false;
  std::uint64_t set_aside_ = 0;
};

}  // namespace proteus::risk
