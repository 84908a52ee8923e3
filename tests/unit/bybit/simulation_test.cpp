// The whole feed against a simulated venue with faults, over many seeds: the bars that come out are
// the venue's, each once and in order.
#include <gtest/gtest.h>

#include "simulated_venue.hpp"

namespace proteus::bybit {
namespace {

using namespace test;

Faults all_faults() {
  Faults f;
  f.drop = 0.002;
  f.silence = 0.0007;
  f.duplicate = 0.1;
  f.conflict = 0.05;
  f.reorder = 0.1;
  f.omit = 0.1;
  f.delay = 0.05;
  f.corrupt = 0.02;
  f.absurd = 0.05;
  f.future = 0.002;
  f.rest_error = 0.15;
  f.rest_lost = 0.03;
  f.late_ack = 0.2;
  f.lost_ack = 0.1;
  f.connect = 0.2;
  return f;
}

struct Session {
  Session(Faults faults, bool paced, std::uint64_t seed, int steps)
      : venue(instruments, faults, paced, seed),
        clock(mode(paced), 1.0, [this] { return venue.now; }) {
    FeedSettings settings;
    settings.warm_up_bars = 30;
    settings.clock = mode(paced);
    settings.repair = paced ? RepairMode::Pause : RepairMode::Concurrent;
    settings.book_depth = 0;
    settings.backoff_max = 5s;
    settings.instruments_refresh = 1000h;
    // Anchored with some error, as half a round trip is.
    clock.on_server_time(from_unix_ms(venue.venue_ms), venue.now - 30ms, venue.now + 70ms);
    auto made = PublicFeed::create(settings, instruments, venue, clock, sink, seed);
    feed = std::move(made.value());
    venue.feed = feed.get();
    venue.clock = &clock;
    feed->start(venue.now);
    for (int i = 0; i < steps; ++i) venue.step();
    venue.calm = true;
    for (int i = 0; i < 4000; ++i) venue.step();
  }
  static ClockMode mode(bool paced) { return paced ? ClockMode::Frames : ClockMode::Steady; }

  InstrumentTable instruments = table();
  SimulatedVenue venue;
  VenueClock clock;
  FakeSink sink;
  std::unique_ptr<PublicFeed> feed;
};

/// Every existing minute from the warm-up's first to the last that closed, equal to the venue's.
void expect_truth(const Session& run, const std::string& label, Duration late_max) {
  std::map<std::uint32_t, std::int64_t> next;
  for (const Instrument& i : run.instruments) next[i.id.index] = -30;
  for (const FakeSink::Entry& entry : run.sink.entries) {
    const auto* closed = std::get_if<BarClosed>(&entry.body);
    if (closed == nullptr) continue;
    const Bar& bar = closed->bar;
    std::int64_t& minute = next[bar.instrument.index];
    while (!run.venue.exists(minute)) ++minute;
    ASSERT_EQ(bar.open_time, from_unix_ms(kStartMs + minute * kMinuteMs)) << label;
    const std::int64_t p = SimulatedVenue::price(bar.instrument, minute) * kFixedScale;
    ASSERT_EQ(bar.open.raw(), p) << label << " minute " << minute;
    ASSERT_EQ(bar.high.raw(), p + 3 * kFixedScale) << label;
    ASSERT_EQ(bar.low.raw(), p - 2 * kFixedScale) << label;
    ASSERT_EQ(bar.close.raw(), p + kFixedScale) << label;
    ASSERT_EQ(bar.volume, static_cast<double>(minute + 1000)) << label;
    ASSERT_EQ(closed->source == BarSource::Warmup, minute < 0) << label << " minute " << minute;
    const bool late = minute >= 0 && entry.received - bar.close_time > late_max;
    ASSERT_FALSE(late) << label << " minute " << minute;
    ++minute;
  }
  const std::int64_t last = (run.venue.venue_ms - 5'000 - kStartMs) / kMinuteMs;
  for (const auto& [index, minute] : next)
    EXPECT_GE(minute, last) << label << " instrument " << index;
}

TEST(SimulatedDay, GivesTheVenuesBarsOnceAndInOrder) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    const Session run(all_faults(), false, seed, 24'000);
    const std::string label = "seed " + std::to_string(seed);
    expect_truth(run, label, 1h);
    if (HasFailure()) return;
    EXPECT_TRUE(run.feed->live()) << label;
    EXPECT_TRUE(run.sink.anomalies(AnomalyKind::MissingBar).empty()) << label;
  }
}

TEST(SimulatedDay, SkipsOnlyTheMinutesTheVenueDoesNotHave) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Faults faults = all_faults();
    faults.missing_every = 17;
    const Session run(faults, false, seed, 24'000);
    const std::string label = "seed " + std::to_string(seed);
    expect_truth(run, label, 1h);
    if (HasFailure()) return;
    EXPECT_FALSE(run.sink.anomalies(AnomalyKind::MissingBar).empty()) << label;
  }
}

TEST(SimulatedDay, NeverMakesABarLateWhenTheVenueWaits) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    const Session run(all_faults(), true, seed, 6'000);
    const std::string label = "paced, seed " + std::to_string(seed);
    expect_truth(run, label, 4s);
    if (HasFailure()) return;
    EXPECT_GT(run.venue.venue_ms, kStartMs + 60 * kMinuteMs) << label;
    EXPECT_TRUE(run.sink.anomalies(AnomalyKind::MissingBar).empty()) << label;
  }
}

TEST(SimulatedDay, SeesEachKindOfFault) {
  std::set<AnomalyKind> seen;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Session run(all_faults(), false, seed, 24'000);
    for (const FeedAnomaly& a : run.sink.all<FeedAnomaly>()) seen.insert(a.kind);
  }
  for (const AnomalyKind kind :
       {AnomalyKind::Malformed, AnomalyKind::DuplicateBar, AnomalyKind::ConflictingBar,
        AnomalyKind::AbsurdBar, AnomalyKind::FutureBar, AnomalyKind::RestFailed,
        AnomalyKind::RateLimited})
    EXPECT_TRUE(seen.contains(kind)) << to_string(kind);
}

TEST(SimulatedDay, IsTheSameTwice) {
  const auto story = [] {
    const Session run(all_faults(), false, 99, 8'000);
    std::string text;
    for (const FakeSink::Entry& entry : run.sink.entries) {
      text += fmt::format("{} {} {}\n", event_name(entry.body), to_unix_ns(entry.happened),
                          to_unix_ns(entry.received));
      if (const auto* a = std::get_if<FeedAnomaly>(&entry.body)) text += a->detail.view();
    }
    return text;
  };
  const std::string first = story();
  EXPECT_GT(first.size(), 1'000U);
  EXPECT_EQ(first, story());
}

}  // namespace
}  // namespace proteus::bybit
