// Keys from the environment and from a file, what is refused, and what is left of a secret.
#include "tools/app/keys.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "tests/support/folder.hpp"
#include "tools/app/key_file.hpp"

namespace proteus::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The example of the venue's reference: its signature tells that the secret arrived.
constexpr const char* kExampleKey = "EXAMPLEKEY";
constexpr const char* kExampleSecret = "EXAMPLESECRET";
constexpr const char* kExampleText = "1700000000000EXAMPLEKEY5000category=linear&symbol=BTCUSDT";
constexpr const char* kExampleSignature =
    "8a3079456c06cf94c9d0e0e1954200ebba9dd3c55c172532ccaa15727d4f4e94";

class KeysTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv(kKeyVariable);
    ::unsetenv(kSecretVariable);
  }
  void TearDown() override { SetUp(); }
  std::string file(const std::string& text, mode_t mode = 0600) {
    const std::string path = (folder / "keys.toml").string();
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  static std::string complaint(const std::string& path) {
    const auto keys = Keys::take(path);
    EXPECT_FALSE(keys) << "taken";
    if (keys) return "";
    std::string words = keys.error().context;
    // The variable's own name may be told.
    for (std::size_t at = 0; (at = words.find(kSecretVariable, at)) != std::string::npos;)
      words.erase(at, std::strlen(kSecretVariable));
    EXPECT_THAT(words, Not(HasSubstr("SECRET"))) << "no error holds the secret";
    return keys.error().context;
  }
  test::Folder folder_;
  std::filesystem::path folder = folder_.path();
};

TEST_F(KeysTest, FromTheEnvironmentWhichThenHasThemNoMore) {
  ::setenv(kKeyVariable, kExampleKey, 1);
  ::setenv(kSecretVariable, kExampleSecret, 1);
  const auto keys = Keys::take("/a/file/that/is/not/read");
  ASSERT_TRUE(keys) << keys.error().context;
  EXPECT_EQ(keys.value().key(), kExampleKey);
  EXPECT_EQ(keys.value().masked(), "EXAM...");
  EXPECT_EQ(keys.value().signer().sign(kExampleText), kExampleSignature);
  EXPECT_EQ(std::getenv(kKeyVariable), nullptr);
  EXPECT_EQ(std::getenv(kSecretVariable), nullptr);
}

TEST_F(KeysTest, OneVariableAloneIsAMistake) {
  ::setenv(kSecretVariable, kExampleSecret, 1);
  EXPECT_THAT(complaint(""), AllOf(HasSubstr("PROTEUS_API_KEY"), HasSubstr("is not")));
  EXPECT_EQ(std::getenv(kSecretVariable), nullptr);
  ::setenv(kKeyVariable, kExampleKey, 1);
  EXPECT_THAT(complaint(""), HasSubstr("PROTEUS_API_KEY is set"));
  EXPECT_THAT(complaint(""), AllOf(HasSubstr("there is no API key"), HasSubstr("chmod 600")));
}

TEST_F(KeysTest, KeysThatAreNone) {
  for (const char* key : {"", "two words", "quo\"te"}) {
    ::setenv(kKeyVariable, key, 1);
    ::setenv(kSecretVariable, kExampleSecret, 1);
    EXPECT_THAT(complaint(""), HasSubstr("the API key")) << key;
  }
  ::setenv(kKeyVariable, kExampleKey, 1);
  ::setenv(kSecretVariable, "", 1);
  EXPECT_THAT(complaint(""), HasSubstr("empty"));
}

TEST_F(KeysTest, FromAFile) {
  const auto keys = Keys::take(
      file("# the testnet's\n\nkey = \"EXAMPLEKEY\"  # of July\n secret=\"EXAMPLESECRET\"\r\n"));
  ASSERT_TRUE(keys) << keys.error().context;
  EXPECT_EQ(keys.value().key(), kExampleKey);
  EXPECT_EQ(keys.value().signer().sign(kExampleText), kExampleSignature);
  EXPECT_TRUE(Keys::take(file("key = \"EXAMPLEKEY\"\nsecret = \"EXAMPLESECRET\"", 0400)));
}

TEST_F(KeysTest, AFileThatSystemdHandsOverMayBeRootsAndReadByItsAccessList) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to make a file that belongs to root";
  const std::string good = "key = \"EXAMPLEKEY\"\nsecret = \"EXAMPLESECRET\"\n";
  const std::string path = file(good, 0440);
  EXPECT_THAT(complaint(path), HasSubstr("chmod 600"));
  ::setenv("CREDENTIALS_DIRECTORY", folder.c_str(), 1);
  EXPECT_TRUE(Keys::take(path));
  file(good, 0444);
  EXPECT_THAT(complaint(path), HasSubstr("chmod 600"));
  file(good, 0440);
  ::setenv("CREDENTIALS_DIRECTORY", "/run/credentials/another", 1);
  EXPECT_THAT(complaint(path), HasSubstr("chmod 600"));
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_F(KeysTest, FilesThatOthersMayReadAreRefused) {
  const std::string good = "key = \"EXAMPLEKEY\"\nsecret = \"EXAMPLESECRET\"\n";
  for (const mode_t mode : {0640, 0604, 0644, 0660, 0700, 0601, 0666, 0777}) {
    const std::string path = file(good, mode);
    EXPECT_THAT(complaint(path), HasSubstr("chmod 600 " + path)) << mode;
  }
  const std::string path = file(good);
  const std::string link = (folder / "link").string();
  ASSERT_EQ(::symlink(path.c_str(), link.c_str()), 0);
  EXPECT_THAT(complaint(link), HasSubstr("symbolic link"));
  EXPECT_THAT(complaint(folder.string()), HasSubstr("no regular file"));
  const std::string pipe = (folder / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(complaint(pipe), HasSubstr("no regular file"));
  EXPECT_THAT(complaint((folder / "none").string()), HasSubstr("cannot be read"));
}

TEST_F(KeysTest, FilesOfOthersAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const std::string path = file("key = \"EXAMPLEKEY\"\nsecret = \"EXAMPLESECRET\"\n");
  ASSERT_EQ(::chown(path.c_str(), 12345, 12345), 0);
  EXPECT_THAT(complaint(path), HasSubstr("belongs to another user"));
}

TEST_F(KeysTest, MistakesAreToldByTheirLine) {
  using Case = std::pair<const char*, const char*>;
  for (const auto& [text, words] :
       {Case{"key = \"K\"\n", "has no secret"}, Case{"secret = \"SECRET\"\n", "has no key"},
        Case{"", "has no key"}, Case{"key = \"K\"\nsecret = SECRET\n", "line 2"},
        Case{"key = \"K\"\nsecret = \"SECRET\n", "line 2"}, Case{"SECRET\n", "line 1"},
        Case{"key = \"K\"\nsecret = \"SECRET\" \"SECRET\"\n", "goes on"},
        Case{"key = \"K\"\nkey = \"SECRET\"\n", "second time"},
        Case{"key = \"K\"\nsecret = \"SEC\\xRET SECRET\"\n", "escape"},
        Case{"key = \"K\"\nsecret = \"\"\n", "empty"}, Case{"api_secret = \"SECRET\"\n", "line 1"},
        Case{"key = \"K\"\nsecret = \"\"\"\nSECRET\n", "missing"}})
    EXPECT_THAT(complaint(file(text)), AllOf(HasSubstr("the key file"), HasSubstr(words))) << text;
  EXPECT_THAT(complaint(file("key = \"K\"\n" + std::string(70'000, '#'))), HasSubstr("larger"));
}

TEST_F(KeysTest, PrivateKeysStandOnSeveralLines) {
  for (const char* text : {"key = \"K\"\nsecret = \"\"\"\n-----BEGIN X-----\nabc\n\"\"\"\n",
                           "key=\"K\"\nsecret = \"-----BEGIN X-----\\nabc\\n\"\n"}) {
    const auto pair = parse_key_file(text, "keys");
    ASSERT_TRUE(pair) << pair.error().context;
    EXPECT_EQ(pair.value().secret, "-----BEGIN X-----\nabc\n");
  }
}

TEST_F(KeysTest, ShortKeysAreNotShown) {
  EXPECT_EQ(masked_key("abcdefgh"), "...");
  EXPECT_EQ(masked_key("abcdefghi"), "abcd...");
  EXPECT_EQ(masked_key(""), "...");
}

/// Looks through this process's memory without leaving copies of what it finds: it reads into pages
/// of its own, which it wipes.
class Finder {
 public:
  explicit Finder(const char* text) : text_(text), size_(std::strlen(text)) {
    void* const got =
        ::mmap(nullptr, kRoom, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pages_ = got == MAP_FAILED ? nullptr : static_cast<char*>(got);
  }
  /// In a file of /proc, read from its beginning.
  bool in_file(const char* path) {
    const int fd = ::open(path, O_RDONLY);
    const bool found = look(fd, 0, kRoom);
    ::close(fd);
    return found;
  }
  /// The first mapping that may be written and holds the text; empty: none. The text itself lies in
  /// memory that may not be written.
  std::string in_memory() {
    const int fd = ::open("/proc/self/mem", O_RDONLY);
    std::ifstream maps("/proc/self/maps");
    std::string where;
    for (std::string line; where.empty() && std::getline(maps, line);) {
      unsigned long from = 0, until = 0;
      std::array<char, 5> rights{};
      if (std::sscanf(line.c_str(), "%lx-%lx %4s", &from, &until, rights.data()) != 3) continue;
      const auto own = reinterpret_cast<unsigned long>(pages_);
      if (rights[1] != 'w' || (from <= own && own < until)) continue;
      if (look(fd, static_cast<off_t>(from), std::min<std::size_t>(until - from, kRoom)))
        where = line;
    }
    ::close(fd);
    return where;
  }

 private:
  bool look(int fd, off_t from, std::size_t size) {
    std::size_t got = 0;
    while (got < size) {
      const ssize_t more = ::pread(fd, pages_ + got, size - got, from + static_cast<off_t>(got));
      if (more <= 0) break;
      got += static_cast<std::size_t>(more);
    }
    const bool found = got >= size_ && ::memmem(pages_, got, text_, size_) != nullptr;
    ::explicit_bzero(pages_, got);
    return found;
  }
  static constexpr std::size_t kRoom = std::size_t{64} << 20;
  const char* text_;
  std::size_t size_;
  char* pages_;
};

/// In a process that was started with the secret in its environment: 0 if it is nowhere afterwards.
int look_for_leftovers(const char* secret) {
  Finder finder(secret);
  // First that it is found at all.
  if (!finder.in_file("/proc/self/environ")) return 3;
  if (finder.in_memory().empty()) return 4;
  const auto keys = Keys::take("");
  if (!keys || keys.value().signer().sign("x").size() != 64) return 5;
  if (finder.in_file("/proc/self/environ")) return 6;
  const std::string where = finder.in_memory();
  if (where.empty()) return 0;
  std::fprintf(stderr, "the secret lies in %s\n", where.c_str());
  return 7;
}

TEST(KeysLeft, TheSecretIsNowhereAfterwards) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "freed memory is kept aside by the sanitizer, which is what is looked at";
#endif
  static const char* const kLongSecret = "ThisIsASecretOfFortyLettersWhichIsLong01";
  // The child is this program, started anew: it finds both in the environment that it is given,
  // and these lines change nothing there.
  ::setenv(kKeyVariable, kExampleKey, 0);
  ::setenv(kSecretVariable, kLongSecret, 0);
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(std::_Exit(look_for_leftovers(kLongSecret)), ::testing::ExitedWithCode(0), "");
  GTEST_FLAG_SET(death_test_style, "fast");
  ::unsetenv(kKeyVariable);
  ::unsetenv(kSecretVariable);
}

TEST_F(KeysTest, NoCoreIsWrittenAndNobodyLooksIn) {
  EXPECT_EXIT(
      {
        forbid_core_dumps();
        rlimit limit{};
        ::getrlimit(RLIMIT_CORE, &limit);
        std::_Exit(limit.rlim_cur == 0 && limit.rlim_max == 0 && ::prctl(PR_GET_DUMPABLE) == 0 ? 0
                                                                                               : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace proteus::app
