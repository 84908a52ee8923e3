// Feeds every file of the folders named on the command line to a fuzz target: seeds and regressions
// as an ordinary test, by any compiler. A folder that is not there is an empty one; no file at all
// is a failure.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/property.hpp"

namespace {

std::vector<std::filesystem::path> files_of(const std::filesystem::path& where) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_regular_file(where)) files.push_back(where);
  if (!std::filesystem::is_directory(where)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(where))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  int count = 0;
  for (int i = 1; i < argc; ++i) {
    for (const std::filesystem::path& file : files_of(argv[i])) {
      std::fprintf(stderr, "%s\n", file.c_str());  // The last one named is the one that failed.
      std::ifstream in(file, std::ios::binary);
      // Bytes on the heap and of exactly this size: reading past them is seen.
      const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++count;
    }
  }
  std::fprintf(stderr, "%d inputs\n", count);
  return count > 0 ? 0 : 1;
}
