// Which folder a person means who names a session. Only looks, whoever else is writing there.
#pragma once

#include <filesystem>
#include <string>

#include "engine/core/result.hpp"

namespace proteus::app {

/// The folder below which sessions lie: the socket's, which a daemon puts there by default.
std::filesystem::path runs_beside(const std::filesystem::path& socket);
/// The session's folder in a daemon's answer to `status`, seen from here: the daemon may have been
/// started in another folder. Errors: NotFound, with the daemon's own sentence or what is missing.
Result<std::filesystem::path> folder_of_daemon(const std::string& status);

/// The folder of a session: `name` as a folder, or below `runs`; empty: the newest below `runs`
/// that holds a decision, else the newest.
/// Errors: NotFound, listing the newest few that are there.
Result<std::filesystem::path> find_session(const std::filesystem::path& runs,
                                           const std::string& name);

/// Whether a word names a session or is meant to: it is one, as a folder or below `runs`, or it is
/// spelled like one (a path; a name that ends with its mode).
bool means_session(const std::filesystem::path& runs, const std::string& word);

/// The paper session to go on with: `name` as a folder, or below `runs`. Errors: NotFound, with
/// where sessions lie, the newest few that are there, and what to do.
Result<std::filesystem::path> find_session_to_resume(const std::filesystem::path& runs,
                                                     const std::string& name);

}  // namespace proteus::app
