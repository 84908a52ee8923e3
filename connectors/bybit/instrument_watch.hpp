// The daily look at the venue's instruments: what changed among those we trade.
#pragma once

#include <string>
#include <vector>

#include "connectors/bybit/rest_codec.hpp"

namespace proteus::bybit {

class InstrumentWatch {
 public:
  explicit InstrumentWatch(const InstrumentTable& instruments);

  void begin(Category category);
  void on_page(Category category, const InstrumentPage& page);
  /// After the last page: what is new about ours, id set. One that is not listed any more is
  /// Closed.
  std::vector<Instrument> finish(Category category);
  /// Rows of ours that could not be read since the last call; their instruments stay as they were.
  std::vector<std::string> take_problems() { return std::exchange(problems_, {}); }

  [[nodiscard]] const std::vector<Instrument>& instruments() const { return instruments_; }

 private:
  std::vector<Instrument> instruments_;
  std::vector<std::optional<Instrument>> seen_;
  std::vector<bool> unreadable_;
  std::vector<std::string> problems_;
};

}  // namespace proteus::bybit
