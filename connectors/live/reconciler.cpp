#include "connectors/live/reconciler.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::live {
namespace {

/// Executions are asked for from this much before the newest that is booked: the venue's lists are
/// not in the order in which rows become visible.
constexpr Duration kMargin = std::chrono::seconds{10};
constexpr int kPagesMax = 60;

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
  if (holding_) return;
  holding_ = true;
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
  orders_.clear();
  positions_.clear();
  wallet_ = {};
  before_ = parts_.inputs.delivered();
  // Before the account was taken over its past is not ours.
  ask(parts_.memory.taken_over() ? Step::Executions : Step::Orders, {}, 0);
}

void Reconciler::ask(Step step, std::string cursor, std::size_t category) {
  const auto all = categories();
  const bool spot = category < all.size() && all[category] == Category::Spot;
  const std::string name = spot ? "spot" : "linear";
  std::string path;
  std::string query;
  switch (step) {
    case Step::Executions:
    case Step::Again: {
      path = "/v5/execution/list";
      const std::int64_t from = to_unix_ms(parts_.memory.newest() - kMargin);
      query = fmt::format("category={}&limit=100&startTime={}", name, from);
      break;
    }
    case Step::Orders:
      path = "/v5/order/realtime";
      query = spot ? fmt::format("category={}&openOnly=0&limit=50", name)
                   : fmt::format("category={}&settleCoin={}&openOnly=0&limit=50", name,
                                 parts_.settings.settle_coin);
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
  rest_.get(path, query, [this, step, category, spot, cursor](Result<RestReply> reply) {
    if (reply.has_error()) return failed(reply.error().context);
    const Category asked = spot ? Category::Spot : Category::Linear;
    std::string next;
    std::size_t rows = 0;
    if (step == Step::Executions || step == Step::Again) {
      const auto page = codec_.executions(reply.value().body, asked);
      if (page.has_error()) return failed(page.error().context);
      // Oldest first, as they happened.
      const auto& list = page.value().rows;
      for (auto row = list.rbegin(); row != list.rend(); ++row) desk_.apply(*row, true);
      rows = list.size();
      next = page.value().next_cursor;
    } else if (step == Step::Orders) {
      const auto page = codec_.orders(reply.value().body, asked);
      if (page.has_error()) return failed(page.error().context);
      orders_.insert(orders_.end(), page.value().rows.begin(), page.value().rows.end());
      rows = page.value().rows.size();
      next = page.value().next_cursor;
    } else if (step == Step::Positions) {
      const auto page = codec_.positions(reply.value().body);
      if (page.has_error()) return failed(page.error().context);
      positions_.insert(positions_.end(), page.value().rows.begin(), page.value().rows.end());
      rows = page.value().rows.size();
      next = page.value().next_cursor;
    } else {
      auto wallet = codec_.wallet(reply.value().body);
      if (wallet.has_error()) return failed(wallet.error().context);
      wallet_ = std::move(wallet.value());
    }
    // A last page may carry a cursor, and a cursor may repeat: both end the list.
    if (!next.empty() && rows > 0 && next != cursor && ++pages_ < kPagesMax)
      return ask(step, next, category);
    pages_ = 0;
    page_done(step, category);
  });
}

void Reconciler::page_done(Step step, std::size_t category) {
  const auto all = categories();
  const bool each = step == Step::Executions || step == Step::Orders || step == Step::Again;
  if (each && category + 1 < all.size()) return ask(step, {}, category + 1);
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

void Reconciler::failed(const std::string& why) {
  parts_.tell(fmt::format("The venue's books could not be read, trying again. cause=\"{}\"", why));
  running_ = false;
  next_ = rest_.now() + std::chrono::seconds{2};
}

void Reconciler::judge() {
  running_ = false;
  const SteadyTime now = rest_.now();
  const bool undisturbed = parts_.inputs.delivered() == before_;
  on_positions_(positions_, now);
  const bool orders_agree = this->orders_agree();
  const Findings found = compare();
  const bool doubtful = !clean_ || !found.empty() || !orders_agree;
  if (undisturbed && orders_agree && found.empty() && parts_.memory.taken_over()) return conclude();
  if (undisturbed && orders_agree) {
    const bool again = last_ && *last_ == found;
    agreed_ = again ? agreed_ + 1 : 1;
    if (!again) since_ = now;
    last_ = found;
    if (!found.empty()) hold("the venue's books and ours differ");
    const bool settled =
        !parts_.memory.taken_over() || now - since_ >= parts_.settings.unknown_settle;
    if (settled && agreed_ >= parts_.settings.reconcile_looks) {
      adopt(found);
      last_.reset();
      agreed_ = 0;
    }
  }
  if (doubtful || wanted_) next_ = now + parts_.settings.reconcile_pause;
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
          theirs = Quantity::from_raw(coin.wallet.raw());
    }
    const Quantity difference = theirs - ours[instrument.id].quantity;
    // Fees in base leave dust that no lot can hold.
    const bool dust = instrument.category == Category::Spot &&
                      abs(difference) < instrument.lot_step && parts_.memory.taken_over();
    if (!difference.is_zero() && !dust) found.positions.push_back({instrument.id, difference});
  }
  if (const auto theirs = balance(); theirs && parts_.memory.taken_over()) {
    Money difference = *theirs - ours.cash;
    for (const Instrument& instrument : parts_.instruments) {
      if (instrument.category != Category::Linear) continue;
      difference += ours[instrument.id].cost;
      for (const PositionRow& row : positions_)
        if (row.symbol.view() == instrument.symbol.view())
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
bool Reconciler::orders_agree() {
  bool agree = true;
  std::uint64_t foreign = 0;
  const SteadyTime now = rest_.now();
  for (const OrderRow& row : orders_) {
    if (!parts_.memory.ours(row.link_id.view())) {
      if (is_open(row.status) && row.stop_order_type.empty()) ++foreign;
      continue;
    }
    if (parts_.memory.find(row.link_id.view()) != nullptr) desk_.apply(row, now);
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

/// The venue is right. What it has is taken into the books, each as a line of its own.
void Reconciler::adopt(const Findings& found) {
  const bool first = !parts_.memory.taken_over();
  const Timestamp at = parts_.clock.at(rest_.now());
  for (const Difference& difference : found.positions) {
    const Instrument& instrument = parts_.instruments[difference.instrument];
    ExternalAdjustment line;
    line.kind = first ? AdjustmentKind::Capital : AdjustmentKind::Position;
    line.has_instrument = true;
    line.instrument = difference.instrument;
    line.quantity = difference.quantity;
    line.time = at;
    const PositionView& ours = parts_.ledger()[difference.instrument];
    Price entry, mark = ours.mark;
    for (const PositionRow& row : positions_)
      if (row.symbol.view() == instrument.symbol.view()) {
        entry = row.entry;
        if (row.mark > Price{}) mark = row.mark;
      }
    const bool grows = abs(ours.quantity + difference.quantity) > abs(ours.quantity);
    line.price = grows && entry > Price{} ? entry : mark;
    if (line.price <= Price{}) line.price = entry > Price{} ? entry : instrument.tick_size;
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
  clean_ = true;
  last_clean_ = rest_.now();
  if (wanted_) next_ = rest_.now() + parts_.settings.reconcile_pause;
  if (!holding_) return;
  holding_ = false;
  parts_.inputs.put(
      HoldChanged{Hold::Reconciling, false, false, {}, "the venue's books and ours agree"});
}

}  // namespace proteus::live
