#include "tools/evaluate/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "config/bounds.hpp"
#include "connectors/klines/file_name.hpp"

namespace proteus::app::evaluate {
namespace {

constexpr std::string_view kCandidate = "candidate.";
constexpr std::string_view kForecasts = "strategy.name=forecast";

/// Of a forecaster, where the file says no other.
std::vector<std::string> forecast_adaptation() {
  return {"0 steps: forecast.adaptation_steps=0", "1 step: forecast.adaptation_steps=1",
          "5 steps: forecast.adaptation_steps=5"};
}

std::vector<std::string> split(std::string_view text, char mark) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t at = text.find(mark);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

/// Plain rules as they would be held: without a cap by their own record, and buy and hold without
/// scaling.
std::vector<std::string> baseline_overrides(const std::string& name) {
  std::vector<std::string> overrides{"strategy.name=" + name, "risk.sizing.kelly_floor=1"};
  if (name == "buy_and_hold")
    overrides.insert(overrides.end(),
                     {"risk.sizing.volatility_target=10", "risk.sizing.volatility_scale_max=1",
                      "risk.sizing.no_trade_band=0.05"});
  return overrides;
}

/// "2023-01-01/2023-07-01"; nothing: it is none.
std::optional<std::pair<Timestamp, Timestamp>> block_of(const std::string& text) {
  const auto ends = split(text, '/');
  if (ends.size() != 2) return std::nullopt;
  const auto from = parse_time(ends[0]);
  const auto to = parse_time(ends[1]);
  if (from.has_error() || to.has_error() || from.value() >= to.value()) return std::nullopt;
  return std::pair{from.value(), to.value()};
}

class PlanReader {
 public:
  explicit PlanReader(config::Reader& reader) : reader_(reader) {}

  Plan read(const std::vector<std::string>& names) {
    reader_.section("evaluate", plan_.evaluate);
    reader_.section("data", plan_.data);
    reader_.section("folds", plan_.fold_settings);
    reader_.section("train", plan_.train);
    for (const std::string& name : names) read_candidate(name);
    add_baselines();
    add_not_adapting();
    read_folds();
    read_grid();
    read_adaptations();
    if (plan_.evaluate.overfitting_blocks % 2 != 0)
      reader_.reject("evaluate", "overfitting_blocks", "is odd: halves of the blocks are compared");
    if (plan_.data.files.empty())
      reader_.reject("data", "files", "is empty: name a kline file for each instrument");
    return std::move(plan_);
  }

 private:
  void read_candidate(const std::string& name) {
    Candidate candidate;
    candidate.name = name;
    const std::string section = std::string(kCandidate) + name;
    reader_.section(section, candidate.settings);
    const auto& settings = candidate.settings;
    if (!settings.train.empty() && !settings.checkpoints.empty())
      reader_.reject(section, "checkpoints", "and train are both given: leave one of them out");
    if (settings.weights != "best.safetensors" && settings.weights != "model.safetensors")
      reader_.reject(section, "weights", "is neither best.safetensors nor model.safetensors");
    candidate.role = name == plan_.evaluate.judged ? Role::Judged : Role::Candidate;
    candidate.overrides = plan_.evaluate.set;
    candidate.overrides.insert(candidate.overrides.end(), settings.set.begin(), settings.set.end());
    if (candidate.role == Role::Judged)
      plan_.candidates.insert(plan_.candidates.begin(), std::move(candidate));
    else
      plan_.candidates.push_back(std::move(candidate));
  }

  void add_baselines() {
    constexpr std::array<std::string_view, 4> kRules{"flat", "buy_and_hold", "sma_cross", "trend"};
    for (const std::string& name : plan_.evaluate.baselines) {
      if (std::ranges::find(kRules, name) == kRules.end()) {
        reader_.reject(
            "evaluate", "baselines",
            fmt::format("\"{}\" is no plain rule, write one of {}", name, fmt::join(kRules, ", ")));
        continue;
      }
      if (std::ranges::find(plan_.candidates, name, &Candidate::name) != plan_.candidates.end())
        continue;  // The file has its own of that name.
      Candidate candidate{.name = name, .role = Role::Baseline};
      candidate.overrides = plan_.evaluate.set;
      for (std::string& one : baseline_overrides(name))
        candidate.overrides.push_back(std::move(one));
      if (name == plan_.evaluate.judged) {
        candidate.role = Role::Judged;
        plan_.candidates.insert(plan_.candidates.begin(), std::move(candidate));
      } else {
        plan_.candidates.push_back(std::move(candidate));
      }
    }
    if (plan_.candidates.empty() || plan_.candidates.front().role != Role::Judged)
      reader_.reject("evaluate", "judged",
                     fmt::format("\"{0}\" is no candidate: write a section [candidate.{0}]",
                                 plan_.evaluate.judged));
  }

  /// What the judged policy is worth where its hidden state is emptied at every bar and its weights
  /// stay. It still sees what its inputs carry over: features' windows, position and profit, its
  /// last chances and reward, the share of the trial that has passed.
  void add_not_adapting() {
    if (plan_.candidates.empty() || !plan_.candidates.front().learned()) return;
    Candidate copy = plan_.candidates.front();
    copy.name += "_not_adapting";
    copy.role = Role::Baseline;
    copy.follows_judged = true;
    copy.overrides.emplace_back(forecasts() ? "forecast.adaptation_steps=0" : "policy.adapt=off");
    plan_.candidates.push_back(std::move(copy));
  }

  /// Whether a forecaster is judged.
  [[nodiscard]] bool forecasts() const {
    return !plan_.candidates.empty() && plan_.candidates.front().forecasts();
  }

  void read_adaptations() {
    if (forecasts() && !reader_.given("evaluate", "adaptation")) {
      plan_.evaluate.adaptation = forecast_adaptation();
      reader_.derive("evaluate", "adaptation", plan_.evaluate.adaptation);
    }
    for (const std::string& text : plan_.evaluate.adaptation) {
      const std::size_t colon = text.find(':');
      Adaptation way{text.substr(0, colon), {}};
      if (colon != std::string::npos)
        for (std::string& part : split(text.substr(colon + 1), ',')) {
          part.erase(0, part.find_first_not_of(' '));
          way.overrides.push_back(std::move(part));
        }
      const bool set = std::ranges::all_of(
          way.overrides, [](const std::string& one) { return one.find('=') != std::string::npos; });
      if (way.name.empty() || way.overrides.empty() || !set)
        reader_.reject("evaluate", "adaptation",
                       fmt::format("\"{}\" is no way to adapt: write it as "
                                   "\"name: section.key=value, section.key=value\"",
                                   text));
      plan_.adaptations.push_back(std::move(way));
    }
  }

  void read_folds() {
    const FoldSettings& s = plan_.fold_settings;
    Timestamp train_from{};
    if (!s.train_from.empty()) {
      if (const auto time = parse_time(s.train_from); time.has_value())
        train_from = time.value();
      else
        reader_.reject("folds", "train_from", "is no UTC time: write it as 2021-01-01");
    }
    if (s.tests.empty())
      reader_.reject("folds", "tests",
                     "is empty: name at least one block, such as \"2023-01-01/2023-07-01\"");
    for (const std::string& text : s.tests) {
      const auto block = block_of(text);
      if (!block) {
        reader_.reject("folds", "tests",
                       fmt::format("\"{}\" is no block: write it as "
                                   "\"2023-01-01/2023-07-01\", the earlier time first",
                                   text));
        continue;
      }
      FoldTimes fold;
      fold.train_from = train_from;
      std::tie(fold.test_from, fold.test_to) = *block;
      fold.validation_to = fold.test_from - s.embargo;
      fold.validation_from = fold.validation_to - s.validation;
      fold.train_to = fold.validation_from - s.embargo;
      if (train_from != Timestamp{} && fold.train_to <= train_from)
        reader_.reject("folds", "tests",
                       fmt::format("the block {} leaves no training after folds.train_from", text));
      if (!plan_.folds.empty() && plan_.folds.back().test_to > fold.test_from)
        reader_.reject("folds", "tests",
                       fmt::format("the block {} begins before the one before it has ended", text));
      plan_.folds.push_back(fold);
    }
  }

  void read_grid() {
    for (const std::string& text : plan_.evaluate.grid) {
      const auto parts = split(text, '=');
      GridAxis axis{parts[0],
                    parts.size() == 2 ? split(parts[1], '|') : std::vector<std::string>{}};
      const bool empty = std::ranges::any_of(axis.values, [](const auto& v) { return v.empty(); });
      if (axis.values.size() < 2 || empty)
        reader_.reject("evaluate", "grid",
                       fmt::format("\"{}\" offers no choice: write it as "
                                   "\"section.key=value|value\"",
                                   text));
      plan_.grid.push_back(std::move(axis));
    }
    if (!plan_.grid.empty() && plan_.fold_settings.validation == Duration{0})
      reader_.reject("evaluate", "grid", "needs folds.validation: choices are made on it");
  }

  config::Reader& reader_;
  Plan plan_;
};

/// Each key once, as the last one says it.
std::vector<std::string> last_words(const std::vector<std::string>& overrides) {
  const auto key = [](const std::string& text) { return text.substr(0, text.find('=')); };
  std::vector<std::string> out;
  for (const std::string& one : overrides) {
    std::erase_if(out, [&](const std::string& other) { return key(other) == key(one); });
    out.push_back(one);
  }
  return out;
}

/// Whether the file of trading settings names the interval of decisions.
bool names_interval(const std::string& file) {
  if (file.empty()) return false;
  const auto text = config::read_file(file);
  if (text.has_error()) return false;
  return std::ranges::any_of(config::parse_document(text.value()).entries, [](const auto& entry) {
    return entry.section == "engine" && entry.key == "interval";
  });
}

/// NAMEs of the sections [candidate.NAME], in the order of the file.
Result<std::vector<std::string>> candidate_names(const std::filesystem::path& file) {
  BOOST_OUTCOME_TRY(const std::string text, config::read_file(file));
  auto tables = config::parse_document(text).tables;
  std::ranges::stable_sort(tables, {}, &config::Table::line);
  std::vector<std::string> names;
  for (const config::Table& table : tables)
    if (table.section.starts_with(kCandidate))
      names.push_back(table.section.substr(kCandidate.size()));
  return names;
}

}  // namespace

std::string_view to_string(Role role) {
  switch (role) {
    case Role::Judged:
      return "judged";
    case Role::Candidate:
      return "candidate";
    case Role::Baseline:
      break;
  }
  return "baseline";
}

bool Candidate::forecasts() const {
  const auto last = std::ranges::find_if(
      overrides.rbegin(), overrides.rend(),
      [](const std::string& one) { return one.starts_with("strategy.name="); });
  return last != overrides.rend() && *last == kForecasts;
}

Result<Plan> read_plan(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                       const std::string& extra_candidate) {
  std::vector<std::string> names;
  if (!file.empty()) {
    BOOST_OUTCOME_TRY(names, candidate_names(file));
  }
  if (!extra_candidate.empty() && std::ranges::find(names, extra_candidate) == names.end())
    names.push_back(extra_candidate);
  BOOST_OUTCOME_TRY(auto reader, file.empty() ? Result<config::Reader>(config::Reader::from_text(
                                                    "", "the command line", overrides))
                                              : config::Reader::open(file, overrides));
  Plan plan = PlanReader(reader).read(names);
  if (plan.evaluate.name.empty()) {
    plan.evaluate.name = plan.evaluate.judged;
    reader.derive("evaluate", "name", plan.evaluate.name);
  }
  BOOST_OUTCOME_TRY(reader.finish());
  plan.resolved = reader.resolved();
  plan.hash = reader.hash();
  plan.file = file.string();
  for (const Candidate& candidate : plan.candidates) {
    if (candidate.role == Role::Judged && candidate.learned())
      for (const Adaptation& way : plan.adaptations) {
        BOOST_OUTCOME_TRY(trading_settings(plan, candidate, way.overrides));
      }
    const bool chosen = candidate.role == Role::Judged || candidate.follows_judged;
    for (const auto& point : grid_points(chosen ? plan.grid : std::vector<GridAxis>{})) {
      BOOST_OUTCOME_TRY(trading_settings(plan, candidate, point));
    }
  }
  return plan;
}

Result<Loaded> trading_settings(const Plan& plan, const Candidate& candidate,
                                const std::vector<std::string>& more) {
  std::vector<std::string> instruments;
  Interval interval = Interval::H1;
  for (const std::string& file : plan.data.files) {
    BOOST_OUTCOME_TRY(const auto name, klines::parse_kline_file_name(file));
    interval = name.interval;
    instruments.push_back(
        fmt::format("{}:{}", to_string(name.instrument.category), name.instrument.symbol));
  }
  std::vector<std::string> overrides{
      fmt::format("engine.instruments={}", fmt::join(instruments, ",")),
      "risk.limits.profile=research", "paper.fill_mode=bar",
      fmt::format("feed.warm_up_bars={}", plan.evaluate.warm_up_bars)};
  if (!names_interval(plan.evaluate.trading))
    overrides.push_back(fmt::format("engine.interval={}", to_string(interval)));
  overrides.insert(overrides.end(), candidate.overrides.begin(), candidate.overrides.end());
  overrides.insert(overrides.end(), more.begin(), more.end());
  // Checkpoints are read where they are named: they may not be there before they are trained.
  const std::string naming = std::string(candidate.weights_key()) + "=";
  const bool named =
      std::ranges::any_of(more, [&](const std::string& one) { return one.starts_with(naming); });
  auto loaded =
      load(plan.evaluate.trading, last_words(overrides), named ? Paths::Checked : Paths::Ignored);
  if (loaded.has_error())
    return error(loaded.error().code,
                 fmt::format("trading settings of {}: {}", candidate.name, loaded.error().context));
  return loaded;
}

std::vector<std::vector<std::string>> grid_points(const std::vector<GridAxis>& grid) {
  std::vector<std::vector<std::string>> points{{}};
  for (const GridAxis& axis : grid) {
    std::vector<std::vector<std::string>> wider;
    for (const auto& point : points)
      for (const std::string& value : axis.values) {
        wider.push_back(point);
        wider.back().push_back(fmt::format("{}={}", axis.key, value));
      }
    points = std::move(wider);
  }
  return points;
}

}  // namespace proteus::app::evaluate
