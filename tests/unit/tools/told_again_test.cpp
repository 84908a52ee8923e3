// A recorded paper session, adapted by gradient steps, told again: identical as it was left; and
// with one frame, one setting or one weight changed, exactly that is named.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>

#include "connectors/bybit/codec.hpp"
#include "connectors/storage/feed_recorder.hpp"
#include "models/inference/checkpoint.hpp"
#include "models/online/inline_learner.hpp"
#include "tests/support/folder.hpp"
#include "tools/app/shipped.hpp"
#include "tools/app/told/export.hpp"
#include "tools/app/told/log_chain.hpp"
#include "tools/app/told/session_diff.hpp"
#include "tools/app/told/telling.hpp"
#include "tools/app/told/trades.hpp"
#include "tools/app/trading.hpp"

namespace proteus::app {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using told::Cause;

constexpr int kSessionBars = 2400;
const Timestamp kSessionStart = parse_time("2025-03-01").value();

void put_file(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// The venue's frame of a closed bar of one hour.
std::string frame_of(int k) {
  const auto price = [](int i) {
    const double x = static_cast<double>(i);
    return std::round((50'000.0 + 4'000.0 * std::sin(x / 61.0) + 600.0 * std::sin(x / 2.7)) * 10) /
           10;
  };
  const double open = price(k - 1);
  const double close = price(k);
  const std::int64_t start = to_unix_ns(kSessionStart + k * 1h) / 1'000'000;
  return fmt::format(
      R"({{"topic":"kline.60.BTCUSDT","type":"snapshot","ts":{},"data":[{{"start":{},"end":{},)"
      R"("interval":"60","open":"{:.1f}","close":"{:.1f}","high":"{:.1f}","low":"{:.1f}",)"
      R"("volume":"{}","turnover":"0","confirm":true,"timestamp":{}}}]}})",
      start + 3'600'000, start, start + 3'599'999, open, close, std::max(open, close) + 20,
      std::min(open, close) - 20, 100 + k % 7, start + 3'600'000);
}

constexpr int kTickerBar = kSessionBars - 1;

/// The venue's frame of the one ticker, of the instant of that bar's close.
std::string ticker_frame() {
  return fmt::format(
      R"({{"topic":"tickers.BTCUSDT","type":"snapshot","ts":{},"cs":1,"data":{{"symbol":"BTCUSDT",)"
      R"("markPrice":"50001.5"}}}})",
      to_unix_ns(kSessionStart + (kTickerBar + 1) * 1h) / 1'000'000);
}

/// Made once: every test looks at a copy.
class ToldAgain : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    made_ = new test::Folder;
    const auto files = shipped_checkpoints(shipped_root().value(), "policy-1h");
    ASSERT_TRUE(files.has_value()) << files.error().context;
    fs::copy_file(files.value().front(), checkpoint());
    auto loaded =
        load("", {"engine.interval=1h", "engine.instruments=linear:BTCUSDT", "strategy.name=policy",
                  "policy.adapt=both", "policy.checkpoints=" + checkpoint().string(),
                  "session.folder=" + (made_->path() / "runs").string()});
    ASSERT_TRUE(loaded.has_value()) << loaded.error().context;
    InstrumentTable table;
    Instrument instrument;
    instrument.symbol = "BTCUSDT";
    instrument.base_coin = "BTC";
    instrument.quote_coin = "USDT";
    instrument.tick_size = Price::from_raw(100'000'000);
    instrument.lot_step = Quantity::from_raw(1'000'000);
    instrument.leverage_max_e9 = 10 * kFixedScale;
    instrument.funding_interval = 8h;
    ASSERT_TRUE(table.add(instrument).has_value());
    auto opened =
        Trading::open(loaded.value(), "paper", kSessionStart, SessionCode{"0123456789abc"});
    ASSERT_TRUE(opened.has_value()) << opened.error().context;
    Trading& trading = *opened.value();
    ASSERT_TRUE(trading.build(table, kSessionStart).has_value());
    const strategies::PolicySpec& spec = trading.policy_spec();
    online::InlineLearner learner{online::LearnMarket{spec.market, spec.interval}};
    trading.learn_with(learner);
    {
      storage::StorageSettings one_part = loaded.value().settings.storage;
      one_part.feed_part_age = kSessionBars * 2h;
      storage::FeedRecorder recorder(trading.session().feed_folder(), one_part,
                                     [](const fs::path&) {});
      const bybit::SymbolIndex symbols(table, Category::Linear);
      bybit::Codec codec(symbols);
      for (int k = 0; k < kSessionBars; ++k) {
        const std::string frame = frame_of(k);
        const Timestamp at = kSessionStart + (k + 1) * 1h;
        ASSERT_TRUE(recorder.record("public-linear-0", 1, at, frame));
        const auto decoded = codec.decode(frame);
        ASSERT_TRUE(decoded.has_value()) << decoded.error().context;
        const Bar bar = std::get<bybit::KlineFrame>(decoded.value()).rows[0].bar;
        trading.engine().on_input(BarClosed{bar, BarSource::Stream}, at, at);
        EventBody answer;
        while (learner.take(answer)) trading.hear_learner(std::move(answer), at);
        if (k != kTickerBar) continue;
        ASSERT_TRUE(recorder.record("public-linear-0", 1, at, ticker_frame()));
        TickerUpdated ticker;
        ticker.mark = Price::parse("50001.5").value();
        trading.engine().on_input(ticker, at, at);
      }
    }
    session_ = trading.session().folder();
    ASSERT_TRUE(trading.finish("test", trading.engine().now()).has_value());
  }
  static void TearDownTestSuite() {
    delete made_;
    made_ = nullptr;
  }
  void SetUp() override { fs::copy(session_, folder(), fs::copy_options::recursive); }

  static fs::path checkpoint() { return made_->path() / "policy.safetensors"; }
  [[nodiscard]] fs::path folder() const { return copy_.path() / "s"; }
  [[nodiscard]] told::Retelling tell(const std::vector<std::string>& overrides = {}) const {
    auto telling = told::retell_session(folder(), overrides);
    EXPECT_TRUE(telling.has_value()) << telling.error().context;
    return telling.has_value() ? std::move(telling).value() : told::Retelling{};
  }
  /// Replaces the first `from` in a file.
  static void change(const fs::path& path, const std::string& from, const std::string& to) {
    std::string text = test::read_all(path);
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    put_file(path, text.replace(at, from.size(), to));
  }

  static inline test::Folder* made_ = nullptr;
  static inline fs::path session_;
  test::Folder copy_;
};

TEST_F(ToldAgain, AFrameThatWasTakenOutIsMissed) {
  for (const auto& part : fs::directory_iterator(folder() / "feed"))
    if (std::string text = test::read_all(part.path()); text.find("tickers.") != text.npos) {
      const std::size_t at = text.rfind('\n', text.find("tickers.")) + 1;
      put_file(part.path(), text.erase(at, text.find('\n', at) + 1 - at));
    }
  const told::Retelling telling = tell();
  ASSERT_EQ(telling.findings.size(), 1U);
  EXPECT_EQ(telling.findings[0].cause, Cause::Input);
  EXPECT_NE(telling.findings[0].what.find("the ticker of linear:BTCUSDT"), std::string::npos)
      << telling.findings[0].what;
}

TEST_F(ToldAgain, ACopyIsTheSameSession) {
  const auto diff = told::diff_sessions(session_, folder());
  ASSERT_TRUE(diff.has_value()) << diff.error().context;
  EXPECT_TRUE(diff.value().same());
  EXPECT_GT(diff.value().compared, 500U);
}

TEST_F(ToldAgain, AsItWasLeftItIsIdentical) {
  const auto chain = told::chain_of(folder());
  const std::size_t entries =
      static_cast<std::size_t>(std::distance(fs::recursive_directory_iterator(folder()), {}));
  const told::Retelling telling = tell();
  EXPECT_TRUE(telling.identical()) << telling.untold;
  for (const auto& finding : telling.findings) ADD_FAILURE() << finding.what;
  if (telling.difference) ADD_FAILURE() << telling.difference->then << telling.difference->now;
  EXPECT_EQ(telling.cause, Cause::None);
  EXPECT_EQ(telling.counts.decisions, kSessionBars);
  EXPECT_EQ(telling.counts.snapshots, 1U) << "the one at the end";
  EXPECT_GT(telling.counts.adaptations, 2U) << "answers of the learner, computed again";
  EXPECT_GT(telling.counts.orders, 10U);
  EXPECT_EQ(telling.counts.fills, telling.counts.orders);
  EXPECT_NE(telling.ledger_hash, 0U);
  EXPECT_EQ(static_cast<std::size_t>(std::distance(fs::recursive_directory_iterator(folder()), {})),
            entries)
      << "nothing is written into the session";
  EXPECT_EQ(told::chain_of(folder()).value().value, chain.value().value);
}

TEST_F(ToldAgain, AFrameThatWasChangedIsNamedByFileLineAndField) {
  fs::path part;
  for (const auto& entry : fs::directory_iterator(folder() / "feed")) part = entry.path();
  const std::string frame = frame_of(1700);
  std::string other = frame;
  const auto close = other.find("\"close\":\"") + 9;
  other[close] = other[close] == '5' ? '6' : '5';
  ASSERT_NE(other, frame);
  change(part, frame, other);
  const told::Retelling telling = tell();
  EXPECT_EQ(telling.cause, Cause::Input);
  ASSERT_EQ(telling.findings.size(), 1U);
  const told::Finding& finding = telling.findings[0];
  EXPECT_NE(finding.what.find(part.filename().string() + ":1701"), std::string::npos)
      << finding.what;
  ASSERT_EQ(finding.fields.size(), 1U);
  EXPECT_EQ(finding.fields[0].name, "close");
  EXPECT_FALSE(telling.difference) << "the log itself was not touched";
}

TEST_F(ToldAgain, ASettingThatWasChangedIsNamedWithWhatCameOfIt) {
  change(folder() / "config.resolved.toml", "linear_taker_fee_bps = 5.5",
         "linear_taker_fee_bps = 6.5");
  const told::Retelling telling = tell();
  EXPECT_EQ(telling.cause, Cause::Config);
  ASSERT_EQ(telling.findings.size(), 1U);
  ASSERT_EQ(telling.findings[0].fields.size(), 1U);
  EXPECT_EQ(telling.findings[0].fields[0].name, "paper.linear_taker_fee_bps");
  EXPECT_EQ(telling.findings[0].fields[0].now, "6.5");
  ASSERT_TRUE(telling.difference);
  EXPECT_EQ(telling.difference->instrument, "linear:BTCUSDT");
  EXPECT_FALSE(telling.difference->fields.empty());
}

TEST_F(ToldAgain, AWeightThatWasChangedIsNamedWithItsFile) {
  const fs::path other = copy_.path() / "other.safetensors";
  auto changed = inference::load_checkpoint(checkpoint());
  ASSERT_TRUE(changed.has_value());
  for (inference::Tensor& tensor : changed.value().tensors) {
    if (tensor.type != inference::TensorType::F32) continue;
    float weight = 0.0F;
    std::memcpy(&weight, tensor.bytes.data(), sizeof weight);
    weight += 0.25F;
    std::memcpy(tensor.bytes.data(), &weight, sizeof weight);
    break;
  }
  ASSERT_TRUE(inference::save_checkpoint(other, changed.value()));
  const told::Retelling telling = tell({"policy.checkpoints=" + other.string()});
  EXPECT_EQ(telling.cause, Cause::Weights);
  ASSERT_EQ(telling.findings.size(), 1U);
  EXPECT_NE(telling.findings[0].what.find("other.safetensors"), std::string::npos);
  ASSERT_TRUE(telling.difference) << telling.untold;
  EXPECT_EQ(telling.difference->kind, "decision");
  EXPECT_EQ(telling.difference->place, Cause::PolicyState);

  // The same bytes elsewhere are the same policy.
  const fs::path same = copy_.path() / "same.safetensors";
  fs::copy_file(checkpoint(), same);
  EXPECT_TRUE(tell({"policy.checkpoints=" + same.string()}).identical());

  // One bit of a file whose own hash then speaks against it.
  std::string bytes = test::read_all(same);
  bytes[bytes.size() - 5] = static_cast<char>(bytes[bytes.size() - 5] ^ 1);
  put_file(same, bytes);
  const told::Retelling broken = tell({"policy.checkpoints=" + same.string()});
  EXPECT_EQ(broken.cause, Cause::Weights);
  EXPECT_NE(broken.findings.at(0).what.find("same.safetensors"), std::string::npos);
  EXPECT_FALSE(broken.identical());
}

/// The step at which two tellings part, where one setting of each step is another.
TEST_F(ToldAgain, TheStepThatDiffersIsTold) {
  const auto place = [&](const std::function<void(Settings&)>& change) {
    auto loaded = load(folder() / "config.resolved.toml", {}, Paths::Models);
    EXPECT_TRUE(loaded.has_value()) << loaded.error().context;
    change(loaded.value().settings);
    told::Retelling telling;
    EXPECT_TRUE(told::retell_log(loaded.value(), folder(), telling).has_value());
    return telling.difference ? telling.difference->place : Cause::None;
  };
  EXPECT_EQ(place([](Settings&) {}), Cause::None);
  EXPECT_EQ(place([](Settings& s) { s.paper.impact_bps += 500.0; }), Cause::Fill);
  EXPECT_EQ(place([](Settings& s) { s.sizing.no_trade_band = 0.4; }), Cause::Sizing);
  EXPECT_EQ(place([](Settings& s) { s.limits.order_value_max = 0.001; }), Cause::Risk);
  EXPECT_EQ(place([](Settings& s) { s.policy.adapt_bars += 20; }), Cause::PolicyState);
  EXPECT_EQ(place([](Settings& s) { s.policy.adapt_rate = 0.9; }), Cause::PolicyState)
      << "the learner's answer is another";
}

TEST_F(ToldAgain, WrittenOutItHasARowForEveryRecord) {
  const told::Retelling telling = tell();
  const fs::path to = copy_.path() / "csv";
  const auto exported = told::export_session(folder(), to, false);
  ASSERT_TRUE(exported.has_value()) << exported.error().context;
  std::map<std::string, std::uint64_t> rows;
  for (const auto& file : exported.value().files) rows[file.name] = file.rows;
  EXPECT_EQ(rows["decisions.csv"], telling.counts.decisions);
  EXPECT_EQ(rows["orders.csv"], telling.counts.orders);
  EXPECT_EQ(rows["fills.csv"], telling.counts.fills);
  EXPECT_EQ(rows["equity.csv"], telling.counts.equity_points);
  EXPECT_GT(rows["trades.csv"], 0U);
  EXPECT_GT(rows["funding.csv"], 0U);
  EXPECT_EQ(rows["adjustments.csv"], 0U);
  const std::string fills = test::read_all(to / "fills.csv");
  EXPECT_TRUE(fills.starts_with("record,time,instrument,id,execution,side,"))
      << fills.substr(0, 99);
  EXPECT_EQ(static_cast<std::uint64_t>(std::ranges::count(fills, '\n')), rows["fills.csv"] + 1);
}

TEST(TradesOfFills, AreExactByHand) {
  const auto fill = [](Side side, double quantity, double price, double fee) {
    Fill f;
    f.side = side;
    f.quantity = Quantity::from_raw(std::llround(quantity * 1e9));
    f.price = Price::from_raw(std::llround(price * 1e9));
    f.fee = Money::from_raw(std::llround(fee * 1e9));
    return f;
  };
  told::Trades trades;
  EXPECT_FALSE(trades.add(fill(Side::Buy, 1, 100, 0.1)));
  EXPECT_FALSE(trades.add(fill(Side::Buy, 3, 104, 0.3)));  // mean entry 103
  FundingSettled funding;
  funding.amount = Money::from_raw(2 * kFixedScale);
  trades.add(funding);
  // Closes four at 110 and is short one from there on: of the fee of 0.5 four fifths close.
  const auto first = trades.add(fill(Side::Sell, 5, 110, 0.5));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->entry.to_string(), "103");
  EXPECT_EQ(first->exit.to_string(), "110");
  EXPECT_EQ(first->gross.to_string(), "28");
  EXPECT_EQ(first->fees.to_string(), "0.8");
  EXPECT_EQ(first->funding.to_string(), "2");
  EXPECT_EQ(first->net.to_string(), "25.2");
  ASSERT_EQ(trades.open().size(), 1U);
  EXPECT_EQ(trades.open()[0].side, Side::Sell);
  EXPECT_EQ(trades.open()[0].fees.to_string(), "0.1");
  const auto second = trades.add(fill(Side::Buy, 1, 112, 0));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->gross.to_string(), "-2");
  EXPECT_TRUE(trades.open().empty());
}

TEST(CsvField, IsQuotedAsRfc4180Says) {
  EXPECT_EQ(told::csv_field("plain text"), "plain text");
  EXPECT_EQ(told::csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(told::csv_field("say \"no\""), "\"say \"\"no\"\"\"");
  EXPECT_EQ(told::csv_field("two\nlines"), "\"two\nlines\"");
}

TEST_F(ToldAgain, ASessionThatIsInUseIsRefused) {
  const auto held = storage::Session::open(folder());
  ASSERT_TRUE(held.has_value());
  const auto telling = told::retell_session(folder(), {});
  ASSERT_TRUE(telling.has_error());
  EXPECT_EQ(telling.error().code, ErrorCode::Busy);
}

}  // namespace
}  // namespace proteus::app
