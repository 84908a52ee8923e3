// Packed parts: blocks, index, any time, and what is left of a damaged one.
#include <fmt/format.h>

#include "connectors/storage/feed_pack.hpp"
#include "connectors/storage/feed_part.hpp"
#include "connectors/storage/feed_reader.hpp"
#include "tests/unit/storage/support.hpp"

namespace proteus::storage {
namespace {

using namespace test;

/// Frame i of a made-up feed; ten share an instant. Hardly to be compressed, so that a block is big
/// on the disk as well.
std::string frame_text(std::uint64_t i) {
  std::string text = fmt::format("{{\"n\":{},\"x\":\"", i);
  std::uint64_t z = i * 0x9e3779b97f4a7c15ULL;
  for (int k = 0; k < 40; ++k) {
    z ^= z >> 27;
    z *= 0x94d049bb133111ebULL;
    text += static_cast<char>('a' + (z >> 40) % 26);
  }
  return text + "\"}";
}
Timestamp frame_time(std::uint64_t i) {
  return from_unix_ns(static_cast<std::int64_t>(i / 10) * 7);
}

std::string feed_text(std::uint64_t frames) {
  std::string text;
  for (std::uint64_t i = 0; i < frames; ++i)
    append_frame_line(text, frame_time(i), 1, "s", frame_text(i));
  return text;
}

/// Everything a reader gives: the numbers of the frames, and what it complains of.
struct FramesTold {
  std::vector<std::uint64_t> numbers;
  std::vector<std::uint64_t> lines;
  std::vector<std::string> complaints;
};
FramesTold tell_frames(FeedReader reader) {
  FramesTold told;
  for (int calls = 0; calls < 1'000'000; ++calls) {
    auto frame = reader.next();
    if (!frame) {
      told.complaints.push_back(frame.error().context);
      continue;
    }
    if (!frame.value()) return told;
    const std::uint64_t n = std::stoull(frame.value()->bytes.substr(5));
    EXPECT_EQ(frame.value()->bytes, frame_text(n));
    EXPECT_EQ(frame.value()->received, frame_time(n));
    told.numbers.push_back(n);
    told.lines.push_back(reader.line());
  }
  ADD_FAILURE() << "the reader does not come to an end";
  return told;
}
FramesTold tell_frames(const std::filesystem::path& path) {
  return tell_frames(FeedReader::open(path).value());
}

constexpr std::uint64_t kFrames = 40'000;

class PackedPart : public testing::Test {
 protected:
  void SetUp() override {
    text_ = feed_text(kFrames);
    write_bytes(folder_ / "s-0000000000000000000.jsonl", text_);
    ASSERT_TRUE(pack_feed_part(folder_ / "s-0000000000000000000.jsonl", 3));
    bytes_ = read_all(path_);
    index_ = FeedReader::open(path_).value().index().value();
  }
  void spoil(std::string bytes) const { write_bytes(path_, bytes); }

  Folder folder_;
  std::filesystem::path path_ = folder_ / "s-0000000000000000000.jsonl.zst";
  std::string text_;
  std::string bytes_;
  FeedIndex index_;
};

TEST_F(PackedPart, HoldsEveryLineInBlocksThatTheIndexCounts) {
  EXPECT_FALSE(std::filesystem::exists(folder_ / "s-0000000000000000000.jsonl"));
  ASSERT_EQ(index_.blocks.size(), (text_.size() + (1U << 20U) - 1) / (1U << 20U));
  std::uint64_t lines = 0;
  for (const FeedBlock& block : index_.blocks) {
    EXPECT_EQ(block.first, frame_time(lines));
    lines += block.lines;
    EXPECT_EQ(block.last, frame_time(lines - 1));
  }
  EXPECT_EQ(lines, kFrames);
  const FramesTold told = tell_frames(path_);
  EXPECT_TRUE(told.complaints.empty());
  ASSERT_EQ(told.numbers.size(), kFrames);
  for (std::uint64_t i = 0; i < kFrames; ++i) {
    ASSERT_EQ(told.numbers[i], i);
    ASSERT_EQ(told.lines[i], i + 1);
  }
}

TEST_F(PackedPart, IsReadFromAnyTimeOn) {
  for (const std::uint64_t i : {0UL, 5UL, 10UL, 11UL, 12'345UL, 20'000UL, kFrames - 1}) {
    FeedReader reader = FeedReader::open(path_).value();
    reader.seek(frame_time(i));
    const std::uint64_t first = i / 10 * 10;
    const FramesTold told = tell_frames(std::move(reader));
    ASSERT_EQ(told.numbers.size(), kFrames - first) << i;
    EXPECT_EQ(told.numbers.front(), first);
    EXPECT_EQ(told.lines.front(), first + 1);
  }
  FeedReader reader = FeedReader::open(path_).value();
  reader.seek(frame_time(kFrames) + Duration{1});
  EXPECT_TRUE(tell_frames(std::move(reader)).numbers.empty());
}

TEST_F(PackedPart, AFlippedBitCostsItsBlockAndNoOther) {
  ASSERT_GE(index_.blocks.size(), 3U);
  const FeedBlock& hit = index_.blocks[1];
  std::string bytes = bytes_;
  bytes[hit.offset + hit.packed / 2] ^= 0x10;
  spoil(bytes);
  const FramesTold told = tell_frames(path_);
  ASSERT_EQ(told.complaints.size(), 1U);
  const std::uint64_t before = index_.blocks[0].lines;
  EXPECT_NE(told.complaints[0].find(fmt::format("{}: byte {} (block 2 of {})", path_.string(),
                                                hit.offset, index_.blocks.size())),
            std::string::npos)
      << told.complaints[0];
  EXPECT_NE(
      told.complaints[0].find(fmt::format("its lines {} to {}", before + 1, before + hit.lines)),
      std::string::npos)
      << told.complaints[0];
  ASSERT_EQ(told.numbers.size(), kFrames - hit.lines);
  EXPECT_EQ(told.numbers[before], before + hit.lines);
  EXPECT_EQ(told.lines[before], before + hit.lines + 1);
}

TEST_F(PackedPart, BlocksInTheWrongOrderAreNotTaken) {
  // Both blocks are sound in themselves: only the index knows that they changed places.
  const FeedBlock& a = index_.blocks[0];
  const FeedBlock& b = index_.blocks[1];
  std::string bytes = bytes_.substr(b.offset, b.packed) + bytes_.substr(0, a.packed) +
                      bytes_.substr(b.offset + b.packed);
  spoil(bytes);
  const FramesTold told = tell_frames(path_);
  EXPECT_GE(told.complaints.size(), 1U);
  EXPECT_EQ(told.numbers.size(), kFrames - a.lines - b.lines);
}

TEST_F(PackedPart, ADamagedIndexIsToldAndCostsNoFrame) {
  std::string bytes = bytes_;
  bytes[bytes.size() - 40] ^= 0x01;
  spoil(bytes);
  const FramesTold told = tell_frames(path_);
  ASSERT_EQ(told.complaints.size(), 1U);
  EXPECT_NE(told.complaints[0].find("the index at its end is damaged: its checksum"),
            std::string::npos)
      << told.complaints[0];
  EXPECT_EQ(told.numbers.size(), kFrames);
}

TEST_F(PackedPart, CutOffAnywhereIsToldAndWhatIsBeforeTheCutIsThere) {
  const std::uint64_t data = index_.blocks.back().offset + index_.blocks.back().packed;
  std::vector<std::uint64_t> cuts = {1, 3, 100, data, data + 1, bytes_.size() - 1};
  for (const FeedBlock& block : index_.blocks)
    cuts.insert(cuts.end(),
                {block.offset + 2, block.offset + block.packed / 2, block.offset + block.packed});
  for (const std::uint64_t cut : cuts) {
    spoil(bytes_.substr(0, cut));
    const FramesTold told = tell_frames(path_);
    ASSERT_GE(told.complaints.size(), 1U) << cut;
    EXPECT_NE(told.complaints[0].find(path_.string() + ": byte "), std::string::npos);
    std::uint64_t whole = 0;
    for (const FeedBlock& block : index_.blocks)
      if (block.offset + block.packed <= cut) whole += block.lines;
    ASSERT_GE(told.numbers.size(), whole) << cut;
    for (std::uint64_t i = 0; i < told.numbers.size(); ++i) ASSERT_EQ(told.numbers[i], i) << cut;
  }
}

TEST_F(PackedPart, NoDamageIsSilent) {
  constexpr std::uint64_t kSeed = 20'251'122;
  AnyValue any{kSeed};
  for (int round = 0; round < 150; ++round) {
    std::string bytes = bytes_;
    const auto at = any.below(bytes.size());
    switch (round % 3) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << any.below(8)));
        break;
      case 1:
        bytes.erase(at, 1 + any.below(5'000));
        break;
      default:
        bytes.insert(at, std::string(1 + any.below(100), static_cast<char>(any.below(256))));
    }
    spoil(bytes);
    const FramesTold told = tell_frames(path_);
    for (std::size_t i = 1; i < told.numbers.size(); ++i)
      ASSERT_LT(told.numbers[i - 1], told.numbers[i]) << "seed " << kSeed << " round " << round;
    ASSERT_TRUE(told.numbers.size() == kFrames || !told.complaints.empty())
        << "seed " << kSeed << " round " << round;
  }
}

TEST_F(PackedPart, OneOfAnOlderVersionIsReadAsWell) {
  write_bytes(folder_ / "old.jsonl", text_);
  ASSERT_TRUE(compress_part(folder_ / "old.jsonl", 3));
  const FramesTold told = tell_frames(folder_ / "old.jsonl.zst");
  EXPECT_TRUE(told.complaints.empty());
  EXPECT_EQ(told.numbers.size(), kFrames);
  FeedReader reader = FeedReader::open(folder_ / "old.jsonl.zst").value();
  reader.seek(frame_time(30'000));
  EXPECT_EQ(tell_frames(std::move(reader)).numbers.size(), 10'000U);
}

TEST_F(PackedPart, OrdinaryToolsUnpackIt) {
  if (std::system("command -v zstd >/dev/null") != 0) GTEST_SKIP() << "zstd is not installed";
  const std::string command =
      fmt::format("zstd -q -dc {} > {}", path_.string(), (folder_ / "text").string());
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(read_all(folder_ / "text"), text_);
}

TEST(FeedPacker, RemembersThePartBeforeAndAnEmptyPartIsWhole) {
  Folder folder;
  for (const char* name : {"s-0000000000000000005.jsonl.zst", "s-0000000000000000007.jsonl",
                           "other-0000000000000000008.jsonl", "s-0000000000000000009.jsonl",
                           "s-0000000000000000012.jsonl"})
    write_bytes(folder / name, "");
  ASSERT_TRUE(pack_feed_part(folder / "s-0000000000000000009.jsonl", 3));
  const auto path = folder / "s-0000000000000000009.jsonl.zst";
  EXPECT_EQ(FeedReader::open(path).value().index()->after, "s-0000000000000000007.jsonl");
  const FramesTold told = tell_frames(path);
  EXPECT_TRUE(told.numbers.empty());
  EXPECT_TRUE(told.complaints.empty());
}

}  // namespace
}  // namespace proteus::storage
