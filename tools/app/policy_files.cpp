#include "tools/app/policy_files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/storage/wal_format.hpp"
#include "models/inference/policy_file.hpp"
#include "strategies/make_strategy.hpp"
#include "tools/app/shipped.hpp"

namespace proteus::app {
namespace {

using strategies::PolicyModel;

inference::KernelChoice kernel_of(strategies::KernelChoice choice) {
  return static_cast<inference::KernelChoice>(choice);
}
static_assert(EnumNames<strategies::KernelChoice>::names ==
              EnumNames<inference::KernelChoice>::names);

/// Those that can be read; the others are told.
std::vector<PolicyModel> read_all(const strategies::PolicySettings& policy,
                                  config::Reader& reader) {
  std::vector<PolicyModel> models;
  for (const std::string& file : policy.checkpoints) {
    auto model = inference::read_policy_file(file, kernel_of(policy.kernel));
    if (model.has_error())
      reader.reject("policy", "checkpoints", model.error().context);
    else
      models.push_back(std::move(model).value());
  }
  return models;
}

/// Pins what was found, or holds what was found against what was pinned.
void take_content(Settings& s, const std::vector<PolicyModel>& models, config::Reader& reader) {
  std::vector<std::string> found;
  for (const PolicyModel& model : models) found.push_back(model.spec.hash);
  if (s.policy.content.empty()) {
    s.policy.content = found;
    // Also where an empty list was given: a session keeps what it trades.
    reader.derive("policy", "content", found);
    return;
  }
  if (s.policy.content.size() != found.size())
    return reader.reject(
        "policy", "content",
        fmt::format("names {} hashes for {} checkpoints", s.policy.content.size(), found.size()));
  for (std::size_t i = 0; i < found.size(); ++i)
    if (s.policy.content[i] != found[i])
      reader.reject("policy", "content",
                    fmt::format("{} has the content {}, and {} is wanted: it is another "
                                "checkpoint, or it has been changed",
                                s.policy.checkpoints[i], found[i], s.policy.content[i]));
}

/// Answers of the learner are records of the log, and the weights in use stand in its snapshots.
void check_weights(const Settings& s, const std::vector<PolicyModel>& models,
                   config::Reader& reader) {
  if (!strategies::learns(s.policy.adapt)) return;
  std::size_t bytes = 4096;  // of the rest of the record
  for (const PolicyModel& model : models)
    bytes += sizeof(float) * model.policy->weights(s.policy.adapt_weights).size();
  const std::size_t instruments = std::max<std::size_t>(s.engine.instruments.size(), 1);
  const std::size_t most =
      std::min<std::size_t>(storage::kPayloadMax, storage::kSnapshotMax / 2 / instruments);
  if (bytes > most)
    reader.reject(
        "policy", "adapt_weights",
        fmt::format("leads to {} bytes of weights an instrument, and the log holds {} for "
                    "each of {}: set it to head, or trade fewer instruments or "
                    "checkpoints",
                    bytes, most, instruments));
}

/// A full weight is scaled as the policy's own account scaled it in training.
void take_volatility(Settings& s, const strategies::MarketSettings& market,
                     config::Reader& reader) {
  const auto take = [&](const char* key, auto& setting, const auto& trained) {
    if (reader.given("risk.sizing", key)) return;
    setting = trained;
    reader.derive("risk.sizing", key, trained);
  };
  take("volatility_target", s.sizing.volatility_target, market.volatility_target);
  take("volatility_scale_max", s.sizing.volatility_scale_max, market.volatility_scale_max);
  take("volatility_span", s.sizing.volatility_span, market.volatility_span);
}

void take_warm_up(Settings& s, const PolicyModel& model, config::Reader& reader) {
  if (reader.given("feed", "warm_up_bars")) return;
  const auto bars = strategies::policy_warm_up(model.spec);
  if (bars.has_error()) return;  // The interval's complaint has told it.
  s.feed.warm_up_bars = static_cast<std::int64_t>(bars.value());
  reader.derive("feed", "warm_up_bars", s.feed.warm_up_bars);
}

}  // namespace

void take_features(Settings& s, features::Kind kind, std::string_view who, config::Reader& reader) {
  if (reader.given("strategy", "features")) {
    if (s.strategy.features != kind)
      reader.reject("strategy", "features",
                    fmt::format("is {}, and the {} reads {}: leave it out",
                                to_string(s.strategy.features), who, to_string(kind)));
    return;
  }
  s.strategy.features = kind;
  reader.derive("strategy", "features", std::string(to_string(kind)));
}

std::vector<PolicyModel> take_policies(Settings& s, config::Reader& reader,
                                       const std::filesystem::path& folder,
                                       const std::string& otherwise) {
  if (s.policy.checkpoints.empty()) {
    reader.reject("policy", "checkpoints",
                  "is empty: strategy.name = \"policy\" trades checkpoints, name at least one");
    return {};
  }
  auto files = with_shipped(s.policy.checkpoints);
  if (files.has_error()) {
    reader.reject("policy", "checkpoints", files.error().context);
    return {};
  }
  s.policy.checkpoints = std::move(files).value();
  for (std::string& file : s.policy.checkpoints) {
    std::error_code unknown;
    const std::filesystem::path beside = (folder / file).lexically_normal();
    if (!std::filesystem::exists(file, unknown) && std::filesystem::exists(beside, unknown))
      file = beside.string();
  }
  std::vector<PolicyModel> models = read_all(s.policy, reader);
  if (models.size() != s.policy.checkpoints.size()) return {};
  const strategies::PolicySpec& first = models.front().spec;
  if (const auto fit = strategies::check_ensemble(models); fit.has_error()) {
    reader.reject("policy", "checkpoints", fit.error().context);
    return {};
  }
  if (const auto fit =
          strategies::check_model(models.front(), first.offset.size(), s.engine.interval);
      fit.has_error()) {
    reader.reject("engine", "interval", fit.error().context + otherwise);
    return {};
  }
  if (s.policy.adapt == strategies::Adapt::Gradient && s.policy.adapt_weights == AdaptedPart::All)
    reader.reject(
        "policy", "adapt_weights",
        "is all, and adapt = \"gradient\" empties the hidden state at every bar: nothing is "
        "there to be learned through; set it to head, or adapt to both");
  check_weights(s, models, reader);
  take_content(s, models, reader);
  take_features(s, first.features, "policy", reader);
  take_warm_up(s, models.front(), reader);
  take_volatility(s, first.market, reader);
  if (!reader.given("policy", "kernel"))
    reader.derive("policy", "kernel", std::string(models.front().policy->kernel()));
  return models;
}

std::string policy_name(const Loaded& loaded) {
  const auto& files = loaded.settings.policy.checkpoints;
  if (files.empty()) return "";
  const auto folder = [](const std::string& file) {
    std::error_code failed;  // Where the working folder is gone, a relative path stays one.
    const std::filesystem::path whole = std::filesystem::absolute(file, failed);
    return (failed ? std::filesystem::path(file) : whole).parent_path();
  };
  const bool together = std::ranges::all_of(
      files, [&](const std::string& file) { return folder(file) == folder(files.front()); });
  const std::string common = folder(files.front()).filename().string();
  if (files.size() > 1 && together && !common.empty()) return common;
  const std::string first = std::filesystem::path(files.front()).filename().string();
  return files.size() == 1 ? first : fmt::format("{} and {} more", first, files.size() - 1);
}

std::vector<std::string> policy_lines(const Loaded& loaded) {
  std::vector<std::string> lines;
  for (const PolicyModel& model : loaded.policies)
    lines.push_back(fmt::format(
        "file={} content={} kernel={} features={} trial_bars={} rebuild_bars={} adapt={}",
        model.spec.name, model.spec.hash.substr(0, 16), model.policy->kernel(),
        to_string(model.spec.features), model.spec.market.trial_bars,
        model.spec.market.rebuild_bars,
        EnumNames<strategies::Adapt>::names[static_cast<std::size_t>(
            loaded.settings.policy.adapt)]));
  return lines;
}

}  // namespace proteus::app
