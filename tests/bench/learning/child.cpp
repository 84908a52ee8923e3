#include "tests/bench/learning/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <sstream>
#include <utility>

extern char** environ;  // NOLINT: POSIX's name

namespace proteus::bench {

Started::Started(std::vector<std::string> command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
  std::vector<char*> words;
  std::ranges::transform(command, std::back_inserter(words),
                         [](std::string& word) { return word.data(); });
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  if (::posix_spawnp(&pid_, words[0], &actions, nullptr, words.data(), environ) != 0) pid_ = -1;
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  out_ = ends[0];
}

Started::Started(Started&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), out_(std::exchange(other.out_, -1)) {}

Started::~Started() {
  if (out_ >= 0) ::close(out_);
  if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
}

std::optional<Reference> Started::figures() {
  if (pid_ <= 0) return std::nullopt;
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::read(out_, part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(got));
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  Reference figures;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    double value = 0.0;
    if (words >> name >> value) figures[name] = value;
  }
  return figures;
}

}  // namespace proteus::bench
