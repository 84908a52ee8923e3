#include "connectors/storage/session.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>

#include "connectors/storage/setting_hashes.hpp"
#include "engine/core/json.hpp"

namespace proteus::storage {
namespace {

Error in_use(const std::filesystem::path& folder, const Descriptor& lock) {
  std::array<char, 32> holder{};
  const ssize_t n = ::pread(lock.get(), holder.data(), holder.size() - 1, 0);
  return error(ErrorCode::Busy, fmt::format("{} is in use by process {}: stop that one first, or "
                                            "start a new session",
                                            folder.string(), n > 0 ? holder.data() : "(unknown)"));
}

// The lock goes with the process, however it ends. The number in the file is for the message only.
Result<Descriptor> lock_folder(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "lock";
  BOOST_OUTCOME_TRY(Descriptor file, open_file(path, O_RDWR | O_CREAT));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return io_error("lock", path, errno);
    return in_use(folder, file);
  }
  // Over the old number first: a full disk has room for that, and no room is no reason to refuse.
  const std::string pid = std::to_string(::getpid());
  const auto size = static_cast<ssize_t>(pid.size());
  static_cast<void>(::pwrite(file.get(), pid.data(), pid.size(), 0) == size &&
                    ::ftruncate(file.get(), size) == 0);
  return file;
}

Result<std::filesystem::path> make_folder(const std::filesystem::path& root,
                                          const std::string& name) {
  std::error_code failed;
  std::filesystem::create_directories(root, failed);
  if (failed) return io_error("make the folder", root, failed.value());
  for (int n = 1;; ++n) {
    const auto folder = root / (n == 1 ? name : fmt::format("{}-{}", name, n));
    const bool made = std::filesystem::create_directory(folder, failed);
    if (failed) return io_error("make the folder", folder, failed.value());
    if (!made) continue;
    // What an account did is nobody else's business.
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
    if (failed) return io_error("close the folder to others", folder, failed.value());
    return folder;
  }
}

}  // namespace

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name"))
      if (const auto colon = line.find(": "); colon != std::string::npos)
        return line.substr(colon + 2);
  return "unknown";
}

std::string kernel_name() {
  utsname name{};
  if (::uname(&name) != 0) return "unknown";
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

std::optional<std::filesystem::path> newest_session(const std::filesystem::path& root,
                                                    std::string_view mode) {
  // "2025-05-29T17-05-00Z-paper", then "-2", "-3", ... within one second.
  constexpr std::size_t kStamp = std::string_view{"2025-05-29T17-05-00Z"}.size();
  const std::string middle = fmt::format("-{}", mode);
  std::optional<std::pair<std::string, int>> newest;
  std::optional<std::filesystem::path> found;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(root, failed)) {
    const std::string name = entry.path().filename().string();
    if (name.size() < kStamp + middle.size() || name.compare(kStamp, middle.size(), middle) != 0)
      continue;
    int number = 1;
    const std::string_view rest = std::string_view{name}.substr(kStamp + middle.size());
    if (!rest.empty() &&
        (rest[0] != '-' ||
         std::from_chars(rest.data() + 1, rest.data() + rest.size(), number).ec != std::errc{}))
      continue;
    if (!std::filesystem::exists(entry.path() / "session.json", failed)) continue;
    std::pair<std::string, int> key{name.substr(0, kStamp), number};
    if (newest && key < *newest) continue;
    newest = std::move(key);
    found = entry.path();
  }
  return found;
}

std::string session_name(Timestamp start, std::string_view mode) {
  return fmt::format("{}-{}", utc_stamp(start), mode);
}

Result<Session> Session::create(const std::filesystem::path& root, const SessionStart& start) {
  BOOST_OUTCOME_TRY(const auto folder, make_folder(root, session_name(start.start, start.mode)));
  BOOST_OUTCOME_TRY(Descriptor lock, lock_folder(folder));
  Session session{folder, std::move(lock)};
  std::error_code failed;
  std::filesystem::create_directory(session.feed_folder(), failed);
  if (failed) return io_error("make the folder", session.feed_folder(), failed.value());
  BOOST_OUTCOME_TRY(write_file(session.config_path(), start.config_toml));
  SessionInfo info;
  info.code = start.code.view();
  info.start = start.start;
  info.mode = start.mode;
  info.version = start.version;
  info.config_hash = start.config_hash;
  info.kernel = kernel_name();
  info.cpu = cpu_model();
  info.build = start.build;
  info.settings = setting_hashes(start.config_toml);
  BOOST_OUTCOME_TRY(write_file(folder / "session.json", json::to_json(info) + "\n"));
  return session;
}

Result<void> Session::note_restart(Timestamp time, std::string_view version) const {
  BOOST_OUTCOME_TRY(const Descriptor file,
                    open_file(restarts_path(), O_WRONLY | O_CREAT | O_APPEND));
  RestartInfo info;
  info.time = time;
  info.version = version;
  info.pid = ::getpid();
  info.kernel = kernel_name();
  return write_all(file, json::to_json(info) + "\n", restarts_path());
}

std::size_t Session::restarts() const {
  std::ifstream file(restarts_path());
  std::size_t count = 0;
  for (std::string line; std::getline(file, line);) ++count;
  return count;
}

Result<Session> Session::look(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder / "session.json", ignored))
    return error(ErrorCode::NotFound,
                 fmt::format("{} is no session: it has no session.json", folder.string()));
  // A copy of a session may lack the lock: nobody trades there then.
  auto lock = open_file(folder / "lock", O_RDONLY);
  if (lock.has_error()) {
    if (lock.error().code != ErrorCode::NotFound) return lock.error();
    return Session{folder, Descriptor{}};
  }
  if (::flock(lock.value().get(), LOCK_SH | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return in_use(folder, lock.value());
    return io_error("lock", folder / "lock", errno);
  }
  return Session{folder, std::move(lock).value()};
}

Result<Session> Session::open(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder / "session.json", ignored))
    return error(ErrorCode::NotFound,
                 fmt::format("{} is no session: it has no session.json", folder.string()));
  BOOST_OUTCOME_TRY(Descriptor lock, lock_folder(folder));
  return Session{folder, std::move(lock)};
}

}  // namespace proteus::storage
