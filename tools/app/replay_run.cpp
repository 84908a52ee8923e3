#include "tools/app/replay_run.hpp"

#include <fmt/format.h>

#include <charconv>
#include <csignal>
#include <thread>

#include "connectors/net/loop.hpp"
#include "tools/app/feed_replay.hpp"
#include "tools/app/replay.hpp"
#include "tools/app/replay_progress.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

volatile std::sig_atomic_t replay_signal = 0;

/// Sleeps until `due`, and is woken by a signal.
void wait_for(Duration due, ReplayProgress& progress, const Playing& playing) {
  for (;;) {
    const Duration now = net::Loop::steady_now();
    if (now >= due || replay_interrupted()) return;
    std::this_thread::sleep_for(std::min<Duration>(due - now, 50ms));
    progress.look(playing, net::Loop::steady_now());
  }
}

}  // namespace

void hear_signals() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { replay_signal = 1; });
}
bool replay_interrupted() { return replay_signal != 0; }

Result<std::unique_ptr<Playing>> open_replay(const Loaded& loaded, const ReplaySources& sources,
                                             Timestamp wall) {
  if (!sources.streams.empty()) {
    BOOST_OUTCOME_TRY(auto made, FeedReplay::create(loaded, sources, wall));
    return std::unique_ptr<Playing>(std::move(made));
  }
  BOOST_OUTCOME_TRY(auto made, Replay::create(loaded, wall));
  return std::unique_ptr<Playing>(std::move(made));
}

Result<std::optional<double>> parse_pace(const std::string& text) {
  if (text == "max") return std::optional<double>{};
  double speed = 0.0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), speed);
  if (failed != std::errc{} || end != text.data() + text.size() || !(speed >= 0.001) || speed > 1e9)
    return error(ErrorCode::Malformed,
                 fmt::format("--speed: \"{}\" is neither max nor a number of times real time, from "
                             "0.001 on",
                             text.substr(0, 40)));
  return std::optional{speed};
}

Duration play_through(Playing& playing, std::optional<double> speed) {
  const Duration begin = net::Loop::steady_now();
  ReplayProgress progress(begin);
  std::optional<std::pair<Duration, Timestamp>> origin;
  for (bool more = true; more && !replay_interrupted();) {
    const auto next = speed ? playing.next() : std::nullopt;
    const bool paced = next && *next >= playing.from();
    if (paced && !origin) origin = {net::Loop::steady_now(), *next};
    if (paced)
      wait_for(origin->first + Duration{static_cast<std::int64_t>(
                                   static_cast<double>((*next - origin->second).count()) / *speed)},
               progress, playing);
    if (replay_interrupted()) break;
    more = playing.play(speed ? 1 : playing.steps_at_once());
    progress.look(playing, net::Loop::steady_now());
  }
  progress.end();
  return net::Loop::steady_now() - begin;
}

}  // namespace proteus::app
