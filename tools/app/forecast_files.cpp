#include "tools/app/forecast_files.hpp"

#include <fmt/format.h>

#include "models/maml/forecast_file.hpp"
#include "strategies/make_strategy.hpp"
#include "tools/app/policy_files.hpp"
#include "tools/app/shipped.hpp"

namespace proteus::app {
namespace {

using strategies::ForecastModel;

/// Those that can be read; the others are told.
std::vector<ForecastModel> read_all(const std::vector<std::string>& files, config::Reader& reader) {
  std::vector<ForecastModel> models;
  for (const std::string& file : files) {
    auto model = maml::read_forecast_file(file);
    if (model.has_error())
      reader.reject("forecast", "checkpoints", model.error().context);
    else
      models.push_back(std::move(model).value());
  }
  return models;
}

/// Pins what was found, or holds what was found against what was pinned.
void take_content(Settings& s, const std::vector<ForecastModel>& models, config::Reader& reader) {
  std::vector<std::string> found;
  for (const ForecastModel& model : models) found.push_back(model.spec.hash);
  if (s.forecast.content.empty()) {
    s.forecast.content = found;
    reader.derive("forecast", "content", found);
    return;
  }
  if (s.forecast.content.size() != found.size())
    return reader.reject(
        "forecast", "content",
        fmt::format("names {} hashes for {} checkpoints", s.forecast.content.size(), found.size()));
  for (std::size_t i = 0; i < found.size(); ++i)
    if (s.forecast.content[i] != found[i])
      reader.reject("forecast", "content",
                    fmt::format("{} has the content {}, and {} is wanted: it is another "
                                "checkpoint, or it has been changed",
                                s.forecast.checkpoints[i], found[i], s.forecast.content[i]));
}

/// As it was trained, where nobody says otherwise.
void take_training(Settings& s, const strategies::ForecastSpec& spec, config::Reader& reader) {
  const auto take = [&](const char* key, auto& setting, std::int64_t trained) {
    if (setting) return;
    setting = trained;
    if (!reader.given("forecast", key)) reader.derive("forecast", key, trained);
  };
  take("window", s.forecast.window, spec.support_rows);
  take("adaptation_steps", s.forecast.adaptation_steps, spec.inner_steps);
  if (reader.given("feed", "warm_up_bars")) return;
  const auto bars = strategies::forecast_warm_up(s.forecast, spec);
  if (bars.has_error()) return;  // The interval's complaint has told it.
  s.feed.warm_up_bars = static_cast<std::int64_t>(bars.value());
  reader.derive("feed", "warm_up_bars", s.feed.warm_up_bars);
}

}  // namespace

std::vector<ForecastModel> take_forecasters(Settings& s, config::Reader& reader,
                                            const std::filesystem::path& folder) {
  if (s.forecast.exit && *s.forecast.exit > s.forecast.threshold)
    reader.reject(
        "forecast", "exit",
        fmt::format("{} is above threshold ({}): what is opened would be given up at once",
                    *s.forecast.exit, s.forecast.threshold));
  if (s.forecast.checkpoints.empty()) {
    reader.reject("forecast", "checkpoints",
                  "is empty: strategy.name = \"forecast\" trades checkpoints, name at least one");
    return {};
  }
  auto files = with_shipped(s.forecast.checkpoints);
  if (files.has_error()) {
    reader.reject("forecast", "checkpoints", files.error().context);
    return {};
  }
  s.forecast.checkpoints = std::move(files).value();
  for (std::string& file : s.forecast.checkpoints) {
    std::error_code unknown;
    const std::filesystem::path beside = (folder / file).lexically_normal();
    if (!std::filesystem::exists(file, unknown) && std::filesystem::exists(beside, unknown))
      file = beside.string();
  }
  std::vector<ForecastModel> models = read_all(s.forecast.checkpoints, reader);
  if (models.size() != s.forecast.checkpoints.size()) return {};
  const strategies::ForecastSpec& first = models.front().spec;
  if (const auto alike = strategies::check_forecasters(models, first.interval); alike.has_error()) {
    reader.reject("forecast", "checkpoints", alike.error().context);
    return {};
  }
  if (const auto fit = strategies::check_forecasters(models, s.engine.interval); fit.has_error()) {
    reader.reject("engine", "interval", fit.error().context);
    return {};
  }
  take_content(s, models, reader);
  take_features(s, first.features, "forecaster", reader);
  take_training(s, first, reader);
  return models;
}

std::vector<std::string> forecast_lines(const Loaded& loaded) {
  std::vector<std::string> lines;
  for (const ForecastModel& model : loaded.forecasters)
    lines.push_back(fmt::format(
        "file={} content={} features={} horizon={} window={} steps={}", model.spec.name,
        model.spec.hash.substr(0, 16), to_string(model.spec.features), model.spec.horizon,
        loaded.settings.forecast.window.value_or(model.spec.support_rows),
        loaded.settings.forecast.adaptation_steps.value_or(model.spec.inner_steps)));
  return lines;
}

}  // namespace proteus::app
