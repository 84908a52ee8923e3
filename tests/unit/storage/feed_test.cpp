#include "connectors/storage/feed_recorder.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <csignal>
#include <mutex>

#include "connectors/storage/storage_thread.hpp"
#include "tests/unit/storage/support.hpp"

namespace proteus::storage {
namespace {

using namespace test;

constexpr std::string_view kKline =
    R"({"topic":"kline.1.BTCUSDT","data":[{"start":1748538300000,"close":"104000.10","confirm":true}],)"
    R"("ts":1748538360012,"type":"snapshot"})";

std::string line_of(std::string_view frame) {
  std::string line;
  append_frame_line(line, from_unix_ns(5), 2, "public:linear#0", frame);
  return line;
}

std::vector<RecordedFrame> frames_of(const std::filesystem::path& part) {
  std::vector<RecordedFrame> frames;
  auto reader = FeedReader::open(part);
  EXPECT_TRUE(reader.has_value());
  for (;;) {
    auto frame = reader.value().next();
    EXPECT_TRUE(frame.has_value()) << frame.error().context;
    if (!frame || !frame.value()) return frames;
    frames.push_back(*std::move(frame).value());
  }
}

TEST(FrameLine, TakesTheFormThatHoldsTheFrame) {
  EXPECT_EQ(line_of(kKline),
            "{\"t\":5,\"c\":2,\"s\":\"public:linear#0\",\"f\":" + std::string(kKline) + "}\n");
  EXPECT_EQ(line_of("pong \"1\"\n"),
            "{\"t\":5,\"c\":2,\"s\":\"public:linear#0\",\"f\":\"pong \\\"1\\\"\\n\"}\n");
  EXPECT_EQ(line_of(std::string_view{"\x00\xff\x1a", 3}),
            "{\"t\":5,\"c\":2,\"s\":\"public:linear#0\",\"x\":\"00ff1a\"}\n");
}

TEST(FrameLine, KnowsWhatIsOneLineOfJson) {
  for (const char* yes : {"{}", "[]", "[1,-0.5e+3,\"\\u00e9\\n\",true,false,null]",
                          "{\"a\" : [ {\"b\":\t0} ] }", "{\"\xC3\xA9\":\"\xF0\x9F\x98\x80\"}"})
    EXPECT_TRUE(is_one_line_json(yes)) << yes;
  for (const char* no : {"",         "1",       "\"a\"",   "null",       "{",
                         "{}{}",     "{} ",     " {}",     "{\"a\":}",   "{\"a\" 1}",
                         "{a:1}",    "[1,]",    "[,1]",    "[01]",       "[1.]",
                         "[.5]",     "[+1]",    "[NaN]",   "[\"\\x\"]",  "[\"\\u12g4\"]",
                         "[\"\n\"]", "[1,\n2]", "[1,\r2]", "[\"\xFF\"]", "[\"\xED\xA0\x80\"]",
                         "[\"a]",    "[tru]",   "[1]\n",   "{\"a\":1,}", "[1 2]"})
    EXPECT_FALSE(is_one_line_json(no)) << no;
  EXPECT_TRUE(is_one_line_json(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(is_one_line_json(std::string(100'000, '[') + std::string(100'000, ']')));
}

/// Frames that break recorders, and random ones of bytes, letters and pieces of JSON.
std::vector<std::string> hard_frames() {
  std::vector<std::string> frames = {std::string(kKline),
                                     "",
                                     "\"abc\"",
                                     "abc",
                                     "pong",
                                     "{\"a\":1}\n",
                                     "{\n}",
                                     "\n",
                                     "\r\n",
                                     "{\"a\":\"\\\"}\"}",
                                     "\"}",
                                     "}",
                                     "{}}",
                                     "{\"t\":5}",
                                     "[]",
                                     "null",
                                     "\\",
                                     "\\u0041",
                                     "\x7f",
                                     "\xC3\xA9",
                                     "\xEF\xBB\xBF{}",
                                     "{\"a\":\"\xFF\"}",
                                     std::string(1, '\0'),
                                     std::string("{\"a\":\0}", 7),
                                     "{\"op\":\"pong\",\"args\":[\"1748538360012\"]}"};
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  frames.push_back(all);
  AnyValue any{42};
  constexpr std::string_view kPieces = "{}[]\",:\\ \n\t01.eu-ntrufalse\xC3\xA9\xFF";
  for (int i = 0; i < 3000; ++i) {
    std::string frame(any.below(40), ' ');
    for (char& c : frame)
      c = i % 2 == 0 ? static_cast<char>(any.below(256)) : kPieces[any.below(kPieces.size())];
    frames.push_back(i % 3 == 0 ? "{\"a\":[" + frame + "]}" : frame);
  }
  return frames;
}

TEST(FrameLine, EveryByteComesBackAsItWasReceived) {
  for (const std::string& frame : hard_frames()) {
    std::string line = line_of(frame);
    ASSERT_EQ(line.find('\n'), line.size() - 1) << line;
    line.pop_back();
    const auto back = parse_frame_line(line);
    ASSERT_TRUE(back.has_value()) << line;
    ASSERT_EQ(back.value().bytes, frame) << line;
    ASSERT_EQ(back.value().stream, "public:linear#0");
    ASSERT_EQ(back.value().connection, 2U);
    ASSERT_EQ(back.value().received, from_unix_ns(5));
  }
}

TEST(FrameLine, RefusesWhatIsNoRecordedFrame) {
  std::string line = line_of(kKline);
  line.pop_back();
  for (std::size_t n = 0; n < line.size(); ++n)
    ASSERT_FALSE(parse_frame_line(std::string_view{line}.substr(0, n)).has_value()) << n;
  EXPECT_FALSE(parse_frame_line(line + "x").has_value());
}

/// Collects what the recorder closes.
struct Closed {
  std::vector<std::filesystem::path> parts;
  std::function<void(std::filesystem::path)> taker() {
    return [this](std::filesystem::path part) { parts.push_back(std::move(part)); };
  }
};

TEST(FeedRecorder, RotatesBySizeAndKeepsEveryFrameOfEveryStream) {
  Folder folder;
  StorageSettings settings;
  settings.feed_part_bytes = 4096;
  Closed closed;
  std::vector<RecordedFrame> sent;
  {
    FeedRecorder recorder{folder.path(), settings, closed.taker()};
    for (const std::string& frame : hard_frames()) {
      const std::string stream = sent.size() % 3 == 0 ? "public:linear#0" : "public_linear_0";
      const auto received = from_unix_ns(static_cast<std::int64_t>(sent.size() / 10));
      ASSERT_TRUE(recorder.record(stream, sent.size() / 7, received, frame));
      sent.push_back({received, sent.size() / 7, stream, frame});
    }
    EXPECT_EQ(recorder.frames(), sent.size());
    EXPECT_EQ(recorder.lost(), 0U);
  }
  ASSERT_GT(closed.parts.size(), 20U);
  std::vector<RecordedFrame> expected;
  for (const char* stream : {"public:linear#0", "public_linear_0"})
    for (const RecordedFrame& frame : sent)
      if (frame.stream == stream) expected.push_back(frame);
  std::vector<RecordedFrame> recorded;
  for (const auto& part : closed.parts) {
    ASSERT_LE(std::filesystem::file_size(part), 4096U);
    ASSERT_TRUE(compress_part(part, 3).has_value());
    ASSERT_FALSE(std::filesystem::exists(part));
    for (RecordedFrame& frame : frames_of(part.string() + ".zst")) recorded.push_back(frame);
  }
  std::stable_sort(recorded.begin(), recorded.end(),
                   [](const auto& a, const auto& b) { return a.stream < b.stream; });
  EXPECT_EQ(recorded, expected);
}

TEST(FeedRecorder, RotatesByAgeAndNamesThePartByItsFirstFrame) {
  Folder folder;
  StorageSettings settings;
  settings.feed_part_age = std::chrono::seconds{60};
  Closed closed;
  FeedRecorder recorder{folder.path(), settings, closed.taker()};
  const Timestamp start = from_unix_ms(1'748'538'300'000);
  recorder.record("public:spot#1", 1, start, "{}");
  recorder.record("public:spot#1", 1, start + std::chrono::seconds{59}, "{}");
  EXPECT_TRUE(closed.parts.empty());
  recorder.record("public:spot#1", 1, start + std::chrono::seconds{60}, "{}");
  ASSERT_EQ(closed.parts.size(), 1U);
  EXPECT_EQ(closed.parts[0].filename(), "public_spot_1-1748538300000000000.jsonl");
  EXPECT_EQ(frames_of(closed.parts[0]).size(), 2U);
}

TEST(FeedRecorder, AnUnterminatedLastLineIsNoFrame) {
  Folder folder;
  const std::string whole = line_of("one") + line_of("two");
  for (std::size_t n = line_of("one").size(); n < whole.size(); ++n) {
    write_bytes(folder / "p.jsonl", std::string_view{whole}.substr(0, n));
    ASSERT_EQ(frames_of(folder / "p.jsonl").size(), 1U) << n;
  }
}

TEST(FeedRecorder, KillNineLosesNoRecordedFrame) {
  Folder folder;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    FeedRecorder recorder{folder.path(), {}, [](const std::filesystem::path&) {}};
    for (std::int64_t i = 0;; ++i) {
      if (!recorder.record("s", 1, from_unix_ns(7), std::to_string(i))) ::_exit(1);
      if (::write(ends[1], &i, sizeof i) != sizeof i) ::_exit(1);
    }
  }
  ::close(ends[1]);
  std::int64_t told = 0;
  while (told < 200) ASSERT_EQ(::read(ends[0], &told, sizeof told), sizeof told);
  ::kill(child, SIGKILL);
  while (::read(ends[0], &told, sizeof told) == sizeof told) {
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);

  const auto left = unfinished_parts(folder.path());
  ASSERT_EQ(left.size(), 1U);
  const auto frames = frames_of(left[0]);
  ASSERT_GE(frames.size(), static_cast<std::size_t>(told + 1));
  for (std::size_t i = 0; i < frames.size(); ++i) ASSERT_EQ(frames[i].bytes, std::to_string(i));
}

TEST(FeedRecorder, AFullDiskLosesTheFrameAndNotTheLinesAroundIt) {
  Folder folder;
  Closed closed;
  FeedRecorder recorder{folder.path(), {}, closed.taker()};
  ASSERT_TRUE(recorder.record("s", 1, from_unix_ns(1), "first"));
  {
    const FileSizeLimit disk{std::filesystem::file_size(unfinished_parts(folder.path())[0]) + 9};
    EXPECT_FALSE(recorder.record("s", 1, from_unix_ns(2), "second"));
  }
  ASSERT_TRUE(recorder.record("s", 1, from_unix_ns(3), "third"));
  recorder.close();
  EXPECT_EQ(recorder.lost(), 1U);
  ASSERT_EQ(closed.parts.size(), 1U);
  const auto frames = frames_of(closed.parts[0]);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].bytes, "first");
  EXPECT_EQ(frames[1].bytes, "third");
}

TEST(FeedRecorder, AFolderThatIsGoneIsCountedAndTold) {
  Folder folder;
  FeedRecorder recorder{folder / "gone", {}, [](const std::filesystem::path&) {}};
  EXPECT_FALSE(recorder.record("s", 1, from_unix_ns(1), "{}"));
  EXPECT_EQ(recorder.lost(), 1U);
  EXPECT_NE(recorder.last_error().find("cannot open"), std::string::npos);
}

TEST(FeedPart, ADamagedCompressedPartIsAnError) {
  Folder folder;
  std::string text;
  for (int i = 0; i < 100; ++i) text += line_of(std::to_string(i * i));
  write_bytes(folder / "p.jsonl", text);
  ASSERT_TRUE(compress_part(folder / "p.jsonl", 3).has_value());
  std::string bytes = read_all(folder / "p.jsonl.zst");
  bytes[bytes.size() / 2] ^= 0x10;
  write_bytes(folder / "p.jsonl.zst", bytes);
  auto reader = FeedReader::open(folder / "p.jsonl.zst").value();
  for (int i = 0; i < 100; ++i) {
    const auto frame = reader.next();
    if (!frame) return;  // As it should be, sooner or later.
    ASSERT_TRUE(frame.value().has_value());
  }
  EXPECT_FALSE(reader.next().has_value());
}

TEST(FeedPart, ACompressedPartThatEndsTooEarlyIsAnErrorAndNotAShortPart) {
  const Folder folder;
  std::string lines;
  for (int i = 0; i < 5'000; ++i)
    append_frame_line(lines, from_unix_ns(i), 1, "s", fmt::format("{{\"n\":{}}}", i * 7919 % 5003));
  write_bytes(folder / "p.jsonl", lines);
  ASSERT_TRUE(compress_part(folder / "p.jsonl", 3).has_value());
  const std::string whole = read_all(folder / "p.jsonl.zst");
  write_bytes(folder / "p.jsonl.zst", whole.substr(0, whole.size() / 2));
  auto reader = FeedReader::open(folder / "p.jsonl.zst").value();
  for (;;) {
    auto frame = reader.next();
    if (frame.has_error()) {
      EXPECT_EQ(frame.error().code, ErrorCode::Corrupt);
      EXPECT_NE(frame.error().context.find("end too early"), std::string::npos);
      return;
    }
    ASSERT_TRUE(frame.value().has_value()) << "taken for a short part";
  }
}

TEST(FeedPart, AnInterruptedCompressionIsMadeGood) {
  Folder folder;
  write_bytes(folder / "p.jsonl", line_of("one"));
  write_bytes(folder / "p.jsonl.zst.tmp", "half of something");
  write_bytes(folder / "p.jsonl.zst", "the copy was made, the original not yet removed");
  ASSERT_TRUE(compress_part(folder / "p.jsonl", 3).has_value());
  EXPECT_EQ(frames_of(folder / "p.jsonl.zst").size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(folder / "p.jsonl"));
  EXPECT_FALSE(std::filesystem::exists(folder / "p.jsonl.zst.tmp"));
}

TEST(FeedPart, ACompressionThatFailsLeavesThePartAndNoDraft) {
  Folder folder;
  std::string bytes(100'000, '\0');
  AnyValue any{5};
  for (char& c : bytes) c = static_cast<char>(any.below(256));
  write_bytes(folder / "p.jsonl", bytes);
  {
    const FileSizeLimit disk{50'000};
    const auto done = compress_part(folder / "p.jsonl", 3);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, ErrorCode::Io);
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "p.jsonl.zst.tmp"));
  EXPECT_EQ(read_all(folder / "p.jsonl"), bytes);
}

TEST(FeedPart, OrdinaryToolsReadIt) {
  if (std::system("command -v zstdcat >/dev/null && command -v jq >/dev/null") != 0)
    GTEST_SKIP() << "zstdcat or jq is not installed";
  Folder folder;
  std::string text;
  for (const std::string& frame : hard_frames()) text += line_of(frame);
  text += line_of(kKline);
  write_bytes(folder / "p.jsonl", text);
  ASSERT_TRUE(compress_part(folder / "p.jsonl", 3).has_value());
  const std::string command = fmt::format(
      "zstdcat {0}/p.jsonl.zst | jq -r .t | sort -u > {0}/times && zstdcat "
      "{0}/p.jsonl.zst | tail -1 | jq -r '.f.data[0].close' > {0}/close",
      folder.path().string());
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(read_all(folder / "times"), "5\n");
  EXPECT_EQ(read_all(folder / "close"), "104000.10\n");
}

TEST(StorageThread, CompressesThePartsThatTheRecorderCloses) {
  Folder folder;
  auto journal = WalJournal::create(folder / "session.wal", a_header()).value();
  StorageSettings settings;
  settings.feed_part_bytes = 4096;
  auto thread = StorageThread::start(*journal, folder / "journal.sqlite", settings).value();
  std::filesystem::create_directory(folder / "feed");
  std::uint64_t closed = 0;
  {
    FeedRecorder recorder{folder / "feed", settings, [&](std::filesystem::path part) {
                            ++closed;
                            thread->compress(std::move(part));
                          }};
    for (int i = 0; i < 1000; ++i)
      ASSERT_TRUE(recorder.record("s", 1, from_unix_ns(i), std::string(kKline)));
  }
  thread->drain();
  EXPECT_EQ(thread->status().parts_compressed, closed);
  EXPECT_EQ(thread->status().last_error, "");
  EXPECT_TRUE(unfinished_parts(folder / "feed").empty());
  std::size_t frames = 0;
  for (const auto& entry : std::filesystem::directory_iterator{folder / "feed"})
    frames += frames_of(entry.path()).size();
  EXPECT_EQ(frames, 1000U);
}

}  // namespace
}  // namespace proteus::storage
