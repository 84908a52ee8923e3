// Two clients of Bybit from npm, as they come, trade at the simulated exchange: npm_clients.cjs is
// what they do. They are installed below the build folder, once.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/integration/programs.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kPackages[] = {"bybit-api@4.7.7", "ccxt@4.5.84"};

/// A line of the shell to its end; its output and its errors together.
Ran run_shell(const std::string& line) {
  Ran ran;
  FILE* const pipe = popen(fmt::format("( {} ) 2>&1", line).c_str(), "r");
  if (pipe == nullptr) return ran;
  std::array<char, 4096> part{};
  while (const std::size_t read = std::fread(part.data(), 1, part.size(), pipe))
    ran.out.append(part.data(), read);
  const int status = pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return ran;
}

/// Empty: the packages are there, in the versions named above.
std::string problem_of_install(const fs::path& folder) {
  std::string packages;
  for (const char* const name : kPackages) packages += fmt::format(" {}", name);
  // A folder is complete when npm has said so; one that was half made is made anew.
  const fs::path made = folder / ("installed" + packages);
  if (fs::exists(made)) return {};
  fs::remove_all(folder);
  fs::create_directories(folder);
  const Ran ran = run_shell(
      fmt::format("timeout 60 npm install --prefix '{}' --ignore-scripts --no-audit --no-fund "
                  "--no-package-lock --fetch-retries 1 --fetch-timeout 15000{}",
                  folder.string(), packages));
  if (ran.code != 0) return "npm could not install" + packages + ": " + ran.out;
  std::ofstream(made) << "\n";
  return {};
}

TEST(NpmClients, TradeAtTheSimulatedExchangeUnmodified) {
  for (const char* const tool : {"node", "npm"})
    if (run_shell(fmt::format("{} --version", tool)).code != 0)
      GTEST_SKIP() << tool << " is not installed";
  const fs::path folder = PROTEUS_NPM_FOLDER;
  if (const std::string problem = problem_of_install(folder); !problem.empty())
    GTEST_SKIP() << problem;

  SimProgram exchange({"sim.paced=false", "sim.push_interval=1s"});
  const std::string address = exchange.where()[0].substr(std::string("venue.rest=http://").size());
  const fs::path script = fs::path(std::getenv("PROTEUS_SOURCE_DIR")) / "tests/integration";
  const Ran ran = run_shell(fmt::format("NODE_PATH='{}' timeout 50 node '{}' {}",
                                        (folder / "node_modules").string(),
                                        (script / "npm_clients.cjs").string(), address));
  EXPECT_EQ(ran.code, 0) << ran.out;
  for (const char* const step :
       {"bybit-api: create, amend, list, cancel", "bybit-api: stop orders", "bybit-api: batch",
        "bybit-api: executions and wallet", "bybit-api: private and trade websocket",
        "ccxt: create, edit, list, cancel", "ccxt: stop orders", "ccxt: batch",
        "ccxt: trades and balance"})
    EXPECT_THAT(ran.out, HasSubstr(fmt::format("ok {}", step)));
}

}  // namespace
}  // namespace proteus::app
