// A TOML file as the reader needs it: flat, with lines. The one place that sees toml++.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/setting_slot.hpp"

namespace proteus::config {

struct Entry {
  std::string section;  ///< "risk.limits"; empty: above the first section
  std::string key;
  std::uint32_t line = 0;
  std::optional<Value> value;  ///< nothing: of a type that no setting has
  std::string type;            ///< then: its name ("a date", "a list of tables", ...)
};
struct Table {
  std::string section;
  std::uint32_t line = 0;
  bool empty = true;  ///< holds neither keys nor sections
};
struct SyntaxError {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string what;
};

struct Document {
  std::vector<Entry> entries;  ///< by line
  std::vector<Table> tables;
  std::optional<SyntaxError> error;  ///< then the rest is empty
};

Document parse_document(std::string_view text);

}  // namespace proteus::config
