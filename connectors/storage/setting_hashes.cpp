#include "connectors/storage/setting_hashes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::storage {

std::map<std::string, std::string> setting_values(std::string_view resolved) {
  std::map<std::string, std::string> found;
  std::string section;
  for (std::size_t at = 0; at < resolved.size();) {
    const std::size_t end = std::min(resolved.find('\n', at), resolved.size());
    const std::string_view line = resolved.substr(at, end - at);
    at = end + 1;
    if (line.starts_with('['))
      section = line.substr(1, line.find(']') - 1);
    else if (const auto equals = line.find(" = "); equals != std::string_view::npos)
      found[section + "." + std::string(line.substr(0, equals))] = line.substr(equals + 3);
  }
  return found;
}

std::string text_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return fmt::format("{:016x}", hash);
}

std::vector<std::string> setting_hashes(std::string_view resolved) {
  std::vector<std::string> hashes;
  for (const auto& [key, value] : setting_values(resolved))
    hashes.push_back(fmt::format("{} {}", key, text_hash(value).substr(0, 8)));
  return hashes;
}

std::vector<ChangedSetting> changed_settings(const std::vector<std::string>& hashes,
                                             std::string_view resolved) {
  std::map<std::string, std::string> then;
  for (const std::string& line : hashes)
    if (const auto blank = line.find(' '); blank != std::string::npos)
      then[line.substr(0, blank)] = line.substr(blank + 1);
  const auto now = setting_values(resolved);
  std::vector<ChangedSetting> changed;
  for (const auto& [key, value] : now) {
    const auto was = then.find(key);
    if (was == then.end())
      changed.push_back({key, value, true});
    else if (was->second != text_hash(value).substr(0, 8))
      changed.push_back({key, value, false});
  }
  for (const auto& [key, hash] : then)
    if (!now.contains(key)) changed.push_back({key, "(absent)", false});
  std::ranges::sort(changed, {}, &ChangedSetting::key);
  return changed;
}

}  // namespace proteus::storage
