// The daemon's state and its last reasons as JSON: what `proteus status --json` and
// `proteus why --json` print. Keys: docs/reference/status.md.
#pragma once

#include <string>
#include <string_view>

#include "connectors/bybit/public_feed.hpp"
#include "connectors/live/account_gateway.hpp"
#include "connectors/storage/feed_recorder.hpp"
#include "connectors/storage/storage_thread.hpp"
#include "engine/runtime/engine.hpp"
#include "tools/app/settings.hpp"
#include "tools/app/watched_journal.hpp"

namespace proteus::app {

class DaemonWatch;

/// Version of the documents' keys: raised when one changes its meaning or goes; new ones may come.
inline constexpr int kStatusSchema = 1;

/// What the kill switches know.
struct OperatorFacts {
  std::string kill_file;
  bool kill_file_there = false;
  Duration silence{0};  ///< real time since the operator was last heard
};

/// What the documents are made of; everything must outlive the call.
struct StatusSources {
  std::string_view mode;
  const Loaded& loaded;
  std::string folder;
  const InstrumentTable& instruments;
  const Engine& engine;
  const RiskGate& gate;
  const WatchedJournal& watched;
  const storage::WalJournal& log;
  const storage::StorageThread& storage;
  const storage::FeedRecorder* recorder;  ///< may be null: off, or the session has ended
  const bybit::VenueClock& clock;
  const bybit::PublicFeed* feed;
  bybit::SteadyTime now{};
  Duration uptime{0};  ///< real time
  OperatorFacts operators{};
  std::uint64_t restarts = 0;                    ///< how often the session was taken up again
  const DaemonWatch* watch = nullptr;            ///< may be null: nobody is told
  std::optional<live::GatewayStatus> account{};  ///< nothing: paper
};

class JsonObject;
/// The account at the venue as a live daemon sees it (status_live.cpp).
JsonObject venue_account_json(const live::GatewayStatus& status,
                              const live::LiveSettings& settings);
std::string status_json(const StatusSources& sources);
/// The last decisions: of the instrument named, or of all where the name is empty. An instrument
/// that is not traded is answered with {"error": ...}, listing those that are.
std::string why_json(const StatusSources& sources, std::string_view instrument);

}  // namespace proteus::app
