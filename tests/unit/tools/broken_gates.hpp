// Gates that are broken on purpose: what the self-test has to find.
#pragma once

#include <memory>
#include <utility>

#include "engine/ports/risk_gate.hpp"

namespace proteus::app {

/// Asks another gate about everything.
class GateAround : public RiskGate {
 public:
  explicit GateAround(std::unique_ptr<RiskGate> inner) : inner_(std::move(inner)) {}

  [[nodiscard]] const char* absurd(const Bar& bar) override { return inner_->absurd(bar); }
  [[nodiscard]] const char* absurd_quote(const Event& event) const override {
    return inner_->absurd_quote(event);
  }
  void observe(const Event& event, const LedgerView& ledger, ReportSink& moves) override {
    inner_->observe(event, ledger, moves);
  }
  void on_equity(const LedgerView& ledger, Timestamp now, ReportSink& moves) override {
    inner_->on_equity(ledger, now, moves);
  }
  Sized size(const SizingInput& input, SizingSteps& steps) override {
    return inner_->size(input, steps);
  }
  Verdict review(const OrderRequest& order, const ReviewInput& input,
                 ControlWords& results) override {
    return inner_->review(order, input, results);
  }
  void on_cancel(Timestamp now) override { inner_->on_cancel(now); }
  [[nodiscard]] RiskStatus status(const LedgerView& ledger) const override {
    return inner_->status(ledger);
  }
  void archive(Archive& a) override { inner_->archive(a); }

 protected:
  RiskGate& inner() { return *inner_; }

 private:
  std::unique_ptr<RiskGate> inner_;
};

/// Holds a target as it is wished, without a word of control 27 or 30.
inline Sized naive(const SizingInput& input, SizingSteps& steps) {
  Sized sized;
  sized.wanted = input.ledger[input.instrument.id].quantity;
  sized.unchanged = true;
  if (input.target) steps.push_back({SizingStepId::Target, input.target->weight, 1.0});
  return sized;
}

/// Says yes to every order and every bar, whatever the gate says.
class ApprovesEverything final : public GateAround {
 public:
  using GateAround::GateAround;
  [[nodiscard]] const char* absurd(const Bar&) override { return nullptr; }
  [[nodiscard]] const char* absurd_quote(const Event&) const override { return nullptr; }
  Sized size(const SizingInput& input, SizingSteps& steps) override { return naive(input, steps); }
  Verdict review(const OrderRequest& order, const ReviewInput& input,
                 ControlWords& results) override {
    ControlWords unheard;
    (void)inner().review(order, input, unheard);
    // Its words sound as if it had asked.
    for (ControlResult word : unheard) {
      word.passed = true;
      results.push_back(word);
    }
    return Approved{order};
  }
};

/// One control never says no.
class WithoutOne final : public GateAround {
 public:
  WithoutOne(std::unique_ptr<RiskGate> inner, Control control)
      : GateAround(std::move(inner)), control_(control) {}

  [[nodiscard]] const char* absurd(const Bar& bar) override {
    const char* reason = GateAround::absurd(bar);
    return control_ == Control::AbsurdData ? nullptr : reason;
  }
  void observe(const Event& event, const LedgerView& ledger, ReportSink& moves) override {
    if (control_ == Control::Override && std::holds_alternative<OverrideChanged>(event.body))
      return;
    GateAround::observe(event, ledger, moves);
  }
  Sized size(const SizingInput& input, SizingSteps& steps) override {
    SizingSteps taken;
    const Sized sized = GateAround::size(input, taken);
    if (control_ == Control::ModelOutput && sized.control.control == control_)
      return naive(input, steps);
    for (const SizingStep& step : taken) steps.push_back(step);
    return sized;
  }
  Verdict review(const OrderRequest& order, const ReviewInput& input,
                 ControlWords& results) override {
    const Verdict verdict = GateAround::review(order, input, results);
    const auto* refused = std::get_if<Refused>(&verdict);
    return refused != nullptr && refused->by.control == control_ ? Approved{order} : verdict;
  }

 private:
  Control control_;
};

}  // namespace proteus::app
