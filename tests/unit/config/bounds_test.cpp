#include "config/bounds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/document.hpp"

namespace proteus::config {
namespace {

using testing::HasSubstr;

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(SettingsFile, LargerThanAMebibyteIsRefused) {
  const std::string file = testing::TempDir() + "proteus_large.toml";
  std::ofstream(file) << std::string(kFileBytesMax, '#');
  EXPECT_TRUE(read_file(file).has_value());
  std::ofstream(file, std::ios::app) << "#";
  const auto refused = read_file(file);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, ErrorCode::OutOfRange);
  std::filesystem::remove(file);
}

TEST(SettingsFile, ThatIsNoFileIsRefusedAndNotWaitedFor) {
  const std::string pipe = testing::TempDir() + "proteus_pipe.toml";
  ::unlink(pipe.c_str());
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& file : {pipe, testing::TempDir(), std::string("/dev/zero")}) {
    const auto refused = read_file(file);
    ASSERT_TRUE(refused.has_error()) << file;
    EXPECT_THAT(refused.error().context, HasSubstr("no regular file")) << file;
  }
  ::unlink(pipe.c_str());
}

TEST(Nesting, IsBoundedForListsTablesAndNames) {
  for (const std::string& deep :
       {"a = " + repeated("[", 100'000), "a = " + repeated("{a=", 100'000),
        repeated("a.", 100'000) + "b = 1", "[" + repeated("a.", 100'000) + "b]",
        repeated("\"a\".", 100'000) + "b = 1", repeated("a . ", 100'000) + "b = 1"}) {
    const Document document = parse_document("[engine]\n" + deep);
    ASSERT_TRUE(document.error) << deep.substr(0, 20);
    EXPECT_EQ(document.error->line, 2U) << deep.substr(0, 20);
    EXPECT_THAT(document.error->what, HasSubstr("nests deeper than 16 levels"));
  }
}

TEST(Nesting, OfWhatIsUsualIsNone) {
  const std::string usual =
      "# see a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s [[[[[[[[[[[[[[[[[[[[\n[risk.limits]\n"
      "x = 1.5\nlist = [\"a.b.c\", 'd.e', \"\"\"[[[[[[[[[[[[[[[[[[[[[[\"\"\"]\n"
      "quote = \"\\\"[[[[[[[[[[[[[[[[[[[[[[[[\"\n" +
      repeated("[a.b]\nc.d = 1.25\n", 1);
  EXPECT_FALSE(too_deep(usual));
  EXPECT_FALSE(too_deep("a = " + repeated("[", kNestingMax) + repeated("]", kNestingMax)));
  EXPECT_TRUE(too_deep("a = " + repeated("[", kNestingMax + 1)));
}

TEST(Nesting, AQuoteLeftOpenEndsWithItsLine) {
  EXPECT_TRUE(too_deep("a = \"open\nb = " + repeated("[", 100)));
}

}  // namespace
}  // namespace proteus::config
