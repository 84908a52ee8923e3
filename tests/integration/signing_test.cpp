// Who trades on paper has no code that signs: the program does not need the library, and a session
// against the simulator never maps it. Who trades live has it, and its secret is nowhere to be
// seen.
#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

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

constexpr const char* kLiveKey = "LEFTOVERKEY12345678";
constexpr const char* kLiveSecret = "LeftoverSecret0123456789abcdefghijkl";

/// A mapping of the process that holds the text; empty: none, or nobody may look (which is what a
/// process that is not dumpable wants).
std::string found_in(pid_t pid, const std::string& text) {
  const std::string folder = "/proc/" + std::to_string(pid);
  const int memory = ::open((folder + "/mem").c_str(), O_RDONLY);
  if (memory < 0) return "";
  std::istringstream maps(maps_of(pid));
  std::string where;
  std::string bytes;
  for (std::string line; where.empty() && std::getline(maps, line);) {
    unsigned long from = 0, until = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx r", &from, &until) != 2) continue;
    if (until - from > (1UL << 30U)) continue;  // A sanitizer's own.
    bytes.resize(until - from);
    const ssize_t got = ::pread(memory, bytes.data(), bytes.size(), static_cast<off_t>(from));
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    if (bytes.find(text) != std::string::npos) where = line;
  }
  ::close(memory);
  return where;
}

/// Files below a folder that hold the text.
std::vector<std::string> files_with(const std::string& folder, const std::string& text) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && read_all(entry.path()).find(text) != std::string::npos)
      found.push_back(entry.path().string());
  return found;
}

TEST(Signing, LiveMapsTheLibraryAndItsSecretIsNowhere) {
  const Folder folder;
  SimProgram sim({"sim.paced=false", "sim.push_interval=1s",
                  fmt::format("sim.accounts={}:{}:100000", kLiveKey, kLiveSecret)});
  const Overrides settings = in(folder) + sim.where() + Overrides{"strategy.name=sma_cross"};
  const Ran tested = run_proteus(with_settings({"risk", "selftest"}, settings));
  ASSERT_EQ(tested.code, 0) << tested.out << tested.err;
  ::setenv("PROTEUS_API_KEY", kLiveKey, 1);
  ::setenv("PROTEUS_API_SECRET", kLiveSecret, 1);
  Child live(with_settings({"live"}, settings));
  ::unsetenv("PROTEUS_API_KEY");
  ::unsetenv("PROTEUS_API_SECRET");
  ASSERT_TRUE(live.says("the venue's books and ours agree")) << live.out() << live.err();

  EXPECT_THAT(maps_of(live.pid()), HasSubstr(kLibrary));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // A sanitizer keeps a copy of the environment that the process began with.
  EXPECT_EQ(found_in(live.pid(), kLiveSecret), "");
#endif
  const std::string process = "/proc/" + std::to_string(live.pid());
  if (::access((process + "/mem").c_str(), R_OK) == 0) {
    EXPECT_NE(found_in(live.pid(), kLiveKey), "") << "the search does not find what is there";
  }
  for (const char* file : {"/environ", "/cmdline"})
    EXPECT_EQ(read_all(process + file).find(kLiveSecret), std::string::npos) << file;
  EXPECT_THAT(live.out(), HasSubstr("LEFT...")) << "the key is told by its first letters";
  live.signal(SIGTERM);
  EXPECT_EQ(live.wait(), 0) << live.err();
  for (const char* word : {kLiveKey, kLiveSecret}) {
    EXPECT_THAT(files_with(folder.path(), word), ::testing::IsEmpty()) << word;
    EXPECT_THAT(live.out() + live.err(), Not(HasSubstr(word)));
  }
}

}  // namespace
}  // namespace proteus::app
