#include "tools/app/guard/pulse_text.hpp"

#include <unistd.h>

#include "tools/app/json_object.hpp"
#include "tools/app/json_view.hpp"

namespace proteus::app {

std::string pulse_json(const live::Pulse& pulse, std::string_view session) {
  return JsonObject{}
      .add("pulse", true)
      .add("session", session)
      .add("pid", static_cast<std::int64_t>(::getpid()))
      .add("live", pulse.live)
      .add("ready", pulse.ready)
      .add("stopping", pulse.stopping)
      .add("reconciled", pulse.reconciled)
      .add("private_live", pulse.private_live)
      .add("loop_delay_s", std::chrono::duration<double>(pulse.loop_delay).count())
      .text();
}

Result<HeardPulse> read_pulse(const std::string& line) {
  const auto document = view::parse(line);
  if (!view::flag(document, "pulse"))
    return error(ErrorCode::Malformed,
                 "what answers at the socket is no daemon of this version: " + line.substr(0, 120));
  HeardPulse heard;
  heard.session = view::text(document, "session");
  heard.pid = static_cast<long>(view::number(document, "pid"));
  heard.pulse.live = view::flag(document, "live");
  heard.pulse.ready = view::flag(document, "ready");
  heard.pulse.stopping = view::flag(document, "stopping");
  heard.pulse.reconciled = view::flag(document, "reconciled");
  heard.pulse.private_live = view::flag(document, "private_live");
  heard.pulse.loop_delay = std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(view::number(document, "loop_delay_s")));
  return heard;
}

}  // namespace proteus::app
