#include "tests/simulation/witness.hpp"

#include "connectors/storage/session_log.hpp"

namespace proteus::simulation {

class Witness::Ear final : public Journal {
 public:
  explicit Ear(Witness& witness) : witness_(witness) {}
  void append(const Event& record) override { witness_.hear(record); }
  void append(const DecisionRecord& record) override { witness_.hear(record); }
  void append(const OrderIntent& record) override { witness_.hear(record); }
  void append(const CancelIntent& record) override { witness_.hear(record); }
  void append(const EquityPoint& record) override { witness_.hear(record); }
  [[nodiscard]] bool commit() override { return witness_.audit_.commit(); }

 private:
  Witness& witness_;
};

std::unique_ptr<Journal> Witness::before(Journal& log) {
  relay_.to = &log;
  return std::make_unique<Ear>(*this);
}

Result<void> Witness::hear_closed_segments(const std::filesystem::path& wal) {
  BOOST_OUTCOME_TRY(const storage::WalReader last, storage::WalReader::open(wal));
  const std::uint64_t end = last.header().first_record;
  if (end == 0) return success();
  BOOST_OUTCOME_TRY(auto log, storage::SessionLog::open(wal));
  while (log.number() < end) {
    BOOST_OUTCOME_TRY(const storage::WalRecord* const record, log.next());
    if (record == nullptr) break;
    std::visit(
        [this](const auto& r) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(r)>, storage::Snapshot>) hear(r);
        },
        *record);
    static_cast<void>(audit_.commit());
  }
  return success();
}

void Witness::note(const DecisionRecord& decision) {
  const std::string_view reason = decision.reason.view();
  if (reason.starts_with("flatten")) return;  // No word of the strategy's.
  said_.try_emplace({decision.instrument.index, decision.bar_open},
                    Said{decision.has_target, decision.target.weight, decision.outcome});
}

void Witness::note(const Event& event) {
  const auto* closed = std::get_if<BarClosed>(&event.body);
  if (closed == nullptr) return;
  const Bar& bar = closed->bar;
  Timestamp& last = closes_[bar.instrument.index];
  if (last != Timestamp{} && bar.open_time != last)
    gaps_.try_emplace(bar.instrument.index, bar.open_time);
  last = bar.close_time;
}

Timestamp Witness::first_gap(std::uint32_t instrument) const {
  const auto found = gaps_.find(instrument);
  return found == gaps_.end() ? Timestamp::max() : found->second;
}

Result<Digest> Witness::of_log(const std::filesystem::path& wal) {
  Digest digest;
  BOOST_OUTCOME_TRY(auto log, storage::SessionLog::open(wal));
  for (;;) {
    BOOST_OUTCOME_TRY(const storage::WalRecord* const record, log.next());
    if (record == nullptr) return digest;
    std::visit(
        [&](const auto& r) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(r)>, storage::Snapshot>)
            digest.add(r);
        },
        *record);
  }
}

}  // namespace proteus::simulation
