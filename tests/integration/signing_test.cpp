// Who trades on paper has no code that signs: the program does not need the library, and a session
// against the simulator never maps it.
#include <elf.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "tests/integration/child.hpp"
#include "tests/integration/programs.hpp"
#include "tests/integration/support.hpp"

namespace proteus::app {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kLibrary = "libproteus_signing";

template <class T>
T at(const std::string& bytes, std::size_t offset) {
  T value{};
  if (offset + sizeof(T) <= bytes.size()) std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

/// What the loader is told to load with it (DT_NEEDED of a 64-bit ELF file).
std::vector<std::string> needed_by(const std::string& file) {
  const std::string bytes = read_all(file);
  const auto header = at<Elf64_Ehdr>(bytes, 0);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    const auto section = at<Elf64_Shdr>(bytes, header.e_shoff + i * header.e_shentsize);
    if (section.sh_type != SHT_DYNAMIC) continue;
    const auto texts =
        at<Elf64_Shdr>(bytes, header.e_shoff + section.sh_link * std::size_t{header.e_shentsize});
    for (std::size_t j = 0; j < section.sh_size / sizeof(Elf64_Dyn); ++j) {
      const auto entry = at<Elf64_Dyn>(bytes, section.sh_offset + j * sizeof(Elf64_Dyn));
      if (entry.d_tag == DT_NEEDED)
        names.emplace_back(bytes.c_str() + texts.sh_offset + entry.d_un.d_val);
    }
  }
  return names;
}

std::string maps_of(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/maps");
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

TEST(Signing, TheProgramDoesNotNeedTheLibrary) {
  const auto needed = needed_by(PROTEUS_BINARY);
  EXPECT_THAT(needed, Contains(HasSubstr("libc.so"))) << "the file was not understood";
  EXPECT_THAT(needed, Not(Contains(HasSubstr(kLibrary))));
}

TEST(Signing, PaperNeverMapsTheLibrary) {
  const Folder folder;
  SimProgram sim;
  Child paper(with_settings(
      {"paper"}, paced() + in(folder) + sim.where() + Overrides{"strategy.name=sma_cross"}));
  ASSERT_TRUE(run_to_bars(paper, folder / "socket", 3 * 30)) << paper.err();
  const std::string maps = maps_of(paper.pid());
  EXPECT_THAT(maps, HasSubstr("libc.so"));
  EXPECT_THAT(maps, Not(HasSubstr(kLibrary)));
  paper.signal(SIGTERM);
  EXPECT_EQ(paper.wait(), 0) << paper.err();
}

}  // namespace
}  // namespace proteus::app
