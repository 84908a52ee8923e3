#include "config/document.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>
#include <algorithm>

namespace proteus::config {
namespace {

std::optional<Value> value_of(const toml::node& node) {
  if (const auto* v = node.as_boolean()) return Value{v->get()};
  if (const auto* v = node.as_integer()) return Value{v->get()};
  if (const auto* v = node.as_floating_point()) return Value{v->get()};
  if (const auto* v = node.as_string()) return Value{v->get()};
  const auto* const array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const toml::node& element : *array) {
    const auto* const text = element.as_string();
    if (text == nullptr) return std::nullopt;
    texts.push_back(text->get());
  }
  return Value{std::move(texts)};
}

std::string type_of(const toml::node& node) {
  if (node.is_array()) return node.is_array_of_tables() ? "a list of tables" : "a mixed list";
  if (node.is_date() || node.is_time() || node.is_date_time()) return "a date or time";
  return "of an unknown type";
}

// Bounds of what is given to the parser. It keeps a table a dot, each inside the one before, and
// walks down and clears up by calling itself: a key of ten thousand dots would end the stack.
constexpr std::size_t kTextMax = std::size_t{256} * 1024;
constexpr std::ptrdiff_t kDotsMax = 200;  // a line
constexpr int kDepthMax = 16;             // sections inside sections

std::optional<SyntaxError> beyond_bounds(std::string_view text) {
  if (text.size() > kTextMax)
    return SyntaxError{.line = 1,
                       .column = 1,
                       .what = fmt::format("{} bytes, settings have at most {}: is this the file?",
                                           text.size(), kTextMax)};
  std::uint32_t line = 0;
  while (!text.empty()) {
    ++line;
    const std::string_view one = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    if (std::count(one.begin(), one.end(), '.') > kDotsMax)
      return SyntaxError{.line = line,
                         .column = 1,
                         .what = fmt::format("more than {} dots, this is no setting", kDotsMax)};
  }
  return std::nullopt;
}

void walk(const toml::table& table, const std::string& section, Document& out, int depth = 0) {
  for (const auto& [key, node] : table) {
    const auto line = static_cast<std::uint32_t>(key.source().begin.line);
    const std::string name{key.str()};
    if (const auto* inner = node.as_table()) {
      const std::string path = section.empty() ? name : fmt::format("{}.{}", section, name);
      // Too deep for any setting: told as a section that nobody knows, without what it holds.
      const bool hollow = inner->empty() || depth == kDepthMax;
      out.tables.push_back({path, line, hollow});
      if (!hollow) walk(*inner, path, out, depth + 1);
      continue;
    }
    Entry entry{.section = section, .key = name, .line = line, .value = value_of(node), .type = ""};
    if (!entry.value) entry.type = type_of(node);
    out.entries.push_back(std::move(entry));
  }
}

}  // namespace

Document parse_document(std::string_view text) {
  Document document;
  document.error = beyond_bounds(text);
  if (document.error) return document;
  try {
    walk(toml::parse(text), "", document);
  } catch (const toml::parse_error& failed) {
    const auto& at = failed.source().begin;
    std::string what{failed.description()};
    if (what.find("redefine") != std::string::npos) what += ": it is given twice, keep one";
    document = {};
    document.error = SyntaxError{.line = static_cast<std::uint32_t>(at.line),
                                 .column = static_cast<std::uint32_t>(at.column),
                                 .what = std::move(what)};
  }
  const auto by_line = [](const auto& a, const auto& b) { return a.line < b.line; };
  std::stable_sort(document.entries.begin(), document.entries.end(), by_line);
  std::stable_sort(document.tables.begin(), document.tables.end(), by_line);
  return document;
}

}  // namespace proteus::config
