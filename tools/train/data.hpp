// The series that a run trains on: kline files with their instruments' rules as a replay has them,
// and generated markets. A file with holes becomes several series.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/reader.hpp"
#include "models/runs/data.hpp"
#include "tools/train/settings.hpp"

namespace proteus::app::train {

struct Loaded {
  runs::Data data;
  std::vector<std::string> notes;  ///< what was left out or assumed: sentences
};

/// The two periods. Times that are none, and periods that overlap, are told to the reader.
struct Periods {
  training::Period training;
  training::Period validation;
};
Periods read_periods(const DataSettings& settings, config::Reader& reader);
/// What else cannot be: no data at all, an unknown kind of market.
void check_data(const DataSettings& settings, config::Reader& reader);
/// Kinds and instruments of the generated markets of a section.
void check_synthetic(std::string_view section, const DataSettings& settings,
                     config::Reader& reader);

/// Errors, with file and range: NotFound (no such file or folder, no bar in the periods), Malformed
/// (rows that are none, holes that leave no stretch of bars_min), OutOfRange, Io, Corrupt.
Result<Loaded> load_data(const DataSettings& settings, const Periods& periods);

/// FNV-1a (64 bits) of everything that a trainer sees of a series: instrument, interval, features'
/// definitions, bars and settlements, in their binary form.
std::uint64_t series_hash(const training::Series& series);

}  // namespace proteus::app::train
