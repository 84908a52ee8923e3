// Snapshots of state: what is written comes back bit for bit, and nothing else is believed.
#include "engine/core/archive.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/core/order.hpp"

namespace proteus {
namespace {

struct Leaf {
  double value = 0.0;
  std::optional<Price> price;
  void archive(Archive& a) { a(value, price); }
};
struct State {
  Int128 wide = 0;
  std::vector<Leaf> leaves;
  std::array<std::int64_t, 3> window{};
  std::unique_ptr<Leaf> owned = std::make_unique<Leaf>();
  Timestamp time{};
  InlineText<8> text;
  std::vector<bool> bits;
  Side side = Side::Buy;
  void archive(Archive& a) {
    a.part("state");
    a(wide, leaves, window, owned, time, text, bits, side);
  }
};

State example() {
  State s;
  s.wide = (Int128{1} << 100) - 7;
  s.leaves = {{0.1, Price::from_raw(5)}, {-0.0, {}}};
  s.window = {1, -2, 3};
  s.owned->value = std::numeric_limits<double>::denorm_min();
  s.time = from_unix_ns(1'748'538'300'123'456'789);
  s.text = "linear";
  s.bits = {true, false, true};
  s.side = Side::Sell;
  return s;
}

ByteBuffer written(State s) {
  ByteBuffer out;
  Archive a = Archive::writer(out);
  a(s);
  EXPECT_TRUE(a.finish());
  return out;
}

TEST(Archives, BringBackEveryBitOfWhatWasWritten) {
  const ByteBuffer bytes = written(example());
  State back;
  back.leaves.resize(7);
  back.leaves[0].price = Price::from_raw(1);
  Archive a = Archive::reader(bytes.view());
  a(back);
  ASSERT_TRUE(a.finish());
  const State was = example();
  EXPECT_TRUE(back.wide == was.wide);
  ASSERT_EQ(back.leaves.size(), 2U);
  EXPECT_EQ(back.leaves[0].price, was.leaves[0].price);
  EXPECT_FALSE(back.leaves[1].price.has_value());
  EXPECT_TRUE(std::signbit(back.leaves[1].value));
  EXPECT_EQ(back.window, was.window);
  EXPECT_EQ(back.owned->value, was.owned->value);
  EXPECT_EQ(back.time, was.time);
  EXPECT_EQ(back.text, was.text);
  EXPECT_EQ(back.bits, was.bits);
  EXPECT_EQ(back.side, was.side);
}

TEST(Archives, AreRefusedWhenTheyWereCutAnywhere) {
  const ByteBuffer bytes = written(example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    State back;
    Archive a = Archive::reader(bytes.view().first(size));
    a(back);
    EXPECT_FALSE(a.finish()) << size;
  }
}

TEST(Archives, AreRefusedWhenBytesAreLeftOver) {
  ByteBuffer bytes = written(example());
  *bytes.extend(1) = std::byte{0};
  State back;
  Archive a = Archive::reader(bytes.view());
  a(back);
  EXPECT_FALSE(a.finish());
}

TEST(Archives, OfAnotherShapeAreRefusedThoughTheirSizesAgree) {
  ByteBuffer bytes;
  Archive out = Archive::writer(bytes);
  double d = 1.0;
  std::int64_t n = 2;
  out(d, n);
  EXPECT_TRUE(out.finish());
  Archive in = Archive::reader(bytes.view());
  in(n, d);
  EXPECT_FALSE(in.finish());
}

TEST(Archives, TellThePartWhereTheyPartFromWhatIsRead) {
  ByteBuffer bytes;
  Archive out = Archive::writer(bytes);
  out.part("ledger");
  EXPECT_TRUE(out.finish());
  Archive in = Archive::reader(bytes.view());
  in.part("venue");
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.place(), "venue");
}

TEST(Archives, DoNotAllocateForAWildCount) {
  ByteBuffer bytes;
  Archive out = Archive::writer(bytes);
  std::uint32_t wild = 4'000'000'000U;
  out(wild);
  std::vector<std::int64_t> values;
  Archive in = Archive::reader(bytes.view());
  in(values);
  EXPECT_FALSE(in.ok());
  EXPECT_TRUE(values.empty());
}

TEST(Archives, KeepAnOrdersLife) {
  OrderRequest request;
  request.id = "a";
  request.quantity = Quantity::from_raw(9);
  Order order{request};
  order.submitted();
  ASSERT_TRUE(order.apply({.id = "a", .state = OrderState::Acknowledged}));
  ByteBuffer bytes;
  Archive out = Archive::writer(bytes);
  out(order);
  Order back;
  Archive in = Archive::reader(bytes.view());
  in(back);
  ASSERT_TRUE(in.ok());
  EXPECT_EQ(back.state(), OrderState::Acknowledged);
  EXPECT_EQ(back.remaining(), Quantity::from_raw(9));
}

}  // namespace
}  // namespace proteus
