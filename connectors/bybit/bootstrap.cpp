#include "connectors/bybit/bootstrap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "connectors/bybit/rest_queue.hpp"
#include "connectors/bybit/topics.hpp"

namespace proteus::bybit {
namespace {

constexpr int kPagesMax = 100;
constexpr int kFundingTries = 2;  // A run can do without it.
constexpr std::size_t kFundingRows = 200;

/// Levenshtein distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

/// There is no session yet to note failures in: the last one waits for who wants to tell it.
class LastComplaint final : public FeedOutput {
 public:
  void bar_closed(const Bar&, BarSource) override {}
  void anomaly(AnomalyKind, std::optional<InstrumentId>, std::string detail) override {
    text = std::move(detail);
  }
  std::optional<std::string> text;
};

}  // namespace

struct Bootstrap::State {
  State(const FeedSettings& feed_settings, std::vector<InstrumentName> names, RestIo& io,
        VenueClock& venue_clock, std::uint64_t seed, int tries, std::optional<Interval> bars)
      : settings(feed_settings),
        wanted(std::move(names)),
        clock(venue_clock),
        queue(settings, io, complaint, seed, tries),
        funding_for(bars) {}

  void take(RestAnswer answer, SteadyTime now);
  void on_time(RestAnswer answer, SteadyTime now);
  void on_page(RestAnswer answer, SteadyTime now);
  void ask_category(std::size_t index, SteadyTime now);
  void finish(SteadyTime now);
  void ask_funding(SteadyTime now);
  void ask_funding(InstrumentId instrument, Timestamp until, SteadyTime now);
  void on_funding(RestAnswer answer, SteadyTime now);
  void end_funding(InstrumentId instrument);
  [[nodiscard]] Error unknown(const InstrumentName& name) const;
  void end(Result<InstrumentTable> outcome) { result.emplace(std::move(outcome)); }

  const FeedSettings settings;
  std::vector<InstrumentName> wanted;
  VenueClock& clock;
  LastComplaint complaint;
  RestQueue queue;
  std::vector<Category> categories;
  std::size_t category = 0;
  int pages = 0;
  std::string last_cursor;
  std::map<Category, std::vector<InstrumentRow>> rows;
  std::optional<Interval> funding_for;
  InstrumentTable table;     ///< while funding is asked for
  Timestamp funding_from{};  ///< the first bar of the warm-up opens here
  std::size_t asking = 0;    ///< instruments whose funding is not there yet
  std::vector<std::vector<FundingRow>> funding_rows;  ///< by instrument, ascending
  PastFunding funding;
  std::optional<Result<InstrumentTable>> result;
};

Bootstrap::Bootstrap(const FeedSettings& settings, std::vector<InstrumentName> wanted, RestIo& io,
                     VenueClock& clock, std::uint64_t seed, int tries,
                     std::optional<Interval> funding_for)
    : state_(std::make_unique<State>(settings, std::move(wanted), io, clock, seed, tries,
                                     funding_for)) {}
Bootstrap::~Bootstrap() = default;

void Bootstrap::start(SteadyTime now) {
  for (const Category category : {Category::Linear, Category::Spot}) {
    const auto uses = [&](const InstrumentName& name) { return name.category == category; };
    if (std::any_of(state_->wanted.begin(), state_->wanted.end(), uses))
      state_->categories.push_back(category);
  }
  if (state_->wanted.empty())
    return state_->end(error(ErrorCode::NotFound,
                             "no instruments are named: name at least one, "
                             "for instance linear:BTCUSDT"));
  state_->queue.submit(RestTicket{}, time_target(), now);
}

void Bootstrap::on_response(RequestId request, Result<HttpResponse> response, SteadyTime now) {
  if (done()) return;
  if (auto answer = state_->queue.on_response(request, std::move(response), now))
    state_->take(*std::move(answer), now);
}

void Bootstrap::on_timer(SteadyTime now) {
  if (done()) return;
  if (auto answer = state_->queue.on_timer(now)) state_->take(*std::move(answer), now);
}

std::optional<std::string> Bootstrap::take_complaint() {
  return std::exchange(state_->complaint.text, std::nullopt);
}

bool Bootstrap::done() const { return state_->result.has_value(); }

const Result<InstrumentTable>& Bootstrap::result() const {
  PROTEUS_ASSERT(done());
  return *state_->result;
}

PastFunding Bootstrap::take_funding() { return std::exchange(state_->funding, PastFunding()); }

void Bootstrap::State::take(RestAnswer answer, SteadyTime now) {
  if (answer.ticket.purpose == RestPurpose::Funding) return on_funding(std::move(answer), now);
  if (answer.failure)
    return end(error(answer.failure->code,
                     "the venue cannot be asked at the start: " + answer.failure->context));
  if (answer.ticket.purpose == RestPurpose::Time) return on_time(std::move(answer), now);
  on_page(std::move(answer), now);
}

void Bootstrap::State::on_time(RestAnswer answer, SteadyTime now) {
  const Result<Timestamp> server = queue.codec().server_time(answer.body);
  if (!server) {
    if (auto failed = queue.again(std::move(answer), server.error().context, now))
      take(*std::move(failed), now);
    return;
  }
  clock.on_server_time(server.value(), answer.sent, answer.received);
  ask_category(0, now);
}

void Bootstrap::State::ask_category(std::size_t index, SteadyTime now) {
  category = index;
  pages = 0;
  last_cursor.clear();
  if (category == categories.size()) return finish(now);
  RestTicket ticket;
  ticket.purpose = RestPurpose::Instruments;
  ticket.category = categories[category];
  queue.submit(ticket, instruments_target(ticket.category, ""), now);
}

void Bootstrap::State::on_page(RestAnswer answer, SteadyTime now) {
  const RestTicket ticket = answer.ticket;
  Result<InstrumentPage> page = queue.codec().instruments(answer.body, ticket.category);
  if (!page) {
    if (auto failed = queue.again(std::move(answer), page.error().context, now))
      take(*std::move(failed), now);
    return;
  }
  std::vector<InstrumentRow>& known = rows[ticket.category];
  std::move(page.value().rows.begin(), page.value().rows.end(), std::back_inserter(known));
  const std::string& cursor = page.value().next_cursor;
  // A cursor that repeats, or never ends, would keep us here for ever.
  if (cursor.empty() || cursor == last_cursor || ++pages >= kPagesMax)
    return ask_category(category + 1, now);
  last_cursor = cursor;
  queue.submit(ticket, instruments_target(ticket.category, cursor), now);
}

Error Bootstrap::State::unknown(const InstrumentName& name) const {
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const auto& [where, list] : rows)
    for (const InstrumentRow& row : list)
      near.emplace_back(2 * distance(name.symbol, row.symbol) + (where == name.category ? 0 : 1),
                        fmt::format("{}:{}", to_string(where), row.symbol));
  std::sort(near.begin(), near.end());
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, near.size()); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", near[i].second);
  return error(ErrorCode::NotFound,
               fmt::format("the venue does not trade {}:{}; nearest: {}", to_string(name.category),
                           name.symbol, text.empty() ? "it lists nothing" : text));
}

void Bootstrap::State::finish(SteadyTime now) {
  for (const InstrumentName& name : wanted) {
    const std::vector<InstrumentRow>& list = rows[name.category];
    const auto found = std::find_if(list.begin(), list.end(), [&](const InstrumentRow& row) {
      return row.symbol == name.symbol;
    });
    if (found == list.end()) return end(unknown(name));
    if (!found->problem.empty())
      return end(error(ErrorCode::OutOfRange,
                       fmt::format("{}:{} cannot be traded: {}", to_string(name.category),
                                   name.symbol, found->problem)));
    const Result<InstrumentId> added = table.add(found->instrument);
    if (!added) return end(added.error());
  }
  ask_funding(now);
}

void Bootstrap::State::ask_funding(SteadyTime now) {
  if (funding_for && settings.warm_up_bars > 0) {
    const Timestamp venue = clock.at(now);
    funding = PastFunding(*funding_for, table.size());
    funding_rows.resize(table.size());
    // A day more: the first bar shows what was settled before it.
    funding_from = venue - settings.warm_up_bars * bar_length(venue, *funding_for) -
                   Duration{std::chrono::hours{24}};
    for (const Instrument& instrument : table)
      if (instrument.funding_interval > Duration{0}) ++asking;
    for (const Instrument& instrument : table)
      if (instrument.funding_interval > Duration{0}) ask_funding(instrument.id, venue, now);
  }
  if (asking == 0) end(std::move(table));
}

void Bootstrap::State::ask_funding(InstrumentId instrument, Timestamp until, SteadyTime now) {
  RestTicket ticket;
  ticket.purpose = RestPurpose::Funding;
  ticket.instrument = instrument;
  ticket.tries_max = kFundingTries;
  queue.submit(ticket, funding_target(table[instrument].symbol.view(), funding_from, until), now);
}

/// The newest come first, at most 200 an answer: what lies before them is asked for next.
void Bootstrap::State::on_funding(RestAnswer answer, SteadyTime now) {
  const InstrumentId instrument = answer.ticket.instrument;
  std::vector<FundingRow>& known = funding_rows[instrument.index];
  if (answer.failure) {
    funding.miss(instrument);
    return end_funding(instrument);
  }
  Result<std::vector<FundingRow>> page = queue.codec().funding_history(answer.body);
  if (!page) {
    if (auto failed = queue.again(std::move(answer), page.error().context, now))
      on_funding(*std::move(failed), now);
    return;
  }
  std::vector<FundingRow>& rows = page.value();
  const std::size_t count = rows.size();
  if (!known.empty())  // An answer that repeats itself must not be asked for again.
    std::erase_if(rows, [&](const FundingRow& row) { return row.time >= known.front().time; });
  const bool news = !rows.empty();
  known.insert(known.begin(), rows.begin(), rows.end());
  if (news && count >= kFundingRows && known.front().time > funding_from)
    return ask_funding(instrument, known.front().time - std::chrono::milliseconds{1}, now);
  end_funding(instrument);
}

void Bootstrap::State::end_funding(InstrumentId instrument) {
  funding.put(instrument, std::move(funding_rows[instrument.index]));
  if (--asking == 0) end(std::move(table));
}

}  // namespace proteus::bybit
