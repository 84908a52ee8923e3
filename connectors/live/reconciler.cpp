#include "connectors/live/reconciler.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/live/bookable.hpp"
#include "connectors/live/order_text.hpp"

namespace proteus::live {
namespace {

/// Executions are asked for from this much before the last agreement: the venue's lists are not in
/// the order in which rows become visible. Venue time, more where it runs faster, and less than
/// VenueMemory remembers.
constexpr Duration kMargin = std::chrono::seconds{10};
constexpr Duration kMarginMost = VenueMemory::kRemembered / 2;
/// What one question may span (reference 12).
constexpr Duration kWindow = std::chrono::hours{7 * 24};
constexpr int kPagesMax = 1000;
/// An agreement goes to the log this often, so that a restart need not read further back.
constexpr Duration kAgreementEvery = std::chrono::minutes{10};

}  // namespace

std::vector<Category> Reconciler::categories() const {
  std::vector<Category> all;
  for (const Instrument& instrument : parts_.instruments)
    if (std::ranges::find(all, instrument.category) == all.end())
      all.push_back(instrument.category);
  return all;
}

void Reconciler::doubt(std::string_view why, SteadyTime now) {
  hold(why);
  look(now);
}

void Reconciler::hold(std::string_view why) {
  clean_ = false;
  if (holding_ && held_for_ == why) return;
  holding_ = true;
  held_for_ = why;
  parts_.inputs.put(HoldChanged{Hold::Reconciling, true, false, {}, InlineText<120>{why}});
}

void Reconciler::look(SteadyTime now) {
  if (running_) {
    wanted_ = true;
    return;
  }
  begin(now);
}

void Reconciler::on_timer(SteadyTime now) {
  if (!running_ && next_ != SteadyTime{} && now >= next_) begin(now);
}

void Reconciler::begin(SteadyTime now) {
  running_ = true;
  wanted_ = false;
  next_ = now + parts_.settings.reconcile_interval;
  began_ = now;
  began_at_ = parts_.clock.at(now);
  executions_.clear();
  orders_.clear();
  positions_.clear();
  wallet_ = {};
  before_ = parts_.inputs.delivered() + desk_.passed_over();
  // Before the account was taken over its past is not ours.
  if (!parts_.memory.taken_over()) return ask(Step::Orders, {}, 0);
  const auto margin = std::min<Duration>(
      kMarginMost,
      std::chrono::duration_cast<Duration>(kMargin * std::max(1.0, parts_.clock.speed())));
  window_ = std::max(known_until_, parts_.memory.known_until()) - margin;
  ask(Step::Executions, {}, 0);
}

void Reconciler::ask(Step step, std::string cursor, std::size_t category) {
  const auto all = categories();
  const Category asked =
      step == Step::Positions || step == Step::Wallet ? Category::Linear : all[category];
  const char* const name = asked == Category::Spot ? "spot" : "linear";
  std::string path;
  std::string query;
  switch (step) {
    case Step::Executions:
    case Step::Again:
      path = "/v5/execution/list";
      query = fmt::format("category={}&limit=100&startTime={}", name, to_unix_ms(window_));
      if (window_ + kWindow < began_at_)
        query += fmt::format("&endTime={}", to_unix_ms(window_ + kWindow));
      break;
    case Step::Orders:
      path = "/v5/order/realtime";
      query = asked == Category::Spot ? fmt::format("category={}&openOnly=0&limit=50", name)
                                      : fmt::format("category={}&settleCoin={}&openOnly=0&limit=50",
                                                    name, parts_.settings.settle_coin);
      break;
    case Step::Positions:
      path = "/v5/position/list";
      query = fmt::format("category=linear&settleCoin={}&limit=200", parts_.settings.settle_coin);
      break;
    case Step::Wallet:
      path = "/v5/account/wallet-balance";
      query = "accountType=UNIFIED";
      break;
  }
  if (!cursor.empty()) query += "&cursor=" + cursor;
  rest_.get(path, query, [this, step, category, asked, cursor](Result<RestReply> reply) {
    if (reply.has_error()) return failed(reply.error().context);
    const Result<Page> page = read(step, asked, reply.value().body);
    if (page.has_error()) return failed(page.error().context);
    const std::string& next = page.value().next_cursor;
    // A last page may carry a cursor, and a cursor may repeat: both end the list.
    if (!next.empty() && page.value().rows > 0 && next != cursor) {
      if (++pages_ >= kPagesMax) return failed("a list of the venue does not end");
      return ask(step, next, category);
    }
    pages_ = 0;
    page_done(step, category);
  });
}

Result<Reconciler::Page> Reconciler::read(Step step, Category category, const std::string& body) {
  const auto take = [](auto& rows, auto& page) {
    rows.insert(rows.end(), page.rows.begin(), page.rows.end());
    return Page{page.rows.size(), page.next_cursor};
  };
  switch (step) {
    case Step::Executions:
    case Step::Again: {
      BOOST_OUTCOME_TRY(const auto page, codec_.executions(body, category));
      return take(executions_, page);
    }
    case Step::Orders: {
      BOOST_OUTCOME_TRY(const auto page, codec_.orders(body, category));
      return take(orders_, page);
    }
    case Step::Positions: {
      BOOST_OUTCOME_TRY(const auto page, codec_.positions(body));
      return take(positions_, page);
    }
    case Step::Wallet:
      break;
  }
  BOOST_OUTCOME_TRY(wallet_, codec_.wallet(body));
  return Page{};
}

void Reconciler::page_done(Step step, std::size_t category) {
  const bool executions = step == Step::Executions || step == Step::Again;
  if ((executions || step == Step::Orders) && category + 1 < categories().size())
    return ask(step, {}, category + 1);
  if (executions && window_ + kWindow < began_at_) {
    window_ += kWindow;
    return ask(step, {}, 0);
  }
  if (executions) book_executions();
  switch (step) {
    case Step::Executions:
      return ask(Step::Orders, {}, 0);
    case Step::Orders:
      return ask(Step::Positions, {}, 0);
    case Step::Positions:
      return ask(Step::Wallet, {}, 0);
    case Step::Wallet:
      if (parts_.memory.taken_over()) return ask(Step::Again, {}, 0);
      return judge();
    case Step::Again:
      return judge();
  }
}

/// Of all pages together, as they happened: the venue gives the newest first.
void Reconciler::book_executions() {
  std::ranges::reverse(executions_);
  std::ranges::stable_sort(executions_, {}, &ExecutionRow::time);
  for (const ExecutionRow& row : executions_) desk_.apply(row, true);
  executions_.clear();
}

void Reconciler::failed(const std::string& why) {
  parts_.tell(fmt::format("The venue's books could not be read, trying again. cause=\"{}\"", why));
  running_ = false;
  pages_ = 0;
  next_ = rest_.now() + std::chrono::seconds{2};
}

void Reconciler::judge() {
  running_ = false;
  const SteadyTime now = rest_.now();
  on_seen_({orders_, positions_, began_}, now);
  const bool undisturbed = parts_.inputs.delivered() + desk_.passed_over() == before_;
  const bool orders_agree = this->orders_agree(undisturbed);
  const Findings found = compare();
  const bool doubtful = !clean_ || !found.empty() || !orders_agree;
  if (undisturbed && orders_agree && found.empty() && parts_.memory.taken_over()) return conclude();
  if (undisturbed && orders_agree) {
    const bool again = last_ && *last_ == found;
    agreed_ = again ? agreed_ + 1 : 1;
    if (!again) since_ = now;
    if (!again && !found.empty() && parts_.memory.taken_over()) tell_of(found);
    last_ = found;
    if (!found.empty()) hold("the venue's books and ours differ");
    const bool settled =
        !parts_.memory.taken_over() || now - since_ >= parts_.settings.unknown_settle;
    if (settled && agreed_ >= parts_.settings.reconcile_looks && can_adopt(found)) {
      adopt(found);
      last_.reset();
      agreed_ = 0;
    }
  }
  if (!doubtful && !wanted_) return;
  // What a few looks have not settled is not settled by many.
  constexpr int kSoon = 6;
  constexpr int kDoublings = 3;
  const int doublings = std::clamp(doubtful_++ - kSoon, 0, kDoublings);
  next_ = now + std::min<Duration>(
                    parts_.settings.reconcile_pause * (1 << doublings),
                    std::max(parts_.settings.reconcile_interval, parts_.settings.reconcile_pause));
}

/// Positions and balance as the venue has them against ours.
Reconciler::Findings Reconciler::compare() const {
  Findings found;
  const LedgerView ours = parts_.ledger();
  for (const Instrument& instrument : parts_.instruments) {
    Quantity theirs;
    if (instrument.category == Category::Linear) {
      for (const PositionRow& row : positions_)
        if (row.category == instrument.category && row.symbol.view() == instrument.symbol.view())
          theirs += row.quantity;
    } else {
      for (const CoinBalance& coin : wallet_.coins)
        if (coin.coin.view() == instrument.base_coin.view())
          theirs = std::max(Quantity{}, Quantity::from_raw(coin.wallet.raw()));  // Below: a debt.
    }
    const Quantity difference = theirs - ours[instrument.id].quantity;
    // Fees in base leave dust that no lot can hold.
    const bool dust = instrument.category == Category::Spot &&
                      abs(difference) < instrument.lot_step && parts_.memory.taken_over();
    if (!difference.is_zero() && !dust) found.positions.push_back({instrument.id, difference});
  }
  if (const auto theirs = balance(); theirs && parts_.memory.taken_over()) {
    if (!can_hold(*theirs)) {
      found.cash = *theirs;
      return found;
    }
    Money difference = *theirs - ours.cash;
    for (const Instrument& instrument : parts_.instruments) {
      if (instrument.category != Category::Linear) continue;
      difference += ours[instrument.id].cost;
      for (const PositionRow& row : positions_)
        if (row.category == instrument.category && can_hold(row.cost) &&
            row.symbol.view() == instrument.symbol.view())
          difference -= row.quantity < Quantity{} ? -row.cost : row.cost;
    }
    if (abs(difference).to_double() > parts_.settings.cash_tolerance) found.cash = difference;
  }
  return found;
}

/// Nothing: the venue does not list the coin.
std::optional<Money> Reconciler::balance() const {
  for (const CoinBalance& coin : wallet_.coins)
    if (coin.coin.view() == parts_.settings.settle_coin) return coin.wallet;
  return std::nullopt;
}

/// Ours that the venue does not list are asked about; theirs that we do not know are counted.
bool Reconciler::orders_agree(bool undisturbed) {
  bool agree = true;
  std::uint64_t foreign = 0;
  const SteadyTime now = rest_.now();
  for (const OrderRow& row : orders_) {
    if (!parts_.memory.ours(row.link_id.view())) {
      if (is_open(row.status) && row.stop_order_type.empty()) ++foreign;
      continue;
    }
    if (parts_.memory.find(row.link_id.view()) != nullptr) {
      desk_.apply(row, now);
    } else if (is_open(row.status)) {
      agree = false;
      if (undisturbed) cancel_stray(row);  // Else it may have ended since it was listed.
    }
  }
  parts_.counters.foreign_orders = foreign;
  for (const VenueMemory::Entry& entry : parts_.memory.open()) {
    const bool listed = std::ranges::any_of(orders_, [&](const OrderRow& row) {
      return row.link_id.view() == entry.request.id.view() && is_open(row.status);
    });
    if (listed && entry.state != OrderState::Unknown && !desk_.lacks(entry.request.id)) continue;
    agree = false;
    inquiries_.ask(entry.request.id, now);
  }
  return agree;
}

/// Over in our books and open at the venue: a list that lags, or an order that we took for lost. A
/// cancel harms neither.
void Reconciler::cancel_stray(const OrderRow& row) {
  hold("an order of ours that is over in our books is open at the venue");
  const auto id = parts_.find(row.category, row.symbol.view());
  if (!id) return;
  ++parts_.counters.strays;
  parts_.tell(
      fmt::format("An order that is over in our books is open at the venue: cancelling it. "
                  "order={} instrument={}",
                  row.link_id.view(), parts_.instruments[*id].name()));
  const bool conditional = row.status == VenueOrderStatus::Untriggered;
  rest_.post("/v5/order/cancel",
             cancel_text(parts_.instruments[*id], {}, row.order_id.view(), conditional),
             RequestKind::Cancel,
             [](Result<RestReply>) {});  // The next look tells what came of it.
}

/// What a difference is booked at; zero: nobody knows a price of it yet.
Price Reconciler::price_of(const Difference& difference) const {
  const Instrument& instrument = parts_.instruments[difference.instrument];
  const PositionView& ours = parts_.ledger()[difference.instrument];
  Price entry, mark = ours.mark;
  for (const PositionRow& row : positions_)
    if (row.category == instrument.category && row.symbol.view() == instrument.symbol.view()) {
      entry = row.entry;
      if (row.mark > Price{}) mark = row.mark;
    }
  const bool grows = abs(ours.quantity + difference.quantity) > abs(ours.quantity);
  if (grows && entry > Price{}) return entry;
  return mark > Price{} ? mark : entry;
}

void Reconciler::tell_of(const Findings& found) const {
  std::string words;
  for (const Difference& difference : found.positions)
    words += fmt::format("{} by {}, ", parts_.instruments[difference.instrument].name(),
                         difference.quantity.to_string());
  if (!found.cash.is_zero()) words += fmt::format("the balance by {}, ", found.cash.to_string());
  parts_.tell(
      fmt::format("The venue's books differ from ours: {}which is adopted if it stays.", words));
}

bool Reconciler::can_adopt(const Findings& found) {
  std::string why;
  for (const PositionRow& row : positions_)
    if (!row.exact && parts_.find(row.category, row.symbol.view()))
      why = fmt::format("its position in {} is finer or larger than any book", row.symbol.view());
  for (const Difference& difference : found.positions) {
    const Price price = price_of(difference);
    const std::string name = parts_.instruments[difference.instrument].name();
    if (price <= Price{})
      why = fmt::format("{} has no price yet", name);
    else if (!can_hold(parts_.ledger()[difference.instrument], difference.quantity, price))
      why = fmt::format("no books can hold {} more of {}", difference.quantity.to_string(), name);
  }
  if (const auto theirs = balance(); theirs && !can_hold(*theirs))
    why = fmt::format("no books can hold a balance of {}", theirs->to_string());
  if (!why.empty() && why != not_adopted_)
    parts_.tell(
        fmt::format("What the account holds cannot be taken into the books. cause=\"{}\"", why));
  not_adopted_ = why;
  return why.empty();
}

/// The venue is right. What it has is taken into the books, each as a line of its own.
void Reconciler::adopt(const Findings& found) {
  const bool first = !parts_.memory.taken_over();
  const Timestamp at = began_at_;
  for (const Difference& difference : found.positions) {
    const Instrument& instrument = parts_.instruments[difference.instrument];
    ExternalAdjustment line;
    line.kind = first ? AdjustmentKind::Capital : AdjustmentKind::Position;
    line.has_instrument = true;
    line.instrument = difference.instrument;
    line.quantity = difference.quantity;
    line.time = at;
    line.price = price_of(difference);
    line.cause = std::string_view{
        first ? fmt::format("the account holds {} {}", difference.quantity.to_string(),
                            instrument.name())
              : fmt::format("the venue's position differs from ours by {}, and no execution tells "
                            "why",
                            difference.quantity.to_string())};
    if (!first) ++parts_.counters.mismatches;
    parts_.inputs.put(line, at);
  }
  // What the positions' lines have moved counts already.
  const Money theirs = balance().value_or(Money{});
  const Money cash = first ? theirs - parts_.ledger().cash : compare().cash;
  if (!first && cash.is_zero()) return;
  ExternalAdjustment line;
  line.kind = first                         ? AdjustmentKind::Capital
              : found.positions.size() == 1 ? AdjustmentKind::Balance
                                            : AdjustmentKind::Transfer;
  if (line.kind == AdjustmentKind::Balance) {
    line.has_instrument = true;
    line.instrument = found.positions[0].instrument;
  }
  line.cash = cash;
  line.time = at;
  line.cause = std::string_view{
      first
          ? fmt::format("the account holds {} {}", theirs.to_string(), parts_.settings.settle_coin)
          : fmt::format("the venue's balance differs from ours by {}", cash.to_string())};
  if (!first) ++parts_.counters.mismatches;
  parts_.inputs.put(line, at);
}

void Reconciler::conclude() {
  ++parts_.counters.reconciliations;
  last_.reset();
  agreed_ = 0;
  doubtful_ = 0;
  clean_ = true;
  last_clean_ = rest_.now();
  known_until_ = began_at_;
  if (wanted_) next_ = rest_.now() + parts_.settings.reconcile_pause;
  if (!holding_ && rest_.now() < next_agreement_) return;
  holding_ = false;
  next_agreement_ = rest_.now() + kAgreementEvery;
  parts_.inputs.put(
      HoldChanged{Hold::Reconciling, false, false, {}, "the venue's books and ours agree"},
      began_at_);
}

}  // namespace proteus::live
