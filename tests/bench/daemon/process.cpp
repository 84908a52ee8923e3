#include "tests/bench/daemon/process.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "connectors/net/loop.hpp"

namespace proteus::bench {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> words(const std::string& verb, const Settings& settings) {
  std::vector<std::string> all{verb};
  for (const std::string& setting : settings) {
    all.emplace_back("--set");
    all.push_back(setting);
  }
  return all;
}

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "bench_daemon: {}\n", why);
  std::exit(1);
}

double status_mib(const std::filesystem::path& proc, std::string_view key) {
  std::ifstream in(proc / "status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key)) return std::atof(line.c_str() + key.size() + 1) / 1024.0;
  return 0.0;
}

}  // namespace

Settings operator+(Settings a, const Settings& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

int quietest_core() {
  std::ifstream table("/proc/interrupts");
  std::string line;
  std::getline(table, line);  // "CPU0 CPU1 ..."
  std::vector<std::uint64_t> taken(static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_ONLN)), 0);
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string source;
    words >> source;
    if (source.find_first_not_of("0123456789:") != std::string::npos) continue;  // a core's own
    for (std::uint64_t& count : taken) {
      std::uint64_t more = 0;
      if (words >> more) count += more;
    }
  }
  return static_cast<int>(std::ranges::min_element(taken) - taken.begin());
}

Usage usage_of(pid_t pid) {
  const std::filesystem::path proc = fmt::format("/proc/{}", pid);
  Usage usage;
  std::ifstream in(proc / "stat");
  std::string line;
  std::getline(in, line);
  // The name in brackets may hold blanks; user and system time are the 12th and 13th after it.
  std::istringstream rest(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  std::string word;
  for (int i = 1; i <= 13 && rest >> word; ++i)
    if (i >= 12)
      usage.cpu_seconds += std::atof(word.c_str()) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  usage.resident_mib = status_mib(proc, "VmRSS");
  usage.resident_peak_mib = status_mib(proc, "VmHWM");
  std::error_code failed;
  for (std::filesystem::directory_iterator it(proc / "fd", failed), end; !failed && it != end;
       it.increment(failed))
    ++usage.descriptors;
  return usage;
}

double resident_mib() { return status_mib("/proc/self", "VmRSS"); }

std::string made_up_instruments(int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += fmt::format("{}linear:SIM{:03}USDT", i > 0 ? "," : "", i);
  return all;
}

SimProcess::SimProcess(const Settings& settings)
    : child_(words("sim", Settings{"sim.server.port=0"} + settings)) {
  const std::string before = "http://127.0.0.1:";
  if (!child_.says(before) || !child_.says("push_interval"))
    give_up("the exchange did not start: " + child_.err());
  const std::string said = child_.err();
  address_ =
      fmt::format("127.0.0.1:{}", std::atoi(said.c_str() + said.find(before) + before.size()));
}

Settings SimProcess::where() const {
  return {"venue.rest=http://" + address_, "venue.stream=ws://" + address_};
}

PaperProcess::PaperProcess(const std::filesystem::path& folder, const Settings& settings)
    : folder_(folder),
      socket_((folder / "socket").string()),
      child_(words("paper", Settings{"session.folder=" + (folder / "runs").string(),
                                     "session.socket=" + socket_} +
                                settings)) {}

std::string PaperProcess::status() const { return app::ask(socket_, "status").value_or(""); }

bool PaperProcess::reaches(const std::string& name, std::int64_t least, double seconds,
                           double pause_ms) {
  const auto pause =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(pause_ms));
  const Duration until = net::Loop::steady_now() + std::chrono::duration_cast<Duration>(
                                                       std::chrono::duration<double>(seconds));
  while (!child_.ended() && net::Loop::steady_now() < until) {
    if (figure(status(), name) >= least) return true;
    child_.listen(pause);
  }
  return false;
}

bool PaperProcess::stop() {
  child_.signal(SIGTERM);
  return child_.wait(60s) == 0;
}

std::filesystem::path PaperProcess::session() const {
  std::error_code failed;
  for (std::filesystem::directory_iterator it(folder_ / "runs", failed), end; !failed && it != end;
       it.increment(failed))
    if (it->is_directory()) return it->path();
  return {};
}

std::int64_t figure(const std::string& json, const std::string& name) {
  const std::string key = "\"" + name + "\":";
  const std::size_t at = json.find(key);
  std::int64_t value = -1;
  if (at != std::string::npos)
    std::from_chars(json.data() + at + key.size(), json.data() + json.size(), value);
  return value;
}

}  // namespace proteus::bench
