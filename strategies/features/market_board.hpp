// What all markets of a run have lately done, shared by the features of its instruments: each posts
// its row of numbers at every close and reads the mean over the symbols as of the close before.
//
// One bar late on purpose: bars that close together may come in any order and in any batch, and no
// row depends on which came first. A symbol counts once, however many of its markets are traded;
// one that has been silent for kFreshBars bars, while others were not, counts no more.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/archive.hpp"
#include "engine/core/time.hpp"

namespace proteus::features {

class MarketBoard {
 public:
  static constexpr std::size_t kColumns = 4;
  static constexpr std::size_t kFreshBars = 24;
  using Row = std::array<double, kColumns>;

  /// A place for one market of a symbol; all before the first post().
  std::size_t join(std::string_view symbol);
  /// The row of the bar that closed then; later than the last one of the place.
  void post(std::size_t place, Timestamp close, const Row& row);
  /// Over the symbols: of each the newest row that closed before `close` (of several markets, the
  /// one that joined first), unless that of another symbol is newer by more than kFreshBars bars of
  /// length `bar`. Nothing, unless two symbols at least have one.
  [[nodiscard]] std::optional<Row> mean_before(Timestamp close, Duration bar);
  /// The place is as new.
  void clear(std::size_t place);
  /// The rows of a place, as a snapshot.
  void archive(Archive& a, std::size_t place);

 private:
  /// Bars that are fetched later come instrument by instrument: some are ahead of the others.
  static constexpr std::size_t kKept = 64;
  struct Post {
    Timestamp close{};  ///< epoch: none
    Row row{};
    void archive(Archive& a) { a(close, row); }
  };
  struct Place {
    std::size_t symbol = 0;
    std::array<Post, kKept> posts{};
    std::size_t newest = 0;
    void archive(Archive& a) { a(posts, newest); }
  };
  static const Post* newest_before(const Place& place, Timestamp close);

  std::vector<std::string> symbols_;
  std::vector<Place> places_;
  std::vector<const Post*> latest_;  ///< by symbol, while a mean is made
  // The last answer: instruments that close together ask the same.
  Timestamp asked_{};
  std::optional<Row> mean_;
  bool valid_ = false;
};

}  // namespace proteus::features
