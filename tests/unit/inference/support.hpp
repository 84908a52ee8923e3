// What the tests of this room share.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "models/inference/checkpoint.hpp"

namespace proteus::inference::test {

class Folder {
 public:
  Folder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "proteus-inference-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

inline std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

/// Files of this process may not grow past `bytes` while it lives: a full disk without a disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uint64_t bytes) {
    previous_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, previous_);
  }

 private:
  void (*previous_)(int) = nullptr;
  rlimit before_{};
};

/// Small, with every kind of entry and a name that JSON has to escape.
inline Checkpoint a_checkpoint() {
  Checkpoint c;
  c.kind = "maml_predictor";
  c.schema = "set chapter 1\nreturn_1 = close / close[1] - 1\nrsi = a \"quoted\" thing";
  c.action_map = "forecast of the return";
  c.normaliser = {{0.25, -1.0}, {2.0, 1.0 / 3.0}, 10.0};
  c.config = "[maml]\ninner_steps = 5\n";
  c.seeds = {1, 18'446'744'073'709'551'615ULL};
  c.data = {{"linear:BTCUSDT 1h", 0x0123456789abcdefULL}, {"a name with spaces", 7}};
  c.code_version = "0.1.0";
  const std::vector<float> weights{1.5F, -0.1F, 3e-30F, 0.0F, 7.0F, -2.0F};
  const std::vector<double> rates{0.01};
  const std::vector<std::int64_t> steps{-3};
  c.tensors = {Tensor::of("layer.0.weight \"w\"", {2, 3}, std::span(weights)),
               Tensor::of("rates", {1}, std::span(rates)),
               Tensor::of("steps", {}, std::span(steps))};
  return c;
}

}  // namespace proteus::inference::test
