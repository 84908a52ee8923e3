// The header of a safetensors file, read by its own small grammar: an object of objects, where the
// only numbers are unsigned and nothing nests further. A general JSON reader would let a name come
// twice, and would have to be bounded in depth.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/result.hpp"

namespace proteus::inference {

struct HeaderTensor {
  std::string name;
  std::string type;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct Header {
  std::map<std::string, std::string> metadata;
  std::vector<HeaderTensor> tensors;
};

/// `file`: its name, for messages. Errors: Corrupt, with the byte of the header where it happened.
Result<Header> read_header(std::string_view text, std::string_view file);

}  // namespace proteus::inference
