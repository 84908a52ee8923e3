// Fetches history from the venue's REST interface: windows with explicit ends, within its rate
// limits, several at once, each series in the order of time. Thread: the loop's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/net/loop.hpp"
#include "tools/app/settings.hpp"
#include "tools/record/fetch_series.hpp"

namespace proteus::app::record {

struct FetchPlan {
  std::vector<FetchJob> jobs;
  std::vector<Category> descriptions;  ///< categories whose instruments are fetched, as JSON lines
  Timestamp from{};
  std::optional<Timestamp> to;  ///< rows before this; nothing: what is final by now
  std::filesystem::path folder;
  klines::Packing packing = klines::Packing::Gzip;
};

struct FetchResult {
  std::string what;
  std::filesystem::path file;
  std::uint64_t rows = 0;
  std::uint64_t missing = 0;
  std::vector<FetchGap> gaps;
  std::optional<FileSpan> span;
  std::optional<Error> failure;  ///< what is there is kept; asked again, it goes on from there
};

struct FetchState {
  std::uint64_t done = 0;   ///< windows
  std::uint64_t total = 0;  ///< as far as it is known
  std::uint64_t requests = 0;
  std::string trouble;  ///< the last, in words
};

class Fetch {
 public:
  /// Errors: Malformed, an address of the settings that is none.
  static Result<std::unique_ptr<Fetch>> create(net::Loop& loop, const Settings& settings,
                                               FetchPlan plan, std::uint64_t seed);
  ~Fetch();
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  /// Returns at once; `on_done` is called once when all have ended, well or not.
  void start(std::function<void()> on_done);
  [[nodiscard]] FetchState state() const;
  /// In the order of the plan. Those that have not ended say "stopped" and may be gone on with.
  [[nodiscard]] std::vector<FetchResult> results() const;

 private:
  struct Impl;
  explicit Fetch(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proteus::app::record
