#include "connectors/storage/feed_recorder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "connectors/storage/feed_check.hpp"

namespace proteus::storage {
FeedRecorder::FeedRecorder(std::filesystem::path folder, const StorageSettings& settings,
                           std::function<void(std::filesystem::path)> on_closed)
    : folder_(std::move(folder)), settings_(settings), on_closed_(std::move(on_closed)) {}

FeedRecorder::~FeedRecorder() { close(); }

FeedRecorder::Part& FeedRecorder::part_of(std::string_view stream) {
  const auto it = std::find_if(parts_.begin(), parts_.end(),
                               [&](const Part& part) { return part.stream == stream; });
  if (it != parts_.end()) return *it;
  Part& part = parts_.emplace_back();
  part.stream = stream;
  return part;
}

bool FeedRecorder::is_due(const Part& part, Timestamp now, std::size_t more) const {
  return part.bytes > 0 &&
         (part.bytes + more > static_cast<std::uint64_t>(settings_.feed_part_bytes) ||
          now - part.first >= settings_.feed_part_age);
}

Result<void> FeedRecorder::open_part(Part& part, Timestamp first) const {
  // Two streams can share a stem, and a frame its instant: the first free number names the part.
  for (std::int64_t ns = to_unix_ns(first);; ++ns) {
    part.path = folder_ / fmt::format("{}-{:019}.jsonl", file_stem(part.stream), ns);
    std::error_code ignored;
    if (std::filesystem::exists(part.path.string() + ".zst", ignored)) continue;
    auto file = open_file(part.path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
    if (!file && file.error().code == ErrorCode::Busy) continue;
    if (!file) return file.error();
    part.file = std::move(file).value();
    part.bytes = 0;
    part.first = first;
    return success();
  }
}

void FeedRecorder::keep(std::string_view stream, std::uint64_t connection, Timestamp received,
                        std::string_view frame) {
  if (kept_) write();
  kept_ = true;
  stream_ = stream;
  connection_ = connection;
  received_ = received;
  frame_ = frame;
}

bool FeedRecorder::write() {
  if (!std::exchange(kept_, false)) return true;
  line_.clear();
  append_frame_line(line_, received_, connection_, stream_, frame_);
  return append_line();
}

bool FeedRecorder::append_line() {
  Part& part = part_of(stream_);
  if (part.file.open() && is_due(part, received_, line_.size())) close_part(part);
  if (!part.file.open())
    if (const auto opened = open_part(part, received_); !opened) return fail(opened.error());
  if (const auto written = write_all(part.file, line_, part.path); !written) {
    // Half a line would swallow the next one. If even the cut fails, the part ends here.
    if (::ftruncate(part.file.get(), static_cast<off_t>(part.bytes)) != 0) close_part(part);
    return fail(written.error());
  }
  part.bytes += line_.size();
  ++frames_;
  return true;
}

bool FeedRecorder::fail(const Error& failure) {
  ++lost_;
  last_error_ = failure.context;
  return false;
}

void FeedRecorder::close_part(Part& part) {
  if (!part.file.open()) return;
  part.file.close();
  on_closed_(part.path);
}

void FeedRecorder::close() {
  write();
  for (Part& part : parts_) close_part(part);
}

std::vector<std::filesystem::path> unfinished_parts(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> parts;
  std::error_code ignored;
  for (std::filesystem::directory_iterator it{folder, ignored}, end; it != end;
       it.increment(ignored))
    if (it->path().extension() == ".jsonl") parts.push_back(it->path());
  std::sort(parts.begin(), parts.end());
  return parts;
}

}  // namespace proteus::storage
