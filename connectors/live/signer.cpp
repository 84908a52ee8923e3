#include "connectors/live/signer.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string.h>

#include <array>
#include <utility>
#include <vector>

#include "connectors/signing/signing_api.hpp"

namespace proteus::live {
namespace {

namespace fs = std::filesystem;

const ProteusSigningV1* loaded = nullptr;

fs::path& one_more_folder() {
  static fs::path folder;
  return folder;
}

std::vector<std::string> folders() {
  std::vector<std::string> all;
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) {
    all.push_back(program.parent_path().string());
    all.push_back((program.parent_path().parent_path() / "lib" / "proteus").string());
  }
  if (!one_more_folder().empty()) all.push_back(one_more_folder().string());
  return all;
}

Result<const ProteusSigningV1*> load() {
  if (loaded != nullptr) return loaded;
  const std::vector<std::string> places = folders();
  for (const std::string& folder : places) {
    const std::string file = (fs::path(folder) / kSigningFile).string();
    std::error_code unknown;
    if (!fs::exists(file, unknown)) continue;
    void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
      return error(ErrorCode::Corrupt, fmt::format("{} cannot be loaded: {}; install the program "
                                                   "again, whole",
                                                   file, ::dlerror()));
    auto* const entry =
        reinterpret_cast<const ProteusSigningV1* (*)()>(::dlsym(library, kSigningSymbol));
    if (entry == nullptr)
      return error(ErrorCode::Corrupt,
                   fmt::format("{} is of another version of proteus; install the program again, "
                               "whole",
                               file));
    loaded = entry();
    return loaded;
  }
  return error(ErrorCode::NotFound,
               fmt::format("{}, which signs requests, was not found in {}; install the program "
                           "whole (cmake --install, or the package)",
                           kSigningFile, fmt::join(places, ", ")));
}

}  // namespace

void wipe(std::string& text) {
  text.resize(text.capacity());
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

void look_for_signing_in(const fs::path& folder) { one_more_folder() = folder; }

Result<Signer> Signer::make(std::string& secret) {
  const auto functions = load();
  if (!functions) {
    wipe(secret);
    return functions.error();
  }
  const char* complaint = nullptr;
  void* const handle = functions.value()->make(secret.data(), secret.size(), &complaint);
  wipe(secret);
  if (handle == nullptr)
    return error(ErrorCode::Malformed, fmt::format("the API secret cannot be used: {}", complaint));
  return Signer(handle);
}

Signer::~Signer() {
  if (handle_ != nullptr) loaded->free(handle_);
}
Signer::Signer(Signer&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
Signer& Signer::operator=(Signer&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

std::string Signer::sign(std::string_view text) const {
  if (handle_ == nullptr) return {};
  std::array<char, kSigningRoom> out;  // Not filled: it costs more than the signature.
  const std::size_t size = loaded->sign(handle_, text.data(), text.size(), out.data(), out.size());
  return {out.data(), size};
}

bool Signer::locked() const { return handle_ != nullptr && loaded->is_locked(handle_) != 0; }

}  // namespace proteus::live
