// Trainings in processes of their own: how much memory one takes, and what two together do that
// train one policy over loopback, each with as many environments as the one alone.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/bench/learning/agent.hpp"
#include "tests/bench/learning/child.hpp"
#include "tests/bench/measure.hpp"

namespace proteus::bench {
namespace {

constexpr double kMebibyte = 1024.0 * 1024.0;

/// Largest resident memory of this process so far, bytes.
double memory_peak() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmHWM:")) return 1024.0 * std::stod(line.substr(6));
  return 0.0;
}

/// A port of loopback that nobody listens on; 0: none.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  const bool found = ::bind(fd, plain, size) == 0 && ::getsockname(fd, plain, &size) == 0;
  ::close(fd);
  return found ? ntohs(address.sin_port) : std::uint16_t{0};
}

/// Rank `rank` of `count` processes that meet at `port`.
Started start(const LearningPlan& plan, std::size_t rank, std::size_t count, std::uint16_t port) {
  std::vector<std::string> command{"env"};
  if (count > 1)
    for (std::string variable :
         {fmt::format("RANK={}", rank), fmt::format("WORLD_SIZE={}", count),
          std::string("MASTER_ADDR=127.0.0.1"), fmt::format("MASTER_PORT={}", port)})
      command.push_back(std::move(variable));
  command.push_back(std::filesystem::read_symlink("/proc/self/exe"));
  command.emplace_back("--child");
  if (plan.tiny) command.emplace_back("--tiny");
  return Started(command);
}

/// Steps a second of all of them together; 0 where one did not end well.
double together(const LearningPlan& plan, std::size_t count, Table& table, double& memory) {
  const std::uint16_t port = free_port();
  std::vector<Started> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(start(plan, i, count, port));
  double sum = 0.0;
  for (Started& one : all) {
    const auto figures = one.figures();
    table.require(figures.has_value(), "a training in a process of its own did not end well");
    if (!figures) return 0.0;
    sum += figures->at("train.rate");
    memory = std::max(memory, figures->at("train.memory"));
  }
  return sum;
}

}  // namespace

int train_and_tell(const LearningPlan& plan) {
  const auto place = learners::GroupSettings::from_environment();
  if (!place) return 1;
  const auto group = learners::join_group(place.value());
  if (!group) return 1;
  Agent agent(plan.environments, plan.steps, 4, group.value().get());
  agent.iterate();
  const double took = wall_of([&] {
    for (int i = 0; i < plan.iterations; ++i) agent.iterate();
  });
  const double steps =
      static_cast<double>(plan.steps * plan.environments) * static_cast<double>(plan.iterations);
  fmt::print("train.rate {} steps/s\ntrain.memory {} bytes\n", 1e9 * steps / took, memory_peak());
  return 0;
}

void measure_processes(const LearningPlan& plan, Table& table) {
  double memory = 0.0;
  std::vector<double> ratios;
  std::vector<double> ones;
  for (int round = 0; round < (plan.tiny ? 1 : 3); ++round) {
    const double one = together(plan, 1, table, memory);
    const double two = together(plan, 2, table, memory);
    if (one <= 0.0 || two <= 0.0) return;
    ones.push_back(one);
    ratios.push_back(two / one);
  }
  table.rows.push_back(
      {fmt::format("training of {} environments: memory at most", plan.environments),
       fmt::format("{:.0f} MiB", memory / kMebibyte), "< 1024 MiB", memory < 1024.0 * kMebibyte,
       "four epochs, in a process of its own"});
  const double times = median(ratios);
  table.rows.push_back(
      {"two processes that train one policy: times one", fmt::format("{:.2f}", times), ">= 1.8",
       times >= 1.8,
       fmt::format("one {:.0f} steps/s by the wall clock; gradients go over loopback",
                   median(ones))});
}

}  // namespace proteus::bench
