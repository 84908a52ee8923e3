// `proteus feed verify|info`: what recordings hold, and what is wrong with them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "config/value_text.hpp"
#include "connectors/storage/feed_check.hpp"
#include "tools/app/json_object.hpp"
#include "tools/app/text.hpp"
#include "tools/record/feed_content.hpp"
#include "tools/record/feed_lines.hpp"
#include "tools/record/verbs.hpp"

namespace proteus::app {
namespace {

using namespace record;

std::string span_text(const std::optional<Timestamp>& first, const std::optional<Timestamp>& last) {
  return first ? fmt::format("{} to {}", format_time(*first), format_time(*last))
               : std::string("no frame");
}

std::string plural(std::uint64_t n, std::string_view one) {
  return fmt::format("{} {}{}", n, one, n == 1 ? "" : "s");
}

std::string gap_text(const storage::FeedGap& gap) {
  const std::string what = gap.connection_before != gap.connection_after
                               ? fmt::format("connection {} ended and {} began",
                                             gap.connection_before, gap.connection_after)
                               : std::string("nothing was received");
  return fmt::format("{}: {} between {} and {} ({})", gap.stream, what, format_time(gap.from),
                     format_time(gap.to),
                     age_text(std::chrono::duration<double>(gap.to - gap.from).count()));
}

void print_lines(std::string_view label, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) fmt::print("{}: {}\n", label, line);
}

void print_report(const storage::FeedReport& report, const FeedContent& content) {
  for (const auto& [name, s] : report.streams)
    fmt::print("{:<20} {}, {}, {}{}\n", name, plural(s.frames, "frame"),
               bytes_text(static_cast<double>(s.bytes)),
               // Answers to requests are of no connection.
               name == "rest" ? "" : plural(s.connections, "connection") + ", ",
               span_text(s.first, s.last));
  for (const storage::FeedGap& gap : report.gaps) fmt::print("gap: {}\n", gap_text(gap));
  print_lines("hole", content.holes());
  print_lines("note", report.notes);
  print_lines("WRONG", report.problems);
  print_lines("WRONG", content.problems());
  const std::size_t faults = report.problems.size() + content.problems().size();
  fmt::print("{} in {}, {}: {}\n", plural(report.frames, "frame"),
             plural(report.parts.size(), "part"), plural(content.topics().size(), "topic"),
             faults == 0 ? std::string("every checksum holds, every line is a frame")
                         : plural(faults, "fault"));
}

std::string json_of(const storage::FeedPartCheck& part) {
  JsonObject out;
  out.add("file", part.path.string())
      .add("stream", part.stem)
      .add("bytes", part.bytes)
      .add("frames", part.frames)
      .add("blocks", part.blocks)
      .add("torn_bytes", part.torn_bytes);
  if (part.first) out.add("from", *part.first).add("to", *part.last);
  return out.text();
}

std::string json_of(const storage::FeedReport& report, const FeedContent* content) {
  JsonList parts, streams, gaps, topics;
  for (const auto& part : report.parts) parts.add_raw(json_of(part));
  for (const auto& [name, s] : report.streams) {
    JsonObject out;
    out.add("stream", name).add("frames", s.frames).add("bytes", s.bytes);
    out.add("connections", s.connections);
    if (s.first) out.add("from", *s.first).add("to", *s.last);
    streams.add(out);
  }
  for (const auto& gap : report.gaps)
    gaps.add(JsonObject{}.add("stream", gap.stream).add("from", gap.from).add("to", gap.to));
  std::vector<std::string> problems = report.problems;
  JsonObject out;
  if (content != nullptr) {
    problems.insert(problems.end(), content->problems().begin(), content->problems().end());
    for (const auto& [name, t] : content->topics())
      topics.add(JsonObject{}
                     .add("topic", name)
                     .add("frames", t.frames)
                     .add("closes", t.closes)
                     .add("holes", t.holes));
    out.add("ok", problems.empty());
  }
  out.add("frames", report.frames)
      .add_raw("parts", parts.text())
      .add_raw("streams", streams.text())
      .add_raw("gaps", gaps.text());
  if (content != nullptr) out.add_raw("topics", topics.text()).add("holes", content->holes());
  return out.add("notes", report.notes).add("problems", problems).text();
}

/// Counts of a part from its index where that tells them, else by reading.
void look(const std::filesystem::path& path, const std::string& stem, storage::FeedReport& report) {
  auto reader = storage::FeedReader::open(path);
  if (!reader) return report.problems.push_back(reader.error().context);
  if (!reader.value().index()) {
    storage::FeedReport read = storage::check_feed({{stem, {path}}});
    std::ranges::move(read.parts, std::back_inserter(report.parts));
    std::ranges::move(read.problems, std::back_inserter(report.problems));
    report.frames += read.frames;
    return;
  }
  storage::FeedPartCheck& part = report.parts.emplace_back();
  part.path = path;
  part.stem = stem;
  std::error_code ignored;
  part.bytes = std::filesystem::file_size(path, ignored);
  for (const storage::FeedBlock& block : reader.value().index()->blocks) {
    ++part.blocks;
    part.frames += block.lines;
    if (block.lines == 0) continue;
    part.first = std::min(part.first.value_or(block.first), block.first);
    part.last = std::max(part.last.value_or(block.last), block.last);
  }
  report.frames += part.frames;
}

}  // namespace

void declare_feed_verify(CLI::App& app, Options& options) {
  add_sources(app, options);
  app.add_option_function<std::string>(
         "--gap",
         [&options](const std::string& text) {
           const auto length = parse_run_for(text);
           if (length.has_error()) throw CLI::ValidationError("--gap", length.error().context);
           options.gap = length.value();
         },
         "a longer silence of a stream is told; 60s where it is not given")
      ->type_name("TIME");
  add_json(app, options);
  add_socket(app, options);
}

void declare_feed_info(CLI::App& app, Options& options) {
  add_sources(app, options);
  add_json(app, options);
  add_socket(app, options);
}

int run_feed_verify(const Options& options) {
  const auto wanted = wanted_of(options);
  if (wanted.has_error()) return fail(wanted.error(), kUsage);
  FeedContent content;
  storage::FeedCheckOptions how;
  how.gap = options.gap;
  how.on_frame = [&](const auto& frame, const auto& reader) { content.see(frame, reader); };
  const storage::FeedReport report = storage::check_feed(wanted.value().streams, how);
  if (options.json)
    fmt::print("{}\n", json_of(report, &content));
  else
    print_report(report, content);
  return report.problems.empty() && content.problems().empty() ? kOk : kError;
}

int run_feed_info(const Options& options) {
  const auto wanted = wanted_of(options);
  if (wanted.has_error()) return fail(wanted.error(), kUsage);
  storage::FeedReport report;
  for (const auto& stream : wanted.value().streams)
    for (const auto& part : stream.parts) look(part, stream.stem, report);
  if (options.json) {
    fmt::print("{}\n", json_of(report, nullptr));
    return report.problems.empty() ? kOk : kError;
  }
  std::uint64_t bytes = 0;
  for (const auto& part : report.parts) {
    bytes += part.bytes;
    fmt::print("{}  {}, {}, {}{}\n", part.path.filename().string(), plural(part.frames, "frame"),
               bytes_text(static_cast<double>(part.bytes)), span_text(part.first, part.last),
               part.blocks > 0 ? "" : ", no index");
  }
  for (const std::string& problem : report.problems) fmt::print("WRONG: {}\n", problem);
  fmt::print("{} in {}, {}; proteus feed verify reads them all\n", plural(report.frames, "frame"),
             plural(report.parts.size(), "part"), bytes_text(static_cast<double>(bytes)));
  return report.problems.empty() ? kOk : kError;
}

}  // namespace proteus::app
