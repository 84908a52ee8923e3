#include "models/inference/policy_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/inference/packed_policy.hpp"
#include "models/inference/setting_lines.hpp"
#include "strategies/features/feature_set.hpp"
#include "strategies/policy/own_inputs.hpp"

namespace proteus::inference {
namespace {

using strategies::PolicyModel;
using strategies::PolicySpec;

constexpr std::array<std::string_view, 2> kSeen = {"seen_min", "seen_max"};

/// What stands behind "name = " in a text of lines.
std::string line_of(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(" = "))
      return std::string(line.substr(name.size() + 3));
    at = end + 1;
  }
  return {};
}

Result<std::vector<double>> column(const Checkpoint& checkpoint, std::string_view name,
                                   std::string_view file) {
  const auto tensor = std::ranges::find(checkpoint.tensors, name, &Tensor::name);
  if (tensor == checkpoint.tensors.end())
    return corrupt(file, fmt::format("tensor {} is missing", name));
  auto values = tensor->doubles();
  if (!values) return corrupt(file, fmt::format("tensor {} holds no 64-bit floats", name));
  for (const double x : values.value())
    if (!std::isfinite(x))
      return corrupt(file, fmt::format("tensor {} holds {}, which is no finite number", name, x));
  return values;
}

Result<PolicySpec> read_spec(const Checkpoint& checkpoint, std::string_view name) {
  PolicySpec spec;
  spec.name = name;
  spec.hash = checkpoint.content_hash;
  SettingLines lines{checkpoint.config};
  lines.read_all(spec.market);
  lines.read("features", spec.features);
  if (!lines.bad().empty())
    return corrupt(
        name, fmt::format("setting {} is missing, out of range or cannot be read", lines.bad()));
  const auto interval = parse_interval(line_of(checkpoint.config, "interval"));
  if (!interval) return corrupt(name, "setting interval is missing or cannot be read");
  spec.interval = *interval;
  SettingLines inner{checkpoint.config};  // Checkpoints from before do not have them.
  inner.read("inner_steps", spec.inner_steps);
  inner.read("inner_rate", spec.inner_rate);
  spec.offset = checkpoint.normaliser.offset;
  spec.factor = checkpoint.normaliser.factor;
  spec.limit = checkpoint.normaliser.limit;
  BOOST_OUTCOME_TRY(spec.seen_min, column(checkpoint, kSeen[0], name));
  BOOST_OUTCOME_TRY(spec.seen_max, column(checkpoint, kSeen[1], name));
  return spec;
}

}  // namespace

Result<std::string> market_policy_schema(features::Kind features, Interval interval) {
  Instrument instrument;
  BOOST_OUTCOME_TRY(const auto set, features::make_feature_set(features, instrument, interval));
  return set->schema().canonical_text() + std::string(strategies::kOwnInputsText);
}

Result<PolicyModel> policy_of(const Checkpoint& checkpoint, std::string_view name,
                              KernelChoice kernel) {
  // Of another kind first: its other settings would be missing for no other reason.
  if (checkpoint.kind != kMarketPolicyKind)
    return error(
        ErrorCode::Refused,
        fmt::format("{}: the checkpoint holds a {}, and what trades is a {} (proteus train "
                    "with train.model = \"{}\")",
                    name, checkpoint.kind, kMarketPolicyKind, kMarketPolicyKind));
  BOOST_OUTCOME_TRY(PolicySpec spec, read_spec(checkpoint, name));
  BOOST_OUTCOME_TRY(const std::string schema, market_policy_schema(spec.features, spec.interval));
  if (const auto fits = check_fits(checkpoint, kMarketPolicyKind, schema); fits.has_error())
    return error(fits.error().code, fmt::format("{}: {}", name, fits.error().context));
  BOOST_OUTCOME_TRY(auto policy, PackedPolicy::create(checkpoint, name, kernel));
  PolicyModel model{std::move(spec), std::move(policy)};
  BOOST_OUTCOME_TRY(strategies::check_model(model, model.spec.offset.size(), model.spec.interval));
  return model;
}

Result<PolicyModel> read_policy_file(const std::filesystem::path& path, KernelChoice kernel) {
  BOOST_OUTCOME_TRY(const Checkpoint checkpoint, load_checkpoint(path));
  return policy_of(checkpoint, path.string(), kernel);
}

}  // namespace proteus::inference
