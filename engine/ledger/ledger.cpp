#include "engine/ledger/ledger.hpp"

#include <bit>
#include <cstring>

#include "engine/core/assert.hpp"

namespace proteus {
namespace {

// The hash. An entry (fill, funding, mark) is a row of 64-bit words, read in pairs; pair i adds
// fold(first ^ (2i + 1) kMixA, second ^ (2i + 1) kMixB) to the entry's digest, fold being the two
// halves of the 128-bit product xored. The digest then enters the state by another fold, to which
// the state itself turned by 29 bits is added, so that a product of zero cannot wipe it out. The
// pairs do not wait for one another: a fill costs few nanoseconds.
constexpr std::uint64_t kHashStart = 0x50726f74657573ULL;  // "Proteus"
constexpr std::uint64_t kMixA = 0x9e3779b97f4a7c15ULL;     // 2^64 / golden ratio
constexpr std::uint64_t kMixB = 0xd1b54a32d192ed03ULL;     // odd, bits without pattern
enum class Entry : std::uint64_t { Fill = 1, Funding = 2, Mark = 3, Adjustment = 4 };

constexpr std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const UInt128 product = UInt128{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <std::size_t N>
constexpr std::uint64_t absorb(std::uint64_t state, const std::array<std::uint64_t, N>& words) {
  static_assert(N % 2 == 0);
  std::uint64_t digest = 0;
  for (std::size_t i = 0; i < N; i += 2)
    digest += fold(words[i] ^ (i + 1) * kMixA, words[i + 1] ^ (i + 1) * kMixB);
  return fold(state ^ digest ^ kMixA, digest ^ kMixB) + std::rotl(state, 29);
}
constexpr std::uint64_t word(std::int64_t value) { return static_cast<std::uint64_t>(value); }

/// What kind of entry on which instrument, and up to three small numbers, in one word.
constexpr std::uint64_t head(Entry entry, InstrumentId id, std::uint64_t a = 0, std::uint64_t b = 0,
                             std::uint64_t c = 0) {
  return static_cast<std::uint64_t>(entry) << 56 | a << 48 | b << 40 | c << 32 | id.index;
}

/// Copies a text as it lies (bytes, zeros, length) into the words at `out`; returns how many.
template <std::size_t N>
std::size_t put_text(std::uint64_t* out, const InlineText<N>& text) {
  static_assert(std::endian::native == std::endian::little,
                "words are read from bytes as they lie");
  std::memcpy(out, &text, sizeof(text));
  return (sizeof(text) + 7) / 8;
}

std::uint64_t absorb_fill(std::uint64_t state, const Fill& f) {
  std::array<std::uint64_t, 18> words{
      head(Entry::Fill, f.instrument, static_cast<std::uint64_t>(f.side),
           static_cast<std::uint64_t>(f.liquidity), f.liquidation ? 1 : 0),
      word(to_unix_ns(f.time)),
      word(f.quantity.raw()),
      word(f.price.raw()),
      word(f.fee.raw()),
      word(f.fee_base.raw()),
      word(f.slippage.raw())};
  constexpr std::size_t kTexts = 7;
  const std::size_t id_words = put_text(&words[kTexts], f.id);
  put_text(&words[kTexts + id_words], f.execution);
  return absorb(state, words);
}

/// What a position adds to equity beside cash.
Money stake(const PositionView& p) {
  return p.category == Category::Linear ? p.unrealised : p.value;
}

bool opposed(Quantity a, Quantity b) {
  return (a.raw() < 0 && b.raw() > 0) || (a.raw() > 0 && b.raw() < 0);
}

/// The share of `p.cost` that leaves with `closed` (> 0) of its quantity.
Money released_cost(const PositionView& p, Quantity closed) {
  const Quantity held = abs(p.quantity);
  if (closed == held) return p.cost;
  const Int128 wide = divide(Int128{p.cost.raw()} * closed.raw(), held.raw(), Rounding::Zero);
  return Money::from_raw(static_cast<std::int64_t>(wide));
}

/// Moves the position by `change` at `price`; `paid` is the signed notional of all of it. Returns
/// the price profit this sets free.
Money trade(PositionView& p, Quantity change, Price price, Money paid) {
  Money profit;
  if (opposed(p.quantity, change)) {
    const bool crosses = abs(change) > abs(p.quantity);
    const Quantity closing = crosses ? -p.quantity : change;
    const Money paid_closing = crosses ? notional(price, closing, Rounding::Up) : paid;
    const Money released = released_cost(p, abs(closing));
    profit = -paid_closing - released;
    p.cost -= released;
    p.quantity += closing;
    change -= closing;
    paid -= paid_closing;
  }
  if (!change.is_zero()) {
    p.cost += paid;
    p.quantity += change;
  }
  p.realised += profit;
  return profit;
}

}  // namespace

Ledger::Ledger(Money capital, const InstrumentTable& instruments)
    : initial_(capital), cash_(capital), equity_(capital), hash_(kHashStart) {
  positions_.reserve(instruments.size());
  for (const Instrument& instrument : instruments)
    positions_.push_back(PositionView{.category = instrument.category});
}

void Ledger::withdraw(const PositionView& position) {
  equity_ -= stake(position);
  gross_[static_cast<std::size_t>(position.category)] -= abs(position.value);
}

void Ledger::deposit(PositionView& position) {
  position.value =
      position.quantity.is_zero() ? Money{} : notional(position.mark, position.quantity);
  position.unrealised = position.value - position.cost;
  equity_ += stake(position);
  gross_[static_cast<std::size_t>(position.category)] += abs(position.value);
}

void Ledger::apply(const Fill& fill) {
  PROTEUS_ASSERT(fill.instrument.index < positions_.size());
  PROTEUS_ASSERT(fill.quantity > Quantity{} && fill.price > Price{});
  PositionView& p = positions_[fill.instrument.index];
  const bool spot = p.category == Category::Spot;
  const bool fee_in_base = !fill.fee_base.is_zero();
  PROTEUS_ASSERT(!fee_in_base || spot);

  withdraw(p);
  if (p.mark.is_zero()) p.mark = fill.price;
  const Quantity change = signed_quantity(fill.side, fill.quantity);
  const Money paid = notional(fill.price, change, Rounding::Up);
  const Money profit =
      trade(p, change - fill.fee_base, fill.price, fee_in_base ? paid - fill.fee : paid);
  PROTEUS_ASSERT(!spot || p.quantity >= Quantity{});
  const Money cash_change = (spot ? -paid : profit) - (fee_in_base ? Money{} : fill.fee);
  p.fees += fill.fee;
  p.slippage += fill.slippage;
  ++p.fills;
  cash_ += cash_change;
  equity_ += cash_change;
  deposit(p);
  hash_ = absorb_fill(hash_, fill);
}

void Ledger::apply(const FundingSettled& funding) {
  PROTEUS_ASSERT(funding.instrument.index < positions_.size());
  positions_[funding.instrument.index].funding += funding.amount;
  cash_ -= funding.amount;
  equity_ -= funding.amount;
  hash_ = absorb(
      hash_,
      std::array{head(Entry::Funding, funding.instrument, funding.rate_assumed ? 1 : 0),
                 word(to_unix_ns(funding.time)), word(funding.position.raw()),
                 word(funding.mark.raw()), word(funding.rate_e9), word(funding.amount.raw())});
}

void Ledger::apply(const ExternalAdjustment& a) {
  PROTEUS_ASSERT(a.has_instrument || (a.quantity.is_zero() && a.fee.is_zero()));
  PROTEUS_ASSERT(a.quantity.is_zero() || a.price > Price{});
  Money cash_change = a.cash;
  if (a.has_instrument) {
    PROTEUS_ASSERT(a.instrument.index < positions_.size());
    PositionView& p = positions_[a.instrument.index];
    withdraw(p);
    p.fees += a.fee;
    p.realised += a.cash;
    cash_change -= a.fee;
    if (!a.quantity.is_zero()) {
      if (p.mark.is_zero()) p.mark = a.price;
      const Money paid = notional(a.price, a.quantity, Rounding::Up);
      const Money profit = trade(p, a.quantity, a.price, paid);
      cash_change += p.category == Category::Spot ? -paid : profit;
    }
    PROTEUS_ASSERT(p.category != Category::Spot || p.quantity >= Quantity{});
    deposit(p);
  } else {
    initial_ += a.cash;
  }
  cash_ += cash_change;
  equity_ += cash_change;
  hash_ =
      absorb(hash_, std::array{head(Entry::Adjustment, a.instrument,
                                    static_cast<std::uint64_t>(a.kind), a.has_instrument ? 1 : 0),
                               word(to_unix_ns(a.time)), word(a.quantity.raw()),
                               word(a.price.raw()), word(a.fee.raw()), word(a.cash.raw())});
}

void Ledger::mark(InstrumentId id, Price price) {
  PROTEUS_ASSERT(id.index < positions_.size() && price > Price{});
  PositionView& p = positions_[id.index];
  if (p.quantity.is_zero()) {
    p.mark = price;
  } else {
    withdraw(p);
    p.mark = price;
    deposit(p);
  }
  hash_ = absorb(hash_, std::array{head(Entry::Mark, id), word(price.raw())});
}

bool Ledger::check() const {
  Money equity = cash_;
  Money earned;
  std::array<Money, 2> gross;
  for (const PositionView& p : positions_) {
    const Money value = notional(p.mark, p.quantity);
    if (value != p.value || p.unrealised != value - p.cost) return false;
    if (p.quantity.is_zero() && !p.cost.is_zero()) return false;
    equity += p.category == Category::Linear ? value - p.cost : value;
    earned += p.realised + p.unrealised - p.fees - p.funding;
    gross[static_cast<std::size_t>(p.category)] += abs(value);
  }
  return equity == equity_ && gross == gross_ && equity - initial_ == earned;
}

}  // namespace proteus
