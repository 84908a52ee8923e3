#include "tools/app/shipped.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>

namespace proteus::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModels = "models/shipped";

bool is_folder(const fs::path& path) {
  std::error_code unknown;
  return fs::is_directory(path, unknown);
}

/// Empty where no folder is.
Result<std::vector<fs::path>> sorted(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed); !failed && entry != fs::directory_iterator();
       entry.increment(failed))
    found.push_back(entry->path());
  if (failed && failed != std::errc::no_such_file_or_directory &&
      failed != std::errc::not_a_directory)
    return error(ErrorCode::Io,
                 fmt::format("{} cannot be read: {}; let the user who runs this program read it",
                             folder.string(), failed.message()));
  std::ranges::sort(found);
  return found;
}

Result<std::vector<std::string>> checkpoints_in(const fs::path& folder) {
  BOOST_OUTCOME_TRY(const auto paths, sorted(folder));
  std::vector<std::string> files;
  for (const fs::path& path : paths)
    if (path.extension() == ".safetensors") files.push_back(path.string());
  return files;
}

/// Of those that can be read.
Result<std::string> names_in(const fs::path& models) {
  BOOST_OUTCOME_TRY(const auto paths, sorted(models));
  std::vector<std::string> names;
  for (const fs::path& path : paths)
    if (const auto files = checkpoints_in(path); files && !files.value().empty())
      names.push_back(path.filename().string());
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Result<fs::path> shipped_root(const fs::path& program) {
  for (fs::path above = program.parent_path();; above = above.parent_path()) {
    for (const fs::path& root : {above / "share" / "proteus", above})
      if (is_folder(root / kModels)) return root;
    if (above == above.parent_path()) break;
  }
  return error(
      ErrorCode::NotFound,
      fmt::format("the models that are shipped with this program were not found: neither "
                  "share/proteus/{0} beside its folder nor {0} in a folder above {1}; "
                  "install it whole (cmake --install, or the package), name another strategy "
                  "(--set strategy.name=sma_cross), or name strategy.name=policy with "
                  "checkpoint files of your own (policy.checkpoints)",
                  kModels, program.string()));
}

Result<fs::path> shipped_root() {
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (failed)
    return error(ErrorCode::Io, "cannot tell where this program lies: " + failed.message());
  return shipped_root(program);
}

Result<fs::path> shipped_settings() {
  BOOST_OUTCOME_TRY(const fs::path root, shipped_root());
  const fs::path file = root / "config" / "policy.toml";
  std::error_code unknown;
  if (fs::exists(file, unknown)) return file;
  return error(ErrorCode::NotFound,
               fmt::format("{} is not there, which says how the shipped policy trades: install the "
                           "program whole, or name a strategy (--set strategy.name=sma_cross)",
                           file.string()));
}

Result<std::vector<std::string>> shipped_checkpoints(const fs::path& root, std::string_view name) {
  const fs::path models = root / kModels;
  const bool plain = !name.empty() && name.find('/') == std::string_view::npos && name[0] != '.';
  if (plain) {
    BOOST_OUTCOME_TRY(auto files, checkpoints_in(models / name));
    if (!files.empty()) return files;
  }
  BOOST_OUTCOME_TRY(const std::string names, names_in(models));
  return error(ErrorCode::NotFound, fmt::format("{}{} is no shipped model, in {} there are: {}",
                                                kShippedPrefix, name, models.string(), names));
}

Result<std::vector<std::string>> with_shipped(const std::vector<std::string>& files) {
  std::vector<std::string> all;
  for (const std::string& file : files) {
    if (!file.starts_with(kShippedPrefix)) {
      all.push_back(file);
      continue;
    }
    BOOST_OUTCOME_TRY(const fs::path root, shipped_root());
    BOOST_OUTCOME_TRY(
        const auto model,
        shipped_checkpoints(root, std::string_view(file).substr(kShippedPrefix.size())));
    all.insert(all.end(), model.begin(), model.end());
  }
  return all;
}

}  // namespace proteus::app
