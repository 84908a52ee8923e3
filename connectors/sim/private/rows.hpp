// Orders, executions, positions and wallets as rows of JSON, for the private streams and for REST:
// compact, fields in the order in which the venue writes them.
#pragma once

#include <string>

#include "connectors/sim/private/exchange_core.hpp"

namespace proteus::sim {

/// What REST and streams do differently, and what is added to every time told.
struct RowStyle {
  bool rest = false;
  std::int64_t offset_ms = 0;
};

void append_order_row(std::string& out, const VenueOrder& order, const Instrument& instrument,
                      const RowStyle& style);
void append_execution_row(std::string& out, const Execution& execution,
                          const Instrument& instrument, const RowStyle& style);
/// "TRADE", "SETTLEMENT", "LIQUIDATION".
std::string_view transaction_type(ExecutionType type);
/// Of topic execution.fast: less, and no link id of a maker.
void append_fast_row(std::string& out, const Execution& execution, const Instrument& instrument,
                     const RowStyle& style);
/// The line of the account's ledger that an execution is.
void append_transaction_row(std::string& out, const Execution& execution,
                            const Instrument& instrument, std::int64_t offset_ms);
/// What an order has closed, as closed-pnl tells it. `leverage_e9`: that of now.
void append_closed_row(std::string& out, const VenueOrder& order, const Instrument& instrument,
                       std::int64_t leverage_e9, std::int64_t offset_ms);
/// The account's position in the instrument, flat ones too: one row, in hedge mode two. `mark`:
/// where a flat one is valued.
void append_position_rows(std::string& out, const ExchangeCore& core, AccountId account,
                          InstrumentId instrument, Price mark, const RowStyle& style);
/// The whole account, its one coin USDT.
void append_wallet_row(std::string& out, const ExchangeCore& core, AccountId account);

}  // namespace proteus::sim
