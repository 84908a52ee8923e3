#include "tools/app/daemon_start.hpp"

#include <spdlog/spdlog.h>

#include "connectors/storage/session.hpp"
#include "tools/app/daemon_run.hpp"
#include "tools/app/session_folders.hpp"
#include "tools/app/trading.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {
namespace {

/// The session that goes on; nothing: a new one begins.
Result<std::optional<std::filesystem::path>> session_to_resume(const Loaded& loaded,
                                                               std::string_view mode,
                                                               const Options& options) {
  using Found = std::optional<std::filesystem::path>;
  if (!options.resume) return Found{};
  const std::string& runs = loaded.settings.session.folder;
  if (!options.resume_folder.empty()) {
    BOOST_OUTCOME_TRY(auto named, find_session_to_resume(runs, options.resume_folder));
    return Found{std::move(named)};
  }
  auto newest = storage::newest_session(runs, mode);
  if (!newest) spdlog::info("There is no session to go on with, a new one begins. folder={}", runs);
  return newest;
}

/// A session that was killed before it had begun is none: a new one begins, unless it was named.
Result<std::unique_ptr<TradingDaemon>> begin(net::Loop& loop, const Loaded& loaded,
                                             const Options& options,
                                             const std::optional<std::filesystem::path>& folder,
                                             const MakeSigning& sign) {
  const auto signing = [&] { return sign ? sign() : nullptr; };
  auto daemon = TradingDaemon::create(loop, loaded, {}, folder, options.resume, signing());
  if (!folder || !daemon.has_error() || daemon.error().code != ErrorCode::NotFound ||
      !options.resume_folder.empty())
    return daemon;
  spdlog::warn("A new session begins. cause=\"{}\"", daemon.error().context);
  return TradingDaemon::create(loop, loaded, {}, {}, options.resume, signing());
}

}  // namespace

int run_daemon(const Options& options, const Loaded& loaded, std::string_view mode,
               const MakeSigning& sign) {
  const Settings& settings = loaded.settings;
  const auto found = session_to_resume(loaded, mode, options);
  if (found.has_error()) return fail(found.error(), kError);
  const auto& folder = found.value();
  if (folder)
    if (const auto fits = fits_session(loaded, *folder); fits.has_error())
      return fail(fits.error(), fits.error().code == ErrorCode::Refused ? kConfig : kError);
  net::Loop loop;
  std::string cause;
  const RunEnd end(loop, options.run_for, cause);
  spdlog::info("Asking the venue for its time and its instruments. rest={}", settings.venue.rest);
  net::Timer waiting = loop.every(std::chrono::seconds{5}, [] {
    spdlog::info("Still waiting for the venue's answer; it is asked again and again.");
  });
  auto daemon = begin(loop, loaded, options, folder, sign);
  waiting.cancel();
  if (daemon.has_error())
    return fail(daemon.error(), daemon.error().code == ErrorCode::Stopped ? kOk : kError);
  announce(*daemon.value(), loaded);
  daemon.value()->start();
  const net::Timer heartbeat = beat(loop, *daemon.value(), settings.session.heartbeat);
  loop.run();
  spdlog::info("The {} daemon ends. cause=\"{}\"", mode, cause);
  const Result<void> written = daemon.value()->stop(cause);
  return say_goodbye(*daemon.value(), options.program, written);
}

}  // namespace proteus::app
