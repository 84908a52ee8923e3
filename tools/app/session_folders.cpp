#include "tools/app/session_folders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "connectors/storage/sqlite.hpp"
#include "tools/app/json_view.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSessionsNamed = 5;  // in the sentence about one that is not there

bool is_session(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "session.json", ignored);
}

/// Newest first: their names begin with their start.
std::vector<fs::path> sessions_below(const fs::path& runs) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(runs, failed))
    if (is_session(entry.path())) found.push_back(entry.path());
  std::ranges::sort(found, std::greater<>{});
  return found;
}

std::string names_of(const std::vector<fs::path>& sessions) {
  std::string out;
  for (std::size_t i = 0; i < std::min(sessions.size(), kSessionsNamed); ++i)
    out += (out.empty() ? "" : ", ") + sessions[i].filename().string();
  if (sessions.size() > kSessionsNamed)
    out += fmt::format(" and {} older", sessions.size() - kSessionsNamed);
  return out;
}

/// A start that failed leaves a session without any.
bool holds_decisions(const fs::path& session) {
  auto db = storage::Database::open_read_only(session / "journal.sqlite");
  if (db.has_error()) return false;
  auto any = db.value().prepare("SELECT record FROM decisions LIMIT 1");
  if (any.has_error()) return false;
  const auto there = any.value().row();
  return there.has_value() && there.value();
}

}  // namespace

fs::path runs_beside(const fs::path& socket) {
  const fs::path folder = socket.parent_path();
  return folder.empty() ? "." : folder;
}

Result<fs::path> folder_of_daemon(const std::string& status) {
  const view::bj::value v = view::parse(status);
  if (const std::string wrong = view::text(v, "error"); !wrong.empty())
    return error(ErrorCode::NotFound, wrong);
  const fs::path folder = fs::path(view::text(v, "working_folder")) / view::text(v, "folder");
  if (is_session(folder)) return folder;
  return error(ErrorCode::NotFound,
               fmt::format("the daemon's session {} cannot be read from here: name one with "
                           "--session",
                           folder.string()));
}

Result<fs::path> find_session(const fs::path& runs, const std::string& name) {
  if (!name.empty()) {
    if (is_session(name)) return fs::path(name);
    if (is_session(runs / name)) return runs / name;
  }
  const std::vector<fs::path> known = sessions_below(runs);
  if (known.empty())
    return error(ErrorCode::NotFound,
                 fmt::format("there is no session {} below {}", name, runs.string()));
  if (name.empty()) {
    const auto told = std::ranges::find_if(known, holds_decisions);
    return told == known.end() ? known.front() : *told;
  }
  return error(ErrorCode::NotFound, fmt::format("there is no session {}; below {} lie {}", name,
                                                runs.string(), names_of(known)));
}

bool means_session(const fs::path& runs, const std::string& word) {
  if (word.empty()) return false;
  if (is_session(word) || is_session(runs / word) || word.find('/') != std::string::npos)
    return true;
  for (const char* mode : {"-paper", "-live", "-replay"})
    if (word.find(mode) != std::string::npos) return true;
  return false;
}

Result<fs::path> find_session_to_resume(const fs::path& runs, const std::string& name) {
  if (is_session(name)) return fs::path(name);
  if (is_session(runs / name)) return runs / name;
  std::vector<fs::path> known = sessions_below(runs);
  std::erase_if(known, [](const fs::path& session) {
    return session.filename().string().find("-paper") == std::string::npos;
  });
  if (known.empty())
    return error(ErrorCode::NotFound,
                 fmt::format("there is no session folder {}; sessions lie below {} "
                             "(session.folder), where there is none yet: start without --resume",
                             name, runs.string()));
  return error(ErrorCode::NotFound,
               fmt::format("there is no session folder {}; sessions lie below {} (session.folder), "
                           "the newest first: {}; name one of them, or start a new session without "
                           "--resume",
                           name, runs.string(), names_of(known)));
}

}  // namespace proteus::app
