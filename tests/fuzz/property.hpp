// What every fuzz target shares: a property that does not hold ends the program, as a crash does,
// so that the fuzzer keeps the input.
#pragma once

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/core/result.hpp"

namespace proteus::fuzz {

[[noreturn]] inline void broken(const char* property, const char* file, int line,
                                const std::string& detail) {
  std::fprintf(stderr, "%s:%d: property does not hold: %s\n%s\n", file, line, property,
               detail.c_str());
  std::abort();
}

/// FUZZ_CHECK(condition) or FUZZ_CHECK(condition, detail): a text shown when it does not hold.
#define FUZZ_CHECK(condition, ...) \
  ((condition)                     \
       ? void()                    \
       : ::proteus::fuzz::broken(#condition, __FILE__, __LINE__, std::string{__VA_ARGS__}))

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Longest sentence about a fault, however large the input was: it goes into a log.
inline constexpr std::size_t kSentenceMax = 600;

/// An error is one bounded sentence that starts as it should.
inline void check_sentence(const Error& error, std::string_view begins = "") {
  FUZZ_CHECK(!error.context.empty() && error.context.size() <= kSentenceMax, error.context);
  FUZZ_CHECK(error.context.starts_with(begins), error.context);
}

/// Bytes as a file, without a disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    FUZZ_CHECK(fd_ >= 0);
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
      FUZZ_CHECK(n > 0);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  [[nodiscard]] std::string path() const { return fmt::format("/proc/self/fd/{}", fd_); }

 private:
  int fd_;
};

}  // namespace proteus::fuzz

/// The one function a target defines.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
