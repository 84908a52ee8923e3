#include "connectors/storage/feed_merge.hpp"

#include <algorithm>
#include <tuple>

namespace proteus::storage {
namespace {

/// A part's name can be a little later than its first frame, where two would have had one name.
constexpr Duration kNameSlack = std::chrono::milliseconds{1};

}  // namespace

struct FeedMerge::Head {
  FeedReader reader;
  FrameView frame;
  std::size_t stream;
  std::size_t part;
  bool wants = true;  ///< the next frame has to be read
  Head(FeedReader r, std::size_t s, std::size_t p) : reader(std::move(r)), stream(s), part(p) {}
  [[nodiscard]] auto key() const { return std::tuple{frame.received, stream, part}; }
};

FeedMerge::FeedMerge(const std::vector<FeedStream>& streams, std::optional<Timestamp> from)
    : from_(from) {
  for (std::size_t s = 0; s < streams.size(); ++s)
    for (std::size_t p = 0; p < streams[s].parts.size(); ++p) {
      const auto name = parse_part_name(streams[s].parts[p]);
      const Timestamp first = name ? name->first - kNameSlack : Timestamp::min();
      waiting_.push_back({streams[s].parts[p], first, s, p});
    }
  std::ranges::stable_sort(waiting_, [](const Waiting& a, const Waiting& b) {
    return std::tuple{a.first, a.stream, a.part} > std::tuple{b.first, b.stream, b.part};
  });
}
FeedMerge::FeedMerge(FeedMerge&&) noexcept = default;
FeedMerge& FeedMerge::operator=(FeedMerge&&) noexcept = default;
FeedMerge::~FeedMerge() = default;

std::size_t FeedMerge::stream() const { return current_->stream; }
const FeedReader& FeedMerge::reader() const { return current_->reader; }

// The next frame of every open part that was used up.
Result<void> FeedMerge::pull() {
  for (std::size_t i = 0; i < heads_.size();) {
    Head& head = *heads_[i];
    if (head.wants) {
      BOOST_OUTCOME_TRY(const auto frame, head.reader.next_view());
      if (!frame) {
        heads_.erase(heads_.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
      head.frame = *frame;
      head.wants = false;
    }
    ++i;
  }
  return success();
}

// Opens the part that waits first, if a frame of it can be the next. True: there was one.
Result<bool> FeedMerge::open_due() {
  if (waiting_.empty()) return false;
  Timestamp earliest = Timestamp::max();
  for (const auto& head : heads_) earliest = std::min(earliest, head->frame.received);
  if (!heads_.empty() && waiting_.back().first > earliest) return false;
  const Waiting part = std::move(waiting_.back());
  waiting_.pop_back();
  BOOST_OUTCOME_TRY(FeedReader reader, FeedReader::open(part.path));
  if (from_) reader.seek(*from_);
  heads_.push_back(std::make_unique<Head>(std::move(reader), part.stream, part.part));
  return true;
}

Result<std::optional<FrameView>> FeedMerge::next() {
  if (current_ != nullptr) current_->wants = true;
  current_ = nullptr;
  for (bool opened = true; opened;) {
    BOOST_OUTCOME_TRY(pull());
    BOOST_OUTCOME_TRY(opened, open_due());
  }
  if (heads_.empty()) return std::optional<FrameView>{};
  const auto first = std::ranges::min_element(
      heads_, [](const auto& a, const auto& b) { return a->key() < b->key(); });
  current_ = first->get();
  return std::optional{current_->frame};
}

}  // namespace proteus::storage
