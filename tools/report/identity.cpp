// What a run was made of, as far as it was recorded or still lies where it lay.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "models/inference/sha256.hpp"
#include "tools/app/text.hpp"
#include "tools/app/version.hpp"
#include "tools/report/report.hpp"

namespace proteus::app::report {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kHashedMost = std::uintmax_t{1} << 28;  // bytes: a report takes seconds

std::string hash_of_file(const fs::path& path) {
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  if (failed) return "not there any more";
  if (size > kHashedMost)
    return fmt::format("not hashed, {}", bytes_text(static_cast<double>(size)));
  std::ifstream in(path, std::ios::binary);
  return inference::sha256(std::string{std::istreambuf_iterator<char>(in), {}});
}

using Identity = std::vector<std::pair<std::string, std::string>>;

void add_feed(const Run& run, Identity& out) {
  std::vector<fs::path> parts;
  std::uintmax_t bytes = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(run.folder / "feed", ignored)) {
    if (!entry.is_regular_file(ignored)) continue;
    parts.push_back(entry.path());
    bytes += entry.file_size(ignored);
  }
  if (parts.empty()) return;
  std::ranges::sort(parts);
  std::string told =
      fmt::format("{} parts, {}", parts.size(), bytes_text(static_cast<double>(bytes)));
  if (bytes <= kHashedMost) {
    std::string hashes;
    for (const fs::path& part : parts) hashes += hash_of_file(part);
    told += ", SHA-256 over those of the parts " + inference::sha256(hashes);
  }
  out.emplace_back("recorded feed", told);
}

void add_models(const Settings& s, Identity& out) {
  using strategies::StrategyKind;
  const bool policy = s.strategy.name == StrategyKind::Policy;
  if (!policy && s.strategy.name != StrategyKind::Forecast) return;
  const auto& files = policy ? s.policy.checkpoints : s.forecast.checkpoints;
  const auto& content = policy ? s.policy.content : s.forecast.content;
  for (const std::string& file : files) out.emplace_back("model", file);
  for (const std::string& hash : content) out.emplace_back("content hash of its weights", hash);
}

}  // namespace

Identity identity_of(const Run& run, const Books& books) {
  Identity out{{"session", run.name}};
  for (const auto& [key, value] : run.identity) out.emplace_back(key, value);
  out.emplace_back("bars", fmt::format("{}, SHA-256 {}", run.bars_hashed, run.bars_hash));
  if (run.settings) {
    for (const std::string& file : run.settings->replay.files)
      out.emplace_back("data " + file, "SHA-256 as it lies now " + hash_of_file(file));
    out.emplace_back(
        "strategy", std::string(EnumNames<strategies::StrategyKind>::names[static_cast<std::size_t>(
                        run.settings->strategy.name)]));
    add_models(*run.settings, out);
  }
  add_feed(run, out);
  out.emplace_back("settings", "SHA-256 " + inference::sha256(run.settings_text));
  out.emplace_back("ledger hash", books.ledger_hash);
  out.emplace_back(
      "books told again",
      fmt::format("cash is equal at {} of {} points, the whole ledger's hash at {}",
                  books.points_with_equal_cash, books.points, books.points_with_equal_hash));
  out.emplace_back("report made by", fmt::format("proteus {}", kVersion));
  return out;
}

}  // namespace proteus::app::report
