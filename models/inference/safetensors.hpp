// Files of named tensors in the safetensors layout, which other programs read without us:
//
//   8 bytes   length N of the header, unsigned, least significant byte first
//   N bytes   JSON: {"__metadata__": {text: text, ...}, "name": {"dtype": "F32", "shape": [2, 3],
//             "data_offsets": [begin, end]}, ...}; begins with "{", may end in spaces
//   the rest  the tensors' bytes, row-major, least significant byte first; offsets count from here
//
// Whatever does not follow this is refused with what and where: a header longer than the file,
// anything but this JSON, a name twice, offsets that overlap, leave a hole or reach beyond the end,
// a size that shape and type do not have, an unknown type, a number that is not finite. Memory is
// bounded by the file's size. What is written here has its data at a multiple of 8 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/enum_values.hpp"
#include "engine/core/result.hpp"

namespace proteus::inference {

enum class TensorType : std::uint8_t { F64, F32, I64, U8 };
std::size_t size_of(TensorType type);  ///< bytes of an element

struct Tensor {
  std::string name;
  TensorType type = TensorType::F32;
  std::vector<std::uint64_t> shape;  ///< empty: one number
  std::string bytes;

  static Tensor of(std::string name, std::vector<std::uint64_t> shape,
                   std::span<const float> values);
  static Tensor of(std::string name, std::vector<std::uint64_t> shape,
                   std::span<const double> values);
  static Tensor of(std::string name, std::vector<std::uint64_t> shape,
                   std::span<const std::int64_t> values);
  /// Errors: Malformed, where the type is another.
  [[nodiscard]] Result<std::vector<float>> floats() const;
  [[nodiscard]] Result<std::vector<double>> doubles() const;
  [[nodiscard]] Result<std::vector<std::int64_t>> integers() const;
  friend bool operator==(const Tensor&, const Tensor&) = default;
};

struct TensorFile {
  std::map<std::string, std::string> metadata;
  std::vector<Tensor> tensors;  ///< sorted by name

  [[nodiscard]] const Tensor* find(std::string_view name) const;
};

/// A file's bytes. Tensors of wide types come first, then by name, so that each lies aligned. The
/// same content gives the same bytes. Errors: Malformed (a name twice or "__metadata__", a size
/// that shape and type do not have), OutOfRange (a number that is not finite; a header above 16
/// MiB).
Result<std::string> encode(const TensorFile& file);
/// `name`: of the file, for messages. Errors: Corrupt, with what is wrong and where.
Result<TensorFile> decode(std::string_view bytes, std::string_view name);

}  // namespace proteus::inference
