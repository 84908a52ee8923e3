// The recorded feed held against the inputs that the log says came from it: the same codecs read
// each frame again, and a closed bar or a ticker has to be what the log has. So a frame that was
// changed on disk is named.
#pragma once

#include <compare>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connectors/bybit/codec.hpp"
#include "connectors/bybit/rest_codec.hpp"
#include "connectors/storage/frame_line.hpp"
#include "tools/app/told/telling.hpp"

namespace proteus::app::told {

class FeedEvidence {
 public:
  /// An input of the log, and the number of its record: bars and tickers of the venue are kept.
  void expect(const Event& input, std::uint64_t record);
  /// Reads the feed below `folder` and tells what differs, by file, line and field. What retention
  /// took is no difference. Errors: Io.
  Result<std::vector<Finding>> check(const std::filesystem::path& folder,
                                     const InstrumentTable& instruments,
                                     std::vector<std::string>& notes);
  /// Inputs that a frame was found for.
  [[nodiscard]] std::uint64_t found() const { return found_; }

 private:
  struct Key {
    std::uint32_t instrument = 0;
    Interval interval = Interval::M1;
    Timestamp at{};
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct BarThen {
    Bar bar;
    std::uint64_t record = 0;
    Timestamp received{};
    bool rest = false;  ///< it came in the answer to a request
    bool found = false;
    std::string where;  ///< a frame that holds another bar in its place
    std::vector<FieldDifference> fields;
  };
  struct TickerThen {
    TickerUpdated ticker;
    std::uint64_t record = 0;
    Timestamp received{};
    bool found = false;
  };
  struct Pass;

  void see(const Bar& bar, bool rest, const std::string& where);
  void see(const bybit::TickerFrame& frame, const std::string& where,
           std::vector<Finding>& findings);
  /// When the feed that is kept begins; retention may have taken more of one than of the other.
  struct FirstFrames {
    std::optional<Timestamp> rest, streams;
  };
  void tell_bars(const InstrumentTable& instruments, const FirstFrames& first, bool damaged,
                 std::vector<Finding>& findings, std::vector<std::string>& notes) const;
  void tell_tickers(const InstrumentTable& instruments, const FirstFrames& first, bool damaged,
                    std::vector<Finding>& findings, std::vector<std::string>& notes) const;

  std::map<Key, std::vector<BarThen>> bars_;
  std::multimap<std::pair<std::uint32_t, Timestamp>, TickerThen> tickers_;
  std::uint64_t found_ = 0;
  std::set<Timestamp> excused_;
  Timestamp newest_{};
};

}  // namespace proteus::app::told
