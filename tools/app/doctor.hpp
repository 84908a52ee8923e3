// The checks of `proteus doctor`: they look, and trade nothing. Each may take seconds; none is run
// by a daemon.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "connectors/live/account_rows.hpp"
#include "tools/app/findings.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {

using Tell = std::function<void(Finding)>;

/// The folder of sessions: can be written, has room; SQLite works in it; the newest session's log
/// can be read to its end.
void check_disk(const Settings& settings, const Tell& tell);
/// The operator's socket: free and in a fit folder, or a daemon answers.
void check_socket(const Settings& settings, const Tell& tell);
/// The address of /metrics, where it is served: free, and whom it lets read.
void check_metrics_port(const Settings& settings, const Tell& tell);
/// Clock, limits of the process, memory, kernel, processor, libraries.
void check_machine(const Settings& settings, const Tell& tell);
/// The venue: name, TCP, TLS of both addresses, REST, its time against ours, the instruments, one
/// topic of the stream. Later steps are left out where an earlier one fails.
void check_venue(const Settings& settings, const Tell& tell);

/// The account of a live run: keys, what they may, the account's mode, clock, private streams, a
/// fresh self-test, stage and caps. Sends no order and changes nothing.
void check_live_account(const Loaded& loaded, const Tell& tell);

/// What the venue says of a key at `now`: what it may, until when, from where. Pure.
std::vector<Finding> judge_key(const live::KeyInfo& key, live::Profile profile, Timestamp now);
/// An end of a certificate seen at `now`. Pure.
Finding judge_certificate(const std::string& topic, Timestamp until, Timestamp now);
/// The venue's time against ours. `far`: the venue is not on this machine, so both have to agree.
/// offset: venue - ours; known to `uncertainty`. Pure.
Finding judge_offset(Duration offset, Duration uncertainty, bool far);
/// Free bytes of the disk that holds sessions, and what one session may take of it. Pure.
Finding judge_room(std::uint64_t free_bytes, std::int64_t quota_bytes, const std::string& folder);
/// What came of listening where /metrics is to be served; `taken`: the sentence of the failure.
/// `daemon_runs`: one answers at the operator's socket, and may be who listens. Pure.
Finding judge_metrics_port(const MetricsSettings& metrics, const std::optional<std::string>& taken,
                           bool daemon_runs);
/// How many files the process may open. Pure.
Finding judge_files(std::uint64_t soft, std::uint64_t hard, std::size_t instruments);

}  // namespace proteus::app
