#include "connectors/live/return_codes.hpp"

#include <algorithm>
#include <array>

namespace proteus::live {
namespace {

/// One line of the table by its action. The names are those of the venue's reference: RETRY, WAIT,
/// RECON, DONE, FIX, RISK, HALT; "open" marks codes after which an order may have been taken.
constexpr CodeMeaning retry(int code, std::string_view words) {
  return {code, Outcome::Later, Outcome::Later, Outcome::Later, false, false, words};
}
constexpr CodeMeaning open_retry(int code, std::string_view words) {
  return {code, Outcome::Unknown, Outcome::Later, Outcome::Later, false, false, words};
}
constexpr CodeMeaning wait(int code, std::string_view words) { return retry(code, words); }
constexpr CodeMeaning open_wait(int code, std::string_view words) {
  return open_retry(code, words);
}
constexpr CodeMeaning recon(int code, std::string_view words) {
  return {code, Outcome::Unknown, Outcome::Unknown, Outcome::Later, true, false, words};
}
/// The order itself was refused for certain; what is unknown is the position behind it.
constexpr CodeMeaning refused_recon(int code, std::string_view words) {
  return {code, Outcome::Refused, Outcome::Unknown, Outcome::Later, true, false, words};
}
constexpr CodeMeaning done(int code, std::string_view words) {
  return {code, Outcome::Done, Outcome::Done, Outcome::Done, false, false, words};
}
constexpr CodeMeaning fix(int code, std::string_view words) {
  return {code, Outcome::Refused, Outcome::Refused, Outcome::Refused, false, false, words};
}
constexpr CodeMeaning risk(int code, std::string_view words) { return fix(code, words); }
constexpr CodeMeaning halt(int code, std::string_view words) {
  return {code, Outcome::Fatal, Outcome::Fatal, Outcome::Fatal, false, false, words};
}
constexpr CodeMeaning halt_symbol(int code, std::string_view words) {
  return {code, Outcome::Fatal, Outcome::Fatal, Outcome::Fatal, false, true, words};
}

constexpr std::string_view kNoMargin = "not enough balance or margin";
constexpr std::string_view kLiquidates = "it would trigger liquidation";
constexpr std::string_view kMode = "not in this margin mode";
constexpr std::string_view kUnmodified = "it is so already";
constexpr std::string_view kTier = "a limit of the risk tier, leverage or position";
constexpr std::string_view kBarred = "the account may not trade this";
constexpr std::string_view kNotOpen = "the contract is not open for trading now";
constexpr std::string_view kInternal = "internal error or time-out of the venue";
constexpr std::string_view kParameter = "a parameter is wrong";
constexpr std::string_view kTooLarge = "the order is too large";
constexpr std::string_view kPriceBounds = "the price is out of bounds";
constexpr std::string_view kDecimals = "too many decimals";
constexpr std::string_view kTooSmall = "the quantity or value is too small";
constexpr std::string_view kGone = "the order is filled, cancelled or not there";
constexpr std::string_view kLocked = "the order is locked or being cancelled";

constexpr auto kTable = std::to_array<CodeMeaning>({
    halt(-2015, "the key has expired"),
    open_retry(-1, "the request expired before it was handled"),
    done(0, "ok"),
    open_wait(429, "the trading service is overloaded"),
    recon(10000, "the server timed out"),
    fix(10001, kParameter),
    retry(10002, "the timestamp lies outside the window"),
    halt(10003, "the key is invalid, or of another environment"),
    halt(10004, "the signature is wrong"),
    halt(10005, "permission denied"),
    wait(10006, "the endpoint's rate limit"),
    halt(10007, "authentication failed"),
    halt(10008, "banned; look at the account's mode"),
    halt(10009, "this region is restricted"),
    halt(10010, "this address is not bound to the key"),
    recon(10014, "a duplicate request"),
    recon(10016, "server error or restart"),
    fix(10017, "the path is not there"),
    wait(10018, "the limit of this address"),
    recon(10019, "the order-entry server is restarting"),
    halt(10024, "compliance rules"),
    halt(10027, "trading is banned"),
    fix(10028, "for unified accounts only"),
    fix(10029, "the symbol is not on the key's list"),
    open_wait(10403, "too many requests of this address"),
    fix(10404, "no such operation or category on this stream"),
    open_wait(10429, "protection of the system"),
    done(20001, "already authenticated"),
    open_wait(20003, "too many requests of this session"),
    recon(20006, "the request id was used before"),
    fix(30208, "the price is above the highest for buying"),
    fix(30209, "the price is below the lowest for selling"),
    risk(30228, "only reducing is allowed"),
    halt(33004, "the key has expired"),
    done(34040, "the protective orders are so already"),
    recon(40004, "the order changed while it was being replaced"),
    fix(100028, "not for unified accounts"),
    recon(110001, "the order does not exist, or it is too late"),
    fix(110003, "the price is outside of the allowed range"),
    risk(110004, kNoMargin),
    refused_recon(110005, "the position's status is wrong; liquidation may run"),
    risk(110006, kNoMargin),
    risk(110007, kNoMargin),
    recon(110008, "the order is completed or cancelled already"),
    risk(110009, "too many conditional orders"),
    recon(110010, "the order is cancelled already"),
    risk(110011, kLiquidates),
    risk(110012, kNoMargin),
    fix(110013, "this leverage is not allowed at this risk tier"),
    risk(110014, kNoMargin),
    fix(110015, kMode),
    risk(110016, "the quantity is over the risk limit"),
    refused_recon(110017, "reduce-only: there is nothing to reduce"),
    fix(110018, "the user id is illegal"),
    fix(110019, "the order id is illegal"),
    risk(110020, "more than 500 active orders"),
    risk(110021, "the limit of open interest"),
    risk(110022, "the amend is restricted"),
    risk(110023, "only reducing is allowed"),
    fix(110024, "the mode cannot change while a position is open"),
    done(110025, kUnmodified),
    done(110026, kUnmodified),
    done(110027, kUnmodified),
    fix(110028, "the mode cannot change while orders are open"),
    fix(110029, "hedge mode is not supported"),
    recon(110030, "a duplicate order id"),
    risk(110031, kTier),
    fix(110032, "the order is illegal"),
    refused_recon(110033, "there is no position"),
    refused_recon(110034, "there is no position"),
    fix(110036, kMode),
    fix(110038, kMode),
    risk(110039, kLiquidates),
    risk(110040, kLiquidates),
    risk(110042, "only reducing is allowed"),
    done(110043, kUnmodified),
    risk(110044, kNoMargin),
    risk(110045, kNoMargin),
    risk(110046, kLiquidates),
    risk(110048, kTier),
    risk(110051, kNoMargin),
    risk(110052, kNoMargin),
    risk(110053, kNoMargin),
    risk(110059, "the amend is restricted"),
    risk(110060, "the amend is restricted"),
    risk(110061, "more than 20 partial protective orders"),
    wait(110063, "settlement is running"),
    recon(110064, "the amended quantity is not above what is filled"),
    wait(110066, "trading is closed"),
    halt_symbol(110067, kBarred),
    halt_symbol(110068, kBarred),
    halt_symbol(110069, kBarred),
    halt_symbol(110070, kBarred),
    recon(110072, "the order link id exists: an earlier request went through"),
    wait(110074, kNotOpen),
    done(110075, kUnmodified),
    retry(110079, "the order is being processed"),
    halt(110080, "liquidation or its cooling-off"),
    risk(110085, kTier),
    risk(110086, kTier),
    risk(110087, kTier),
    halt_symbol(110088, kBarred),
    risk(110089, kTier),
    risk(110090, kTier),
    fix(110092, "the trigger price is on the wrong side"),
    fix(110093, "the trigger price is on the wrong side"),
    fix(110094, "below the least notional"),
    wait(110095, "call auction"),
    fix(110103, "only PostOnly is allowed now"),
    fix(110108, "the slippage tolerance is out of range"),
    fix(110109, "the slippage tolerance is out of range"),
    wait(110118, "no price for a market order: the book is thin"),
    fix(110120, "the price is below the limit"),
    fix(110121, "the price is above the limit"),
    halt_symbol(110123, kBarred),
    halt(110124, "liquidation or its cooling-off"),
    halt_symbol(110125, kBarred),
    halt_symbol(110132, kBarred),
    recon(170001, kInternal),
    open_wait(170005, "too many requests"),
    recon(170007, kInternal),
    halt_symbol(170031, "this feature is suspended"),
    recon(170032, kInternal),
    risk(170033, "the balance is insufficient"),
    fix(170105, kParameter),
    fix(170115, kParameter),
    fix(170116, kParameter),
    fix(170117, kParameter),
    fix(170121, kParameter),
    risk(170124, kTooLarge),
    fix(170130, kParameter),
    risk(170131, "the balance is insufficient"),
    fix(170132, kPriceBounds),
    fix(170133, kPriceBounds),
    fix(170134, kDecimals),
    fix(170136, kTooSmall),
    fix(170137, kDecimals),
    recon(170139, kGone),
    fix(170140, kTooSmall),
    recon(170141, "the client's id exists: an earlier request went through"),
    recon(170142, kGone),
    recon(170143, kGone),
    retry(170144, kLocked),
    recon(170145, "it cannot be cancelled"),
    recon(170146, kInternal),
    recon(170147, kInternal),
    fix(170148, kDecimals),
    recon(170149, kInternal),
    recon(170150, kInternal),
    wait(170151, kNotOpen),
    wait(170157, kNotOpen),
    wait(170159, kNotOpen),
    recon(170190, kGone),
    retry(170191, kLocked),
    fix(170192, kPriceBounds),
    fix(170193, kPriceBounds),
    fix(170194, kPriceBounds),
    risk(170197, kTooLarge),
    risk(170198, kTooLarge),
    fix(170201, kParameter),
    fix(170203, kPriceBounds),
    fix(170204, kPriceBounds),
    wait(170206, kNotOpen),
    risk(170210, "the order was rejected"),
    retry(170212, kLocked),
    recon(170213, kGone),
    fix(170217, "only maker orders are allowed"),
    fix(170218, "the maker's price would take"),
    open_wait(170222, "too many requests"),
    halt_symbol(170227, "this feature is unsupported"),
    risk(170228, kTooLarge),
    risk(170229, kTooLarge),
    recon(170234, kInternal),
    recon(170310, kInternal),
    recon(170311, "the amend failed"),
    recon(170312, "it cannot be amended"),
    recon(170313, "the amended quantity is not above what is filled"),
    risk(170341, kTooLarge),
    fix(170371, kPriceBounds),
    fix(170372, kPriceBounds),
    risk(170381, kTooLarge),
    risk(170382, kTooLarge),
    risk(170810, "more than 500 orders"),
    recon(500000, "internal error of the venue"),
    fix(3100326, "a base coin is needed"),
    risk(3400139, kTier),
});

constexpr bool ascending() {
  for (std::size_t i = 1; i < kTable.size(); ++i)
    if (kTable[i - 1].code >= kTable[i].code) return false;
  return true;
}
static_assert(ascending(), "looked up by bisection, and no code may stand there twice");

/// Why orders are refused, as the engine tells it.
struct CodeEnd {
  int code;
  OrderEnd end;
};
constexpr auto kCodeEnds = std::to_array<CodeEnd>({
    {10014, OrderEnd::DuplicateId},
    {110004, OrderEnd::InsufficientMargin},
    {110006, OrderEnd::InsufficientMargin},
    {110007, OrderEnd::InsufficientMargin},
    {110011, OrderEnd::InsufficientMargin},
    {110012, OrderEnd::InsufficientMargin},
    {110014, OrderEnd::InsufficientMargin},
    {110016, OrderEnd::AboveMaximum},
    {110017, OrderEnd::ReduceOnlyNothingToReduce},
    {110030, OrderEnd::DuplicateId},
    {110039, OrderEnd::InsufficientMargin},
    {110040, OrderEnd::InsufficientMargin},
    {110044, OrderEnd::InsufficientMargin},
    {110045, OrderEnd::InsufficientMargin},
    {110046, OrderEnd::InsufficientMargin},
    {110051, OrderEnd::InsufficientMargin},
    {110052, OrderEnd::InsufficientMargin},
    {110053, OrderEnd::InsufficientMargin},
    {110063, OrderEnd::NotTrading},
    {110066, OrderEnd::NotTrading},
    {110072, OrderEnd::DuplicateId},
    {110074, OrderEnd::NotTrading},
    {110080, OrderEnd::Liquidation},
    {110094, OrderEnd::BelowMinimum},
    {110095, OrderEnd::NotTrading},
    {110118, OrderEnd::NoLiquidity},
    {110124, OrderEnd::Liquidation},
    {170033, OrderEnd::InsufficientBalance},
    {170124, OrderEnd::AboveMaximum},
    {170131, OrderEnd::InsufficientBalance},
    {170134, OrderEnd::OffStep},
    {170136, OrderEnd::BelowMinimum},
    {170137, OrderEnd::OffStep},
    {170140, OrderEnd::BelowMinimum},
    {170141, OrderEnd::DuplicateId},
    {170148, OrderEnd::OffStep},
    {170151, OrderEnd::NotTrading},
    {170157, OrderEnd::NotTrading},
    {170159, OrderEnd::NotTrading},
    {170197, OrderEnd::AboveMaximum},
    {170198, OrderEnd::AboveMaximum},
    {170206, OrderEnd::NotTrading},
    {170218, OrderEnd::PostOnlyWouldTake},
    {170228, OrderEnd::AboveMaximum},
    {170229, OrderEnd::AboveMaximum},
    {170341, OrderEnd::AboveMaximum},
    {170381, OrderEnd::AboveMaximum},
    {170382, OrderEnd::AboveMaximum},
});

Outcome pick(RequestKind kind, Outcome order, Outcome cancel, Outcome read) {
  if (kind == RequestKind::Cancel) return cancel;
  return kind == RequestKind::Read ? read : order;
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  constexpr std::array<std::string_view, 5> kWords = {"done", "refused", "unknown", "later",
                                                      "fatal"};
  return kWords[static_cast<std::size_t>(outcome)];
}

std::string_view to_string(RequestKind kind) {
  constexpr std::array<std::string_view, 5> kWords = {"create", "amend", "cancel", "read",
                                                      "setting"};
  return kWords[static_cast<std::size_t>(kind)];
}

std::span<const CodeMeaning> code_meanings() { return kTable; }

const CodeMeaning* meaning_of(int code) {
  const auto* const found = std::ranges::lower_bound(kTable, code, {}, &CodeMeaning::code);
  return found != kTable.end() && found->code == code ? found : nullptr;
}

Outcome outcome_of(RequestKind kind, int code) {
  const CodeMeaning* const meaning = meaning_of(code);
  if (meaning == nullptr) return pick(kind, Outcome::Unknown, Outcome::Unknown, Outcome::Later);
  return pick(kind, meaning->order, meaning->cancel, meaning->read);
}

Outcome outcome_of_http(RequestKind kind, int status) {
  switch (status) {
    case 200:
      return Outcome::Done;
    case 400:
    case 404:
      return Outcome::Refused;
    case 401:
      return Outcome::Fatal;
    case 403:  // Turned away at the door: nothing of it was handled.
      return Outcome::Later;
    default:
      return pick(kind, Outcome::Unknown, Outcome::Unknown, Outcome::Later);
  }
}

OrderEnd order_end_of(int code) {
  if (code == 0) return OrderEnd::None;
  const auto* const found = std::ranges::lower_bound(kCodeEnds, code, {}, &CodeEnd::code);
  return found != kCodeEnds.end() && found->code == code ? found->end : OrderEnd::ByVenue;
}

}  // namespace proteus::live
