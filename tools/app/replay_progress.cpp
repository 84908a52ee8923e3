#include "tools/app/replay_progress.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "tools/app/text.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;

}  // namespace

std::string progress_line(const Playing& playing, Duration since) {
  const Engine& engine = playing.trading().engine();
  const auto bars = static_cast<double>(engine.counters().bars);
  const double real = seconds(since);
  const double whole = seconds(playing.until() - playing.from());
  const double part =
      whole > 0.0 ? std::clamp(seconds(engine.now() - playing.from()) / whole, 0.0, 1.0) : 0.0;
  std::string line =
      fmt::format("at={} done={:.0f}% bars={:.0f} bars/s={:.0f}", format_time(engine.now()),
                  100.0 * part, bars, real > 0.0 ? bars / real : 0.0);
  if (part > 0.01) line += fmt::format(" left={:.0f}s", real * (1.0 - part) / part);
  return line + fmt::format(" equity={}", fixed(engine.ledger().equity.to_string(), 2));
}

ReplayProgress::ReplayProgress(Duration begin)
    : terminal_(::isatty(STDERR_FILENO) == 1), begin_(begin), told_(begin) {}

void ReplayProgress::look(const Playing& playing, Duration now) {
  if (now - told_ < (terminal_ ? Duration{200ms} : Duration{2s})) return;
  told_ = now;
  const std::string line = progress_line(playing, now - begin_);
  if (terminal_)
    fmt::print(stderr, "\r\033[K{}", line);
  else
    spdlog::info("Replay. {}", line);
}

void ReplayProgress::end() const {
  if (terminal_) fmt::print(stderr, "\r\033[K");
}

}  // namespace proteus::app
