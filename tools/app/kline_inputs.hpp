// Kline files as a user names them, each with the funding file that belongs to it.
#pragma once

#include <string>
#include <vector>

#include "connectors/sim/file_source.hpp"

namespace proteus::app {

/// Errors: NotFound (no such file), Malformed (its name).
Result<sim::KlineInput> kline_input(const std::string& file);

/// Instrument and interval from each file's name; funding from
/// `<exchange>-linear_<SYMBOL>_funding.csv[.gz|.zst]` in `funding_folder`, where it is there.
/// Errors: as kline_input; NotFound (a funding folder that is none).
Result<std::vector<sim::KlineInput>> kline_inputs(
    const std::vector<std::string>& files, const std::string& funding_folder,
    klines::BadRows bad_rows = klines::BadRows::Refuse);

}  // namespace proteus::app
