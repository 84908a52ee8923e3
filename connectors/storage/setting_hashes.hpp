// A short hash of every setting of a session, kept in session.json: so a setting that was changed
// in config.resolved.toml afterwards is named, and not only that the file was changed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace proteus::storage {

/// "section.key" -> value as its text stands there, of resolved settings (one line a key).
std::map<std::string, std::string> setting_values(std::string_view resolved);

/// FNV-1a of 64 bits, 16 hexadecimal digits: the hash of resolved settings.
std::string text_hash(std::string_view text);

/// "section.key 1a2b3c4d", one a setting, by key: 32 bits of the value's hash.
std::vector<std::string> setting_hashes(std::string_view resolved);

/// A setting that is not what it was.
struct ChangedSetting {
  std::string key;
  std::string now;  ///< its value; "(absent)": it is not there any more
  bool added = false;
};
/// Settings of `resolved` whose hashes differ from `hashes`, by key.
std::vector<ChangedSetting> changed_settings(const std::vector<std::string>& hashes,
                                             std::string_view resolved);

}  // namespace proteus::storage
