// Several parts: their order by time, and what is said of them.
#include "connectors/storage/feed_check.hpp"

#include <fmt/format.h>

#include <array>

#include "connectors/storage/feed_merge.hpp"
#include "connectors/storage/feed_pack.hpp"
#include "tests/unit/storage/support.hpp"

namespace proteus::storage {
namespace {

using namespace test;

struct FeedLine {
  std::int64_t ns;
  std::string stream;
  std::uint64_t connection;
  std::string frame;
};
void write_part(const std::filesystem::path& path, const std::vector<FeedLine>& lines,
                bool packed = false) {
  std::string text;
  for (const FeedLine& l : lines)
    append_frame_line(text, from_unix_ns(l.ns), l.connection, l.stream, l.frame);
  write_bytes(path, text);
  if (!packed) return;
  ASSERT_TRUE(pack_feed_part(path, 3));
}
std::string name(std::string_view stem, std::int64_t ns) {
  return fmt::format("{}-{:019}.jsonl", stem, ns);
}
std::vector<std::string> merged(const std::vector<std::filesystem::path>& sources,
                                std::optional<Timestamp> from = {}) {
  std::vector<std::string> frames;
  FeedMerge merge{feed_streams(sources).value(), from};
  for (int calls = 0; calls < 1000; ++calls) {
    const auto frame = merge.next();
    if (!frame)
      frames.push_back("!");
    else if (!frame.value())
      return frames;
    else
      frames.emplace_back(frame.value()->bytes);
  }
  return frames;
}

TEST(FeedMerge, OrdersByTimeThenBySourceAndByLine) {
  Folder a, b;
  write_part(a / name("x", 10), {{10, "x", 1, "a1"}, {20, "x", 1, "a2"}}, true);
  write_part(a / name("x", 20), {{20, "x", 1, "a3"}, {50, "x", 1, "a4"}});
  write_part(a / name("y", 15), {{15, "y", 1, "y1"}, {20, "y", 1, "y2"}}, true);
  write_part(b / name("x", 5), {{5, "x", 1, "b1"}, {20, "x", 1, "b2"}, {20, "x", 1, "b3"}});
  EXPECT_EQ(merged({a.path(), b.path()}),
            (std::vector<std::string>{"b1", "a1", "y1", "a2", "a3", "y2", "b2", "b3", "a4"}));
  EXPECT_EQ(merged({b.path(), a.path()}),
            (std::vector<std::string>{"b1", "a1", "y1", "b2", "b3", "a2", "a3", "y2", "a4"}));
  EXPECT_EQ(merged({a.path(), b.path()}, from_unix_ns(20)),
            (std::vector<std::string>{"a2", "a3", "y2", "b2", "b3", "a4"}));
}

TEST(FeedMerge, GoesOnBehindADamagedPart) {
  Folder a;
  const std::int64_t s = 1'000'000'000;
  for (const std::int64_t n : {1, 2, 3})
    write_part(a / name("x", n * s), {{n * s, "x", 1, std::to_string(n)}}, true);
  write_bytes(a / (name("x", 2 * s) + ".zst"), "rubbish that is no packed data");
  EXPECT_EQ(merged({a.path()}), (std::vector<std::string>{"1", "!", "3"}));
}

TEST(FeedStreams, TakesThePackedFormAndLeavesOutWhatIsNoPart) {
  Folder a;
  write_part(a / name("x", 10), {{10, "x", 1, "1"}}, true);
  write_bytes(a / name("x", 10), "its copy was made, and then the process was killed");
  write_bytes(a / (name("x", 20) + ".zst.tmp"), "half");
  write_bytes(a / "notes.txt", "");
  const auto streams = feed_streams(std::array{a.path()});
  ASSERT_TRUE(streams);
  ASSERT_EQ(streams.value().size(), 1U);
  EXPECT_EQ(streams.value()[0].parts,
            std::vector<std::filesystem::path>{a / (name("x", 10) + ".zst")});
  EXPECT_EQ(feed_streams(std::array{a / "none"}).error().code, ErrorCode::NotFound);
}

FeedReport check_folder(const std::filesystem::path& folder, const FeedCheckOptions& options = {}) {
  return check_feed(feed_streams(std::array{folder}).value(), options);
}

TEST(FeedCheck, CountsWhatIsThereAndFindsNothingWrong) {
  Folder a;
  const std::int64_t s = 1'000'000'000;
  write_part(a / name("x", s), {{s, "x", 1, "{}"}, {2 * s, "x", 1, "{}"}}, true);
  write_part(a / name("x", 3 * s), {{3 * s, "x", 1, "{}"}, {64 * s, "x", 2, "[1]"}});
  write_part(a / name("rest", s), {{s, "rest", 1, "{}"}, {900 * s, "rest", 2, "{}"}});
  const FeedReport report = check_folder(a.path());
  EXPECT_TRUE(report.problems.empty()) << report.problems[0];
  EXPECT_EQ(report.frames, 6U);
  EXPECT_EQ(report.parts.size(), 3U);
  const FeedStreamCheck& x = report.streams.at("x");
  EXPECT_EQ(x.frames, 4U);
  EXPECT_EQ(x.bytes, 9U);
  EXPECT_EQ(x.connections, 2U);
  EXPECT_EQ(x.first, from_unix_ns(s));
  EXPECT_EQ(x.last, from_unix_ns(64 * s));
  ASSERT_EQ(report.gaps.size(), 1U);
  EXPECT_EQ(report.gaps[0].stream, "x");
  EXPECT_EQ(report.gaps[0].from, from_unix_ns(3 * s));
  EXPECT_EQ(report.gaps[0].to, from_unix_ns(64 * s));
}

TEST(FeedCheck, SilenceIsAGapFromTheLengthAskedForOn) {
  Folder a;
  write_part(a / name("x", 0), {{0, "x", 1, "{}"}, {1000, "x", 1, "{}"}, {3001, "x", 1, "{}"}});
  FeedCheckOptions options;
  options.gap = Duration{1000};
  const FeedReport report = check_folder(a.path(), options);
  ASSERT_EQ(report.gaps.size(), 1U);
  EXPECT_EQ(report.gaps[0].from, from_unix_ns(1000));
}

TEST(FeedCheck, TellsWrongOrderStrangeStreamsAndLinesThatAreNone) {
  Folder a;
  write_part(a / name("x", 10), {{10, "x", 1, "{}"}, {9, "x", 1, "{}"}, {11, "y", 1, "{}"}});
  std::ofstream(a / name("x", 10), std::ios::app)
      << "{\"t\":12,\"c\":1,\"s\":\"x\",\"f\":{\"a\":}}\n{\"t\":13,\"c\":1,\"s\":\"x\",\"f\":{}}\n"
      << "{\"t\":14,\"c\":1,";
  const FeedReport report = check_folder(a.path());
  EXPECT_EQ(report.frames, 4U);
  ASSERT_EQ(report.problems.size(), 3U);
  const std::string path = (a / name("x", 10)).string();
  EXPECT_TRUE(report.problems[0].starts_with(path + ":2: time goes back")) << report.problems[0];
  EXPECT_TRUE(report.problems[1].starts_with(path + ":3: a frame of stream y in a part of x"))
      << report.problems[1];
  EXPECT_TRUE(report.problems[2].starts_with(path + ":4: not a recorded frame"))
      << report.problems[2];
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_EQ(report.parts[0].torn_bytes, 14U);
}

TEST(FeedCheck, MissesAPartThatWasTakenOutOfTheMiddle) {
  Folder a;
  for (const std::int64_t ns : {10, 20, 30, 40})
    write_part(a / name("x", ns), {{ns, "x", 1, "{}"}}, true);
  EXPECT_TRUE(check_folder(a.path()).problems.empty());
  // Retention takes the oldest: that is no fault.
  std::filesystem::remove(a / (name("x", 10) + ".zst"));
  EXPECT_TRUE(check_folder(a.path()).problems.empty());
  std::filesystem::remove(a / (name("x", 30) + ".zst"));
  const FeedReport report = check_folder(a.path());
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_NE(report.problems[0].find(name("x", 30) + ", which is not there"), std::string::npos)
      << report.problems[0];
}

}  // namespace
}  // namespace proteus::storage
