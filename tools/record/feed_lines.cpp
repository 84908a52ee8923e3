#include "tools/record/feed_lines.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "tools/app/session_folders.hpp"
#include "tools/record/feed_content.hpp"

namespace proteus::app::record {
namespace fs = std::filesystem;

void add_sources(CLI::App& app, Options& options) {
  app.add_option("SOURCE", options.files,
                 "sessions, folders of a feed or single parts (*.jsonl, *.jsonl.zst)")
      ->required()
      ->type_name("");
}

void add_span(CLI::App& app, Options& options) {
  app.add_option("--from", options.from, "from this time on: 2025-06-01 or 2025-06-01T12:00:00Z")
      ->type_name("TIME");
  app.add_option("--to", options.until, "before this time")->type_name("TIME");
}

void add_topics(CLI::App& app, Options& options, const std::string& what) {
  app.add_option("--topic", options.topics, what)->type_name("TOPIC")->take_all()->expected(1);
}

Result<std::optional<Timestamp>> time_option(const std::string& text, const char* option) {
  if (text.empty()) return std::optional<Timestamp>{};
  const auto time = parse_time(text.size() == 10 ? text + "T00:00:00Z" : text);
  if (!time)
    return error(ErrorCode::Malformed,
                 fmt::format("{}: \"{}\" is no time, write 2025-06-01 or 2025-06-01T12:00:00Z",
                             option, text.substr(0, 40)));
  return std::optional{time.value()};
}

Result<Wanted> wanted_of(const Options& options) {
  Wanted wanted;
  BOOST_OUTCOME_TRY(wanted.from, time_option(options.from, "--from"));
  BOOST_OUTCOME_TRY(wanted.to, time_option(options.until, "--to"));
  if (wanted.from && wanted.to && *wanted.to <= *wanted.from)
    return error(ErrorCode::Malformed, "--to has to be later than --from");
  wanted.topics = options.topics;
  std::vector<fs::path> sources;
  for (const std::string& source : options.files) {
    std::error_code ignored;
    fs::path path = source;
    if (!fs::exists(path, ignored) && fs::exists(runs_beside(options.socket) / source, ignored))
      path = runs_beside(options.socket) / source;
    sources.push_back(std::move(path));
  }
  BOOST_OUTCOME_TRY(wanted.streams, storage::feed_streams(sources));
  return wanted;
}

Result<Walked> walk(const Wanted& wanted,
                    const std::function<Result<void>(const storage::FrameView&, std::size_t)>& take,
                    const std::function<void(const std::string&)>& on_damage) {
  storage::FeedMerge merge{wanted.streams, wanted.from};
  Walked walked;
  for (;;) {
    const auto next = merge.next();
    if (!next) {
      ++walked.damages;
      on_damage(next.error().context);
      continue;
    }
    if (!next.value()) return walked;
    const storage::FrameView& frame = *next.value();
    if (wanted.from && frame.received < *wanted.from) continue;
    // Times of a stream do not go back: nothing earlier follows.
    if (wanted.to && frame.received >= *wanted.to) return walked;
    if (!wanted.topics.empty()) {
      const std::string_view topic = topic_of(frame.bytes);
      if (topic.empty() || std::ranges::none_of(wanted.topics, [&](const std::string& pattern) {
            return topic_matches(topic, pattern);
          }))
        continue;
    }
    BOOST_OUTCOME_TRY(take(frame, merge.stream()));
    ++walked.frames;
    if (!walked.first) walked.first = frame.received;
    walked.last = frame.received;
  }
}

}  // namespace proteus::app::record
