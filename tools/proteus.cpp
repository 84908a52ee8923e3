// proteus: one binary, verbs of at most two words.
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "connectors/storage/give_way.hpp"
#include "tools/app/command_line.hpp"
#include "tools/app/verb_table.hpp"

namespace {

using namespace proteus::app;

/// Lines for people leave through a thread of their own: a terminal or pager that nobody reads must
/// not stall the event loop. When too many wait, the oldest go; what counts is in the session log.
void log_beside_the_loop() {
  constexpr std::size_t kLinesMax = 8192;
  spdlog::init_thread_pool(kLinesMax, 1, proteus::storage::give_way);
  spdlog::set_default_logger(std::make_shared<spdlog::async_logger>(
      "proteus", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(), spdlog::thread_pool(),
      spdlog::async_overflow_policy::overrun_oldest));
}

}  // namespace

int main(int argc, char** argv) {
  log_beside_the_loop();
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  const int code = dispatch(all_verbs(), argv[0], {argv + 1, argv + argc});
  spdlog::shutdown();
  return code;
}
