#include "connectors/storage/retention.hpp"

#include <algorithm>
#include <charconv>

namespace proteus::storage {
namespace fs = std::filesystem;
namespace {

std::uint64_t bytes_of(const fs::path& path) {
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  return failed ? 0 : size;
}

// "public_linear_0-1748538360012345678.jsonl.zst": the time of the first frame.
std::optional<Timestamp> first_frame_of(const std::string& name) {
  if (!name.ends_with(".jsonl.zst")) return std::nullopt;
  const auto dash = name.rfind('-');
  if (dash == std::string::npos) return std::nullopt;
  std::int64_t ns = 0;
  const char* const from = name.data() + dash + 1;
  const auto [end, failed] = std::from_chars(from, name.data() + name.size(), ns);
  if (failed != std::errc{} || *end != '.') return std::nullopt;
  return from_unix_ns(ns);
}

}  // namespace

DiskUse disk_use(const fs::path& folder) {
  DiskUse use;
  std::error_code failed;
  for (fs::recursive_directory_iterator it{folder, failed}, end; it != end; it.increment(failed)) {
    std::error_code gone;
    if (it->is_regular_file(gone)) use.session_bytes += bytes_of(it->path());
  }
  const auto space = fs::space(folder, failed);
  if (!failed) use.disk_free = space.available;
  return use;
}

void Retention::add_feed(std::vector<Expendable>& out) const {
  std::error_code failed;
  for (fs::directory_iterator it{wal_.parent_path() / "feed", failed}, end; it != end;
       it.increment(failed)) {
    const auto first = first_frame_of(it->path().filename().string());
    if (!first) continue;
    out.push_back({.path = it->path(),
                   .bytes = bytes_of(it->path()),
                   .end = *first + settings_.feed_part_age});
  }
  std::ranges::sort(out, [](const Expendable& a, const Expendable& b) {
    return a.end != b.end ? a.end < b.end : a.path < b.path;
  });
}

const Retention::Known* Retention::known(const LogPart& part) {
  const auto it = std::ranges::find(known_, part.segment, &Known::segment);
  if (it != known_.end()) return &*it;
  const auto reader = WalReader::open(part.path);
  if (!reader) return nullptr;
  const WalHeader& h = reader.value().header();
  return &known_.emplace_back(Known{part.segment, h.first_record, h.begun});
}

void Retention::add_log(std::vector<Expendable>& out, std::uint64_t told) {
  const std::vector<LogPart> parts = closed_parts(wal_);
  // The newest closed one and session.wal are the last two. One after which others are missing goes
  // as well: the next that is there bounds its records and its time.
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (!parts[i].packed) return;
    const Known* const next = known(parts[i + 1]);
    if (next == nullptr || next->first_record > told) return;
    const Known after = *next;  // `known` may move what it knows.
    const Known* const own = known(parts[i]);
    if (own == nullptr) return;
    out.push_back({.path = parts[i].path,
                   .bytes = bytes_of(parts[i].path),
                   .log = true,
                   .first = own->first_record,
                   .records = after.first_record - own->first_record,
                   .end = after.begun});
  }
}

std::vector<Expendable> Retention::expendable(std::uint64_t told) {
  std::vector<Expendable> all;
  add_feed(all);
  add_log(all, told);
  return all;
}

std::vector<Dropped> Retention::enforce(Timestamp now, std::uint64_t told, DiskUse& use) {
  use = disk_use(wal_.parent_path());
  const auto quota = static_cast<std::uint64_t>(settings_.quota_bytes);
  std::vector<Expendable> all = expendable(told);
  const auto too_old = [&](const Expendable& file) {
    return now - file.end > (file.log ? settings_.keep_log : settings_.keep_feed);
  };
  // Age first: it may be enough for the quota.
  std::stable_partition(all.begin(), all.end(), too_old);
  std::vector<Dropped> dropped;
  bool log_kept = false;  // a segment that stays keeps all later ones: no holes
  for (const Expendable& file : all) {
    const bool old = too_old(file);
    if (!old && use.session_bytes <= quota) break;
    if (file.log && log_kept) continue;
    std::error_code failed;
    if (!fs::remove(file.path, failed) || failed) {
      log_kept = log_kept || file.log;
      continue;
    }
    use.session_bytes -= std::min(use.session_bytes, file.bytes);
    use.disk_free += file.bytes;
    dropped.push_back({.what = file.log ? "log" : "feed",
                       .name = file.path.filename().string(),
                       .time = now,
                       .why = old ? "age" : "quota",
                       .bytes = file.bytes,
                       .rows = file.records});
  }
  return dropped;
}

}  // namespace proteus::storage
