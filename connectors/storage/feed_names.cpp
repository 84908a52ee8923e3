#include "connectors/storage/feed_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace proteus::storage {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPlain = ".jsonl";
constexpr std::string_view kPacked = ".jsonl.zst";

struct Listed {
  fs::path path;
  FeedPartName name;
};

std::vector<Listed> parts_in(const fs::path& folder) {
  std::vector<Listed> parts;
  std::error_code failed;
  for (fs::directory_iterator it{folder, failed}, end; it != end; it.increment(failed))
    if (auto name = parse_part_name(it->path())) parts.push_back({it->path(), *std::move(name)});
  std::ranges::sort(parts, [](const Listed& a, const Listed& b) {
    // The packed form of a part comes before the other.
    return std::tuple{a.name.stem, a.name.first, !a.name.packed} <
           std::tuple{b.name.stem, b.name.first, !b.name.packed};
  });
  const auto [from, to] = std::ranges::unique(parts, [](const Listed& a, const Listed& b) {
    return a.name.stem == b.name.stem && a.name.first == b.name.first;
  });
  parts.erase(from, to);
  return parts;
}

}  // namespace

std::optional<FeedPartName> parse_part_name(const fs::path& path) {
  const std::string file = path.filename().string();
  std::string_view name = file;
  FeedPartName part;
  part.packed = name.ends_with(kPacked);
  if (!part.packed && !name.ends_with(kPlain)) return std::nullopt;
  name.remove_suffix(part.packed ? kPacked.size() : kPlain.size());
  const std::size_t dash = name.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  std::int64_t ns = 0;
  const auto [end, failed] = std::from_chars(name.data() + dash + 1, name.data() + name.size(), ns);
  if (failed != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  part.stem = name.substr(0, dash);
  part.first = from_unix_ns(ns);
  return part;
}

Result<std::vector<FeedStream>> feed_streams(std::span<const fs::path> sources) {
  std::vector<FeedStream> streams;
  for (const fs::path& source : sources) {
    std::error_code failed;
    const auto kind = fs::status(source, failed).type();
    if (kind == fs::file_type::not_found)
      return error(ErrorCode::NotFound,
                   fmt::format("{}: there is no such file or folder", source.string()));
    if (kind != fs::file_type::directory) {
      const auto name = parse_part_name(source);
      streams.push_back({name ? name->stem : source.filename().string(), {source}});
      continue;
    }
    std::error_code ignored;
    const fs::path feed = fs::is_directory(source / "feed", ignored) ? source / "feed" : source;
    const std::vector<Listed> parts = parts_in(feed);
    if (parts.empty())
      return error(ErrorCode::NotFound,
                   fmt::format("{}: holds no part of a recorded feed (*.jsonl, *.jsonl.zst)",
                               feed.string()));
    const std::size_t first = streams.size();
    for (const Listed& part : parts) {
      if (streams.size() == first || streams.back().stem != part.name.stem)
        streams.push_back({part.name.stem, {}});
      streams.back().parts.push_back(part.path);
    }
  }
  return streams;
}

}  // namespace proteus::storage
