#include "tools/app/selftest/wish_gate.hpp"

#include <utility>

namespace proteus::app::selftest {

Sized WishGate::size(const SizingInput& input, SizingSteps& steps) {
  const std::size_t i = input.instrument.id.index;
  Sized sized = inner_->size(input, steps);
  if (std::exchange(own_[i], false)) return sized;
  const Quantity held = input.ledger[input.instrument.id].quantity;
  sized = Sized{};
  sized.wanted = wishes_[i].value_or(held);
  sized.unchanged = sized.wanted == held;
  sized.reason = "the self-test asks for it";
  wishes_[i].reset();
  return sized;
}

Verdict WishGate::review(const OrderRequest& order, const ReviewInput& input,
                         ControlWords& results) {
  if (bypass_) return Approved{order};
  const std::size_t before = results.size();
  const Verdict verdict = inner_->review(order, input, results);
  last_ = Review{order, verdict, {results.begin() + before, results.end()}};
  return verdict;
}

}  // namespace proteus::app::selftest
