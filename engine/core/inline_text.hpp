// A short text held in place: identifiers and venue words inside events, which must not allocate.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string_view>

namespace proteus {

/// Up to N bytes (N <= 255); what does not fit is cut. Trivially copyable; unused bytes are zero.
template <std::size_t N>
class InlineText {
  static_assert(N <= 255);

 public:
  constexpr InlineText() = default;
  constexpr InlineText(
      std::string_view text)  // NOLINT(google-explicit-constructor): a text is a text
      : size_(static_cast<std::uint8_t>(std::min(text.size(), N))) {
    std::copy_n(text.data(), size_, bytes_.data());
  }
  constexpr InlineText(const char* text)
      : InlineText(std::string_view{text}) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] constexpr std::string_view view() const { return {bytes_.data(), size_}; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  static constexpr std::size_t capacity() { return N; }

  friend constexpr bool operator==(const InlineText& a, const InlineText& b) {
    return a.view() == b.view();
  }
  friend constexpr auto operator<=>(const InlineText& a, const InlineText& b) {
    return a.view() <=> b.view();
  }

 private:
  std::array<char, N> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace proteus

template <std::size_t N>
struct std::hash<proteus::InlineText<N>> {
  std::size_t operator()(const proteus::InlineText<N>& t) const noexcept {
    return std::hash<std::string_view>{}(t.view());
  }
};
