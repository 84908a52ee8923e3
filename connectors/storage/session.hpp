// A session's folder: runs/<start-utc>-<mode>/, held by one process at a time. What lies in it:
// docs/reference/session.md.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/storage/file.hpp"
#include "connectors/storage/wal_format.hpp"

namespace proteus::storage {

/// What session.json tells.
struct SessionInfo {
  std::string code;  ///< 13 letters, the same in every order id
  Timestamp start{};
  std::string mode;  ///< "paper", "live", "replay"
  std::string version;
  std::string config_hash;
  std::string kernel;
  std::string cpu;
  std::string build;                  ///< build id of the program; empty: it had none
  std::vector<std::string> settings;  ///< setting_hashes of config.resolved.toml
  static constexpr auto fields() {
    using S = SessionInfo;
    return std::tuple{field("code", &S::code),
                      field("start", &S::start),
                      field("mode", &S::mode),
                      field("version", &S::version),
                      field("config_hash", &S::config_hash),
                      field("kernel", &S::kernel),
                      field("cpu", &S::cpu),
                      field("build", &S::build),
                      field("settings", &S::settings)};
  }
};

struct SessionStart {
  SessionCode code;
  Timestamp start{};
  std::string mode;
  std::string version;
  std::string config_toml;  ///< the resolved settings, as text
  std::string config_hash;
  std::string build;
};

/// One line of restarts.jsonl.
struct RestartInfo {
  Timestamp time{};
  std::string version;
  std::int64_t pid = 0;
  std::string kernel;
  static constexpr auto fields() {
    using R = RestartInfo;
    return std::tuple{field("time", &R::time), field("version", &R::version), field("pid", &R::pid),
                      field("kernel", &R::kernel)};
  }
};

class Session {
 public:
  /// Makes a new folder below `root` (which is made too) and locks it. A name that is taken gets
  /// "-2", "-3", ... Errors: Io.
  static Result<Session> create(const std::filesystem::path& root, const SessionStart& start);
  /// Locks an existing folder. Errors: NotFound; Busy, with the process that holds it.
  static Result<Session> open(const std::filesystem::path& folder);
  /// For reading alone: nothing in the folder is changed, and while this lives no process may trade
  /// in it. Errors: NotFound; Busy, where one does.
  static Result<Session> look(const std::filesystem::path& folder);

  /// Appends this process to restarts.jsonl; session.json stays as it was written. Errors: Io.
  Result<void> note_restart(Timestamp time, std::string_view version) const;
  /// Restarts that were noted.
  [[nodiscard]] std::size_t restarts() const;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::filesystem::path wal_path() const { return folder_ / "session.wal"; }
  [[nodiscard]] std::filesystem::path sqlite_path() const { return folder_ / "journal.sqlite"; }
  [[nodiscard]] std::filesystem::path restarts_path() const { return folder_ / "restarts.jsonl"; }
  [[nodiscard]] std::filesystem::path feed_folder() const { return folder_ / "feed"; }
  [[nodiscard]] std::filesystem::path config_path() const {
    return folder_ / "config.resolved.toml";
  }

 private:
  Session(std::filesystem::path folder, Descriptor lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}
  std::filesystem::path folder_;
  Descriptor lock_;
};

/// The processor and the kernel of this machine, as session.json names them.
std::string cpu_model();
std::string kernel_name();

/// The newest session of a mode below `root`, by its name; nothing: there is none.
std::optional<std::filesystem::path> newest_session(const std::filesystem::path& root,
                                                    std::string_view mode);
/// The name of a session's folder: "2025-05-29T17-05-00Z-paper".
std::string session_name(Timestamp start, std::string_view mode);

}  // namespace proteus::storage
