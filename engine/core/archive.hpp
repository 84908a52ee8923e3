// State on its way to a snapshot or back from one. A class whose state outlives an event lists its
// members once, and the list serves both directions:
//
//   void archive(Archive& a) { a(cash_, positions_, hash_); }
//
// Bits are kept as they are, doubles too. What a constructor makes of settings is not listed: an
// object is read into one that was built from the same settings.
//
// What is written carries the shape of what was listed, so that another program's snapshot is
// refused and not misread. Reading checks every bound and never throws; after the first failure
// nothing more is read and `whole` is false.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/core/binary.hpp"

namespace proteus {

class Archive {
 public:
  /// Appends to `out`, which must outlive this.
  static Archive writer(ByteBuffer& out) { return Archive{&out, {}}; }
  static Archive reader(std::span<const std::byte> bytes) { return Archive{nullptr, bytes}; }

  [[nodiscard]] bool reading() const { return out_ == nullptr; }

  /// Each member in turn: values of the binary form, 128-bit integers, classes with `archive`,
  /// what a unique_ptr holds, and optionals, arrays and vectors of those. A vector of what has no
  /// default constructor must have the size it was written with.
  template <class... T>
  void operator()(T&... members) {
    (one(members), ...);
  }

  /// Begins a part: a reader that finds another one here fails and tells this name.
  void part(const char* name);

  /// The end. A writer writes the shape; a reader checks it and that all bytes were used.
  [[nodiscard]] bool finish();
  [[nodiscard]] bool ok() const { return ok_; }
  /// Where reading failed: the part that was being read.
  [[nodiscard]] std::string_view place() const { return part_; }
  void fail() { ok_ = false; }

 private:
  Archive(ByteBuffer* out, std::span<const std::byte> in) : out_(out), in_(in) {}

  template <class T>
  struct IsOptional : std::false_type {};
  template <class T>
  struct IsOptional<std::optional<T>> : std::true_type {};
  template <class T>
  struct IsArray : std::false_type {};
  template <class T, std::size_t N>
  struct IsArray<std::array<T, N>> : std::true_type {};
  template <class T>
  struct IsOwner : std::false_type {};
  template <class T>
  struct IsOwner<std::unique_ptr<T>> : std::true_type {};

  template <class T>
  void one(T& value) {
    if constexpr (requires { value.archive(*this); }) {
      value.archive(*this);
    } else if constexpr (IsOwner<T>::value) {
      if (value == nullptr) return fail();
      one(*value);
    } else if constexpr (std::is_same_v<T, Int128> || std::is_same_v<T, UInt128>) {
      plain(value, "i128");
    } else if constexpr (std::is_enum_v<T>) {
      plain(value, "enum");
    } else if constexpr (std::is_array_v<T> || IsArray<T>::value) {
      for (auto& entry : value) one(entry);
    } else if constexpr (IsOptional<T>::value) {
      bool there = value.has_value();
      one(there);
      if (reading() && there && !value) value.emplace();
      if (reading() && !there) value.reset();
      if (value) one(*value);
    } else if constexpr (binary::detail::IsVector<T>::value) {
      many(value);
    } else {
      leaf(value);
    }
  }

  template <class T>
  void many(std::vector<T>& values) {
    auto count = static_cast<std::uint32_t>(values.size());
    one(count);
    if (!ok_) return;
    if constexpr (std::is_default_constructible_v<T>) {
      if (reading()) {
        if (count > in_.size()) return fail();  // Every entry takes a byte at least.
        values.resize(count);
      }
    } else if (count != values.size()) {
      return fail();
    }
    if constexpr (std::is_same_v<T, bool>) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        bool bit = values[i];
        one(bit);
        values[i] = bit;
      }
    } else {
      for (T& value : values) one(value);
    }
  }

  /// Bytes as they lie in memory.
  template <class T>
  void plain(T& value, std::string_view kind) {
    static_assert(std::is_trivially_copyable_v<T>);
    shape_ = binary::layout_mix(shape_, kind);
    if (!ok_) return;
    if (reading()) {
      if (in_.size() < sizeof value) return fail();
      std::memcpy(&value, in_.data(), sizeof value);
      in_ = in_.subspan(sizeof value);
    } else {
      std::memcpy(out_->extend(sizeof value), &value, sizeof value);
    }
  }

  template <class T>
  void leaf(T& value) {
    static constexpr std::uint64_t kLayout = binary::layout<T>(binary::kLayoutSeed);
    shape_ = (shape_ ^ kLayout) * 1099511628211ULL;
    if (!ok_) return;
    if (reading()) {
      binary::Decoder decoder{in_};
      if (!decoder.read(value)) return fail();
      in_ = in_.last(decoder.left());
    } else {
      const std::size_t size = binary::encoded_size(value);
      std::byte* const at = out_->extend(size);
      PROTEUS_ASSERT(binary::encode(value, at) == at + size);
    }
  }

  ByteBuffer* out_;  // null: reading
  std::span<const std::byte> in_;
  std::uint64_t shape_ = binary::kLayoutSeed;
  const char* part_ = "the beginning";
  bool ok_ = true;
};

inline void Archive::part(const char* name) {
  std::uint64_t mark = binary::layout_mix(binary::kLayoutSeed, name);
  const std::uint64_t expected = mark;
  if (ok_) part_ = name;
  plain(mark, "part");
  if (mark != expected) fail();
}

inline bool Archive::finish() {
  const std::uint64_t expected = shape_;
  std::uint64_t shape = shape_;
  plain(shape, "end");
  if (shape != expected || (reading() && !in_.empty())) fail();
  return ok_;
}

}  // namespace proteus
