#include "tools/app/kline_inputs.hpp"

#include <fmt/format.h>

#include "connectors/klines/file_name.hpp"

namespace proteus::app {

Result<sim::KlineInput> kline_input(const std::string& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored))
    return error(ErrorCode::NotFound, fmt::format("{}: there is no such kline file", file));
  return sim::FileSource::input_named(file);
}

Result<std::vector<sim::KlineInput>> kline_inputs(const std::vector<std::string>& files,
                                                  const std::string& funding_folder,
                                                  klines::BadRows bad_rows) {
  std::error_code ec;
  if (!funding_folder.empty() && !std::filesystem::is_directory(funding_folder, ec))
    return error(ErrorCode::NotFound,
                 fmt::format("{}: no such folder of funding files", funding_folder));
  std::vector<sim::KlineInput> inputs;
  for (const std::string& file : files) {
    BOOST_OUTCOME_TRY(auto input, kline_input(file));
    BOOST_OUTCOME_TRY(const klines::KlineFileName name, klines::parse_kline_file_name(file));
    for (const char* ending : {".csv", ".csv.zst", ".csv.gz"}) {
      if (funding_folder.empty() || input.name.category != Category::Linear) break;
      const std::filesystem::path funding =
          std::filesystem::path(funding_folder) /
          fmt::format("{}-linear_{}_funding{}", name.exchange, input.name.symbol, ending);
      if (std::filesystem::is_regular_file(funding, ec)) input.funding = funding;
    }
    input.bad_rows = bad_rows;
    inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace proteus::app
