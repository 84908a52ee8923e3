#include "connectors/replay/feed_player.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "connectors/bybit/bootstrap.hpp"
#include "connectors/replay/played_settings.hpp"

namespace proteus::replay {
namespace {

using namespace std::chrono_literals;

/// So far apart may the two halves of a question and its answer lie in a recording, real time.
constexpr Duration kAnswerTime = 60s;
/// Answers at the beginning of a recording: time, instruments, funding, the first windows; real
/// time.
Duration beginning_of(const bybit::FeedSettings& settings) {
  return Duration{static_cast<std::int64_t>(static_cast<double>(Duration{10min}.count()) *
                                            std::max(1.0, settings.speed))};
}
/// Frames behind the span that are still looked at for the close of its last bar, venue time.
constexpr Duration kLastClose = 10s;
/// Ticks between two frames while bars of a close are waited for.
constexpr int kTicksMax = 10;
/// Turns of the timer after which a stream that is not read is read on.
constexpr int kPatience = 10'000;

bybit::SteadyTime steady_of(Timestamp t) { return bybit::SteadyTime{t.time_since_epoch()}; }
Timestamp time_of(bybit::SteadyTime t) { return Timestamp{t.time_since_epoch()}; }

std::vector<storage::FeedStream> with_frames(const std::vector<storage::FeedStream>& streams) {
  std::vector<storage::FeedStream> with;
  for (const storage::FeedStream& stream : streams)
    if (stream.stem != "rest" && !stream.stem.starts_with("account") &&
        !stream.stem.starts_with("private"))
      with.push_back(stream);
  return with;
}

}  // namespace

FeedPlayer::FeedPlayer(FeedSource source, OnDamage on_damage)
    : source_(std::move(source)),
      settings_(played(source_.settings)),
      on_damage_([this, tell = std::move(on_damage)](const std::string& what) {
        ++counts_.damages;
        tell(what);
      }),
      clock_(settings_.clock, 1.0, [this] { return now_; }) {}
FeedPlayer::~FeedPlayer() = default;

Result<std::unique_ptr<FeedPlayer>> FeedPlayer::open(FeedSource source, OnDamage on_damage) {
  std::unique_ptr<FeedPlayer> player(new FeedPlayer(std::move(source), std::move(on_damage)));
  BOOST_OUTCOME_TRY(player->find_start());
  return player;
}

/// Where the recording begins, or the span with what its windows need.
Result<void> FeedPlayer::find_start() {
  answers_ = std::make_unique<RecordedAnswers>(source_.streams, std::nullopt, on_damage_);
  merge_ = std::make_unique<storage::FeedMerge>(with_frames(source_.streams));
  if (!next_frame())
    return error(ErrorCode::NotFound, "the recording holds no frame of a public stream");
  first_ = frame_->received;
  if (const auto answer = answers_->first(); answer && *answer > Timestamp{})
    first_ = std::min(first_, *answer);
  const Timestamp beginning = first_ + beginning_of(source_.settings);
  const bool described = answers_->holds(RestKind::Instruments, beginning);
  if (!described && source_.instrument_pages.empty())
    return error(ErrorCode::NotFound,
                 "the recording does not describe its instruments (no answer to "
                 "instruments-info): fetch them (proteus fetch --what instruments), and name the "
                 "file in replay.instruments");
  const bool warm = answers_->holds(RestKind::Klines, beginning);
  if (!warm) settings_.warm_up_bars = 0;
  if (!source_.from) return success();
  // Bars of the recording itself fill the windows, where it reaches back so far.
  const Duration before =
      source_.settings.warm_up_bars * bar_length(*source_.from, source_.interval);
  const Timestamp start = *source_.from - before;
  if (start <= first_) return success();
  settings_.warm_up_bars = 0;
  merge_ = std::make_unique<storage::FeedMerge>(with_frames(source_.streams), start);
  if (!next_frame())
    return error(ErrorCode::NotFound,
                 fmt::format("the recording ends before {}", format_time(*source_.from)));
  first_ = frame_->received;
  sought_ = true;
  return success();
}

bool FeedPlayer::next_frame() {
  frame_.reset();
  for (;;) {
    const auto next = merge_->next();
    if (!next) {
      on_damage_(next.error().context);
      continue;
    }
    if (!next.value()) return false;
    if (next.value()->stream == "rest") continue;
    frame_ = *next.value();
    return true;
  }
}

Result<InstrumentTable> FeedPlayer::learn() {
  now_ = steady_of(first_);
  bybit::Bootstrap bootstrap(settings_, source_.instruments, *this, clock_, 0, 1,
                             source_.past_funding ? std::optional(source_.interval) : std::nullopt);
  bootstrap_ = &bootstrap;
  bootstrap.start(now_);
  while (!bootstrap.done()) {
    if (pending_.empty())
      bootstrap.on_timer(now_ += 1s);
    else
      deliver();
  }
  bootstrap_ = nullptr;
  past_funding_ = bootstrap.take_funding();
  BOOST_OUTCOME_TRY(instruments_, bootstrap.result());
  // What was answered before the span is of no use in it.
  if (sought_) answers_ = std::make_unique<RecordedAnswers>(source_.streams, first_, on_damage_);
  return instruments_;
}

Result<void> FeedPlayer::begin(EventSink& engine) {
  std::vector<Interval> intervals;
  for (const std::string& text : settings_.intervals)
    if (const auto interval = parse_interval(text)) intervals.push_back(*interval);
  auto plans = bybit::plan_streams(instruments_, intervals, settings_.tickers,
                                   static_cast<int>(settings_.book_depth));
  streams_.resize(plans.size());
  router_.emplace(std::move(plans));
  sink_.emplace(engine,
                SpanSink::Span{source_.interval, instruments_.size(), source_.from, source_.until});
  BOOST_OUTCOME_TRY(feed_,
                    bybit::PublicFeed::create(settings_, instruments_, *this, clock_, *sink_, 0));
  last_timer_ = now_;
  feed_->start(now_, std::move(past_funding_));
  return success();
}

void FeedPlayer::stop() {
  if (feed_) feed_->stop();
}

bybit::SteadyTime FeedPlayer::horizon() const {
  // Where the clock follows the frames an answer says nothing of the time that it took.
  if (!steady()) return now_ + Duration{std::chrono::hours{24}};
  return now_ + Duration{static_cast<std::int64_t>(static_cast<double>(kAnswerTime.count()) *
                                                   std::max(1.0, source_.settings.speed))};
}

bool FeedPlayer::step() {
  if (over_ || sink_->over()) return false;
  if (!frame_) {
    if (pending_.empty()) return false;
    deliver();
    return true;
  }
  const bybit::SteadyTime next = std::max(now_, steady_of(frame_->received));
  // An answer comes before a frame of the same instant: it was waited for.
  if (!pending_.empty() && pending_.begin()->first <= next) {
    advance(pending_.begin()->first);
    deliver();
    return true;
  }
  if (const auto due = answers_->due(time_of(next))) {
    // What it answers was asked for by now.
    advance(std::max(now_, steady_of(*due)));
    if (answers_->due(time_of(next)) == due) answers_->pass();
    answers_->forget(time_of(now_) - (time_of(horizon()) - time_of(now_)));
    return true;
  }
  advance(next);
  if (!pending_.empty() && pending_.begin()->first <= next) return true;
  if (source_.until && frame_->received > *source_.until + kLastClose) {
    over_ = true;
    return false;
  }
  play(*frame_);
  next_frame();
  return !sink_->over();
}

/// Turns the feed's timer up to `to`; ends early where a question is to be answered before.
void FeedPlayer::advance(bybit::SteadyTime to) {
  const Duration tick = settings_.tick_interval;
  const auto turn = [&](bybit::SteadyTime at) {
    now_ = last_timer_ = at;
    feed_->on_timer(at);
  };
  for (int i = 0; i < kTicksMax && steady() && sink_->incomplete() && last_timer_ + tick < to;
       ++i) {
    turn(std::max(now_, last_timer_ + tick));
    if (!pending_.empty() && pending_.begin()->first <= to) return;
  }
  if (to - last_timer_ >= tick) turn(to);
  now_ = std::max(now_, to);
}

void FeedPlayer::deliver() {
  auto first = pending_.begin();
  now_ = std::max(now_, first->first);
  Pending answer = std::move(first->second);
  pending_.erase(first);
  if (bootstrap_ != nullptr)
    bootstrap_->on_response(answer.request, std::move(answer.response), now_);
  else
    feed_->on_response(answer.request, std::move(answer.response), now_);
  // The times of the recording are the venue's as the run saw it: no answer moves them again.
  if (steady()) clock_.on_server_time(time_of(now_), now_, now_);
}

void FeedPlayer::play(const storage::FrameView& frame) {
  FrameRouter::Origin* const origin = router_->origin_of(merge_->stream(), frame.stream);
  if (origin == nullptr) return;
  const std::string_view topic = topic_in(frame.bytes);
  const auto target = router_->target_of(*origin, topic);
  if (!target) {
    ++counts_.others;
    return;
  }
  if (steady_of(frame.received) < now_ && !std::exchange(went_back_, true))
    on_damage_(fmt::format(
        "{}: time goes back: a frame received {} comes after one of {}; such "
        "frames are played as they come",
        merge_->reader().path().string(), format_time(frame.received), format_time(time_of(now_))));
  const bool renewed = origin->connection != 0 && origin->connection != frame.connection;
  origin->connection = frame.connection;
  Stream& stream = streams_[*target];
  if (renewed && stream.open && router_->alone(*target)) {
    stream.open = false;
    feed_->on_closed(*target,
                     error(ErrorCode::Io, fmt::format("the recording goes on with connection {}",
                                                      frame.connection)),
                     now_);
    feed_->on_timer(now_);
  }
  if (settle(*target)) hear(*target, frame, topic);
}

void FeedPlayer::hear(bybit::StreamId id, const storage::FrameView& frame, std::string_view topic) {
  Stream& stream = streams_[id];
  const std::string_view request = topic.empty() ? request_in(frame.bytes) : std::string_view{};
  if (!request.empty()) {
    // An answer to a command that nobody gave now: pongs, topics that are not played.
    const auto asked = std::ranges::find(stream.unacknowledged, request);
    if (asked == stream.unacknowledged.end()) return;
    stream.unacknowledged.erase(asked);
  }
  const Duration grace{static_cast<std::int64_t>(1e9 * std::max(1.0, source_.settings.speed))};
  if (!topic.empty() && !stream.unacknowledged.empty() &&
      (now_ - stream.opened >= grace || stream.opened == now_))
    acknowledge(id, frame.received);
  ++counts_.frames;
  feed_->on_frame(id, frame.bytes, frame.received, now_);
}

/// Data come, so the venue agreed; the recording does not hold its words to these very commands.
void FeedPlayer::acknowledge(bybit::StreamId id, Timestamp received) {
  for (const std::string& request : std::exchange(streams_[id].unacknowledged, {}))
    feed_->on_frame(
        id,
        fmt::format(
            R"({{"success":true,"ret_msg":"","conn_id":"replay","req_id":"{}","op":"subscribe"}})",
            request),
        received, now_);
}

/// Brings a stream so far that it reads. False: the feed does not want it.
bool FeedPlayer::settle(bybit::StreamId id) {
  Stream& stream = streams_[id];
  for (int turn = 0; turn < kPatience; ++turn) {
    if (stream.wanted) {
      stream.wanted = false;
      stream.open = stream.reading = true;
      stream.opened = now_;
      stream.unacknowledged.clear();
      feed_->on_open(id, now_);
    }
    if (stream.open && stream.reading) return true;
    if (!pending_.empty()) {
      deliver();
    } else {
      now_ += Duration{50ms};
      feed_->on_timer(now_);
    }
  }
  return stream.open;
}

void FeedPlayer::open(bybit::StreamId stream, std::string_view) { streams_[stream].wanted = true; }

void FeedPlayer::send(bybit::StreamId stream, std::string text) {
  if (text.find(R"("op":"ping")") != std::string::npos) return;
  if (const std::string_view request = request_in(text); !request.empty())
    streams_[stream].unacknowledged.emplace_back(request);
}

void FeedPlayer::close(bybit::StreamId stream) {
  streams_[stream].open = streams_[stream].wanted = false;
}

void FeedPlayer::set_reading(bybit::StreamId stream, bool reading) {
  streams_[stream].reading = reading;
}

void FeedPlayer::get(bybit::RequestId request, std::string target) {
  const RestRequest asked = parse_request(target);
  const bool starting = bootstrap_ != nullptr;
  const Timestamp until =
      starting ? time_of(now_) + beginning_of(source_.settings) : time_of(horizon());
  // The first word on the time is what everything else is counted from.
  const bool anchors = starting && asked.kind == RestKind::Time;
  if (!anchors) {
    if (auto answer = answers_->take(
            asked, starting ? std::max(until, first_ + beginning_of(source_.settings)) : until)) {
      pending_.emplace(std::max(now_, steady_of(answer->received)),
                       Pending{request, bybit::HttpResponse(200, std::move(answer->body))});
      return;
    }
  }
  // An instrument's new description that was never recorded is no loss: the old one stands.
  if (!starting && asked.kind == RestKind::Instruments) return;
  pending_.emplace(now_, Pending{request, unanswered(asked, target)});
}

Result<bybit::HttpResponse> FeedPlayer::unanswered(const RestRequest& request,
                                                   std::string_view target) {
  const Timestamp now = time_of(now_);
  if (request.kind == RestKind::Time) return bybit::HttpResponse(200, time_answer(now));
  if (request.kind == RestKind::Instruments) {
    const auto found = source_.instrument_pages.find(request.category);
    std::size_t& given = pages_given_[request.category];
    if (found != source_.instrument_pages.end() && given < found->second.size())
      return bybit::HttpResponse(200, found->second[given++]);
  }
  ++counts_.unanswered;
  if (request.kind == RestKind::Klines) return bybit::HttpResponse(200, empty_klines(request, now));
  return error(ErrorCode::NotFound, fmt::format("the recording holds no answer to GET {}", target));
}

}  // namespace proteus::replay
