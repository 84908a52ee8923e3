// A log that is told again: compared while it lasts, written on where it ends. A teller stands in
// for the engine: what it makes of an input is known, reports before the input included.
#include "connectors/storage/retold_journal.hpp"

#include <gmock/gmock.h>

#include "tests/unit/storage/support.hpp"

namespace proteus::storage {
namespace {

using test::Folder;

/// Of an input n: reports before it (n % 3 of them), the input, a decision for every second one.
class Teller {
 public:
  explicit Teller(Journal& log) : log_(log) {}

  void hear(const Event& input) {
    const auto n = static_cast<std::uint64_t>(to_unix_ms(input.ts_recv));
    for (std::uint64_t i = 0; i < n % 3; ++i)
      log_.append(Event{++sequence_, Origin::Derived, input.ts_recv, input.ts_recv,
                        HoldChanged{Hold::StaleData, i == 0, false, {}, twist}});
    Event told = input;
    told.sequence = ++sequence_;
    log_.append(told);
    if (n % 2 == 0) {
      DecisionRecord record;
      record.sequence = sequence_;
      record.time = input.ts_recv;
      log_.append(record);
    }
    commits.push_back(log_.commit());
  }
  const char* twist = "";
  std::vector<bool> commits;

 private:
  Journal& log_;
  std::uint64_t sequence_ = 0;
};

Event input(int n) {
  const Timestamp at = from_unix_ms(n);
  return {0, Origin::Input, at, at, ClockTick{}};
}

constexpr int kInputs = 7;

/// A whole log of kInputs, as bytes.
std::string whole(const Folder& folder) {
  const auto path = folder / "whole.wal";
  {
    auto log = WalJournal::create(path, {"0123456789abc", "hash", "paper", from_unix_ms(1)});
    EXPECT_TRUE(log.has_value());
    Teller teller(*log.value());
    for (int n = 1; n <= kInputs; ++n) teller.hear(input(n));
  }
  return test::read_all(path);
}

/// Tells the log again and goes on up to kInputs. The complaint, if any.
std::string go_on(const std::filesystem::path& path, const char* twist = "") {
  auto last = LastSegment::open(path);
  if (last.has_error()) return last.error().context;
  RetoldJournal journal(std::move(last.value()), {});
  Teller teller(journal);
  teller.twist = twist;
  int told = 0;
  for (;;) {
    const auto next = journal.next_input();
    if (next.has_error()) return next.error().context;
    if (next.value() == nullptr) break;
    const Event event = *next.value();
    told = static_cast<int>(to_unix_ms(event.ts_recv));
    teller.hear(event);
  }
  const auto log = journal.take_log();
  for (int n = told + 1; n <= kInputs; ++n) teller.hear(input(n));
  return "";
}

TEST(RetoldLog, CutAtAnyByteEndsAsIfItHadNeverBeen) {
  const Folder folder;
  const std::string bytes = whole(folder);
  const auto path = folder / "session.wal";
  const std::size_t header = [&] {
    auto last = LastSegment::open(folder / "whole.wal");
    return last.value().tail().offset;
  }();
  for (std::size_t size = header; size <= bytes.size(); ++size) {
    test::write_bytes(path, bytes.substr(0, size));
    ASSERT_EQ(go_on(path), "") << size;
    ASSERT_EQ(test::read_all(path), bytes) << "cut at " << size;
  }
}

TEST(RetoldLog, ThatIsToldDifferentlyIsRefusedAndLeftAsItIs) {
  const Folder folder;
  const std::string bytes = whole(folder);
  const auto path = folder / "session.wal";
  test::write_bytes(path, bytes);
  const std::string complaint = go_on(path, "another program");
  EXPECT_THAT(complaint, ::testing::HasSubstr("told differently"));
  EXPECT_THAT(complaint, ::testing::HasSubstr("another program"));
  EXPECT_EQ(test::read_all(path), bytes);
}

TEST(RetoldLog, FailsTheCommitsThatFailedThen) {
  const Folder folder;
  const auto path = folder / "session.wal";
  const auto backlog = [](std::uint64_t sequence, bool active) {
    return Event{sequence, Origin::Input, from_unix_ms(1), from_unix_ms(1),
                 HoldChanged{Hold::Backlog, active, false, {}, ""}};
  };
  {
    auto log = WalJournal::create(path, {"0123456789abc", "hash", "paper", from_unix_ms(1)});
    Event first = input(3);
    first.sequence = 1;
    log.value()->append(first);
    log.value()->append(backlog(2, true));
    log.value()->append(backlog(3, false));
    ASSERT_TRUE(log.value()->commit());
  }
  RetoldJournal journal(LastSegment::open(path).value(), {});
  ASSERT_NE(journal.next_input().value(), nullptr);
  Event first = input(3);
  first.sequence = 1;
  journal.append(first);
  EXPECT_FALSE(journal.commit());
  journal.append(backlog(2, true));
  EXPECT_TRUE(journal.commit());
  journal.append(backlog(3, false));
  EXPECT_TRUE(journal.commit());
  EXPECT_EQ(journal.next_input().value(), nullptr);
}

}  // namespace
}  // namespace proteus::storage
