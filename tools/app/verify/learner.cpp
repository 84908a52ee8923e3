#include "tools/app/verify/learner.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace proteus::app::verify {
namespace {

constexpr const char* kSelf = "/proc/self/exe";

/// The core types of OpenBLAS by what this machine can do.
std::string core_type() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return "SkylakeX";
  if (__builtin_cpu_supports("avx2")) return "Haswell";
#endif
  return "";
}

/// Each ended by a zero byte.
std::vector<std::string> own_arguments() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string one; std::getline(in, one, '\0');) arguments.push_back(one);
  return arguments;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> learning_environment() {
  std::vector<std::pair<std::string, std::string>> variables{{"OMP_NUM_THREADS", "1"},
                                                             {"OPENBLAS_NUM_THREADS", "1"}};
  if (const std::string core = core_type(); !core.empty())
    variables.emplace_back("OPENBLAS_CORETYPE", core);
  return variables;
}

std::optional<std::string> learner_beside(const std::string& program) {
  const std::string learner = std::filesystem::path(program).parent_path() / "proteus-learn";
  if (access(learner.c_str(), X_OK) != 0) return std::nullopt;
  return learner;
}

std::optional<std::string> find_learner() {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink(kSelf, failed);
  if (failed) return std::nullopt;
  return learner_beside(self.string());
}

void become(const std::string& program) {
  for (const auto& [name, value] : learning_environment()) setenv(name.c_str(), value.c_str(), 1);
  std::vector<std::string> arguments = own_arguments();
  std::vector<char*> pointers;
  std::ranges::transform(arguments, std::back_inserter(pointers),
                         [](std::string& a) { return a.data(); });
  pointers.push_back(nullptr);
  execv(program.c_str(), pointers.data());
}

void ensure_learning_environment() {
  const auto variables = learning_environment();
  const bool as_wanted = std::ranges::all_of(variables, [](const auto& variable) {
    const char* value = std::getenv(variable.first.c_str());
    return value != nullptr && value == variable.second;
  });
  std::error_code failed;
  if (!as_wanted) become(std::filesystem::read_symlink(kSelf, failed));
}

void keep_memory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
}

}  // namespace proteus::app::verify
