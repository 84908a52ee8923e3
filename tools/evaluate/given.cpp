#include "tools/evaluate/given.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/bounds.hpp"
#include "models/maml/model_file.hpp"
#include "tools/app/kline_inputs.hpp"
#include "tools/evaluate/trained_until.hpp"

namespace proteus::app::evaluate {
namespace {

/// Whether the file or the command line says a key.
class Said {
 public:
  static Result<Said> in(const std::string& file, const std::vector<std::string>& overrides) {
    Said said;
    said.overrides_ = overrides;
    if (file.empty()) return said;
    BOOST_OUTCOME_TRY(const auto text, config::read_file(file));
    said.document_ = config::parse_document(text);
    return said;
  }
  [[nodiscard]] const config::Entry* entry(std::string_view section, std::string_view key) const {
    const auto found = std::ranges::find_if(document_.entries, [&](const config::Entry& e) {
      return e.section == section && e.key == key;
    });
    return found == document_.entries.end() ? nullptr : &*found;
  }
  [[nodiscard]] bool key(std::string_view section, std::string_view key) const {
    const std::string begin = fmt::format("{}.{}=", section, key);
    return entry(section, key) != nullptr ||
           std::ranges::any_of(overrides_, [&](const auto& o) { return o.starts_with(begin); });
  }

 private:
  config::Document document_;
  std::vector<std::string> overrides_;
};

/// What several checkpoints have seen together.
Result<Seen> seen_by_all(const std::vector<std::string>& files) {
  Seen all;
  for (const std::string& file : files) {
    BOOST_OUTCOME_TRY(const auto checkpoint, inference::load_checkpoint(file));
    BOOST_OUTCOME_TRY(Seen seen, seen_by(checkpoint, file));
    if (seen.real && !seen.until)
      return error(
          ErrorCode::Refused,
          fmt::format("{}: it was trained up to the last bar of its files, so none of them "
                      "is new to it: what it earns there proves nothing. Judge its recipe "
                      "instead, with --config",
                      file));
    all.kind = checkpoint.kind;
    if (all.files.empty()) {
      all.files = seen.files;
      all.funding_folder = seen.funding_folder;
    }
    all.real = all.real || seen.real;
    if (seen.until && (!all.until || *seen.until > *all.until)) all.until = seen.until;
  }
  return all;
}

/// From the last bar that was seen to the end of the files.
Result<std::string> block_behind(const Seen& seen, const std::vector<std::string>& files) {
  BOOST_OUTCOME_TRY(const auto inputs, kline_inputs(files, ""));
  BOOST_OUTCOME_TRY(const auto source, sim::FileSource::open(inputs));
  const Timestamp from = seen.until.value_or(source.first());
  if (from >= *source.end())
    return error(ErrorCode::Refused,
                 fmt::format("the files end on {}, and the checkpoints have seen bars up to {}: "
                             "nothing is left to judge them on; give files that reach further with "
                             "--set data.files=...",
                             format_time(*source.end()), format_time(from)));
  return fmt::format("{}/{}", format_time(from), format_time(*source.end()));
}

}  // namespace

Result<Plan> plan_for_checkpoints(const std::vector<std::string>& checkpoints,
                                  const std::string& config,
                                  const std::vector<std::string>& overrides) {
  BOOST_OUTCOME_TRY(const Said said, Said::in(config, overrides));
  BOOST_OUTCOME_TRY(const Seen seen, seen_by_all(checkpoints));
  std::string judged = "policy";
  if (const auto* entry = said.entry("evaluate", "judged"); entry != nullptr && entry->value)
    if (const auto* text = std::get_if<std::string>(&*entry->value)) judged = *text;
  const std::string section = "candidate." + judged;
  std::vector<std::string> all = overrides;
  all.push_back(fmt::format("{}.checkpoints={}", section, fmt::join(checkpoints, ",")));
  if (said.key(section, "train")) all.push_back(section + ".train=");
  if (!said.key(section, "set"))
    all.push_back(section + (seen.kind == maml::kForecastKind ? ".set=strategy.name=forecast"
                                                              : ".set=strategy.name=policy"));
  if (!said.key("data", "files")) {
    if (seen.files.empty())
      return error(ErrorCode::NotFound,
                   "the checkpoints were trained on no kline files: name those to judge them on "
                   "with --set data.files=...");
    all.push_back(fmt::format("data.files={}", fmt::join(seen.files, ",")));
    if (!said.key("data", "funding_folder"))
      all.push_back("data.funding_folder=" + seen.funding_folder);
  }
  if (!said.key("folds", "tests")) {
    // The plan's own words on the files, once they are all there; a block that is none stands in.
    auto draft = all;
    draft.push_back("folds.tests=1970-01-02/1970-01-03");
    BOOST_OUTCOME_TRY(const Plan plan, read_plan(config, draft, judged));
    BOOST_OUTCOME_TRY(const std::string block, block_behind(seen, plan.data.files));
    all.push_back("folds.tests=" + block);
  }
  return read_plan(config, all, judged);
}

}  // namespace proteus::app::evaluate
