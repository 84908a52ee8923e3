// The decision path of the gate takes nothing from the heap in steady state. Counted by replacing
// the global operator new of this test program.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "tests/unit/risk/builders.hpp"

namespace {
std::uint64_t allocations = 0;

void* counted(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace proteus::risk {
namespace {

using namespace std::chrono_literals;

struct CountingMoves final : ReportSink {
  int count = 0;
  void report(EventBody, Timestamp) override { ++count; }
};

TEST(Gate, AllocatesNothingABar) {
  World w;
  CountingMoves moves;
  const LedgerView ledger = w.books.view();
  const std::vector<OrderRequest> open{w.order(Side::Buy, "0.01"_qty)};
  OrderRequest order = w.order(Side::Buy, "1"_qty);
  SizingSteps steps;
  ControlWords words;
  int approved = 0;
  Event event = event_of(BarClosed{bar_at(kBtc, kStart, "100"_px)}, kStart + 1min);

  const std::uint64_t before = allocations;
  for (int i = 0; i < 1'000; ++i) {
    Bar& bar = std::get<BarClosed>(event.body).bar;
    bar = bar_at(kBtc, kStart + std::chrono::minutes{i}, i % 2 == 0 ? "100"_px : "101"_px);
    event.ts_event = event.ts_recv = bar.close_time;
    ASSERT_EQ(w.gate.absurd(bar), nullptr);
    w.gate.observe(event, ledger, moves);
    w.gate.on_equity(ledger, bar.close_time, moves);
    order.id = make_order_id(SessionCode{"0123456789abc"}, kBtc, bar.close_time, Purpose::Open, 0);
    steps.clear();
    words.clear();
    (void)w.gate.size({bar, w.instruments[kBtc], Target{0.5, 0.9}, true, ledger}, steps);
    const Verdict verdict =
        w.gate.review(order, {w.instruments[kBtc], ledger, open, bar.close_time}, words);
    approved += std::holds_alternative<Approved>(verdict) ? 1 : 0;
  }
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_EQ(approved, 1'000);
  EXPECT_EQ(moves.count, 1);  // ETH has no bars here: one hold, and no heap for it either.
}

TEST(AllocationCounter, SeesAnAllocation) {
  const std::uint64_t before = allocations;
  void* memory = ::operator new(16);  // Called by name: a new-expression may be optimised away.
  EXPECT_EQ(allocations - before, 1U);
  ::operator delete(memory);
}

}  // namespace
}  // namespace proteus::risk
