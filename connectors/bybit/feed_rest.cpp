// The feed's REST side: time, instruments, kline answers; and everything a timer drives.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "connectors/bybit/feed_impl.hpp"
#include "connectors/bybit/topics.hpp"

namespace proteus::bybit {
namespace {

constexpr std::uint64_t kListPagesMax = 100;

}  // namespace

void PublicFeed::Impl::on_response(RequestId request, Result<HttpResponse> response,
                                   SteadyTime now) {
  if (!running_) return;
  touch(clock_.at(now));
  std::optional<RestAnswer> answer = queue_.on_response(request, std::move(response), now);
  if (!answer) return;
  if (answer->server_time != Timestamp{}) clock_.on_frame_time(answer->server_time);
  touch(clock_.at(now));
  switch (answer->ticket.purpose) {
    case RestPurpose::Time:
      on_time(*std::move(answer), now);
      break;
    case RestPurpose::Klines:
      backfill_.on_answer(*std::move(answer), clock_.at(now), now);
      break;
    case RestPurpose::Instruments:
      on_instruments(*std::move(answer), now);
      break;
    case RestPurpose::Funding:
      break;  // Asked before the feed begins, by Bootstrap.
  }
  follow_repair(now);
}

void PublicFeed::Impl::on_time(RestAnswer answer, SteadyTime now) {
  const RestTicket ticket = answer.ticket;
  const Result<Timestamp> server = queue_.codec().server_time(answer.body);
  if (!server) {
    queue_.again(std::move(answer), server.error().context, now);
    return;
  }
  const bool used = clock_.on_server_time(server.value(), answer.sent, answer.received);
  const Duration offset = clock_.offset() < Duration{0} ? -clock_.offset() : clock_.offset();
  const auto alarm =
      std::chrono::duration<double>(settings_.skew_alarm) * std::max(1.0, clock_.speed());
  if (used && clock_.mode() == ClockMode::Steady && offset > alarm)
    anomaly(AnomalyKind::ClockSkew, std::nullopt,
            fmt::format("the venue's clock is {} ms ahead of ours; ours was corrected",
                        clock_.offset().count() / 1'000'000));
  touch(clock_.at(now));
  // In real time, in which the venue judges our requests. Where time follows the frames there is no
  // second clock to compare.
  if (used && clock_.mode() == ClockMode::Steady)
    emit(ClockMeasured{Duration{std::llround(static_cast<double>(clock_.offset().count()) /
                                             std::max(1.0, clock_.speed()))},
                       clock_.uncertainty()},
         received_);
  if (!ticket.stream) return;
  Stream& stream = streams_.at(*ticket.stream);
  if (stream.connection.generation() != ticket.generation || stream.catch_up != CatchUp::AskingTime)
    return;
  stream.catch_up = CatchUp::None;
  backfill_.on_connected(*ticket.stream, clock_.at(now), now);
}

void PublicFeed::Impl::ask_instruments(Category category, SteadyTime now) {
  refreshes_[category] = Refresh{true, ""};
  watch_.begin(category);
  RestTicket ticket;
  ticket.purpose = RestPurpose::Instruments;
  ticket.category = category;
  queue_.submit(ticket, instruments_target(category, ""), now);
}

void PublicFeed::Impl::on_instruments(RestAnswer answer, SteadyTime now) {
  RestTicket ticket = answer.ticket;
  const Result<InstrumentPage> page = queue_.codec().instruments(answer.body, ticket.category);
  if (!page) {
    queue_.again(std::move(answer), page.error().context, now);
    return;
  }
  watch_.on_page(ticket.category, page.value());
  for (const std::string& problem : watch_.take_problems())
    anomaly(AnomalyKind::Malformed, std::nullopt, problem);
  Refresh& refresh = refreshes_[ticket.category];
  const std::string& cursor = page.value().next_cursor;
  const bool repeats = !cursor.empty() && cursor == refresh.cursor;
  // `generation` counts the pages here.
  if (!cursor.empty() && !repeats && ++ticket.generation < kListPagesMax) {
    refresh.cursor = cursor;
    queue_.submit(ticket, instruments_target(ticket.category, cursor), now);
    return;
  }
  refresh.under_way = false;
  // Who is missing from a list without an end is not gone: nothing is believed of it.
  if (!cursor.empty())
    return anomaly(AnomalyKind::RestFailed, std::nullopt,
                   fmt::format("the venue's list of {} instruments has no end (cursor {})",
                               to_string(ticket.category), cursor));
  for (const Instrument& instrument : watch_.finish(ticket.category))
    emit(InstrumentChanged{instrument}, received_);
}

void PublicFeed::Impl::keep_time(SteadyTime now) {
  if (clock_.mode() != ClockMode::Steady || now - last_sync_ < settings_.time_sync_interval) return;
  last_sync_ = now;
  queue_.submit(RestTicket{}, time_target(), now);
}

void PublicFeed::Impl::keep_instruments(Timestamp venue, SteadyTime now) {
  if (venue < next_refresh_) return;
  // One that is still being asked for, and asked for again, would mix its pages into the next.
  if (std::any_of(refreshes_.begin(), refreshes_.end(),
                  [](const auto& each) { return each.second.under_way; }))
    return;
  next_refresh_ = venue + settings_.instruments_refresh;
  if (linear_.size() > 0) ask_instruments(Category::Linear, now);
  if (spot_.size() > 0) ask_instruments(Category::Spot, now);
}

void PublicFeed::Impl::on_timer(SteadyTime now) {
  if (!running_) return;
  const Timestamp venue = clock_.at(now);
  touch(venue);
  queue_.on_timer(now);
  for (Stream& stream : streams_) stream.connection.on_timer(now, stream.paused);
  backfill_.on_timer(venue, now);
  renew_books(now);
  keep_time(now);
  keep_instruments(venue, now);
  follow_repair(now);
  if (now - last_tick_ < settings_.tick_interval) return;
  last_tick_ = now;
  emit(ClockTick{}, received_);
}

bool PublicFeed::Impl::live() const {
  const bool connected = std::all_of(streams_.begin(), streams_.end(), [](const Stream& stream) {
    return stream.connection.state() == Connection::State::Live;
  });
  return connected && !backfill_.warming_up();
}

FeedCounters PublicFeed::Impl::counters() const {
  FeedCounters counters = counters_;
  counters.rest_requests = queue_.sent();
  return counters;
}

}  // namespace proteus::bybit
