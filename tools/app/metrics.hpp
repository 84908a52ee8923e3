// The daemon's figures in the Prometheus text format, and whether it is well. Pure functions of
// what they are given. Names: docs/reference/metrics.md.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/decision.hpp"
#include "tools/app/alarms.hpp"
#include "tools/app/loop_delay.hpp"
#include "tools/app/status_json.hpp"

namespace proteus::app {

/// What the operating system knows of this process.
struct ProcessFigures {
  double resident_bytes = 0.0;
  double open_descriptors = 0.0;
  double descriptors_max = 0.0;
  double cpu_seconds = 0.0;
  double started_unix_seconds = 0.0;
};

using DecisionCounts = std::array<std::uint64_t, 32>;  ///< by Outcome

struct MetricsSources {
  const StatusSources* trading = nullptr;  ///< null: nothing trades yet
  std::string_view mode;
  const LoopDelay& loop;
  const Alarms& alarms;
  const DecisionCounts& decisions;
  ProcessFigures process;
};

std::string metrics_text(const MetricsSources& sources);

struct Readiness {
  bool ok = false;
  std::string word;  ///< one line
};

/// What /healthz goes by.
struct HealthFacts {
  bool trading = false;    ///< the venue has told its instruments
  bool ever_live = false;  ///< the feed has been live at least once
  bool feed_live = false;
  std::string holds;      ///< what blocks increases, in words; empty: nothing
  std::string log_error;  ///< why the log cannot be written; empty: it can
  bool stopping = false;
};
/// Well: the feed is live, or it is not and increases are knowingly held. Not well: starting,
/// stopping, a log that cannot be written, a feed that is away without a hold.
Readiness health(const HealthFacts& facts);

}  // namespace proteus::app
