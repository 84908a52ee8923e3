#include "tools/app/account_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace proteus::app {
namespace {

/// FNV-1a, 64 bits: a name for a file, not a secret.
std::uint64_t name_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

std::filesystem::path lock_folder() {
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  return runtime != nullptr && *runtime != '\0' ? runtime : "/tmp";
}

}  // namespace

Result<AccountLock> AccountLock::take(std::string_view key, std::string_view venue,
                                      AccountUse use) {
  const bool guards = use == AccountUse::Guard;
  const auto path =
      lock_folder() / fmt::format("proteus-{}-{}-{:016x}.lock", guards ? "guard" : "live",
                                  ::geteuid(), name_hash(fmt::format("{} {}", key, venue)));
  BOOST_OUTCOME_TRY(auto file, storage::open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> holder{};
    const auto got = ::pread(file.get(), holder.data(), holder.size() - 1, 0);
    const std::string_view pid(holder.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    return error(ErrorCode::Busy,
                 fmt::format("another {} (process {}) {} this account: stop it, or use another "
                             "account's key; lock={}",
                             guards ? "guard" : "live daemon", pid.empty() ? "unknown" : pid,
                             guards ? "watches" : "trades on", path.string()));
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(file.get(), 0) != 0 || ::pwrite(file.get(), pid.data(), pid.size(), 0) < 0)
    return storage::io_error("write", path, errno);
  return AccountLock{std::move(file)};
}

}  // namespace proteus::app
