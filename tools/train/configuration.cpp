#include "tools/train/configuration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tools/train/test.hpp"

namespace proteus::app::train {
namespace {

constexpr std::array<std::string_view, 5> kNames{"market_policy", "rl2", "ppo", "maml_forecast",
                                                 "maml_policy"};

/// The model decides which sections there are, so it is read before them. What is wrong with the
/// rest is told later.
Result<std::string> model_of(const std::filesystem::path& file,
                             const std::vector<std::string>& overrides) {
  BOOST_OUTCOME_TRY(auto reader, config::Reader::open(file, overrides));
  TrainSettings settings;
  reader.section("train", settings);
  return settings.model;
}

void check_train(const TrainSettings& train, config::Reader& reader) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (!std::ranges::all_of(train.name, plain) || train.name.starts_with('.'))
    reader.reject(
        "train", "name",
        "names a folder: letters, digits, \"-\", \"_\" and \".\", which it does not begin "
        "with");
}

}  // namespace

Result<Configuration> read_configuration(const std::filesystem::path& file,
                                         const std::vector<std::string>& overrides,
                                         std::span<const ModelKind> models) {
  BOOST_OUTCOME_TRY(const std::string name, model_of(file, overrides));
  BOOST_OUTCOME_TRY(auto reader, config::Reader::open(file, overrides));
  const bool known = std::ranges::find(kNames, name) != kNames.end();
  const auto model = std::ranges::find(models, name, &ModelKind::name);
  if (known && model == models.end())
    return error(
        ErrorCode::Unsupported,
        fmt::format(
            "train.model = \"{}\" needs LibTorch, which proteus-learn has, and that does not "
            "lie beside this program: install it (from the sources: tools/build/compile "
            "release proteus-learn), or train maml_forecast or maml_policy",
            name));
  Configuration made;
  if (known) {
    made.model = &*model;
    made.recipe = model->recipe();
    made.recipe->read(reader, made.train);
  } else {
    reader.section("train", made.train);
    reader.reject(
        "train", "model",
        fmt::format("\"{}\" is no model, write one of {}", name, fmt::join(kNames, ", ")));
  }
  reader.section("data", made.data);
  check_train(made.train, reader);
  check_data(made.data, reader);
  made.periods = read_periods(made.data, reader);
  if (known && made.recipe->tests()) {
    made.test_data = test_defaults(made.data);
    reader.section("test.data", made.test_data);
    made.test_period = read_test_period(made.data, made.periods, made.test_data, reader);
  }
  auto finished = reader.finish();
  if (!known) {
    // Keys of a model that is not known cannot be judged.
    std::string first = reader.errors().front();
    for (const std::string& line : reader.errors())
      if (line.find("is no model") != std::string::npos) first = line;
    return error(ErrorCode::Malformed, first);
  }
  BOOST_OUTCOME_TRY(finished);
  if (made.train.name.empty()) made.train.name = made.train.model;
  made.resolved = reader.resolved();
  made.shown = reader.show();
  made.hash = reader.hash();
  return made;
}

}  // namespace proteus::app::train
