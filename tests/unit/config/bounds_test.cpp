// Texts that no settings file has: they are refused before they cost memory or the stack.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/document.hpp"

namespace proteus::config {
namespace {

TEST(Reader, TextBeyondBoundsIsRefusedBeforeItIsParsed) {
  // A table a dot, each inside the one before: parsed, this is a stack overflow.
  std::string dots = "a";
  for (int i = 0; i < 100'000; ++i) dots += ".a";
  const Document deep = parse_document("[engine]\n" + dots + " = 1\n");
  ASSERT_TRUE(deep.error.has_value());
  EXPECT_EQ(deep.error->line, 2U);
  EXPECT_THAT(deep.error->what, ::testing::HasSubstr("more than 200 dots"));
  EXPECT_TRUE(deep.entries.empty());

  const Document large = parse_document(std::string(300'000, '#'));
  ASSERT_TRUE(large.error.has_value());
  EXPECT_THAT(large.error->what, ::testing::HasSubstr("300000 bytes"));
}

TEST(Reader, SectionsDeeperThanAnySettingAreUnknown) {
  std::string dots = "a";
  for (int i = 0; i < 150; ++i) dots += ".a";
  const Document document = parse_document("[" + dots + "]\nkey = 1\n");
  EXPECT_FALSE(document.error.has_value());
  EXPECT_TRUE(document.entries.empty());
  ASSERT_EQ(document.tables.size(), 17U);
  EXPECT_TRUE(document.tables.back().empty);
}

}  // namespace
}  // namespace proteus::config
