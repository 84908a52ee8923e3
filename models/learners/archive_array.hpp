// Arrays whose size is decided elsewhere, in an archive.
#pragma once

#include <torch/types.h>

#include <span>

#include "engine/core/archive.hpp"

namespace proteus::learners {

/// Written with its size; read into an array of the same size, else the archive fails.
template <class T>
void archive_array(Archive& a, std::span<T> values) {
  std::uint64_t size = values.size();
  a(size);
  if (a.reading() && size != values.size()) return a.fail();
  for (T& value : values) a(value);
}

/// A contiguous tensor of floats.
inline void archive_tensor(Archive& a, torch::Tensor& tensor) {
  archive_array(
      a, std::span<float>(tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())));
}

}  // namespace proteus::learners
