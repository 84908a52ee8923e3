#include "tests/integration/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <stdexcept>

#include "connectors/net/local_client.hpp"
#include "connectors/net/loop.hpp"

namespace proteus::app {
namespace {

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  return ends;
}

void limit_files(std::uint64_t bytes) {
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace

Child::Child(const std::vector<std::string>& arguments, std::uint64_t file_bytes_max) {
  std::vector<char*> argv;
  std::string program = PROTEUS_BINARY;
  std::vector<std::string> words = arguments;
  argv.push_back(program.data());
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const auto out = make_pipe();
  const auto err = make_pipe();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    if (file_bytes_max > 0) limit_files(file_bytes_max);
    ::execv(program.c_str(), argv.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  watch_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  ear_ = std::thread([this, from_out = out[0], from_err = err[0]] { hear(from_out, from_err); });
}

Child::~Child() {
  if (!code_) {
    signal(SIGKILL);
    wait();
  }
  if (ear_.joinable()) ear_.join();
  ::close(watch_);
}

void Child::signal(int number) const {
  if (!code_) ::kill(pid_, number);
}

/// Until both pipes have ended, which is when the process has.
void Child::hear(int out_fd, int err_fd) {
  std::array<pollfd, 2> pipes{{{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}}};
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    if (::poll(pipes.data(), pipes.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      if (pipes[i].revents == 0) continue;
      std::array<char, 4096> bytes{};
      const ssize_t n = ::read(pipes[i].fd, bytes.data(), bytes.size());
      if (n > 0) {
        const std::lock_guard lock(mutex_);
        (i == 0 ? out_ : err_).append(bytes.data(), static_cast<std::size_t>(n));
      } else {
        ::close(pipes[i].fd);
        pipes[i].fd = -1;  // poll passes over it.
      }
    }
    more_.notify_all();
  }
}

std::string Child::heard(const std::string& text) const {
  const std::lock_guard lock(mutex_);
  return text;
}

void Child::listen(Duration longest) {
  std::unique_lock lock(mutex_);
  more_.wait_for(lock, longest);
  lock.unlock();
  wait(Duration{0});
}

std::optional<int> Child::wait(Duration longest) {
  if (code_) return code_;
  pollfd end{watch_, POLLIN, 0};
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(longest).count();
  int status = 0;
  if (::poll(&end, 1, static_cast<int>(ms)) <= 0 || ::waitpid(pid_, &status, 0) != pid_)
    return std::nullopt;
  ear_.join();  // Its last words.
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return code_;
}

bool Child::says(const std::string& text, Duration longest) {
  const Duration until = net::Loop::steady_now() + longest;
  const auto said = [&] {
    return out().find(text) != std::string::npos || err().find(text) != std::string::npos;
  };
  while (!said() && !code_ && net::Loop::steady_now() < until) listen();
  return said();
}

Ran run_proteus(const std::vector<std::string>& arguments) {
  Child child(arguments);
  const int code = child.wait().value_or(-1);
  return {code, child.out(), child.err()};
}

bool has_learner() {
  return std::filesystem::exists(std::filesystem::path(PROTEUS_BINARY).parent_path() /
                                 "proteus-learn");
}

std::optional<std::string> ask(const std::string& socket, const std::string& line) {
  auto client = net::LocalClient::connect(socket);
  if (client.has_error() || client.value().send_line(line).has_error()) return std::nullopt;
  auto answer = client.value().read_line(std::chrono::seconds{5});
  return answer.has_error() ? std::nullopt : answer.value();
}

}  // namespace proteus::app
