#include <fmt/format.h>
#include <spdlog/version.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zstd.h>
#include <CLI/Version.hpp>
#include <boost/version.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "connectors/net/local_client.hpp"
#include "connectors/net/loop.hpp"
#include "connectors/net/probe.hpp"
#include "connectors/storage/session_log.hpp"
#include "connectors/storage/sqlite.hpp"
#include "tools/app/doctor.hpp"
#include "tools/app/json_view.hpp"
#include "tools/app/operator_client.hpp"
#include "tools/app/operator_door.hpp"
#include "tools/app/session_folders.hpp"
#include "tools/app/version.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t kGiB = 1U << 30U;
constexpr Duration kLogReadMax = 10s;

/// The folder, or the nearest above it that is there.
fs::path nearest_there(fs::path folder) {
  std::error_code ignored;
  folder = fs::absolute(folder, ignored);
  while (!fs::exists(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

/// A file of ours in `folder`, while this lives.
class Trial {
 public:
  explicit Trial(const fs::path& folder) : path_((folder / ".proteus-doctor-XXXXXX").string()) {
    fd_ = ::mkstemp(path_.data());
  }
  ~Trial() {
    if (fd_ < 0) return;
    ::close(fd_);
    for (const char* more : {"", "-wal", "-shm"}) ::unlink((path_ + more).c_str());
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  [[nodiscard]] bool made() const { return fd_ >= 0; }
  [[nodiscard]] bool writes() const { return ::write(fd_, "x", 1) == 1 && ::fdatasync(fd_) == 0; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  int fd_ = -1;
};

Finding check_sqlite(const Trial& trial) {
  const auto works = [&]() -> Result<std::string> {
    BOOST_OUTCOME_TRY(auto database, storage::Database::open(trial.path()));
    BOOST_OUTCOME_TRYV(database.run("CREATE TABLE t(x); INSERT INTO t VALUES('written')"));
    BOOST_OUTCOME_TRY(auto read, database.prepare("SELECT x FROM t"));
    BOOST_OUTCOME_TRY(auto text, read.text());
    return text.value_or("");
  }();
  if (works.has_error())
    return failure_of("sqlite", works.error().context,
                      "journal.sqlite would stay empty: use a file system that can lock files");
  return fine("sqlite", fmt::format("{} writes and reads here", sqlite3_libversion()));
}

Finding check_newest_log(const fs::path& runs) {
  const auto newest = find_session(runs, "");
  if (newest.has_error()) return fine("last session", "none yet");
  const std::string name = newest.value().filename().string();
  constexpr const char* kKeep =
      "keep the folder: proteus journal verify tells more, journal recover cuts it back";
  auto log = storage::SessionLog::open(newest.value() / "session.wal");
  if (log.has_error()) return failure_of("last session", log.error().context, kKeep);
  const Duration until = net::Loop::steady_now() + kLogReadMax;
  std::uint64_t records = 0;
  for (;; ++records) {
    const auto record = log.value().next();
    if (record.has_error()) return failure_of("last session", record.error().context, kKeep);
    if (record.value() == nullptr) break;
    if (net::Loop::steady_now() > until)
      return fine("last session",
                  fmt::format("{}: the first {} records are whole (not read on)", name, records));
  }
  if (log.value().torn())
    return warning(
        "last session",
        fmt::format("{}: {} records are whole, then {} bytes of one that was interrupted", name,
                    records, log.value().reader().tail().bytes),
        "nothing has to be done: a daemon writes there now, or the next start cuts it");
  return fine("last session", fmt::format("{}: all {} records are whole", name, records));
}

Finding check_clock() {
  timex state{};
  const int answer = ::adjtimex(&state);
  if (answer == -1)
    return warning("clock", fmt::format("the kernel does not tell ({})", std::strerror(errno)),
                   "see below how far the venue's time lies from ours");
  if (answer == TIME_ERROR || (state.status & STA_UNSYNC) != 0)
    return warning("clock", "the system clock is not synchronised, as the kernel knows it",
                   "run an NTP client (systemd-timesyncd, chrony); in a container the host does");
  return fine("clock", fmt::format("the system clock is synchronised, error below {} ms",
                                   state.maxerror / 1000));
}

std::uint64_t meminfo_kib(std::string_view key) {
  std::ifstream in("/proc/meminfo");
  std::string name, unit;
  for (std::uint64_t value = 0; in >> name >> value;) {
    if (name == key) return value;
    std::getline(in, unit);
  }
  return 0;
}

Finding check_memory() {
  const std::uint64_t free_mib = meminfo_kib("MemAvailable:") / 1024;
  const std::string seen =
      fmt::format("{} MiB available of {} MiB", free_mib, meminfo_kib("MemTotal:") / 1024);
  if (free_mib < 256)
    return warning("memory", seen, "a daemon with many instruments takes up to 300 MiB");
  return fine("memory", seen);
}

std::string cpu_name() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name"))
      return line.substr(std::min(line.size(), line.find(": ") + 2));
  return "unknown";
}

}  // namespace

Finding judge_room(std::uint64_t free_bytes, std::int64_t quota_bytes, const std::string& folder) {
  const auto quota = static_cast<double>(quota_bytes);
  const std::string seen =
      fmt::format("{} free below {}, a session may take {}",
                  bytes_text(static_cast<double>(free_bytes)), folder, bytes_text(quota));
  if (free_bytes < kGiB / 10)
    return failure_of("disk", seen, "make room: a daemon holds increases when its disk is full");
  if (static_cast<double>(free_bytes) < quota)
    return warning("disk", seen, "make room for a long run, or lower storage.quota_bytes");
  return fine("disk", seen);
}

Finding judge_files(std::uint64_t soft, std::uint64_t hard, std::size_t instruments) {
  const std::string seen = fmt::format("{} open files at once (hard limit {})", soft, hard);
  // Streams, requests, the log, its tables, the recorded feed, the operator's connections.
  const std::uint64_t needed = 128 + instruments / 4;
  if (soft < needed)
    return failure_of("files", seen,
                      fmt::format("ulimit -n {} at least", std::max<std::uint64_t>(1024, needed)));
  return fine("files", seen);
}

void check_disk(const Settings& settings, const Tell& tell) {
  const fs::path folder = settings.session.folder;
  const fs::path there = nearest_there(folder);
  const Trial trial(there);
  if (!trial.made() || !trial.writes())
    return tell(failure_of(
        "folder", fmt::format("{} cannot be written ({})", there.string(), std::strerror(errno)),
        "set session.folder to a folder of yours"));
  std::error_code unknown;
  tell(fine("folder", fmt::format("{} {}", folder.string(),
                                  fs::exists(folder, unknown) ? "can be written" : "can be made")));
  struct statvfs disk {};
  if (::statvfs(there.c_str(), &disk) == 0)
    tell(judge_room(std::uint64_t{disk.f_bavail} * disk.f_frsize, settings.storage.quota_bytes,
                    folder.string()));
  tell(check_sqlite(trial));
  tell(check_newest_log(folder));
}

void check_socket(const Settings& settings, const Tell& tell) {
  const std::string& path = settings.session.socket;
  if (const auto fit = fit_for_socket(path); fit.has_error())
    return tell(failure_of("socket", fit.error().context, "then start the daemon"));
  auto daemon = net::LocalClient::connect(path);
  if (daemon.has_error())
    return tell(fine("socket", fmt::format("{} is free: no daemon runs there", path)));
  const auto status = app::ask(daemon.value(), "status");
  if (status.has_error())
    return tell(failure_of("socket", fmt::format("{}: {}", path, status.error().context),
                           "a daemon holds the socket and does not answer: look at its log"));
  const auto told = view::parse(status.value());
  if (const std::string wrong = view::text(told, "error"); !wrong.empty())
    return tell(warning("socket", fmt::format("{}: {}", path, wrong), "ask again when it runs"));
  tell(fine("socket", fmt::format("a daemon answers at {}: session {}, {}", path,
                                  view::text(told, "session"), view::text(told, "state"))));
}

void check_machine(const Settings& settings, const Tell& tell) {
  tell(check_clock());
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
    tell(judge_files(files.rlim_cur, files.rlim_max, settings.engine.instruments.size()));
  tell(check_memory());
  utsname kernel{};
  ::uname(&kernel);
  tell(fine("machine", fmt::format("{} {}, {} cores, {}", static_cast<const char*>(kernel.sysname),
                                   static_cast<const char*>(kernel.release),
                                   ::sysconf(_SC_NPROCESSORS_ONLN), cpu_name())));
  tell(fine("libraries",
            fmt::format("proteus {}, Boost {}.{}.{}, {}, SQLite {}, zstd {}, fmt {}.{}.{}, spdlog "
                        "{}.{}.{}, CLI11 {}",
                        kVersion, BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000,
                        BOOST_VERSION % 100, net::tls_library(), sqlite3_libversion(),
                        ZSTD_versionString(), FMT_VERSION / 10'000, FMT_VERSION / 100 % 100,
                        FMT_VERSION % 100, SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH,
                        CLI11_VERSION)));
}

}  // namespace proteus::app
