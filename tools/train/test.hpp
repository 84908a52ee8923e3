// The test that a training ends with: the finished model on bars, or on whole markets, that it has
// not seen. [test] says how, [test.data] on what.
#pragma once

#include <filesystem>
#include <optional>

#include "tools/train/configuration.hpp"

namespace proteus::app::train {

/// [test.data] as it is where nobody says anything: the features and the kind of generated bars
/// that training has, and no markets of its own.
DataSettings test_defaults(const DataSettings& data);

/// None, where neither a time nor markets are given: no test. Times that are none, and a test of
/// the training's own markets that begins before training and validation have ended, are told to
/// the reader.
std::optional<training::Period> read_test_period(const DataSettings& data, const Periods& periods,
                                                 const DataSettings& test, config::Reader& reader);

/// The markets of [test.data], or those of [data] where it names none. Errors: those of load_data;
/// Refused, where training has seen bars of the period.
Result<TestData> load_test(const Configuration& config, const runs::Data& trained);

/// Errors: those of reading the file, and of the test.
Result<TestReport> test_model(const Configuration& config, const std::filesystem::path& model,
                              const TestData& data);

}  // namespace proteus::app::train
