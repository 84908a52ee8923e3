#include "tests/integration/programs.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>

namespace proteus::app {

std::vector<std::string> with_settings(std::vector<std::string> words, const Overrides& settings) {
  for (const std::string& setting : settings) {
    words.emplace_back("--set");
    words.push_back(setting);
  }
  return words;
}

SimProgram::SimProgram(const Overrides& more)
    : child_(
          with_settings({"sim"}, Overrides{"sim.server.port=0", "sim.paced=true", "sim.settle=1ms",
                                           "sim.push_interval=20s", "sim.history_bars=200"} +
                                     more)) {
  // It tells its address once it listens; the line may come in pieces.
  const std::string before = "http://127.0.0.1:";
  if (!child_.says(before) || !child_.says("push_interval"))
    throw std::runtime_error("the exchange did not start: " + child_.err());
  const std::string said = child_.err();
  const std::size_t at = said.find(before) + before.size();
  address_ = fmt::format("127.0.0.1:{}", std::atoi(said.c_str() + at));
}

Overrides SimProgram::where() const {
  return {"venue.rest=http://" + address_, "venue.stream=ws://" + address_};
}

bool run_to_bars(Child& daemon, const std::string& socket, std::int64_t bars) {
  const Duration until = net::Loop::steady_now() + 60s;
  while (!daemon.ended() && net::Loop::steady_now() < until) {
    const auto status = ask(socket, "status");
    if (status && figure(*status, "bars") >= bars) return true;
    daemon.listen();
  }
  return false;
}

std::filesystem::path only_session(const Folder& folder) {
  const auto runs = entries(folder / "runs");
  EXPECT_THAT(runs, ::testing::SizeIs(1));
  return folder / "runs/" + (runs.empty() ? "none" : runs[0]);
}

}  // namespace proteus::app
