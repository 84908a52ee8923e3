#include "models/inference/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>

#include "engine/core/json.hpp"
#include "models/inference/header_reader.hpp"

namespace proteus::inference {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are copied as they lie");

constexpr std::size_t kHeaderMax = std::size_t{16} << 20;
constexpr std::string_view kMetadata = "__metadata__";
// What a person is told first; behind it stands what the bytes say.
constexpr std::string_view kForeign = "this is no checkpoint but a file of another kind";
constexpr std::string_view kCutShort = "this file is cut short, copy or train it again";
constexpr std::array<std::string_view, 4> kTypeNames{"F64", "F32", "I64", "U8"};

/// A name as it may stand in a sentence: not endless, and without control characters.
std::string shown(std::string_view name) {
  std::string out;
  json::append_text(out, name.substr(0, 60));
  return out;
}

/// Elements of a shape; nothing where 64 bits cannot count its bytes.
std::optional<std::uint64_t> bytes_of(const std::vector<std::uint64_t>& shape, TensorType type) {
  std::uint64_t bytes = size_of(type);
  for (const std::uint64_t extent : shape)
    if (__builtin_mul_overflow(bytes, extent, &bytes)) return std::nullopt;
  return bytes;
}

template <class T>
std::optional<std::size_t> first_not_finite(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size() / sizeof(T); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof value);
    if (!std::isfinite(value)) return i;
  }
  return std::nullopt;
}

/// What is wrong with a tensor by itself; empty: nothing.
std::string fault_of(const Tensor& tensor) {
  const std::optional<std::uint64_t> bytes = bytes_of(tensor.shape, tensor.type);
  if (!bytes || *bytes != tensor.bytes.size())
    return fmt::format("tensor {} has {} bytes, and its shape and type say {}", shown(tensor.name),
                       tensor.bytes.size(), bytes ? std::to_string(*bytes) : "more than fit");
  std::optional<std::size_t> bad;
  if (tensor.type == TensorType::F32) bad = first_not_finite<float>(tensor.bytes);
  if (tensor.type == TensorType::F64) bad = first_not_finite<double>(tensor.bytes);
  if (bad)
    return fmt::format("element {} of tensor {} is not a finite number", *bad, shown(tensor.name));
  return {};
}

std::string header_text(const TensorFile& file, const std::vector<const Tensor*>& order) {
  std::string out = "{\"__metadata__\":{";
  std::string_view comma;
  for (const auto& [key, value] : file.metadata) {
    out += comma;
    json::append_text(out, key);
    out += ':';
    json::append_text(out, value);
    comma = ",";
  }
  out += '}';
  std::uint64_t offset = 0;
  for (const Tensor* tensor : order) {
    out += ',';
    json::append_text(out, tensor->name);
    fmt::format_to(std::back_inserter(out),
                   R"(:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                   kTypeNames[static_cast<std::size_t>(tensor->type)],
                   fmt::join(tensor->shape, ","), offset, offset + tensor->bytes.size());
    offset += tensor->bytes.size();
  }
  out += '}';
  out.resize((out.size() + 7) / 8 * 8, ' ');
  return out;
}

template <class T>
Tensor tensor_of(std::string name, TensorType type, std::vector<std::uint64_t> shape,
                 std::span<const T> values) {
  Tensor tensor{std::move(name), type, std::move(shape), {}};
  tensor.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  return tensor;
}

template <class T>
Result<std::vector<T>> values_of(const Tensor& tensor, TensorType type) {
  if (tensor.type != type)
    return error(ErrorCode::Malformed,
                 fmt::format("tensor {} is of type {}, and {} is wanted", shown(tensor.name),
                             kTypeNames[static_cast<std::size_t>(tensor.type)],
                             kTypeNames[static_cast<std::size_t>(type)]));
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

/// The tensors lie one behind the other, from the first byte of the data to the last.
std::string fault_of_places(std::vector<HeaderTensor> tensors, std::uint64_t size) {
  std::ranges::sort(tensors, {}, [](const HeaderTensor& t) { return std::pair(t.begin, t.end); });
  std::uint64_t at = 0;
  for (const HeaderTensor& t : tensors) {
    if (t.begin > t.end || t.end > size)
      return fmt::format("{}tensor {} lies from byte {} to {} of {}",
                         t.begin > t.end ? "" : fmt::format("{}: ", kCutShort), shown(t.name),
                         t.begin, t.end, size);
    if (t.begin != at)
      return fmt::format("tensor {} begins at byte {}, and the one before ends at {}",
                         shown(t.name), t.begin, at);
    at = t.end;
  }
  if (at != size) return fmt::format("{} bytes follow the last tensor's end at {}", size - at, at);
  return {};
}

}  // namespace

std::size_t size_of(TensorType type) {
  constexpr std::array<std::size_t, 4> kSizes{8, 4, 8, 1};
  return kSizes[static_cast<std::size_t>(type)];
}

Tensor Tensor::of(std::string name, std::vector<std::uint64_t> shape,
                  std::span<const float> values) {
  return tensor_of(std::move(name), TensorType::F32, std::move(shape), values);
}
Tensor Tensor::of(std::string name, std::vector<std::uint64_t> shape,
                  std::span<const double> values) {
  return tensor_of(std::move(name), TensorType::F64, std::move(shape), values);
}
Tensor Tensor::of(std::string name, std::vector<std::uint64_t> shape,
                  std::span<const std::int64_t> values) {
  return tensor_of(std::move(name), TensorType::I64, std::move(shape), values);
}
Result<std::vector<float>> Tensor::floats() const {
  return values_of<float>(*this, TensorType::F32);
}
Result<std::vector<double>> Tensor::doubles() const {
  return values_of<double>(*this, TensorType::F64);
}
Result<std::vector<std::int64_t>> Tensor::integers() const {
  return values_of<std::int64_t>(*this, TensorType::I64);
}

const Tensor* TensorFile::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, &Tensor::name);
  return found == tensors.end() ? nullptr : &*found;
}

Result<std::string> encode(const TensorFile& file) {
  std::vector<const Tensor*> order;
  std::set<std::string_view> names{kMetadata};
  for (const Tensor& tensor : file.tensors) {
    if (!names.insert(tensor.name).second)
      return error(ErrorCode::Malformed,
                   fmt::format("the name {} is taken: a file holds it once", shown(tensor.name)));
    if (std::string fault = fault_of(tensor); !fault.empty())
      return error(ErrorCode::OutOfRange, std::move(fault));
    order.push_back(&tensor);
  }
  std::ranges::sort(order, [](const Tensor* a, const Tensor* b) {
    const auto width = [](const Tensor* t) { return size_of(t->type); };
    return width(a) != width(b) ? width(a) > width(b) : a->name < b->name;
  });
  const std::string header = header_text(file, order);
  if (header.size() > kHeaderMax)
    return error(ErrorCode::OutOfRange, fmt::format("a header of {} bytes: at most {} are read",
                                                    header.size(), kHeaderMax));
  const std::uint64_t length = header.size();
  std::string out(reinterpret_cast<const char*>(&length), sizeof length);
  out += header;
  for (const Tensor* tensor : order) out += tensor->bytes;
  return out;
}

Result<TensorFile> decode(std::string_view bytes, std::string_view name) {
  const auto corrupt = [&](std::string_view what) {
    return error(ErrorCode::Corrupt, fmt::format("{}: {}", name, what));
  };
  std::uint64_t length = 0;
  if (bytes.size() < sizeof length)
    return corrupt(
        fmt::format("this is no checkpoint, or the first bytes of one: {} bytes, too few for the "
                    "length of a header",
                    bytes.size()));
  std::memcpy(&length, bytes.data(), sizeof length);
  bytes.remove_prefix(sizeof length);
  if (length > kHeaderMax || length > bytes.size()) {
    const bool cut = length <= kHeaderMax && bytes.starts_with('{');
    return corrupt(
        fmt::format("{}: the header is to be {} bytes long; the file has {} after its length, and "
                    "{} is the most that is read",
                    cut ? kCutShort : kForeign, length, bytes.size(), kHeaderMax));
  }
  BOOST_OUTCOME_TRY(Header header, read_header(bytes.substr(0, length), name));
  const std::string_view data = bytes.substr(length);
  if (const std::string fault = fault_of_places(header.tensors, data.size()); !fault.empty())
    return corrupt(fault);
  TensorFile file{std::move(header.metadata), {}};
  for (HeaderTensor& entry : header.tensors) {
    const auto type = std::ranges::find(kTypeNames, entry.type);
    if (type == kTypeNames.end())
      return corrupt(fmt::format("tensor {} is of type {}; F64, F32, I64 and U8 are read",
                                 shown(entry.name), shown(entry.type)));
    Tensor tensor{std::move(entry.name), static_cast<TensorType>(type - kTypeNames.begin()),
                  std::move(entry.shape),
                  std::string(data.substr(entry.begin, entry.end - entry.begin))};
    if (const std::string fault = fault_of(tensor); !fault.empty()) return corrupt(fault);
    file.tensors.push_back(std::move(tensor));
  }
  std::ranges::sort(file.tensors, {}, &Tensor::name);
  return file;
}

}  // namespace proteus::inference
