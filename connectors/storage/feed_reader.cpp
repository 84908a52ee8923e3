#include "connectors/storage/feed_reader.hpp"

#include <fmt/format.h>

#include "connectors/storage/feed_text.hpp"

namespace proteus::storage {
namespace {

// A frame has 16 MiB at most, and its line at worst two letters a byte.
constexpr std::size_t kLineMax = std::size_t{40} << 20U;

}  // namespace

FeedReader::FeedReader(std::filesystem::path path, std::unique_ptr<FeedText> text, bool walk)
    : path_(std::move(path)), source_(std::move(text)), walk_(walk) {}
FeedReader::FeedReader(FeedReader&&) noexcept = default;
FeedReader& FeedReader::operator=(FeedReader&&) noexcept = default;
FeedReader::~FeedReader() = default;

Result<FeedReader> FeedReader::open(const std::filesystem::path& path, bool walk) {
  BOOST_OUTCOME_TRY(auto text, open_feed_text(path));
  const bool walks = walk || !text->proven();
  return FeedReader{path, std::move(text), walks};
}

const std::optional<FeedIndex>& FeedReader::index() const { return source_->index; }

void FeedReader::seek(Timestamp time) {
  from_ = time;
  source_->skip_before(time);
  line_ = source_->lines_before().value_or(0);
}

Result<bool> FeedReader::more() {
  text_.erase(0, at_);
  at_ = 0;
  searched_ = text_.size();
  if (searched_ > kLineMax) {
    // Its beginning goes now, its rest when it comes.
    text_.clear();
    searched_ = 0;
    in_long_line_ = true;
    return error(ErrorCode::Malformed,
                 fmt::format("{}:{}: a line of more than {} bytes, this is no recorded feed",
                             path_.string(), line_ + 1, kLineMax));
  }
  if (ended_) return false;
  auto some = source_->more(text_);
  if (some) return some;
  ended_ = some.error().code == ErrorCode::Io;
  // A line that the damage cut in two is none.
  text_.clear();
  searched_ = 0;
  in_long_line_ = false;
  const auto lines = source_->lines_before();
  lost_count_ = lost_count_ || !lines;
  line_ = lines.value_or(0);
  return some.error();
}

Result<FrameView> FeedReader::parse(std::string_view line) {
  auto frame = parse_frame_view(line, scratch_, walk_);
  if (frame) return frame;
  const std::string where = line_ > 0 ? fmt::format("{}:{}", path_.string(), line_)
                                      : fmt::format("{}: behind the damage", path_.string());
  return error(frame.error().code, fmt::format("{}: {}", where, frame.error().context));
}

Result<std::optional<FrameView>> FeedReader::next_view() {
  for (;;) {
    const std::size_t newline = text_.find('\n', at_ + searched_);
    if (newline == std::string::npos) {
      BOOST_OUTCOME_TRY(const bool some, more());
      if (some) continue;
      torn_ = text_.size();
      return std::optional<FrameView>{};
    }
    const std::string_view line = std::string_view{text_}.substr(at_, newline - at_);
    at_ = newline + 1;
    searched_ = 0;
    if (!lost_count_) ++line_;
    if (std::exchange(in_long_line_, false)) continue;
    if (from_) {
      const auto received = received_of(line);
      if (received && *received < *from_) continue;
      if (received) from_.reset();
    }
    BOOST_OUTCOME_TRY(const FrameView frame, parse(line));
    return std::optional{frame};
  }
}

Result<std::optional<RecordedFrame>> FeedReader::next() {
  BOOST_OUTCOME_TRY(const auto frame, next_view());
  if (!frame) return std::optional<RecordedFrame>{};
  return std::optional{RecordedFrame{frame->received, frame->connection, std::string(frame->stream),
                                     std::string(frame->bytes)}};
}

}  // namespace proteus::storage
