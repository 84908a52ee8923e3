#include "engine/core/order_id.hpp"

#include <array>

#include "engine/core/assert.hpp"

namespace proteus {
namespace {

constexpr std::string_view kBase36 = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kBase32 = "0123456789abcdefghjkmnpqrstvwxyz";

char* put_base36(char* out, std::uint64_t value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = kBase36[value % 36];
    value /= 36;
  }
  PROTEUS_ASSERT(value == 0);
  return out + width;
}

}  // namespace

SessionCode make_session_code(const std::array<std::uint8_t, 13>& random) {
  std::array<char, 13> text{};
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = kBase32[random[i] & 31U];
  return SessionCode{std::string_view{text.data(), text.size()}};
}

ClientOrderId make_order_id(const SessionCode& session, InstrumentId instrument, Timestamp decision,
                            Purpose purpose, std::uint32_t ordinal) {
  PROTEUS_ASSERT(session.view().size() == SessionCode::capacity());
  std::array<char, 36> text{};
  char* p = text.data();
  *p++ = 'p';
  p = std::copy(session.view().begin(), session.view().end(), p);
  *p++ = '-';
  p = put_base36(p, instrument.index, 3);
  *p++ = '-';
  p = put_base36(p,
                 static_cast<std::uint64_t>(
                     std::chrono::floor<std::chrono::seconds>(decision.time_since_epoch()).count()),
                 7);
  *p++ = '-';
  *p++ = static_cast<char>(purpose);
  p = put_base36(p, ordinal, 3);
  return ClientOrderId{std::string_view{text.data(), static_cast<std::size_t>(p - text.data())}};
}

std::string_view decision_second(const ClientOrderId& id) {
  constexpr std::size_t kSize = 31;
  constexpr std::size_t kSecondAt = 19;
  return id.view().size() == kSize ? id.view().substr(kSecondAt, 7) : std::string_view{};
}

}  // namespace proteus
