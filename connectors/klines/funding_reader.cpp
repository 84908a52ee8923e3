#include "connectors/klines/funding_reader.hpp"

#include <fmt/format.h>

#include "connectors/klines/line_reader.hpp"
#include "engine/core/fixed.hpp"

namespace proteus::klines {
namespace {

constexpr std::string_view kFundingHeader = "time_ms,rate";

Result<FundingRate> parse(const LineReader& lines, std::string_view line) {
  const auto parts = split<2>(line);
  if (!parts)
    return lines.at_line(ErrorCode::Malformed,
                         fmt::format("not two columns: \"{}\"", line.substr(0, 80)));
  const std::optional<Timestamp> time = parse_unix_ms((*parts)[0]);
  if (!time)
    return lines.at_line(ErrorCode::Malformed, fmt::format("not milliseconds since 1970: \"{}\"",
                                                           (*parts)[0].substr(0, 40)));
  const Result<std::int64_t> rate = parse_fixed((*parts)[1]);
  if (!rate) return lines.at_line(rate.error().code, fmt::format("rate: {}", rate.error().context));
  if (rate.value() > kFixedScale || rate.value() < -kFixedScale)
    return lines.at_line(ErrorCode::OutOfRange,
                         fmt::format("rate: {} is beyond the whole position; 0.0001 means 1 bp",
                                     (*parts)[1].substr(0, 40)));
  return FundingRate{*time, rate.value()};
}

}  // namespace

Result<std::vector<FundingRate>> read_funding(const std::filesystem::path& path) {
  BOOST_OUTCOME_TRY(LineReader lines, LineReader::open(path));
  BOOST_OUTCOME_TRY(const std::optional<std::string_view> header, lines.next());
  if (!header || *header != kFundingHeader)
    return error(ErrorCode::Malformed,
                 fmt::format("{}:1: the header is \"{}\" and has to be \"{}\"", path.string(),
                             header.value_or("").substr(0, 80), kFundingHeader));
  std::vector<FundingRate> rates;
  while (true) {
    BOOST_OUTCOME_TRY(const std::optional<std::string_view> line, lines.next());
    if (!line) return rates;
    BOOST_OUTCOME_TRY(const FundingRate rate, parse(lines, *line));
    if (!rates.empty() && rate.time <= rates.back().time)
      return lines.at_line(ErrorCode::Malformed,
                           fmt::format("{} does not come after {}; sort the file by time_ms",
                                       format_time(rate.time), format_time(rates.back().time)));
    rates.push_back(rate);
  }
}

}  // namespace proteus::klines
