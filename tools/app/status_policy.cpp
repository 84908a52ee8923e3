#include "tools/app/status_policy.hpp"

#include <fmt/format.h>

#include "strategies/policy/policy_trial.hpp"
#include "tools/app/json_object.hpp"
#include "tools/app/policy_files.hpp"

namespace proteus::app {
namespace {

using namespace view;

constexpr std::string_view kWarn = "1;33";
constexpr std::string_view kBad = "1;31";

/// Sum of a number over the instruments that a policy trades.
class Sums {
 public:
  explicit Sums(const bj::array& instruments) {
    for (const bj::value& i : instruments)
      if (const bj::value& p = get(i, "policy"); p.is_object()) policies_.push_back(&p);
  }
  [[nodiscard]] bool none() const { return policies_.empty(); }
  [[nodiscard]] std::size_t size() const { return policies_.size(); }
  [[nodiscard]] double of(const char* key) const {
    double sum = 0.0;
    for (const bj::value* p : policies_) sum += number(*p, key);
    return sum;
  }
  [[nodiscard]] std::size_t adapted() const {
    std::size_t count = 0;
    for (const bj::value* p : policies_) count += number(*p, "version") > 0.0 ? 1U : 0U;
    return count;
  }

 private:
  std::vector<const bj::value*> policies_;
};

/// Versions that are gone and those in use; in units and, of one instrument's whole weight, in %.
std::string gain_text(const Sums& sums, double unit) {
  const double gain = sums.of("gain_total") + sums.of("shadow_gain");
  std::string out = fmt::format("earned against the base in shadow {:+.2f} units", gain);
  if (unit > 0.0) out += fmt::format(" ({:+.2f} %)", 100.0 * gain * unit);
  return out;
}

std::vector<std::string> who(const bj::value& policy, const Sums& sums, const Style& style) {
  std::vector<std::string> cells;
  if (policy.is_object()) {
    cells.push_back(fmt::format("{}, trained, mean of {} network(s)", text(policy, "name"),
                                text(policy, "networks")));
    cells.push_back(fmt::format("decides every {} bar(s)", text(policy, "decide_every")));
  }
  cells.push_back(
      fmt::format("answers {:.0f} ({:.0f} trials)", sums.of("answers"), sums.of("trials")));
  cells.push_back(fmt::format("beyond what training saw {:.0f}", sums.of("outside")));
  if (sums.of("bad") > 0.0)
    cells.push_back(painted(style, kBad, fmt::format("NO NUMBERS {:.0f}", sums.of("bad"))));
  return cells;
}

std::vector<std::string> weights(const bj::value& policy, const Sums& sums, const Style& style) {
  std::vector<std::string> cells = {fmt::format(
      "steps: proposed {:.0f}, adopted {:.0f}, refused {:.0f}, rolled back {:.0f}",
      sums.of("proposed"), sums.of("adopted"), sums.of("refused"), sums.of("rolled_back"))};
  if (const double failed = sums.of("failed") + sums.of("lost"); failed > 0.0)
    cells.push_back(painted(style, kWarn, fmt::format("without an answer or lost {:.0f}", failed)));
  if (sums.of("adopted") > 0.0) {
    cells.push_back(fmt::format("in use on {} of {}, there {:+.2f} units ahead of the base",
                                sums.adapted(), sums.size(), sums.of("shadow_gain")));
    cells.push_back(gain_text(sums, number(policy, "unit")));
  }
  return cells;
}

}  // namespace

std::string policy_json(const Loaded& loaded) {
  if (loaded.policies.empty()) return "null";
  const strategies::PolicySpec& spec = loaded.policies.front().spec;
  const strategies::PolicySettings& policy = loaded.settings.policy;
  return JsonObject{}
      .add("name", policy_name(loaded))
      .add("networks", loaded.policies.size())
      .add("decide_every", spec.market.decide_every)
      .add("trial_bars", spec.market.trial_bars)
      .add("adapt", EnumNames<strategies::Adapt>::names[static_cast<std::size_t>(policy.adapt)])
      .add("adapt_every", policy.adapt_every)
      .add("unit", strategies::unit_of(spec.market, spec.interval))
      .text();
}

std::string adapting_text(std::string_view adapt, double every) {
  const std::string steps = fmt::format(
      "its weights by gradient steps every {:.0f} bars, if better than the base", every);
  if (adapt == "recurrent") return "its memory at every bar; its weights stay";
  if (adapt == "gradient") return steps;
  if (adapt == "both") return "its memory at every bar; " + steps;
  return "nothing: it forgets every bar, and its weights stay";
}

std::vector<std::vector<std::string>> policy_cells(const bj::value& status, const Style& style) {
  const Sums sums(list(status, "instruments"));
  if (sums.none()) return {};
  const bj::value& policy = get(status, "policy");
  std::vector<std::vector<std::string>> lines = {who(policy, sums, style)};
  const std::string adapt = text(policy, "adapt");
  if (!adapt.empty())
    lines.push_back({"adapts " + adapting_text(adapt, number(policy, "adapt_every"))});
  if (adapt == "gradient" || adapt == "both" || sums.of("cuts") > 0.0)
    lines.push_back(weights(policy, sums, style));
  return lines;
}

std::string reason_text(const bj::value& instrument) {
  const std::string reason = text(instrument, "reason");
  const bj::value& weight = get(instrument, "weight");
  if (reason.empty() || !weight.is_number() || !get(instrument, "policy").is_object())
    return reason;
  return fmt::format("{} ({:+.2f})", reason, number(instrument, "weight"));
}

}  // namespace proteus::app
