#include "tools/record/fetch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/bybit/rest_queue.hpp"
#include "connectors/bybit/topics.hpp"
#include "connectors/klines/yahoo_reader.hpp"
#include "connectors/net/http_client.hpp"
#include "connectors/storage/file.hpp"
#include "tools/app/net_feed_io.hpp"

namespace proteus::app::record {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFetchTick = 20ms;
constexpr int kTriesMax = 8;
constexpr int kDescriptionPagesMax = 100;

std::string kline_row(const Bar& bar) {
  std::string text = klines::kline_text({bar});
  text.pop_back();
  return text.substr(text.find('\n') + 1);
}

std::string fixed_text(std::int64_t e9) { return Price::from_raw(e9).to_string(); }

/// Rows of an answer, as the file of the job has them. Errors: Malformed, OutOfRange.
Result<std::vector<FetchRow>> rows_of(const FetchJob& job, bybit::RestCodec& codec,
                                      const std::string& body) {
  std::vector<FetchRow> rows;
  if (job.kind == FetchKind::Funding) {
    BOOST_OUTCOME_TRY(const auto rates, codec.funding_history(body));
    for (const auto& rate : rates)
      rows.push_back(
          {rate.time, fmt::format("{},{}", to_unix_ms(rate.time), fixed_text(rate.rate_e9))});
  } else if (job.kind == FetchKind::MarkKlines) {
    BOOST_OUTCOME_TRY(const auto bars, codec.mark_klines(body));
    for (const auto& bar : bars)
      rows.push_back({bar.open_time, fmt::format("{},{},{},{},{},0,", to_unix_ms(bar.open_time),
                                                 bar.open.to_string(), bar.high.to_string(),
                                                 bar.low.to_string(), bar.close.to_string())});
  } else {
    BOOST_OUTCOME_TRY(const auto page, codec.klines(body, InstrumentId{}, job.interval));
    for (const Bar& bar : page.bars) rows.push_back({bar.open_time, kline_row(bar)});
  }
  return rows;
}

std::string target_of(const FetchJob& job, const FetchSeries::Window& window) {
  if (job.kind == FetchKind::Funding)
    return bybit::funding_target(job.name.symbol, window.from, window.until);
  return bybit::kline_target(job.name.category, job.name.symbol, job.interval, window.from,
                             window.until, 1000, job.kind == FetchKind::MarkKlines);
}

}  // namespace

struct Fetch::Impl final : bybit::RestIo, bybit::FeedOutput {
  Impl(net::Loop& l, const Settings& s, net::Endpoint rest, FetchPlan p, std::uint64_t seed)
      : loop(l),
        settings(s),
        plan(std::move(p)),
        http(l, std::move(rest),
             [&] {
               net::HttpOptions options;
               options.ca_file = s.venue.ca_file;
               return options;
             }()),
        queue(settings.feed, *this, *this, seed, kTriesMax) {}

  void get(bybit::RequestId request, std::string target) override {
    http.get(std::move(target), settings.feed.request_deadline,
             [this, request](Result<net::HttpResponse> answer) {
               Result<bybit::HttpResponse> response = error(ErrorCode::Io, "");
               if (answer.has_error())
                 response = answer.error();
               else
                 response = bybit::HttpResponse(static_cast<int>(answer.value().status),
                                                std::move(answer.value().body));
               auto good = queue.on_response(request, std::move(response), steady_time());
               if (good) take(*std::move(good));
             });
  }
  void bar_closed(const Bar&, BarSource) override {}
  void anomaly(AnomalyKind, std::optional<InstrumentId>, std::string detail) override {
    trouble = std::move(detail);
  }

  void take(bybit::RestAnswer answer) {
    switch (answer.ticket.purpose) {
      case bybit::RestPurpose::Time:
        on_time(answer);
        break;
      case bybit::RestPurpose::Instruments:
        on_page(std::move(answer));
        break;
      default:
        on_rows(std::move(answer));
    }
    go_on();
  }

  void on_time(bybit::RestAnswer& answer) {
    const auto time = answer.failure ? Result<Timestamp>(*answer.failure)
                                     : queue.codec().server_time(answer.body);
    for (std::size_t i = 0; i < plan.jobs.size(); ++i) {
      if (time.has_error()) {
        fail(i, time.error());
        continue;
      }
      begin(i, time.value());
    }
    for (std::size_t i = 0; i < plan.descriptions.size(); ++i) {
      FetchResult& result = results[plan.jobs.size() + i];
      if (time.has_error())
        result.failure = time.error();
      else
        ask_page(plan.descriptions[i], "");
    }
  }

  void begin(std::size_t i, Timestamp server) {
    const FetchJob& job = plan.jobs[i];
    Timestamp end = plan.to.value_or(server);
    if (job.kind == FetchKind::Funding) {
      end = std::min(end, server);
    } else {
      // Only bars that are over, and a little longer than that.
      const Timestamp running = bar_open(server - settings.feed.final_slack, job.interval);
      const Timestamp open = bar_open(end, job.interval);
      end = std::min(open < end ? next_open(open, job.interval) : end, running);
    }
    if (end <= plan.from)
      return fail(i, error(ErrorCode::OutOfRange,
                           fmt::format("{}: nothing is final between {} and {}", job_text(job),
                                       format_time(plan.from), format_time(end))));
    auto opened = FetchSeries::open(job, plan.folder, plan.from, end);
    if (opened.has_error()) return fail(i, opened.error());
    series[i].emplace(std::move(opened).value());
    total += series[i]->windows_left();
  }

  void on_rows(bybit::RestAnswer answer) {
    const std::size_t i = answer.ticket.series;
    if (!series[i]) return;
    if (answer.failure) return fail(i, *answer.failure);
    auto rows = rows_of(series[i]->job(), queue.codec(), answer.body);
    if (rows.has_error()) {
      if (auto over = queue.again(std::move(answer), rows.error().context, steady_time()))
        fail(i, *over->failure);
      return;
    }
    if (const auto taken = series[i]->take(answer.ticket.window, std::move(rows).value());
        taken.has_error())
      fail(i, taken.error());
  }

  void ask_page(Category category, const std::string& cursor) {
    bybit::RestTicket ticket;
    ticket.purpose = bybit::RestPurpose::Instruments;
    ticket.category = category;
    queue.submit(ticket, bybit::instruments_target(category, cursor), steady_time());
    ++pages_out;
  }

  void on_page(bybit::RestAnswer answer) {
    --pages_out;
    const auto at = std::ranges::find(plan.descriptions, answer.ticket.category);
    const auto index = static_cast<std::size_t>(at - plan.descriptions.begin());
    FetchResult& result = results[plan.jobs.size() + index];
    auto page = answer.failure ? Result<bybit::InstrumentPage>(*answer.failure)
                               : queue.codec().instruments(answer.body, answer.ticket.category);
    if (page.has_error()) {
      result.failure = page.error();
      return;
    }
    std::erase(answer.body, '\n');
    pages[index] += answer.body + "\n";
    result.rows += page.value().rows.size();
    const std::string& cursor = page.value().next_cursor;
    // The last page may name a cursor and be empty.
    if (!cursor.empty() && !page.value().rows.empty() && cursor != cursors[index] &&
        ++page_counts[index] < kDescriptionPagesMax) {
      cursors[index] = cursor;
      return ask_page(answer.ticket.category, cursor);
    }
    if (const auto written = storage::write_file(result.file, pages[index]); written.has_error())
      result.failure = written.error();
  }

  void fail(std::size_t i, const Error& why) {
    series[i].reset();
    results[i].failure = why;
  }

  // Asks for what may be asked now, and ends what is complete.
  void go_on() {
    bool all = pages_out == 0;
    for (std::size_t i = 0; i < series.size(); ++i) {
      if (!series[i]) continue;
      while (const auto window = series[i]->ask()) {
        bybit::RestTicket ticket;
        ticket.purpose = bybit::RestPurpose::Klines;
        ticket.series = i;
        ticket.window = *window;
        queue.submit(ticket, target_of(series[i]->job(), *window), steady_time());
      }
      if (!series[i]->complete()) {
        all = false;
        continue;
      }
      end_series(i);
    }
    if (all && !std::exchange(ended, true)) on_done();
  }

  void end_series(std::size_t i) {
    FetchSeries& s = *series[i];
    FetchResult& result = results[i];
    if (const auto finished = s.finish(plan.packing); finished.has_error())
      return fail(i, finished.error());
    done += s.windows_done();
    result.file = s.path();
    result.rows = s.rows();
    result.missing = s.missing();
    result.gaps = s.gaps();
    result.span = s.span();
    result.failure.reset();
    series[i].reset();
  }

  net::Loop& loop;
  const Settings settings;
  const FetchPlan plan;
  net::HttpClient http;
  bybit::RestQueue queue;
  std::vector<std::optional<FetchSeries>> series;  ///< by job; empty: not begun, or ended
  std::vector<FetchResult> results;                ///< jobs, then descriptions
  std::vector<std::string> pages, cursors;         ///< by description
  std::vector<int> page_counts;
  std::size_t pages_out = 0;
  std::uint64_t total = 0;
  std::uint64_t done = 0;
  std::string trouble;
  bool ended = false;
  std::function<void()> on_done;
  net::Timer timer;
};

Fetch::Fetch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Fetch::~Fetch() = default;

Result<std::unique_ptr<Fetch>> Fetch::create(net::Loop& loop, const Settings& settings,
                                             FetchPlan plan, std::uint64_t seed) {
  BOOST_OUTCOME_TRY(auto rest, net::parse_endpoint(settings.venue.rest));
  auto impl = std::make_unique<Impl>(loop, settings, std::move(rest), std::move(plan), seed);
  const FetchPlan& p = impl->plan;
  impl->series.resize(p.jobs.size());
  impl->pages.resize(p.descriptions.size());
  impl->cursors.resize(p.descriptions.size());
  impl->page_counts.resize(p.descriptions.size());
  for (const FetchJob& job : p.jobs) impl->results.emplace_back().what = job_text(job);
  for (const Category category : p.descriptions) {
    FetchResult& result = impl->results.emplace_back();
    result.what = fmt::format("{} instruments", to_string(category));
    result.file = p.folder / fmt::format("bybit-{}_instruments.jsonl", to_string(category));
  }
  return std::unique_ptr<Fetch>(new Fetch(std::move(impl)));
}

void Fetch::start(std::function<void()> on_done) {
  Impl& impl = *impl_;
  impl.on_done = std::move(on_done);
  impl.timer = impl.loop.every(kFetchTick, [&impl] {
    if (auto over = impl.queue.on_timer(steady_time())) impl.take(*std::move(over));
  });
  impl.queue.submit({}, bybit::time_target(), steady_time());
}

FetchState Fetch::state() const {
  FetchState state;
  state.done = impl_->done;
  for (const auto& series : impl_->series)
    if (series) state.done += series->windows_done();
  state.total = std::max(impl_->total, state.done);
  state.requests = impl_->queue.sent();
  state.trouble = impl_->trouble;
  return state;
}

std::vector<FetchResult> Fetch::results() const {
  std::vector<FetchResult> results = impl_->results;
  for (std::size_t i = 0; i < impl_->series.size(); ++i)
    if (impl_->series[i] || (!impl_->ended && results[i].file.empty() && !results[i].failure))
      results[i].failure = error(ErrorCode::Stopped, "stopped before it was complete");
  return results;
}

}  // namespace proteus::app::record
