// What a person means who names the sources of a replay: kline files, or recorded feeds.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connectors/storage/feed_names.hpp"
#include "engine/core/order_id.hpp"
#include "tools/app/options.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {

struct ReplaySources {
  std::vector<std::string> klines;             ///< files; or
  std::vector<std::filesystem::path> folders;  ///< as they were named, of
  std::vector<storage::FeedStream> streams;    ///< recorded feeds
  /// The only source, where it is a session that traded.
  std::optional<std::filesystem::path> session;
};

/// A session's name may be one below the socket's folder. Errors: NotFound; Malformed, kline files
/// beside recordings.
Result<ReplaySources> replay_sources(const Options& options);

/// What session.json says of a session; nothing: it says none.
std::optional<std::string> mode_of_session(const std::filesystem::path& folder);
std::optional<SessionCode> code_of_session(const std::filesystem::path& folder);

/// Bars that a recording holds, by instrument, as far as its first frames tell.
using RecordedBars = std::map<std::string, std::set<Interval>>;  // "linear:BTCUSDT"
RecordedBars recorded_bars(const std::vector<storage::FeedStream>& streams,
                           std::optional<Timestamp> from, std::string* damage = nullptr);

/// When the last frame was received, as far as indexes and names tell; the epoch: they do not.
Timestamp last_received(const std::vector<storage::FeedStream>& streams);

/// Pages of instruments-info from `files`, and where none is named from those that `fetch` wrote
/// beside a source. Errors: NotFound, Malformed.
Result<std::map<Category, std::vector<std::string>>> instrument_pages(
    const std::vector<std::string>& files, const std::vector<std::filesystem::path>& sources);

/// Puts "key=value" among overrides, in the place of what they say of this key.
void put_setting(std::vector<std::string>& overrides, const std::string& setting);

/// Settings of a replay: the session's own where it is one and no file is named, else those of the
/// file; what the recording plays where nobody names instruments. Errors: those of `load`.
Result<Loaded> load_for_replay(const Options& options, const ReplaySources& sources);

}  // namespace proteus::app
