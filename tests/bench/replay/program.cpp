#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "tests/bench/replay/made_market.hpp"
#include "tests/bench/replay/parts.hpp"

namespace proteus::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct Ran {
  double first = 0.0;  ///< seconds until its first byte of output
  double whole = 0.0;
  int code = -1;
};

Ran run_program(const std::vector<std::string>& words) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  const auto begin = Clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    std::vector<char*> argv = {const_cast<char*>(PROTEUS_BINARY)};
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execv(PROTEUS_BINARY, argv.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  Ran ran;
  char bytes[65536];
  while (::read(ends[0], bytes, sizeof bytes) > 0)
    if (ran.first == 0.0) ran.first = since(begin);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ran.whole = since(begin);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

}  // namespace

void measure_program(const ReplayPlan& plan, Table& table) {
  const fs::path folder = plan.folder / "program";
  fs::create_directories(folder);
  const auto files = made_files({Interval::M1, plan.bars}, 1, folder);
  const std::vector<std::string> replay = {
      "replay", files.front().klines.string(),
      "--set",  "strategy.name=sma_cross",
      "--set",  "engine.interval=1m",
      "--set",  "session.folder=" + (folder / "runs").string()};
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> words = replay;
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  std::vector<double> firsts, ones, twos;
  bool fine = true;
  for (int round = 0; round < plan.rounds; ++round) {
    const Ran once = run_program(replay);
    const std::vector<std::string> grid = {
        "--grid", "risk.sizing.kelly_fraction=0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8"};
    auto one = grid, two = grid;
    one.insert(one.end(), {"--jobs", "1"});
    two.insert(two.end(), {"--jobs", "2"});
    const Ran alone = run_program(with(one));
    const Ran both = run_program(with(two));
    fine = fine && once.code == 0 && alone.code == 0 && both.code == 0;
    firsts.push_back(once.first);
    ones.push_back(alone.whole);
    twos.push_back(both.whole);
    std::error_code ignored;
    fs::remove_all(folder / "runs", ignored);
  }
  table.require(fine, "proteus replay did not end with code 0");
  const double first = median(firsts);
  table.rows.push_back({"proteus replay until its first word",
                        fmt::format("{:.0f} ms", 1e3 * first), "< 200 ms", first < 0.2, ""});
  const double gain = median(ones) / median(twos);
  table.rows.push_back(
      {"a grid of eight on two cores against one", fmt::format("{:.2f} times", gain), ">= 1.8",
       gain >= 1.8, fmt::format("one core {:.2f} s, two {:.2f} s", median(ones), median(twos))});
}

}  // namespace proteus::bench
