#include "connectors/bybit/public_feed.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/bybit/feed_impl.hpp"

namespace proteus::bybit {
namespace {

Result<std::vector<Interval>> read_intervals(const std::vector<std::string>& texts) {
  std::vector<Interval> intervals;
  for (const std::string& text : texts) {
    const std::optional<Interval> interval = parse_interval(text);
    if (!interval)
      return error(ErrorCode::Malformed,
                   fmt::format("intervals: \"{}\" is no bar length (write 1m, 3m, 5m, 15m, 30m, "
                               "1h, 2h, 4h, 6h, 12h, 1d, 1w or 1M)",
                               text));
    if (std::find(intervals.begin(), intervals.end(), *interval) == intervals.end())
      intervals.push_back(*interval);
  }
  if (intervals.empty())
    return error(ErrorCode::OutOfRange, "intervals: name at least one bar length, such as 1m");
  return intervals;
}

}  // namespace

Result<std::unique_ptr<PublicFeed>> PublicFeed::create(const FeedSettings& settings,
                                                       const InstrumentTable& instruments,
                                                       FeedIo& io, VenueClock& clock,
                                                       EventSink& sink, std::uint64_t seed) {
  BOOST_OUTCOME_TRY(const std::vector<Interval> intervals, read_intervals(settings.intervals));
  constexpr std::array<std::int64_t, 4> kDepths = {0, 1, 50, 200};
  if (std::find(kDepths.begin(), kDepths.end(), settings.book_depth) == kDepths.end())
    return error(
        ErrorCode::OutOfRange,
        fmt::format("book_depth: {} is not offered (write 0, 1, 50 or 200)", settings.book_depth));
  if (instruments.size() == 0)
    return error(ErrorCode::OutOfRange, "the feed needs at least one instrument");
  if (settings.clock != clock.mode())
    return error(ErrorCode::OutOfRange, "clock: the feed and the venue clock differ in mode");
  return std::unique_ptr<PublicFeed>(new PublicFeed(
      std::make_unique<Impl>(settings, instruments, intervals, io, clock, sink, seed)));
}

PublicFeed::PublicFeed(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PublicFeed::~PublicFeed() = default;

void PublicFeed::start(SteadyTime now, PastFunding funding) {
  impl_->start({}, now, std::move(funding));
}
void PublicFeed::resume(const std::vector<ResumePoint>& points, SteadyTime now) {
  impl_->start(points, now);
}
void PublicFeed::stop() { impl_->stop(); }
void PublicFeed::on_open(StreamId stream, SteadyTime now) { impl_->on_open(stream, now); }
void PublicFeed::on_frame(StreamId stream, std::string_view bytes, Timestamp received,
                          SteadyTime now) {
  impl_->on_frame(stream, bytes, received, now);
}
void PublicFeed::on_closed(StreamId stream, const Error& cause, SteadyTime now) {
  impl_->on_closed(stream, cause, now);
}
void PublicFeed::bar_http(const std::string& reason, SteadyTime now) {
  impl_->bar_http(reason, now);
}

void PublicFeed::on_response(RequestId request, Result<HttpResponse> response, SteadyTime now) {
  impl_->on_response(request, std::move(response), now);
}
void PublicFeed::on_timer(SteadyTime now) { impl_->on_timer(now); }
bool PublicFeed::live() const { return impl_->live(); }
std::size_t PublicFeed::streams() const { return impl_->streams(); }
FeedCounters PublicFeed::counters() const { return impl_->counters(); }
std::vector<TopicStatus> PublicFeed::topics(SteadyTime now) const { return impl_->topics(now); }

}  // namespace proteus::bybit
