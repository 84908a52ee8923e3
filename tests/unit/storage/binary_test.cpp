#include "engine/core/binary.hpp"

#include <limits>

#include "connectors/storage/crc32c.hpp"
#include "engine/core/json.hpp"
#include "tests/unit/storage/support.hpp"

namespace proteus {
namespace {

using storage::test::AnyValue;

std::string hex(const ByteBuffer& buffer) {
  std::string text;
  for (const std::byte b : buffer.view()) text += fmt::format("{:02x}", static_cast<unsigned>(b));
  return text;
}
template <class T>
std::string hex_of(const T& value) {
  ByteBuffer buffer;
  binary::encode(value, buffer.extend(binary::encoded_size(value)));
  return hex(buffer);
}

TEST(Binary, WritesTheBytesThatItsPagePromises) {
  const DecisionOrder order{.id = "p1",
                            .side = Side::Sell,
                            .reduce_only = true,
                            .quantity = Quantity::from_raw(-2),
                            .approved = false,
                            .refused_by = Control::Drawdown};
  EXPECT_EQ(hex_of(order),
            "027031"  // length, "p1"
            "01"
            "01"                // sell, reduce only
            "feffffffffffffff"  // -2 units of 1e-9
            "00"
            "0c");  // not approved, control 12
  EXPECT_EQ(hex_of(Target{.weight = 1.0, .confidence = -0.0}), "000000000000f03f0000000000000080");
  EXPECT_EQ(hex_of(std::vector<std::uint16_t>{1, 0x1234}), "0200000001003412");
}

TEST(Binary, FailsAtEveryLengthShorterThanTheValue) {
  AnyValue any{7};
  DecisionRecord record;
  any.fill(record);
  ByteBuffer buffer;
  binary::encode(record, buffer.extend(binary::encoded_size(record)));
  for (std::size_t n = 0; n < buffer.size(); ++n) {
    // A copy of exactly n bytes, so that a read past its end is seen by the address sanitizer.
    const std::vector<std::byte> cut(buffer.data(), buffer.data() + n);
    DecisionRecord back;
    ASSERT_FALSE(binary::decode(std::span{cut}, back)) << n;
  }
}

TEST(Binary, RefusesAnEnumValueWithoutAName) {
  Side side = Side::Buy;
  const std::array<std::byte, 1> bytes = {std::byte{2}};
  EXPECT_FALSE(binary::decode(bytes, side));
}

TEST(Binary, RefusesAWildCountBeforeItAllocates) {
  std::vector<BookLevel> levels;
  const std::array<std::byte, 6> bytes = {std::byte{0xff}, std::byte{0xff}, std::byte{0xff},
                                          std::byte{0xff}, std::byte{1},    std::byte{2}};
  EXPECT_FALSE(binary::decode(bytes, levels));
  EXPECT_EQ(levels.capacity(), 0U);
}

TEST(Binary, NamesAreKnownForExactlyTheEnumerators) {
  std::size_t known = 0;
  for (unsigned v = 0; v < 256; ++v) known += is_enumerator<Control>(static_cast<std::uint8_t>(v));
  EXPECT_EQ(known, 32U);
  EXPECT_TRUE(is_enumerator<Interval>(12));
  EXPECT_FALSE(is_enumerator<Interval>(13));
  EXPECT_TRUE(is_enumerator<Purpose>('o'));
  EXPECT_FALSE(is_enumerator<Purpose>('a'));
}

struct PairV1 {
  Price a;
  std::int64_t b = 0;
  static constexpr auto fields() {
    return std::tuple{field("a", &PairV1::a), field("b", &PairV1::b)};
  }
};
struct PairRenamed {
  Price a;
  std::int64_t c = 0;
  static constexpr auto fields() {
    return std::tuple{field("a", &PairRenamed::a), field("c", &PairRenamed::c)};
  }
};
struct PairRetyped {
  Price a;
  double b = 0;
  static constexpr auto fields() {
    return std::tuple{field("a", &PairRetyped::a), field("b", &PairRetyped::b)};
  }
};

TEST(Binary, LayoutChangesWithNamesAndKindsOfFields) {
  const auto v1 = binary::layout<PairV1>(binary::kLayoutSeed);
  EXPECT_NE(v1, binary::layout<PairRenamed>(binary::kLayoutSeed));
  EXPECT_NE(v1, binary::layout<PairRetyped>(binary::kLayoutSeed));
}

TEST(Json, WritesDecimalsAsTextAndOddDoublesAsNull) {
  DecisionOrder order{.id = "a\"b", .quantity = Quantity::from_raw(1'500'000'000)};
  EXPECT_EQ(json::to_json(order),
            R"({"id":"a\"b","side":"buy","reduce_only":false,"quantity":"1.5","approved":false,)"
            R"("refused_by":)" +
                json::to_json(Control::None) + "}");
  EXPECT_EQ(
      json::to_json(Target{.weight = std::numeric_limits<double>::quiet_NaN(), .confidence = 0.1}),
      R"({"weight":null,"confidence":0.1})");
  EXPECT_EQ(json::to_json(std::vector<double>{1e300, std::numeric_limits<double>::infinity()}),
            "[1e+300,null]");
  EXPECT_EQ(json::to_json(ClockTick{}), "{}");
}

TEST(Json, KeepsNanosecondsOnlyWhereThereAreAny) {
  EXPECT_EQ(json::to_json(from_unix_ms(1'748'538'300'000)), "\"2025-05-29T17:05:00.000Z\"");
  EXPECT_EQ(json::to_json(from_unix_ns(1'748'538'300'000'000'001)),
            "\"2025-05-29T17:05:00.000000001Z\"");
}

TEST(Json, EscapesControlBytesAndReplacesWhatIsNotUtf8) {
  EXPECT_EQ(json::to_json(std::string("\x01\n\\\xC3\xA9\xC3(\xED\xA0\x80")),
            "\"\\u0001\\n\\\\\xC3\xA9\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(Crc32c, GivesThePublishedNumbers) {
  const auto of = [](std::string_view text) {
    return storage::crc32c(std::as_bytes(std::span{text}));
  };
  EXPECT_EQ(of("123456789"), 0xE3069283U);
  EXPECT_EQ(of(std::string(32, '\0')), 0x8A9136AAU);    // RFC 3720, B.4
  EXPECT_EQ(of(std::string(32, '\xff')), 0x62A8AB43U);  // RFC 3720, B.4
}

TEST(Crc32c, IsTheSameByTableAndByInstruction) {
  AnyValue any{11};
  std::vector<std::byte> bytes(301);
  for (std::byte& b : bytes) b = static_cast<std::byte>(any.below(256));
  for (std::size_t n = 0; n <= bytes.size(); ++n)
    ASSERT_EQ(storage::crc32c({bytes.data(), n}), storage::crc32c_by_table({bytes.data(), n}));
}

}  // namespace
}  // namespace proteus
