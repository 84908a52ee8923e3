// The binary form of described structs, made from their `fields()`: little-endian, no padding,
// doubles bit for bit. Used by the session log.
//
//   bool, enum      1 byte, checked when read
//   arithmetic      its size
//   Fixed, Timestamp, Duration   8 bytes: raw units of 1e-9, nanoseconds
//   InlineText      1 byte length, bytes
//   InlineList      1 byte count, the used entries
//   std::vector     4 bytes count, entries;  std::string  4 bytes length, bytes
//   Described       its fields in order
//
// Writing allocates nothing once the buffer has grown; reading checks every bound and never throws.
#pragma once

#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/core/assert.hpp"
#include "engine/core/enum_values.hpp"
#include "engine/core/fields.hpp"
#include "engine/core/fixed.hpp"
#include "engine/core/inline_list.hpp"
#include "engine/core/inline_text.hpp"
#include "engine/core/time.hpp"

namespace proteus {

static_assert(std::endian::native == std::endian::little, "the log is written as memory lies");

/// Bytes that keep their capacity when they are cleared, and are not zeroed when they grow.
class ByteBuffer {
 public:
  [[nodiscard]] const std::byte* data() const { return bytes_.get(); }
  [[nodiscard]] std::byte* data() { return bytes_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::span<const std::byte> view() const { return {bytes_.get(), size_}; }
  void clear() { size_ = 0; }
  /// Room for n more bytes; the caller fills all of them. Valid until the next call.
  std::byte* extend(std::size_t n) {
    if (capacity_ - size_ < n) grow(n);
    std::byte* const at = bytes_.get() + size_;
    size_ += n;
    return at;
  }
  /// Drops the first n bytes.
  void drop_front(std::size_t n) {
    PROTEUS_ASSERT(n <= size_);
    size_ -= n;
    if (size_ > 0) std::memmove(bytes_.get(), bytes_.get() + n, size_);
  }

 private:
  void grow(std::size_t n) {
    std::size_t capacity = capacity_ == 0 ? 4096 : capacity_;
    while (capacity - size_ < n) capacity *= 2;
    std::unique_ptr<std::byte[]> larger{new std::byte[capacity]};
    if (size_ > 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

namespace binary {
namespace detail {

template <class T>
struct IsFixed : std::false_type {};
template <class Tag>
struct IsFixed<Fixed<Tag>> : std::true_type {};
template <class T>
struct IsText : std::false_type {};
template <std::size_t N>
struct IsText<InlineText<N>> : std::true_type {};
template <class T>
struct IsList : std::false_type {};
template <class T, std::size_t N>
struct IsList<InlineList<T, N>> : std::true_type {
  static_assert(N <= 255);
};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct AlwaysFalse : std::false_type {};

}  // namespace detail

template <class T>
inline constexpr bool kIsTime = std::is_same_v<T, Timestamp> || std::is_same_v<T, Duration>;

/// Bytes that `encode` will write for this value.
template <class T>
std::size_t encoded_size(const T& value) {
  if constexpr (std::is_same_v<T, bool> || std::is_enum_v<T>) {
    return 1;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return sizeof(T);
  } else if constexpr (detail::IsFixed<T>::value || kIsTime<T>) {
    return 8;
  } else if constexpr (detail::IsText<T>::value) {
    return 1 + value.view().size();
  } else if constexpr (std::is_same_v<T, std::string>) {
    return 4 + value.size();
  } else if constexpr (detail::IsList<T>::value || detail::IsVector<T>::value) {
    std::size_t size = detail::IsList<T>::value ? 1 : 4;
    for (const auto& entry : value) size += encoded_size(entry);
    return size;
  } else if constexpr (Described<T>) {
    std::size_t size = 0;
    for_each_field(value, [&](const char*, const auto& member) { size += encoded_size(member); });
    return size;
  } else {
    static_assert(detail::AlwaysFalse<T>::value, "this type has no binary form");
  }
}

template <class T>
std::byte* put(std::byte* out, T value) {
  std::memcpy(out, &value, sizeof value);
  return out + sizeof value;
}
inline std::byte* put_bytes(std::byte* out, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

/// Writes encoded_size(value) bytes at `out`; returns the end.
template <class T>
std::byte* encode(const T& value, std::byte* out) {
  if constexpr (std::is_same_v<T, bool> || std::is_enum_v<T>) {
    static_assert(sizeof(T) == 1);
    return put(out, static_cast<std::uint8_t>(value));
  } else if constexpr (std::is_arithmetic_v<T>) {
    return put(out, value);
  } else if constexpr (detail::IsFixed<T>::value) {
    return put(out, value.raw());
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    return put(out, to_unix_ns(value));
  } else if constexpr (std::is_same_v<T, Duration>) {
    return put(out, static_cast<std::int64_t>(value.count()));
  } else if constexpr (detail::IsText<T>::value) {
    out = put(out, static_cast<std::uint8_t>(value.view().size()));
    return put_bytes(out, value.view());
  } else if constexpr (std::is_same_v<T, std::string>) {
    out = put(out, static_cast<std::uint32_t>(value.size()));
    return put_bytes(out, value);
  } else if constexpr (detail::IsList<T>::value || detail::IsVector<T>::value) {
    using Count = std::conditional_t<detail::IsList<T>::value, std::uint8_t, std::uint32_t>;
    out = put(out, static_cast<Count>(value.size()));
    for (const auto& entry : value) out = encode(entry, out);
    return out;
  } else {
    for_each_field(value, [&](const char*, const auto& member) { out = encode(member, out); });
    return out;
  }
}

/// Walks over bytes that may be anything. After the first failure every read fails.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) : at_(bytes.data()), left_(bytes.size()) {}

  /// True when all bytes were used and nothing failed.
  [[nodiscard]] bool complete() const { return ok_ && left_ == 0; }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t left() const { return left_; }

  /// Fills `value`, or returns false and leaves it in part filled.
  template <class T>
  [[nodiscard]] bool read(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      if (!take(byte) || byte > 1) return fail();
      value = byte == 1;
    } else if constexpr (std::is_enum_v<T>) {
      std::uint8_t byte = 0;
      if (!take(byte) || !is_enumerator<T>(byte)) return fail();
      value = static_cast<T>(byte);
    } else if constexpr (std::is_arithmetic_v<T>) {
      return take(value);
    } else if constexpr (detail::IsFixed<T>::value) {
      std::int64_t raw = 0;
      if (!take(raw)) return false;
      value = T::from_raw(raw);
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      std::int64_t ns = 0;
      if (!take(ns)) return false;
      value = from_unix_ns(ns);
    } else if constexpr (std::is_same_v<T, Duration>) {
      std::int64_t ns = 0;
      if (!take(ns)) return false;
      value = Duration{ns};
    } else if constexpr (detail::IsText<T>::value) {
      std::uint8_t size = 0;
      std::string_view bytes;
      if (!take(size) || size > T::capacity() || !take_bytes(size, bytes)) return fail();
      value = T{bytes};
    } else if constexpr (std::is_same_v<T, std::string>) {
      std::uint32_t size = 0;
      std::string_view bytes;
      if (!take(size) || !take_bytes(size, bytes)) return fail();
      value = bytes;
    } else if constexpr (detail::IsList<T>::value) {
      std::uint8_t count = 0;
      if (!take(count) || count > T::capacity()) return fail();
      value.clear();
      for (std::uint8_t i = 0; i < count; ++i) {
        std::remove_cvref_t<decltype(value[0])> entry{};
        if (!read(entry)) return false;
        value.push_back(entry);
      }
    } else if constexpr (detail::IsVector<T>::value) {
      std::uint32_t count = 0;
      // Every entry takes a byte at least: a wild count fails before anything is allocated.
      if (!take(count) || count > left_) return fail();
      value.clear();
      for (std::uint32_t i = 0; i < count; ++i)
        if (!read(value.emplace_back())) return false;
    } else {
      static_assert(Described<T>, "this type has no binary form");
      for_each_field(value, [&](const char*, auto& member) { ok_ = ok_ && read(member); });
    }
    return ok_;
  }

 private:
  bool fail() {
    ok_ = false;
    return false;
  }
  template <class T>
  bool take(T& value) {
    if (!ok_ || left_ < sizeof value) return fail();
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    left_ -= sizeof value;
    return true;
  }
  bool take_bytes(std::size_t n, std::string_view& out) {
    if (!ok_ || left_ < n) return fail();
    out = {reinterpret_cast<const char*>(at_), n};
    at_ += n;
    left_ -= n;
    return true;
  }
  const std::byte* at_;
  std::size_t left_;
  bool ok_ = true;
};

/// One described value, the whole of `bytes` and not a byte more; false if they are not one.
template <class T>
[[nodiscard]] bool decode(std::span<const std::byte> bytes, T& value) {
  Decoder decoder{bytes};
  return decoder.read(value) && decoder.complete();
}

/// A number that changes when the fields of T do: their names, order and kinds (FNV-1a, 64 bits).
/// Written into files, so that another layout is refused and not misread.
inline constexpr std::uint64_t kLayoutSeed = 14695981039346656037ULL;
constexpr std::uint64_t layout_mix(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return (hash ^ 0xffU) * 1099511628211ULL;
}
template <class T>
constexpr std::uint64_t layout(std::uint64_t hash) {
  if constexpr (std::is_same_v<T, bool>) {
    return layout_mix(hash, "bool");
  } else if constexpr (std::is_enum_v<T>) {
    // Enumerators may be added at the end without making older files unreadable.
    return layout_mix(hash, "enum");
  } else if constexpr (std::is_floating_point_v<T>) {
    return layout_mix(hash, sizeof(T) == 8 ? "f64" : "f32");
  } else if constexpr (std::is_integral_v<T>) {
    constexpr char kSize[] = {std::is_signed_v<T> ? 'i' : 'u', static_cast<char>('0' + sizeof(T)),
                              '\0'};
    return layout_mix(hash, kSize);
  } else if constexpr (detail::IsFixed<T>::value) {
    return layout_mix(hash, "fixed");
  } else if constexpr (kIsTime<T>) {
    return layout_mix(hash, "ns");
  } else if constexpr (detail::IsText<T>::value || std::is_same_v<T, std::string>) {
    return layout_mix(hash, std::is_same_v<T, std::string> ? "string" : "text");
  } else if constexpr (detail::IsList<T>::value || detail::IsVector<T>::value) {
    hash = layout_mix(hash, detail::IsList<T>::value ? "list" : "vector");
    return layout<std::remove_cvref_t<decltype(std::declval<const T&>()[0])>>(hash);
  } else {
    hash = layout_mix(hash, "{");
    std::apply(
        [&](const auto&... entry) {
          ((hash = layout<std::remove_cvref_t<decltype(std::declval<T>().*(entry.member))>>(
                layout_mix(hash, entry.name))),
           ...);
        },
        T::fields());
    return layout_mix(hash, "}");
  }
}

}  // namespace binary
}  // namespace proteus
