#include "connectors/storage/feed_check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::storage {
namespace fs = std::filesystem;
namespace {

/// Told one by one of a part; beyond, they are counted.
constexpr std::uint64_t kProblemsMax = 20;

class FeedChecker {
 public:
  FeedChecker(const FeedCheckOptions& options, FeedReport& report)
      : options_(options), report_(report) {}

  void check(const FeedStream& stream) {
    for (const fs::path& part : stream.parts) {
      check_part(part, stream);
      had_ = part.filename().string();
    }
    had_.clear();
  }

 private:
  void check_part(const fs::path& path, const FeedStream& stream) {
    told_ = 0;
    back_ = mixed_ = 0;
    last_.reset();
    FeedPartCheck& part = report_.parts.emplace_back();
    part.path = path;
    part.stem = stream.stem;
    std::error_code ignored;
    part.bytes = fs::file_size(path, ignored);
    auto reader = FeedReader::open(path, true);
    if (!reader) return complain(reader.error().context);
    look_at_index(reader.value(), part, stream);
    const bool named = parse_part_name(path).has_value();
    for (;;) {
      const auto frame = reader.value().next_view();
      if (!frame) {
        complain(frame.error().context);
        if (frame.error().code == ErrorCode::Io) break;
        continue;
      }
      if (!frame.value()) break;
      take(*frame.value(), reader.value(), part, named && stream.stem != "merged");
    }
    part.torn_bytes = reader.value().torn_bytes();
    finish(part);
  }

  void look_at_index(const FeedReader& reader, FeedPartCheck& part, const FeedStream& stream) {
    if (!reader.index()) return;
    part.blocks = reader.index()->blocks.size();
    const std::string& after = reader.index()->after;
    // Where it is the first that is there, those before it may have been let go on purpose.
    if (after.empty() || had_.empty() || stream.parts.size() < 2 || had_.starts_with(after)) return;
    complain(
        fmt::format("{}: was recorded after {}, which is not there", part.path.string(), after));
  }

  void take(const FrameView& frame, const FeedReader& reader, FeedPartCheck& part,
            bool one_stream) {
    ++part.frames;
    ++report_.frames;
    if (!part.first) part.first = frame.received;
    if (last_ && frame.received < *last_ && ++back_ == 1)
      complain(fmt::format("{}:{}: time goes back, from {} to {}", part.path.string(),
                           reader.line(), format_time(*last_), format_time(frame.received)));
    last_ = frame.received;
    part.last = part.last ? std::max(*part.last, frame.received) : frame.received;
    if (one_stream && file_stem(frame.stream) != part.stem && ++mixed_ == 1)
      complain(fmt::format("{}:{}: a frame of stream {} in a part of {}", part.path.string(),
                           reader.line(), frame.stream, part.stem));
    count(frame);
    if (options_.on_frame) options_.on_frame(frame, reader);
  }

  void count(const FrameView& frame) {
    auto it = report_.streams.find(std::string(frame.stream));
    if (it == report_.streams.end())
      it = report_.streams.emplace(std::string(frame.stream), FeedStreamCheck{}).first;
    FeedStreamCheck& stream = it->second;
    // Of REST answers the connection is the number of the request, and silence is no gap.
    const bool streams = frame.stream != "rest";
    const bool anew = stream.frames == 0 || (streams && frame.connection != stream.connection);
    if (streams && stream.last && (anew || frame.received - *stream.last > options_.gap))
      report_.gaps.push_back(
          {it->first, *stream.last, frame.received, stream.connection, frame.connection});
    stream.connections += anew ? 1 : 0;
    stream.connection = frame.connection;
    ++stream.frames;
    stream.bytes += frame.bytes.size();
    if (!stream.first) stream.first = frame.received;
    stream.last = stream.last ? std::max(*stream.last, frame.received) : frame.received;
  }

  void finish(const FeedPartCheck& part) {
    const std::string path = part.path.string();
    if (back_ > 1) complain(fmt::format("{}: time goes back {} times", path, back_));
    if (mixed_ > 1) complain(fmt::format("{}: {} frames are of other streams", path, mixed_));
    if (told_ > kProblemsMax)
      report_.problems.push_back(
          fmt::format("{}: {} more of that kind", path, told_ - kProblemsMax));
    if (part.torn_bytes > 0)
      report_.notes.push_back(
          fmt::format("{} ends with {} bytes that are no whole line: it is being written, or its "
                      "writer was interrupted",
                      path, part.torn_bytes));
  }

  void complain(std::string problem) {
    if (++told_ <= kProblemsMax) report_.problems.push_back(std::move(problem));
  }

  const FeedCheckOptions& options_;
  FeedReport& report_;
  std::string had_;  // name of the part before
  std::uint64_t told_ = 0;
  std::uint64_t back_ = 0;
  std::uint64_t mixed_ = 0;
  std::optional<Timestamp> last_;
};

}  // namespace

std::string file_stem(std::string_view stream) {
  std::string stem{stream.substr(0, 80)};
  for (char& c : stem) {
    const bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!letter && c != '-') c = '_';
  }
  return stem;
}

FeedReport check_feed(const std::vector<FeedStream>& streams, const FeedCheckOptions& options) {
  FeedReport report;
  FeedChecker checker{options, report};
  for (const FeedStream& stream : streams) checker.check(stream);
  return report;
}

}  // namespace proteus::storage
