// Settings. The input is a file's text, then, each behind a byte 1, assignments of the command
// line. Every complaint names a line of the file or the command line; what is accepted reads back
// as the same settings from its own resolved text.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "tests/fuzz/property.hpp"
#include "tools/app/settings.hpp"

namespace proteus::app {
namespace {

/// Text that the complaints quote may hold line breaks of its own: then lines tell nothing.
bool plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || c >= ' '; });
}

void check_complaints(const Error& error, const std::string& file, std::string_view text,
                      const std::vector<std::string>& overrides) {
  FUZZ_CHECK(!error.context.empty());
  for (const std::string& given : overrides)
    if (!plain(given) || given.find('\n') != given.npos) return;
  if (!plain(text) || text.find('\\') != text.npos || text.find("\"\"\"") != text.npos ||
      text.find("'''") != text.npos)
    return;
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  std::string_view rest = error.context;
  while (!rest.empty()) {
    const std::string_view complaint = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), complaint.size() + 1));
    if (complaint.starts_with("command line: ") || complaint.starts_with("default: ")) continue;
    FUZZ_CHECK(complaint.starts_with(file + ":"), std::string(complaint));
    if (complaint.starts_with(file + ": ")) continue;  // Of the file as a whole.
    int line = 0;
    const char* const from = complaint.data() + file.size() + 1;
    const auto [end, code] = std::from_chars(from, complaint.data() + complaint.size(), line);
    FUZZ_CHECK(code == std::errc{} && *end == ':' && line >= 1 && line <= lines,
               std::string(complaint));
  }
}

template <class Load>
void run(const std::string& file, std::string_view text, const std::vector<std::string>& overrides,
         Load load_settings) {
  const auto loaded = load_settings(file, overrides);
  if (!loaded) return check_complaints(loaded.error(), file, text, overrides);
  FUZZ_CHECK(loaded.value().hash.size() == 16);
}

void run_daemon(const std::string& file, std::string_view text,
                const std::vector<std::string>& overrides) {
  const auto loaded = load(file, overrides, Paths::Ignored);
  if (!loaded) return check_complaints(loaded.error(), file, text, overrides);
  const fuzz::MemoryFile again(loaded.value().resolved);
  const auto back = load(again.path(), {}, Paths::Ignored);
  FUZZ_CHECK(back.has_value(), loaded.value().resolved + (back ? "" : back.error().context));
  FUZZ_CHECK(back.value().resolved == loaded.value().resolved, back.value().resolved);
  FUZZ_CHECK(back.value().hash == loaded.value().hash);
}

}  // namespace
}  // namespace proteus::app

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace proteus;
  std::string_view text = fuzz::text_of(data, size);
  std::vector<std::string> overrides;
  for (std::size_t at = text.rfind('\1'); at != text.npos; at = text.rfind('\1')) {
    overrides.emplace_back(text.substr(at + 1));
    text = text.substr(0, at);
  }
  const fuzz::MemoryFile file(text);
  app::run_daemon(file.path(), text, overrides);
  app::run(file.path(), text, overrides,
           [](const auto& path, const auto& given) { return app::load_sim(path, given); });
  return 0;
}
