#include "tools/train/test.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::app::train {
namespace {

bool has_markets(const DataSettings& data) {
  return !data.files.empty() || !data.folder.empty() || !data.synthetic.empty();
}

/// The last moment that training or validation may have seen; none: all that there is.
std::optional<Timestamp> seen_until(const Periods& periods) {
  const training::Period& last =
      periods.validation.from || periods.validation.to ? periods.validation : periods.training;
  return last.to;
}

/// A stretch of a file bears the file's name before " from ".
std::string_view market_of(std::string_view series) {
  return series.substr(0, series.find(" from "));
}

/// The same market in training, with bars that open after the test begins.
bool was_seen(const training::Series& series, const training::Period& period,
              const training::Series& trained, const Periods& seen) {
  if (market_of(series.name()) != market_of(trained.name())) return false;
  const auto until = seen_until(seen);
  if (!until) return true;
  return !period.from || *period.from < *until;
}

}  // namespace

DataSettings test_defaults(const DataSettings& data) {
  DataSettings test;
  test.features = data.features;
  test.funding_folder = data.funding_folder;
  test.bars_min = data.bars_min;
  test.gap_max = data.gap_max;
  test.synthetic_bars = data.synthetic_bars;
  test.synthetic_interval = data.synthetic_interval;
  test.synthetic_instrument = data.synthetic_instrument;
  return test;
}

std::optional<training::Period> read_test_period(const DataSettings& data, const Periods& periods,
                                                 const DataSettings& test, config::Reader& reader) {
  const auto wrong = [&](const char* key, std::string_view what) {
    reader.reject("test.data", key, what);
  };
  check_synthetic("test.data", test, reader);
  training::Period period;
  for (const auto& [key, text, time] :
       {std::tuple{"from", &test.from, &period.from}, std::tuple{"to", &test.to, &period.to}}) {
    if (text->empty()) continue;
    if (const auto given = parse_time(*text))
      *time = given.value();
    else
      wrong(key, "is no UTC time: write it as 2025-06-01 or 2025-06-01T00:00:00Z");
  }
  if (!test.validation_from.empty() || !test.validation_to.empty())
    wrong("validation_from", "belongs to training: a test has from and to");
  if (test.features != data.features)
    wrong("features", "is not data.features: a model sees what it was trained on");
  if (period.from && period.to && *period.from >= *period.to)
    wrong("to", "is not after test.data.from");
  if (has_markets(test)) return period;
  if (!period.from && !period.to) return std::nullopt;
  const auto until = seen_until(periods);
  if (!period.from)
    wrong("from", "is missing: a test of the markets of training needs a beginning behind it");
  else if (!until)
    wrong("from",
          "is seen by training, which goes to the last bar: end it with data.to, or with "
          "data.validation_to where there is a validation");
  else if (*period.from < *until)
    wrong("from", fmt::format("is before {}, up to where training and validation see these markets",
                              format_time(*until)));
  return period;
}

Result<TestData> load_test(const Configuration& config, const runs::Data& trained) {
  DataSettings settings = has_markets(config.test_data) ? config.test_data : config.data;
  settings.from = config.test_data.from;
  settings.to = config.test_data.to;
  Periods periods;
  periods.training = *config.test_period;
  BOOST_OUTCOME_TRY(auto loaded, load_data(settings, periods));
  for (const auto& series : loaded.data.series)
    for (const auto& before : trained.series)
      if (was_seen(*series, *config.test_period, *before, config.periods))
        return error(ErrorCode::Refused,
                     fmt::format("test.data: training sees bars of {} in the period of the test: "
                                 "begin test.data.from where data.to or data.validation_to ends, "
                                 "or test another market",
                                 series->name()));
  return TestData{std::move(loaded.data.series), *config.test_period};
}

Result<TestReport> test_model(const Configuration& config, const std::filesystem::path& model,
                              const TestData& data) {
  BOOST_OUTCOME_TRY(const auto checkpoint, inference::load_checkpoint(model));
  return config.recipe->test(checkpoint, data);
}

}  // namespace proteus::app::train
