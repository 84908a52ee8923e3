#include "tools/evaluate/trained_until.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

#include "config/document.hpp"

namespace proteus::app::evaluate {
namespace {

template <class T>
T value_in(const config::Document& document, std::string_view key) {
  for (const config::Entry& entry : document.entries)
    if (entry.section == "data" && entry.key == key && entry.value)
      if (const T* value = std::get_if<T>(&*entry.value)) return *value;
  return {};
}

/// Kline files of a folder that fit a pattern, sorted.
std::vector<std::string> files_like(const std::string& folder, const std::string& pattern) {
  std::vector<std::string> files;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed))
    if (::fnmatch(pattern.c_str(), at->path().filename().c_str(), 0) == 0)
      files.push_back(at->path().string());
  std::ranges::sort(files);
  return files;
}

}  // namespace

Result<Seen> seen_by(const inference::Checkpoint& checkpoint, const std::string& name) {
  const config::Document run = config::parse_document(checkpoint.run_config);
  if (checkpoint.run_config.empty() || run.error)
    return error(ErrorCode::Unsupported,
                 fmt::format("{}: it does not say what it was trained on, so no bar is known to be "
                             "new to it: judge one that proteus train has made",
                             name));
  Seen seen;
  seen.kind = checkpoint.kind;
  seen.files = value_in<std::vector<std::string>>(run, "files");
  seen.funding_folder = value_in<std::string>(run, "funding_folder");
  const auto folder = value_in<std::string>(run, "folder");
  if (!folder.empty())
    for (std::string& file : files_like(folder, value_in<std::string>(run, "pattern")))
      seen.files.push_back(std::move(file));
  seen.real = !seen.files.empty() || !folder.empty();
  const bool validates = !value_in<std::string>(run, "validation_from").empty();
  const auto end = parse_time(value_in<std::string>(run, validates ? "validation_to" : "to"));
  if (end.has_value()) seen.until = end.value();
  return seen;
}

bool may_reach(const Seen& seen, Timestamp from) {
  return seen.real && (!seen.until || *seen.until > from);
}

std::optional<std::string> seen_note(const std::vector<std::string>& checkpoints, Timestamp from) {
  for (const std::string& file : checkpoints) {
    const auto read = inference::load_checkpoint(file);
    if (read.has_error()) continue;
    const auto seen = seen_by(read.value(), file);
    if (seen.has_error() || !may_reach(seen.value(), from)) continue;
    return fmt::format(
        "{} was trained on bars up to {}, and may have seen those that are played from {} on: what "
        "is earned on them proves nothing (proteus evaluate judges on bars that are new to it)",
        file, seen.value().until ? format_time(*seen.value().until) : "the end of its files",
        format_time(from));
  }
  return std::nullopt;
}

Result<void> check_unseen(const std::filesystem::path& checkpoint, Timestamp from) {
  BOOST_OUTCOME_TRY(const auto read, inference::load_checkpoint(checkpoint));
  BOOST_OUTCOME_TRY(const Seen seen, seen_by(read, checkpoint.string()));
  if (!may_reach(seen, from)) return success();
  return error(
      ErrorCode::Refused,
      fmt::format("{}: it was trained on bars up to {}, and is to be judged from {} on: what it "
                  "has seen proves nothing; move the block behind it, or train it on less",
                  checkpoint.string(),
                  seen.until ? format_time(*seen.until) : "the end of its files",
                  format_time(from)));
}

}  // namespace proteus::app::evaluate
