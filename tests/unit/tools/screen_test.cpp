#include "tools/app/screen.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace proteus::app {
namespace {

TEST(WriteSome, KeepsWhatAReaderWhoLooksAwayDoesNotTake) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC), 0);
  const std::string page(1U << 20U, 'x');
  const std::string rest = write_some(ends[1], page);
  EXPECT_GT(rest.size(), 0U);
  EXPECT_LT(rest.size(), page.size());
  EXPECT_EQ(write_some(ends[1], rest).size(), rest.size()) << "still nobody reads";
  std::string got(page.size(), '\0');
  ASSERT_GT(::read(ends[0], got.data(), got.size()), 0);
  EXPECT_LT(write_some(ends[1], rest).size(), rest.size());
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Redraw, CutsAPageToItsRows) {
  EXPECT_EQ(redraw("a\nb\nc\n", 2),
            "\x1b[Ha\x1b[K\r\n... more lines than the terminal has; a pipe shows all\x1b[K\x1b[J");
}

}  // namespace
}  // namespace proteus::app
