#include "tests/integration/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
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
  ::signal(SIGXFSZ, SIG_IGN);
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
  out_fd_ = out[0];
  err_fd_ = err[0];
  watch_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
}

Child::~Child() {
  if (!code_) {
    signal(SIGKILL);
    wait();
  }
  for (const int fd : {watch_, out_fd_, err_fd_})
    if (fd >= 0) ::close(fd);
}

void Child::signal(int number) const {
  if (!code_) ::kill(pid_, number);
}

bool Child::read_some(int& fd, std::string& text) {
  std::array<char, 4096> bytes{};
  const ssize_t n = ::read(fd, bytes.data(), bytes.size());
  if (n > 0) {
    text.append(bytes.data(), static_cast<std::size_t>(n));
    return true;
  }
  ::close(fd);
  fd = -1;
  return false;
}

void Child::listen(Duration longest) {
  std::array<pollfd, 3> events{{{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}, {watch_, POLLIN, 0}}};
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(longest).count();
  if (::poll(events.data(), events.size(), static_cast<int>(std::max<std::int64_t>(0, ms))) <= 0)
    return;
  const bool heard_out = events[0].revents != 0 && read_some(out_fd_, out_);
  const bool heard_err = events[1].revents != 0 && read_some(err_fd_, err_);
  // Its last words come before its end.
  if (events[2].revents == 0 || heard_out || heard_err || code_) return;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::optional<int> Child::wait(Duration longest) {
  const Duration until = net::Loop::steady_now() + longest;
  while (!code_ && net::Loop::steady_now() < until) listen(std::chrono::seconds{1});
  return code_;
}

bool Child::says(const std::string& text, Duration longest) {
  const Duration until = net::Loop::steady_now() + longest;
  const auto said = [&] {
    return out_.find(text) != std::string::npos || err_.find(text) != std::string::npos;
  };
  while (!said() && !code_ && net::Loop::steady_now() < until) listen(std::chrono::seconds{1});
  return said();
}

Ran run_proteus(const std::vector<std::string>& arguments) {
  Child child(arguments);
  const int code = child.wait().value_or(-1);
  return {code, child.out(), child.err()};
}

std::optional<std::string> ask(const std::string& socket, const std::string& line) {
  auto client = net::LocalClient::connect(socket);
  if (client.has_error() || client.value().send_line(line).has_error()) return std::nullopt;
  auto answer = client.value().read_line(std::chrono::seconds{5});
  return answer.has_error() ? std::nullopt : answer.value();
}

}  // namespace proteus::app
