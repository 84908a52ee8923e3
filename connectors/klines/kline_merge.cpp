#include "connectors/klines/kline_merge.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::klines {

bool KlineMerge::later(const Head& a, const Head& b) {
  const auto key = [](const Bar& bar) {
    return std::tuple{bar.close_time, bar.instrument, bar.interval};
  };
  return key(a.bar) > key(b.bar);
}

Result<KlineMerge> KlineMerge::open(std::span<const KlineFile> files) {
  KlineMerge merge;
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (const KlineFile& before : files.first(i))
      if (before.instrument == files[i].instrument && before.interval == files[i].interval)
        return error(ErrorCode::Malformed,
                     fmt::format("{} and {} both carry the {} bars of instrument {}; leave one out",
                                 before.path.string(), files[i].path.string(),
                                 to_string(before.interval), before.instrument.index));
    BOOST_OUTCOME_TRY(KlineReader reader,
                      KlineReader::open(files[i].path, files[i].instrument, files[i].interval));
    merge.readers_.push_back(std::move(reader));
    BOOST_OUTCOME_TRY(merge.pull(i));
  }
  return merge;
}

Result<void> KlineMerge::pull(std::size_t reader) {
  BOOST_OUTCOME_TRY(const std::optional<Bar> bar, readers_[reader].next());
  if (!bar) return success();
  heap_.push_back({*bar, reader});
  std::ranges::push_heap(heap_, later);
  return success();
}

Result<std::optional<Bar>> KlineMerge::next() {
  if (failed_) return *failed_;
  if (heap_.empty()) return std::optional<Bar>{};
  std::ranges::pop_heap(heap_, later);
  const Head head = heap_.back();
  heap_.pop_back();
  // An error behind this bar is told at the next call: the bar itself is good.
  if (Result<void> pulled = pull(head.reader); !pulled) failed_ = pulled.error();
  return std::optional{head.bar};
}

}  // namespace proteus::klines
