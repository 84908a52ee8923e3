// Damaged messages: cut at every byte, one bit turned at every byte, pieces moved at random. No
// reader crashes, and a trade that comes out of a damaged frame has a quantity that stands in it.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <random>

#include "connectors/live/account_codec.hpp"
#include "samples.hpp"

namespace proteus::live {
namespace {

using namespace test;

constexpr std::array kAll = {
    kOrderFrame, kExecutionFrame, kFastFrame,   kPositionFrame, kWalletFrame, kAuthFine,
    kAuthBad,    kAuthBadSdk,     kSubscribed,  kPrivatePong,   kTradeReply,  kTradePong,
    kTradeAuth,  kTradeRefused,   kTradeBatch,  kEmptyAnswer,   kLimited,     kTime,
    kCreated,    kCancelledAll,   kRealtime,    kHistory,       kExecutions,  kPositions,
    kWallet,     kFees,           kAccountInfo, kKeyInfo};

/// Numbers that are compared go through format_fixed: what came out of the text stands in it,
/// zeros aside.
void check_execution(const ExecutionRow& row, const std::string& text) {
  if (row.kind != ExecutionKind::Trade || !row.exact) return;
  EXPECT_NE(text.find(row.quantity.to_string()), std::string::npos) << text;
  EXPECT_FALSE(row.execution.empty());
  EXPECT_FALSE(row.symbol.empty());
}

/// Every reader over the same bytes.
std::size_t read_all(AccountCodec& codec, const std::string& text) {
  std::size_t fine = 0;
  if (const auto frame = codec.decode_private(text)) {
    ++fine;
    if (const auto* rows = std::get_if<ExecutionRows>(&frame.value()))
      for (const ExecutionRow& row : rows->rows) check_execution(row, text);
  } else {
    EXPECT_FALSE(frame.error().context.empty());
  }
  fine += codec.decode_trade(text) ? 1U : 0U;
  fine += codec.envelope(text) ? 1U : 0U;
  fine += codec.orders(text) ? 1U : 0U;
  if (const auto page = codec.executions(text)) {
    ++fine;
    for (const ExecutionRow& row : page.value().rows) check_execution(row, text);
  }
  fine += codec.positions(text) ? 1U : 0U;
  fine += codec.wallet(text) ? 1U : 0U;
  fine += codec.key_info(text) ? 1U : 0U;
  fine += codec.account_info(text) ? 1U : 0U;
  fine += codec.fees(text) ? 1U : 0U;
  fine += codec.order_ids(text) ? 1U : 0U;
  fine += codec.cancelled(text) ? 1U : 0U;
  fine += codec.server_time(text) ? 1U : 0U;
  return fine;
}

TEST(AccountFuzz, WholeMessagesAreReadBySomebody) {
  AccountCodec codec;
  for (const std::string_view message : kAll)
    EXPECT_GT(read_all(codec, std::string(message)), 0U) << message;
}

TEST(AccountFuzz, CutAtEveryByte) {
  AccountCodec codec;
  for (const std::string_view message : kAll)
    for (std::size_t size = 0; size < message.size(); ++size)
      EXPECT_EQ(read_all(codec, std::string(message.substr(0, size))), 0U)
          << "a cut message is none: " << message.substr(0, size);
}

TEST(AccountFuzz, OneBitTurned) {
  AccountCodec codec;
  for (const std::string_view message : kAll)
    for (std::size_t at = 0; at < message.size(); ++at) {
      std::string text(message);
      text[at] = static_cast<char>(text[at] ^ (1 << (at % 8)));
      read_all(codec, text);
    }
}

TEST(AccountFuzz, PiecesAtRandom) {
  const char* given = std::getenv("PROTEUS_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20260714;
  SCOPED_TRACE("PROTEUS_SEED=" + std::to_string(seed));
  std::mt19937_64 engine(seed);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(engine() % n); };
  AccountCodec codec;
  for (int round = 0; round < 4'000; ++round) {
    std::string text(kAll[below(kAll.size())]);
    for (std::size_t i = 0, n = 1 + below(4); i < n && !text.empty(); ++i) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0:
          text[at] = static_cast<char>(below(256));
          break;
        case 1:
          text.erase(at, 1 + below(12));
          break;
        case 2:
          text.insert(at, 1, "\"{}[],:0-.eE\\n"[below(14)]);
          break;
        default:
          text.insert(at, std::string(text, below(text.size()), below(60)));
          break;
      }
    }
    read_all(codec, text);
  }
}

}  // namespace
}  // namespace proteus::live
