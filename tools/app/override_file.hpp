// The file in which a person lifts single risk controls for a time (control 25), read into the
// changes that the engine is told as inputs.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/event.hpp"
#include "engine/core/instrument.hpp"
#include "engine/core/result.hpp"

namespace proteus::app {

/// The overrides that `text` (TOML, one section each) asks for; `name` stands in complaints.
/// Errors: Malformed, every complaint on a line of its own, "name:line: what, what to do". A file
/// with one mistake asks for nothing.
Result<std::vector<OverrideChanged>> parse_overrides(std::string_view text, const std::string& name,
                                                     const InstrumentTable& instruments);

/// What has to be told so that `wanted` stands where `standing` does; what has expired by `now` is
/// not granted.
std::vector<OverrideChanged> override_changes(std::span<const OverrideChanged> wanted,
                                              std::span<const OverrideChanged> standing,
                                              Timestamp now);

/// Watches the file. No thread of its own: it is asked.
class OverrideFile {
 public:
  /// An empty path: there is none, and nothing ever changes.
  explicit OverrideFile(std::filesystem::path path) : path_(std::move(path)) {}

  /// True when the file was written, came or went since the last call, and at the first.
  [[nodiscard]] bool changed();
  /// What it asks for now. A file that is not there asks for nothing. Errors: Io, Malformed.
  [[nodiscard]] Result<std::vector<OverrideChanged>> read(const InstrumentTable& instruments);

 private:
  std::filesystem::path path_;
  std::string seen_ = "never";  ///< time and size of the file as last seen
};

}  // namespace proteus::app
