// Recorded bars as the market of the simulated exchange: kline files, and funding history where
// there is one. All rows lie in memory (56 bytes each), and any time can be asked for in any order;
// unless bars of a wanted interval are to be played once in their order: then files of any smaller
// interval are put together on the way in, and large ones stay on the disk.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "connectors/klines/funding_reader.hpp"
#include "connectors/klines/kline_reader.hpp"
#include "connectors/sim/market_source.hpp"
#include "connectors/sim/row_stream.hpp"

namespace proteus::sim {

struct KlineInput {
  InstrumentName name;
  std::filesystem::path klines;
  std::optional<std::filesystem::path> funding = std::nullopt;
  /// Nothing: what the name of the file says (bybit-linear_BTCUSDT_1m.csv.gz).
  std::optional<Interval> interval = std::nullopt;
  /// Nothing: the table of well-known instruments (engine/market/instruments.hpp), and for what it
  /// does not hold steps derived from the rows. Category, symbol and id are set from `name`.
  std::optional<Instrument> description = std::nullopt;
  /// What becomes of rows that are none; what was set aside is told in the notes.
  klines::BadRows bad_rows = klines::BadRows::Refuse;
};

class FileSource final : public MarketSource {
 public:
  /// Reads all files, kline files or those of the venue's archive (archive_reader.hpp). Ids follow
  /// the order given. Errors: those of KlineReader and read_funding; Malformed (no input, intervals
  /// that differ or are not known, a file without rows, one instrument twice, a price off the tick
  /// of a given description).
  static Result<FileSource> open(const std::vector<KlineInput>& inputs);
  /// The same as bars of `into` (bar_aggregator.hpp). Files may have different intervals that make
  /// up whole bars of it. Where the files together have more than `kept_max` bytes on the disk
  /// their rows are read twice and not kept: once to describe them, once as they are asked for.
  /// Errors: Refused, an interval that makes up none.
  static Result<FileSource> open_as(const std::vector<KlineInput>& inputs, Interval into,
                                    std::uintmax_t kept_max = std::uintmax_t{16} << 20U);
  /// `<exchange>-<category>_<SYMBOL>_<interval>.csv[.gz|.zst]` in `folder` for each name; funding
  /// from `<exchange>-linear_<SYMBOL>_funding.csv[.gz|.zst]` in `funding_folder` where it is there.
  /// Errors: those of `open`; NotFound, naming every instrument without a kline file.
  static Result<FileSource> open_folder(
      const std::filesystem::path& folder, std::string_view exchange,
      const std::vector<InstrumentName>& names, Interval interval,
      const std::optional<std::filesystem::path>& funding_folder = std::nullopt);
  /// Instrument and interval from the name of the file. Errors: Malformed.
  static Result<KlineInput> input_named(const std::filesystem::path& klines);

  [[nodiscard]] std::span<const Instrument> instruments() const override { return instruments_; }
  [[nodiscard]] Interval base_interval() const override { return interval_; }
  [[nodiscard]] Timestamp first() const override { return first_; }
  [[nodiscard]] std::optional<Timestamp> end() const override { return end_; }
  [[nodiscard]] std::optional<Bar> bar(InstrumentId id, Timestamp open) override;
  [[nodiscard]] std::optional<std::int64_t> funding_rate_e9(InstrumentId id,
                                                            Timestamp funding_time) override;
  /// Always empty: files name no regime.
  [[nodiscard]] std::string_view regime(InstrumentId, Timestamp) override { return {}; }

  /// Sentences on what was not as the table of well-known instruments says; for the log.
  [[nodiscard]] std::span<const std::string> notes() const { return notes_; }
  /// A file that could not be read to its end the second time: its bars lack from there on.
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  struct Row {
    Timestamp open_time;
    Price open;
    Price high;
    Price low;
    Price close;
    double volume;
    double turnover;
  };
  struct Series {
    std::vector<Row> rows;
    std::vector<klines::FundingRate> funding;
    std::optional<RowStream> stream;  ///< instead of rows
  };
  /// The first price off the tick that is given or usual.
  struct OffTick {
    Price price;
    Timestamp open_time{};
  };

  FileSource(Interval interval, bool aggregates, bool keeps)
      : interval_(interval), aggregates_(aggregates), keeps_(keeps) {}
  static Result<FileSource> open_all(const std::vector<KlineInput>& inputs, FileSource source);
  Result<void> add(const KlineInput& input, InstrumentTable& table);
  static Result<klines::SetAside> read_rows(const KlineInput& input, InstrumentId id, Interval own,
                                            const std::function<void(const Bar&)>& take);
  Result<Instrument> describe(const KlineInput& input, Price found_tick, Instrument derived,
                              const std::optional<OffTick>& off);

  Interval interval_;
  bool aggregates_ = false;  ///< files of smaller intervals are put together
  bool keeps_ = true;        ///< rows in memory
  std::vector<Instrument> instruments_;
  std::vector<Series> series_;
  std::vector<std::string> notes_;
  Timestamp first_ = Timestamp::max();
  Timestamp end_ = Timestamp::min();
};

}  // namespace proteus::sim
