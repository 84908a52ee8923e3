#include "connectors/sim/faults.hpp"

#include <fmt/format.h>

namespace proteus::sim {
namespace {

std::string truncated(std::string_view frame, Draws& draws) {
  return std::string(frame.substr(0, 1 + draws.next() % (frame.size() - 1)));
}

/// Three bytes changed; ASCII stays ASCII, so the websocket layer lets it pass.
std::string flipped(std::string frame, Draws& draws) {
  for (int i = 0; i < 3; ++i) {
    char& byte = frame[draws.next() % frame.size()];
    byte = static_cast<char>((byte ^ static_cast<char>(1 + draws.next() % 31)) & 0x7f);
  }
  return frame;
}

std::string random_bytes(std::size_t size, Draws& draws) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(draws.next() & 0xffU);
  return bytes;
}

/// {"topic":.. becomes {"colRes":1,"topic":..
std::string with_unknown_key(std::string_view frame) {
  return fmt::format("{{\"colRes\":1,{}", frame.substr(1));
}

bool any_frame_chance(const SimFaults& f) {
  return f.delay_per_frame > 0 || f.duplicate_per_frame > 0 || f.reorder_per_frame > 0 ||
         f.omit_confirm > 0 || f.repeat_confirm > 0 || f.truncate_per_frame > 0 ||
         f.flip_per_frame > 0 || f.binary_per_frame > 0 || f.unknown_key_per_frame > 0 ||
         f.unknown_topic_per_frame > 0;
}

}  // namespace

bool FaultDice::strikes(FaultKind kind, double chance) {
  std::int64_t& order = orders_[static_cast<std::size_t>(kind)];
  if (order > 0) {
    --order;
    --orders_left_;
  } else if (chance <= 0.0 || draws_.unit() >= chance) {
    return false;
  }
  count(kind);
  return true;
}

void FaultDice::order(FaultKind kind, std::int64_t count) {
  orders_[static_cast<std::size_t>(kind)] += count;
  orders_left_ += count;
}

FaultyLine::FaultyLine(ConnId conn, SimIo& io, const SimFaults& faults, FaultDice dice)
    : conn_(conn), io_(io), faults_(faults), dice_(dice), chances_(any_frame_chance(faults)) {}

void FaultyLine::send(const Parcel& parcel) {
  ++frames_;
  io_.send(conn_, parcel.frame, parcel.kind);
}

void FaultyLine::data(const Frame& frame, bool confirm, Timestamp now) {
  if (chances_ || held_ || dice_.ordered()) {
    faulty(frame, confirm, now);
  } else {
    send({frame, FrameKind::Text});
  }
}

FaultyLine::Parcel FaultyLine::spoiled(const Frame& frame) {
  const auto made = [](std::string text, FrameKind kind = FrameKind::Text) {
    return Parcel{std::make_shared<const std::string>(std::move(text)), kind};
  };
  if (dice_.strikes(FaultKind::Truncate, faults_.truncate_per_frame))
    return made(truncated(*frame, dice_.draws()));
  if (dice_.strikes(FaultKind::Flip, faults_.flip_per_frame))
    return made(flipped(*frame, dice_.draws()));
  if (dice_.strikes(FaultKind::Binary, faults_.binary_per_frame))
    return made(random_bytes(frame->size(), dice_.draws()), FrameKind::Binary);
  if (dice_.strikes(FaultKind::UnknownKey, faults_.unknown_key_per_frame))
    return made(with_unknown_key(*frame));
  return {frame, FrameKind::Text};
}

void FaultyLine::faulty(const Frame& frame, bool confirm, Timestamp now) {
  if (confirm && dice_.strikes(FaultKind::OmitConfirm, faults_.omit_confirm)) return;
  if (dice_.strikes(FaultKind::UnknownTopic, faults_.unknown_topic_per_frame))
    send({std::make_shared<const std::string>(fmt::format(
              R"({{"topic":"novelty.{0}","type":"snapshot","ts":{1},"data":{{"value":"{0}"}}}})",
              conn_, to_unix_ms(now))),
          FrameKind::Text});
  const Parcel parcel = spoiled(frame);
  if (dice_.strikes(FaultKind::Delay, faults_.delay_per_frame)) {
    delayed_.emplace(now + faults_.delay, parcel);
    return;
  }
  if (!held_ && dice_.strikes(FaultKind::Reorder, faults_.reorder_per_frame)) {
    held_ = parcel;
    return;
  }
  send(parcel);
  if (dice_.strikes(FaultKind::Duplicate, faults_.duplicate_per_frame)) send(parcel);
  if (confirm && dice_.strikes(FaultKind::RepeatConfirm, faults_.repeat_confirm)) send(parcel);
  if (held_) {
    const Parcel late = *std::exchange(held_, std::nullopt);
    send(late);
  }
}

void FaultyLine::release(Timestamp now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    const Parcel parcel = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
    send(parcel);
  }
}

void FaultyLine::later(std::string text, Timestamp due) {
  delayed_.emplace(due,
                   Parcel{std::make_shared<const std::string>(std::move(text)), FrameKind::Text});
}

std::optional<Timestamp> FaultyLine::next_release() const {
  if (delayed_.empty()) return std::nullopt;
  return delayed_.begin()->first;
}

}  // namespace proteus::sim
