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

  /// The place of a symbol; the same one for the same symbol. Not after the first post().
  std::size_t join(std::string_view symbol);
  /// The row of the bar that closed then. One that is not later than the last of its symbol is that
  /// of another market of it and says nothing.
  void post(std::size_t place, Timestamp close, const Row& row);
  /// Over the symbols: of each its newest row that closed before `close`, unless another's is newer
  /// by more than kFreshBars bars of length `bar`. Nothing, unless two symbols at least have one.
  [[nodiscard]] std::optional<Row> mean_before(Timestamp close, Duration bar);
  /// The rows of a symbol, as a snapshot.
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
    std::string symbol;
    std::array<Post, kKept> posts{};
    std::size_t newest = 0;
    void archive(Archive& a) { a(posts, newest); }
  };
  static const Post* newest_before(const Place& place, Timestamp close);

  std::vector<Place> places_;
  // The last answer: instruments that close together ask the same.
  Timestamp asked_{};
  std::optional<Row> mean_;
  bool valid_ = false;
};

}  // namespace proteus::features
