// The terminal: what it can show, and a page that is drawn over itself without flicker.
#pragma once

#include <string>

#include "tools/app/text.hpp"

namespace proteus::app {

[[nodiscard]] bool stdout_is_terminal();
/// Colour only on a terminal without NO_COLOR and TERM=dumb; UTF-8 by the locale; its width, or
/// 120 in a pipe.
[[nodiscard]] Style style_of_stdout();

/// Rows of the terminal; 0 in a pipe, where a page may be of any length.
[[nodiscard]] std::size_t rows_of_stdout();

/// Draws pages over one another on a terminal; in a pipe they follow each other as plain text. The
/// cursor is hidden from the first page until this goes. A terminal that takes nothing (Ctrl-S, a
/// connection that hangs) costs pages and no time: it is written through a descriptor of its own
/// that does not block, and while a page is on its way later ones are dropped.
class Screen {
 public:
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void show(const std::string& page);
  /// A last line below the page.
  void end(const std::string& sentence);
  [[nodiscard]] bool terminal() const { return terminal_; }

 private:
  void write(const std::string& bytes);

  bool terminal_;
  int fd_ = -1;  ///< of the terminal; -1: standard output itself, which may block
  std::string unsent_;
  bool drawn_ = false;
};

/// What the kernel takes of `bytes` at once, from a descriptor that does not block; the rest is
/// returned. What can never be written is dropped.
std::string write_some(int fd, std::string bytes);

/// The escape codes that draw `page` over what stands there, cut to `rows` lines: home, each line
/// cleared behind its end, then all below. Pure.
std::string redraw(const std::string& page, std::size_t rows);

}  // namespace proteus::app
