#include "config/document.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "config/bounds.hpp"

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

void walk(const toml::table& table, const std::string& section, Document& out) {
  for (const auto& [key, node] : table) {
    const auto line = static_cast<std::uint32_t>(key.source().begin.line);
    const std::string name{key.str()};
    if (const auto* inner = node.as_table()) {
      const std::string path = section.empty() ? name : fmt::format("{}.{}", section, name);
      out.tables.push_back({path, line, inner->empty()});
      walk(*inner, path, out);
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
  if (const auto deep = too_deep(text)) {
    document.error = SyntaxError{deep->line, deep->column,
                                 fmt::format("nests deeper than {} levels", kNestingMax)};
    return document;
  }
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
