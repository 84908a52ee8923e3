#include "tools/evaluate/tried_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/bounds.hpp"
#include "config/document.hpp"
#include "config/value_text.hpp"
#include "tools/evaluate/judge.hpp"

namespace proteus::app::evaluate {
namespace {

namespace fs = std::filesystem;

/// Keys that tell runs of one configuration apart.
bool is_of_the_run(const config::Entry& entry) {
  constexpr std::array<std::string_view, 9> kKeys{
      "train.seed", "train.name",           "train.keep",         "train.save_every", "data.from",
      "data.to",    "data.validation_from", "data.validation_to", "data.embargo"};
  return std::ranges::find(kKeys, entry.section + "." + entry.key) != kKeys.end();
}

std::string configuration_of(const config::Document& document) {
  std::vector<std::string> lines;
  for (const config::Entry& entry : document.entries)
    if (!is_of_the_run(entry))
      lines.push_back(
          fmt::format("{}.{}={}", entry.section, entry.key, config::toml_text(entry.value)));
  std::ranges::sort(lines);
  return fmt::format("{}", fmt::join(lines, "\n"));
}

/// What was tried there is not known, and a count that leaves it out would flatter.
Error unreadable(const fs::path& file, const config::Document& document) {
  const std::string what = document.error
                               ? fmt::format(":{}: {}", document.error->line, document.error->what)
                               : std::string(": it holds no settings");
  return error(ErrorCode::Corrupt,
               fmt::format("evaluate.count_runs: {}{}; what was tried there cannot be counted. "
                           "Bring the file back, or move its folder away and say so beside the "
                           "results",
                           file.string(), what));
}

}  // namespace

Result<std::vector<Trial>> tried_runs(const fs::path& folder) {
  std::error_code failed;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
    if (std::error_code ignored; fs::exists(at->path() / "config.toml", ignored))
      files.push_back(at->path() / "config.toml");
  if (failed)
    return error(ErrorCode::NotFound, fmt::format("evaluate.count_runs: cannot read {}: {}",
                                                  folder.string(), failed.message()));
  std::ranges::sort(files);
  std::vector<Trial> trials;
  std::set<std::string> known;
  for (const fs::path& file : files) {
    BOOST_OUTCOME_TRY(const auto text, config::read_file(file));
    const config::Document document = config::parse_document(text);
    if (document.error || document.tables.empty()) return unreadable(file, document);
    const bool trained = std::ranges::any_of(
        document.tables, [](const config::Table& table) { return table.section == "train"; });
    const std::string hash = text_hash(configuration_of(document));
    if (!trained || !known.insert(hash).second) continue;
    trials.push_back({fmt::format("training {}", file.parent_path().filename().string()),
                      hash,
                      "validation of its training",
                      0,
                      1.0,
                      {}});
  }
  return trials;
}

}  // namespace proteus::app::evaluate
