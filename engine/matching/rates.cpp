#include "engine/matching/rates.hpp"

namespace proteus::matching {

std::int64_t bps_to_e9(double bps) { return to_fixed_raw(bps / 1e4); }

Rates make_rates(const VenueSettings& s) {
  Rates rates;
  // Liquidity::Maker is 0, Taker is 1.
  rates.fee_e9[static_cast<std::size_t>(Category::Linear)] = {bps_to_e9(s.linear_maker_fee_bps),
                                                              bps_to_e9(s.linear_taker_fee_bps)};
  rates.fee_e9[static_cast<std::size_t>(Category::Spot)] = {bps_to_e9(s.spot_maker_fee_bps),
                                                            bps_to_e9(s.spot_taker_fee_bps)};
  rates.liquidation_fee_e9 = bps_to_e9(s.liquidation_fee_bps) + bps_to_e9(s.linear_taker_fee_bps);
  rates.maintenance_e9 = bps_to_e9(s.maintenance_margin_bps);
  rates.leverage_e9 = to_fixed_raw(s.leverage);
  rates.assumed_funding_e9 = bps_to_e9(s.assumed_funding_bps);
  return rates;
}

Charge charge(Category category, Side side, Quantity quantity, Price price, std::int64_t fee_e9) {
  if (category == Category::Spot && side == Side::Buy) {
    const Int128 wide = divide_by_scale(Int128{quantity.raw()} * fee_e9, Rounding::Up);
    const Quantity fee_base = Quantity::from_raw(static_cast<std::int64_t>(wide));
    return {notional(price, fee_base, Rounding::Up), fee_base};
  }
  const bool received = category == Category::Spot && side == Side::Sell;
  const Money turnover = notional(price, quantity, received ? Rounding::Down : Rounding::Up);
  return {share(turnover, fee_e9, Rounding::Up), Quantity{}};
}

}  // namespace proteus::matching
