#include "connectors/signing/locked_memory.hpp"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

namespace proteus::signing {

LockedMemory::LockedMemory(std::size_t size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  size_ = (size + page - 1) / page * page;
  whole_ = size_ + 2 * page;
  void* const got = ::mmap(nullptr, whole_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (got == MAP_FAILED) return;
  base_ = static_cast<char*>(got);
  char* const inside = base_ + page;
  if (::mprotect(inside, size_, PROT_READ | PROT_WRITE) != 0) return;
  data_ = inside;
  locked_ = ::mlock(data_, size_) == 0;
  ::madvise(data_, size_, MADV_DONTDUMP);
  ::madvise(data_, size_, MADV_WIPEONFORK);
}

LockedMemory::~LockedMemory() {
  if (data_ != nullptr) OPENSSL_cleanse(data_, size_);
  if (base_ != nullptr) ::munmap(base_, whole_);  // It unlocks too.
}

}  // namespace proteus::signing
