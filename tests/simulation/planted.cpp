#include "tests/simulation/planted.hpp"

#include <string>

namespace proteus::simulation {

std::string_view to_string(Planted planted) {
  constexpr std::array<std::string_view, 4> kNames = {"nothing", "a dropped fill",
                                                      "a doubled order", "a look-ahead of one bar"};
  return kNames[static_cast<std::size_t>(planted)];
}

class ErringVenue::Sieve final : public ReportSink {
 public:
  Sieve(ErringVenue& venue, ReportSink& reports) : venue_(venue), reports_(reports) {}
  void report(EventBody body, Timestamp happened) override {
    const bool fill = std::holds_alternative<Fill>(body);
    if (fill && venue_.after_ > 0 && --venue_.after_ == 0) return;
    reports_.report(std::move(body), happened);
  }

 private:
  ErringVenue& venue_;
  ReportSink& reports_;
};

void ErringVenue::before(const Event& input, ReportSink& reports) {
  if (planted_ != Planted::DroppedFill) return venue_->before(input, reports);
  Sieve sieve(*this, reports);
  venue_->before(input, sieve);
}

void ErringVenue::submit(const OrderRequest& order, Timestamp now, ReportSink& reports) {
  venue_->submit(order, now, reports);
  if (planted_ != Planted::DoubledOrder || after_ == 0 || --after_ > 0) return;
  OrderRequest again = order;
  std::string id(order.id.view());
  id.back() = id.back() == '9' ? '8' : '9';
  again.id = std::string_view(id);
  venue_->submit(again, now, reports);
}

EventBody one_bar_ahead(EventBody body, const Truth& truth) {
  auto* const closed = std::get_if<BarClosed>(&body);
  if (closed == nullptr) return body;
  const auto next = truth.bar(closed->bar.instrument, closed->bar.close_time);
  if (!next) return body;
  closed->bar.open = next->open;
  closed->bar.high = next->high;
  closed->bar.low = next->low;
  closed->bar.close = next->close;
  return body;
}

}  // namespace proteus::simulation
