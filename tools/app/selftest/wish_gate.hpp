// The gate under test with its sizing overruled: a scenario has to ask for what sizing would never
// wish. Everything else of the gate is asked as in a session, and what it says is kept.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "engine/ports/risk_gate.hpp"

namespace proteus::app::selftest {

class WishGate final : public RiskGate {
 public:
  explicit WishGate(std::unique_ptr<RiskGate> inner) : inner_(std::move(inner)) {}

  /// The position that the next decision on the instrument wants.
  void wish(InstrumentId id, Quantity position) { wishes_[id.index] = position; }
  /// The next decision is sized by the gate itself.
  void leave_sizing(InstrumentId id) { own_[id.index] = true; }
  /// Orders pass without being asked about, as if the limits had been others when they were sent.
  void bypass(bool on) { bypass_ = on; }

  /// What the gate said to the last order; nothing since `forget`.
  struct Review {
    OrderRequest order;
    Verdict verdict;
    std::vector<ControlResult> words;
  };
  [[nodiscard]] const std::optional<Review>& last() const { return last_; }
  void forget() { last_.reset(); }

  [[nodiscard]] const char* absurd(const Bar& bar) override { return inner_->absurd(bar); }
  [[nodiscard]] const char* absurd_quote(const Event& event) const override {
    return inner_->absurd_quote(event);
  }
  void on_cancel(Timestamp now) override { inner_->on_cancel(now); }
  void observe(const Event& event, const LedgerView& ledger, ReportSink& moves) override {
    inner_->observe(event, ledger, moves);
  }
  void on_equity(const LedgerView& ledger, Timestamp now, ReportSink& moves) override {
    inner_->on_equity(ledger, now, moves);
  }
  Sized size(const SizingInput& input, SizingSteps& steps) override;
  Verdict review(const OrderRequest& order, const ReviewInput& input,
                 ControlWords& results) override;
  [[nodiscard]] RiskStatus status(const LedgerView& ledger) const override {
    return inner_->status(ledger);
  }
  void archive(Archive& a) override { inner_->archive(a); }

 private:
  std::unique_ptr<RiskGate> inner_;
  std::array<std::optional<Quantity>, 3> wishes_;
  std::array<bool, 3> own_{};
  bool bypass_ = false;
  std::optional<Review> last_;
};

}  // namespace proteus::app::selftest
