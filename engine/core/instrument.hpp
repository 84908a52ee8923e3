// What is traded, as the venue describes it, and the table that gives every instrument its small
// number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/fields.hpp"
#include "engine/core/fixed.hpp"
#include "engine/core/inline_text.hpp"
#include "engine/core/time.hpp"

namespace proteus {

enum class Category : std::uint8_t { Linear, Spot };
std::string_view to_string(Category category);

enum class InstrumentStatus : std::uint8_t { Trading, PreLaunch, Delivering, Closed };
std::string_view to_string(InstrumentStatus status);

/// Position of an instrument in the run's table; "instrument order" everywhere means this order,
/// which is the order of the configuration.
struct InstrumentId {
  std::uint32_t index = 0;
  friend constexpr auto operator<=>(InstrumentId, InstrumentId) = default;
  static constexpr auto fields() { return std::tuple{field("index", &InstrumentId::index)}; }
};

struct Instrument {
  InstrumentId id;
  Category category = Category::Linear;
  InstrumentStatus status = InstrumentStatus::Trading;
  InlineText<32> symbol;  ///< the venue's text, upper case
  InlineText<16> base_coin;
  InlineText<16> quote_coin;
  Price tick_size;
  Quantity lot_step;
  Quantity quantity_min;         ///< zero where the venue has none (spot)
  Quantity quantity_max_limit;   ///< zero: the venue names none
  Quantity quantity_max_market;  ///< zero: the venue names none
  Money notional_min;
  std::int64_t leverage_max_e9 = kFixedScale;  ///< 1e9 = 1x; spot is 1x
  Duration funding_interval{0};                ///< zero for spot
  Timestamp delivery_time{};  ///< epoch: none. Set while Trading: it is going to be delisted

  /// "linear:BTCUSDT"
  [[nodiscard]] std::string name() const;
  friend bool operator==(const Instrument&, const Instrument&) = default;

  static constexpr auto fields() {
    using I = Instrument;
    return std::tuple{field("id", &I::id),
                      field("category", &I::category),
                      field("status", &I::status),
                      field("symbol", &I::symbol),
                      field("base_coin", &I::base_coin),
                      field("quote_coin", &I::quote_coin),
                      field("tick_size", &I::tick_size),
                      field("lot_step", &I::lot_step),
                      field("quantity_min", &I::quantity_min),
                      field("quantity_max_limit", &I::quantity_max_limit),
                      field("quantity_max_market", &I::quantity_max_market),
                      field("notional_min", &I::notional_min),
                      field("leverage_max_e9", &I::leverage_max_e9),
                      field("funding_interval", &I::funding_interval),
                      field("delivery_time", &I::delivery_time)};
  }
};

/// "linear:BTCUSDT" taken apart. Errors: Malformed, with the accepted spelling.
struct InstrumentName {
  Category category = Category::Linear;
  std::string symbol;
  InstrumentName() = default;
  InstrumentName(Category c, std::string s) : category(c), symbol(std::move(s)) {}
  friend bool operator==(const InstrumentName&, const InstrumentName&) = default;
};
Result<InstrumentName> parse_instrument_name(std::string_view text);

/// Why this description cannot be traded on, as half a sentence without the name; empty: it can.
/// Steps that are not positive, a leverage below 1, minima above their maxima or below zero, sizes
/// whose notional 1e-9 units cannot hold.
std::string problem_of(const Instrument& instrument);

/// The instruments of a run. Ids are dense, 0..size-1, in the order added.
class InstrumentTable {
 public:
  /// Gives the instrument its id. Refuses a second one of the same category and symbol, and one
  /// with a problem.
  Result<InstrumentId> add(Instrument instrument);
  /// Replaces the venue's description of a known instrument (daily refresh); id and name stay. One
  /// with a problem is not taken: false, and the old description stands. Feeds ask `problem_of`
  /// first, so that it is told.
  bool update(const Instrument& instrument);

  [[nodiscard]] std::size_t size() const { return instruments_.size(); }
  [[nodiscard]] const Instrument& operator[](InstrumentId id) const {
    return instruments_.at(id.index);
  }
  [[nodiscard]] std::optional<InstrumentId> find(Category category, std::string_view symbol) const;
  [[nodiscard]] auto begin() const { return instruments_.begin(); }
  [[nodiscard]] auto end() const { return instruments_.end(); }
  template <class A>
  void archive(A& a) {
    a(instruments_);
  }

 private:
  std::vector<Instrument> instruments_;
};

}  // namespace proteus
