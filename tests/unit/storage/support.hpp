// What the tests of this room share: a folder that goes away, values from a printed seed, and field
// by field equality that does not rest on the code under test.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/storage/wal_format.hpp"
#include "tests/support/folder.hpp"

namespace proteus::storage::test {

using proteus::test::FileSizeLimit;
using proteus::test::Folder;
using proteus::test::read_all;

inline void write_bytes(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// Any value of any described type: every field gets random bits that are a legal value of it.
class AnyValue {
 public:
  explicit AnyValue(std::uint64_t seed) : bits_(seed) {}
  std::uint64_t below(std::uint64_t n) { return bits_() % n; }

  template <class T>
  void fill(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      value = below(2) == 1;
    } else if constexpr (std::is_enum_v<T>) {
      std::uint8_t pick = 0;
      do pick = static_cast<std::uint8_t>(below(64));
      while (!is_enumerator<T>(pick));
      value = static_cast<T>(pick);
    } else if constexpr (std::is_same_v<T, double>) {
      value = std::bit_cast<double>(bits_());  // NaNs, infinities and subnormals among them
    } else if constexpr (std::is_arithmetic_v<T>) {
      value = static_cast<T>(bits_());
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      value = from_unix_ns(static_cast<std::int64_t>(below(4'000'000'000'000'000'000)));
    } else if constexpr (std::is_same_v<T, Duration>) {
      value = Duration{static_cast<std::int64_t>(bits_())};
    } else if constexpr (requires { T::from_raw(0); }) {
      value = T::from_raw(static_cast<std::int64_t>(bits_()));
    } else if constexpr (requires { value.view(); }) {
      std::string text(below(T::capacity() + 1), '\0');
      for (char& c : text) c = static_cast<char>(below(256));
      value = T{std::string_view{text}};
    } else if constexpr (requires { value.push_back(value[0]); }) {
      value.clear();
      std::size_t count = below(6);
      if constexpr (requires { T::capacity(); }) count = below(T::capacity() + 1);
      for (std::size_t i = 0; i < count; ++i) {
        std::remove_cvref_t<decltype(value[0])> entry{};
        fill(entry);
        value.push_back(entry);
      }
    } else {
      for_each_field(value, [&](const char*, auto& member) { fill(member); });
    }
  }

  template <std::size_t I = 0>
  void fill_body(std::size_t index, EventBody& body) {
    if constexpr (I < std::variant_size_v<EventBody>) {
      if (index != I) return fill_body<I + 1>(index, body);
      fill(body.emplace<I>());
    }
  }
  Event event(std::size_t body) {
    Event event;
    fill(event.sequence);
    fill(event.origin);
    fill(event.ts_event);
    fill(event.ts_recv);
    fill_body(body, event.body);
    return event;
  }
  /// Record kinds 0..16: the bodies of events, then decision, order, cancel, equity.
  static constexpr std::size_t kKinds = std::variant_size_v<EventBody> + 4;
  WalRecord record(std::size_t kind) {
    constexpr std::size_t kBodies = std::variant_size_v<EventBody>;
    if (kind < kBodies) return event(kind);
    WalRecord record;
    if (kind == kBodies) fill(record.emplace<DecisionRecord>());
    if (kind == kBodies + 1) fill(record.emplace<OrderIntent>());
    if (kind == kBodies + 2) fill(record.emplace<CancelIntent>());
    if (kind == kBodies + 3) fill(record.emplace<EquityPoint>());
    return record;
  }
  WalRecord record() { return record(below(kKinds)); }

 private:
  std::mt19937_64 bits_;
};

/// Equal in every field, doubles bit for bit.
template <class T>
bool same(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
  } else if constexpr (std::is_same_v<T, Event>) {
    return a.sequence == b.sequence && a.origin == b.origin && a.ts_event == b.ts_event &&
           a.ts_recv == b.ts_recv && same(a.body, b.body);
  } else if constexpr (requires { a.valueless_by_exception(); }) {
    if (a.index() != b.index()) return false;
    return std::visit(
        [&](const auto& left) {
          return same(left, std::get<std::remove_cvref_t<decltype(left)>>(b));
        },
        a);
  } else if constexpr (Described<T>) {
    return std::apply(
        [&](const auto&... entry) { return (same(a.*(entry.member), b.*(entry.member)) && ...); },
        T::fields());
  } else if constexpr (requires {
                         a.size();
                         a[0];
                       }) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!same(a[i], b[i])) return false;
    return true;
  } else {
    return a == b;
  }
}

/// A snapshot enters a log by rotation alone.
template <class JournalLike>
void append_to(JournalLike& journal, const WalRecord& record) {
  std::visit(
      [&](const auto& value) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, Snapshot>)
          ASSERT_TRUE(journal.rotate(value));
        else
          journal.append(value);
      },
      record);
}

constexpr std::int64_t kStartMs = 1'748'538'300'000;  // 2025-05-29T17:05:00Z

/// A tick of the clock, `seconds` after the start.
inline Event tick(std::uint64_t sequence, std::int64_t seconds) {
  Event event;
  event.sequence = sequence;
  event.ts_event = event.ts_recv = from_unix_ms(kStartMs + 1000 * seconds);
  event.body = ClockTick{};
  return event;
}
/// One a second.
inline Event tick(std::uint64_t sequence) {
  return tick(sequence, static_cast<std::int64_t>(sequence));
}

/// A snapshot of a state of `size` bytes.
inline Snapshot snapshot_at(std::uint64_t sequence, std::size_t size = 100) {
  Snapshot snapshot;
  snapshot.sequence = sequence;
  snapshot.time = tick(sequence).ts_recv;
  snapshot.ledger_hash = sequence * 7919;
  snapshot.state = std::string(size, static_cast<char>(sequence));
  return snapshot;
}

using Sequences = std::vector<std::uint64_t>;

inline WalHeader a_header() {
  return {.session = "0123456789abc",
          .config_hash = "00000000deadbeef",
          .mode = "paper",
          .start = from_unix_ms(kStartMs)};
}

}  // namespace proteus::storage::test
