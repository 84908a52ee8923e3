#include "tools/app/told/feed_evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "connectors/storage/feed_merge.hpp"

namespace proteus::app::told {
namespace {

constexpr std::size_t kFindingsMax = 20;

std::vector<FieldDifference> bar_differences(const Bar& then, const Bar& now) {
  std::vector<FieldText> a, b;
  flatten(then, "", a);
  flatten(now, "", b);
  return differences(a, b);
}

/// What stands behind `"key":"` in a body; empty: it is not there.
std::string_view text_behind(std::string_view body, std::string_view key) {
  const auto at = body.find(key);
  if (at == body.npos) return {};
  const std::string_view rest = body.substr(at + key.size());
  return rest.substr(0, rest.find('"'));
}

}  // namespace

/// Codecs by category, made once.
struct FeedEvidence::Pass {
  explicit Pass(const InstrumentTable& given) : instruments(given) {
    for (const Category category : {Category::Linear, Category::Spot}) {
      indices.push_back(std::make_unique<bybit::SymbolIndex>(given, category));
      codecs.push_back(std::make_unique<bybit::Codec>(*indices.back()));
    }
  }
  bybit::Codec* codec(std::string_view stream) {
    if (stream.find("linear") != stream.npos) return codecs[0].get();
    return stream.find("spot") != stream.npos ? codecs[1].get() : nullptr;
  }
  /// Whose candles an answer holds; nothing: none of ours, or none at all.
  std::optional<InstrumentId> candles_of(std::string_view body) const {
    const std::string_view category = text_behind(body, "\"category\":\"");
    const std::string_view symbol = text_behind(body, "\"symbol\":\"");
    if (symbol.empty() || (category != "linear" && category != "spot")) return std::nullopt;
    return instruments.find(category == "spot" ? Category::Spot : Category::Linear, symbol);
  }

  const InstrumentTable& instruments;
  std::vector<std::unique_ptr<bybit::SymbolIndex>> indices;
  std::vector<std::unique_ptr<bybit::Codec>> codecs;
  bybit::RestCodec rest;
};

void FeedEvidence::expect(const Event& input, std::uint64_t record) {
  // What an end without a stop was about to record may be in the log and not in the feed.
  if (std::holds_alternative<SessionResumed>(input.body)) excused_.insert(newest_);
  const auto* const command = std::get_if<OperatorCommand>(&input.body);
  const bool stops = command != nullptr && command->action == OperatorAction::Stop;
  newest_ = stops ? Timestamp{} : input.ts_recv;
  if (const auto* closed = std::get_if<BarClosed>(&input.body)) {
    if (closed->source == BarSource::File) return;
    const Bar& bar = closed->bar;
    BarThen then;
    then.bar = bar;
    then.record = record;
    then.received = input.ts_recv;
    then.rest = closed->source != BarSource::Stream;
    bars_[{bar.instrument.index, bar.interval, bar.open_time}].push_back(std::move(then));
  } else if (const auto* ticker = std::get_if<TickerUpdated>(&input.body)) {
    tickers_.emplace(std::pair{ticker->instrument.index, input.ts_event},
                     TickerThen{*ticker, record, input.ts_recv, false});
  }
}

void FeedEvidence::see(const Bar& bar, bool rest, const std::string& where) {
  const auto expected = bars_.find({bar.instrument.index, bar.interval, bar.open_time});
  if (expected == bars_.end()) return;
  for (BarThen& then : expected->second) {
    if (then.found || then.rest != rest) continue;
    auto fields = bar_differences(then.bar, bar);
    if (fields.empty()) {
      then.found = true;
      ++found_;
    } else {
      then.where = where;
      then.fields = std::move(fields);
    }
  }
}

/// A frame has some fields of the whole that the log has for its instant.
void FeedEvidence::see(const bybit::TickerFrame& frame, const std::string& where,
                       std::vector<Finding>& findings) {
  const auto [from, to] = tickers_.equal_range({frame.instrument.index, frame.ts});
  const bybit::TickerValues& v = frame.values;
  std::vector<FieldDifference> least;
  bool any = false;
  std::uint64_t record = 0;
  for (auto it = from; it != to; ++it) {
    if (it->second.found) continue;  // Each frame is one of the log's.
    const TickerUpdated& then = it->second.ticker;
    std::vector<FieldDifference> fields;
    const auto compare = [&](const char* name, const auto& there, const auto& now) {
      if (now && there != *now) fields.push_back({name, json::to_json(there), json::to_json(*now)});
    };
    compare("last", then.last, v.last);
    compare("mark", then.mark, v.mark);
    compare("index", then.index, v.index);
    compare("funding_rate_e9", then.funding_rate_e9, v.funding_rate_e9);
    compare("next_funding", then.next_funding, v.next_funding);
    if (fields.empty()) {
      it->second.found = true;
      ++found_;
      return;
    }
    if (!any || fields.size() < least.size()) least = std::move(fields);
    record = it->second.record;
    any = true;
  }
  if (!any) return;
  if (findings.size() < kFindingsMax)
    findings.push_back({Cause::Input,
                        fmt::format("{}: the ticker is not the one that record {} of the log has: "
                                    "the frame was changed",
                                    where, record),
                        std::move(least)});
}

Result<std::vector<Finding>> FeedEvidence::check(const std::filesystem::path& folder,
                                                 const InstrumentTable& instruments,
                                                 std::vector<std::string>& notes) {
  std::vector<Finding> findings;
  const auto streams = storage::feed_streams(std::array{folder});
  if (!streams) {
    notes.push_back("the session keeps no feed: its inputs are held against nothing");
    return findings;
  }
  std::set<Interval> intervals;
  for (const auto& [key, then] : bars_) intervals.insert(key.interval);
  Pass pass{instruments};
  storage::FeedMerge feed{streams.value()};
  FirstFrames first;
  bool damaged = false;
  for (;;) {
    auto frame = feed.next();
    if (frame.has_error()) {
      if (frame.error().code == ErrorCode::Io) return frame.error();
      damaged = true;
      if (findings.size() < kFindingsMax)
        findings.push_back({Cause::Input, frame.error().context, {}});
      continue;
    }
    if (!frame.value()) break;
    const storage::FrameView& view = *frame.value();
    std::optional<Timestamp>& begun = view.stream == "rest" ? first.rest : first.streams;
    if (!begun) begun = view.received;
    const auto where = [&] {
      return fmt::format("{}:{}", feed.reader().path().string(), feed.reader().line());
    };
    if (view.stream == "rest") {
      if (const auto id = pass.candles_of(view.bytes))
        for (const Interval interval : intervals)
          if (const auto page = pass.rest.klines(view.bytes, *id, interval))
            for (const Bar& bar : page.value().bars) see(bar, true, where());
      continue;
    }
    bybit::Codec* const codec = pass.codec(view.stream);
    if (codec == nullptr) continue;
    const auto decoded = codec->decode(view.bytes);
    if (decoded.has_error()) continue;  // An anomaly then, or a bar that will be missed below.
    if (const auto* klines = std::get_if<bybit::KlineFrame>(&decoded.value())) {
      for (const bybit::Kline& kline : klines->rows)
        if (kline.confirmed) see(kline.bar, false, where());
    } else if (const auto* ticker = std::get_if<bybit::TickerFrame>(&decoded.value())) {
      see(*ticker, where(), findings);
    }
  }
  excused_.insert(newest_);
  tell_bars(instruments, first, damaged, findings, notes);
  tell_tickers(instruments, first, damaged, findings, notes);
  return findings;
}

void FeedEvidence::tell_bars(const InstrumentTable& instruments, const FirstFrames& first,
                             bool damaged, std::vector<Finding>& findings,
                             std::vector<std::string>& notes) const {
  std::uint64_t before = 0;
  std::uint64_t lost = 0;
  for (const auto& [key, thens] : bars_)
    for (const BarThen& then : thens) {
      if (then.found) continue;
      const std::string what =
          fmt::format("{} {} of {} (record {})", instruments[then.bar.instrument].name(),
                      to_string(then.bar.interval), format_time(then.bar.open_time), then.record);
      if (!then.where.empty() && findings.size() < kFindingsMax)
        findings.push_back({Cause::Input,
                            fmt::format("{}: the bar {} is not the one that the log has: the frame "
                                        "was changed",
                                        then.where, what),
                            then.fields});
      else if (const auto& begun = then.rest ? first.rest : first.streams;
               begun && then.received < *begun)
        ++before;  // retention took its frame
      else if (damaged || excused_.contains(then.received))
        ++lost;
      else if (findings.size() < kFindingsMax)
        findings.push_back({Cause::Input,
                            fmt::format("no frame of the feed holds the closed bar {}, received at "
                                        "{}: one was changed or taken out",
                                        what, format_time(then.received)),
                            {}});
      else
        ++lost;
    }
  if (before > 0)
    notes.push_back(fmt::format("{} bar(s) are older than the feed that is kept", before));
  if (lost > 0)
    notes.push_back(fmt::format("{} bar(s) of the log have no readable frame in the feed", lost));
}

/// A ticker that knows no price is of an answer on past funding.
void FeedEvidence::tell_tickers(const InstrumentTable& instruments, const FirstFrames& first,
                                bool damaged, std::vector<Finding>& findings,
                                std::vector<std::string>& notes) const {
  std::uint64_t lost = 0;
  for (const auto& [key, then] : tickers_) {
    if (then.found || then.ticker.mark.is_zero()) continue;
    if (first.streams && then.received < *first.streams) continue;  // retention took its frame
    if (damaged || excused_.contains(then.received) || findings.size() >= kFindingsMax) {
      ++lost;
      continue;
    }
    findings.push_back(
        {Cause::Input,
         fmt::format("no frame of the feed holds the ticker of {} at {} (record {}): one was "
                     "changed or taken out",
                     instruments[then.ticker.instrument].name(), format_time(key.second),
                     then.record),
         {}});
  }
  if (lost > 0)
    notes.push_back(
        fmt::format("{} ticker(s) of the log have no readable frame in the feed", lost));
}

}  // namespace proteus::app::told
