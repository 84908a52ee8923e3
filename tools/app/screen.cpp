#include "tools/app/screen.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace proteus::app {
namespace {

struct Size {
  std::size_t columns = 120;
  std::size_t rows = 50;
};

Size terminal_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return {};
  return {size.ws_col, size.ws_row};
}

}  // namespace

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

Style style_of_stdout() {
  Style style;
  if (!stdout_is_terminal()) return style;
  const char* term = std::getenv("TERM");
  const char* no_color = std::getenv("NO_COLOR");
  style.color = (no_color == nullptr || *no_color == '\0') && term != nullptr &&
                std::string_view(term) != "dumb";
  std::setlocale(LC_CTYPE, "");
  style.unicode = std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
  style.width = terminal_size().columns;
  return style;
}

std::size_t rows_of_stdout() { return stdout_is_terminal() ? terminal_size().rows : 0; }

std::string redraw(const std::string& page, std::size_t rows) {
  std::string out = "\x1b[H";
  std::string_view rest = page;
  for (std::size_t row = 0; !rest.empty() && row < rows; ++row) {
    const std::size_t end = rest.find('\n');
    const bool last = end == std::string_view::npos || end + 1 == rest.size();
    const bool cut = row + 1 == rows && !last;
    out += cut ? std::string_view("... more lines than the terminal has; a pipe shows all")
               : rest.substr(0, end);
    out += "\x1b[K";
    if (last) break;
    if (!cut) out += "\r\n";
    rest.remove_prefix(end + 1);
  }
  return out + "\x1b[J";
}

std::string write_some(int fd, std::string bytes) {
  while (!bytes.empty()) {
    const ssize_t taken = ::write(fd, bytes.data(), bytes.size());
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? bytes : std::string();
    bytes.erase(0, static_cast<std::size_t>(taken));
  }
  return bytes;
}

Screen::Screen() : terminal_(stdout_is_terminal()) {
  // Opened anew: the flag belongs to the description, and standard output's is the shell's too.
  if (terminal_) fd_ = ::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

Screen::~Screen() {
  if (terminal_ && drawn_) {
    unsent_ += "\x1b[?25h\n";
    write("");
  }
  if (fd_ >= 0) ::close(fd_);
}

void Screen::write(const std::string& bytes) {
  if (fd_ >= 0) {
    unsent_ = write_some(fd_, std::move(unsent_) + bytes);
    return;
  }
  std::fputs((unsent_ + bytes).c_str(), stdout);
  std::fflush(stdout);
  unsent_.clear();
}

void Screen::end(const std::string& sentence) {
  if (terminal_) return write((drawn_ ? "\r\n" : "") + sentence + "\r\n");
  fmt::print("{}\n", sentence);
  std::fflush(stdout);
}

void Screen::show(const std::string& page) {
  if (!terminal_) {
    fmt::print("{}\n", page);
    std::fflush(stdout);
    return;
  }
  if (!unsent_.empty()) write("");
  if (!unsent_.empty()) return;
  write((drawn_ ? "" : "\x1b[2J\x1b[?25l") + redraw(page, terminal_size().rows));
  drawn_ = true;
}

}  // namespace proteus::app
