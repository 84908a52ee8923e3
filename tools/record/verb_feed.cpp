// `proteus feed cat|cut|merge`: frames of recordings, as they are, in the order they were received.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "connectors/storage/feed_writer.hpp"
#include "tools/app/text.hpp"
#include "tools/record/feed_lines.hpp"
#include "tools/record/verbs.hpp"

namespace proteus::app {
namespace {

using namespace record;

constexpr std::uint64_t kCutPartBytes = std::uint64_t{64} << 20U;
constexpr int kCutLevel = 3;

void complain(const std::string& sentence) { fmt::print(stderr, "damaged: {}\n", sentence); }

void declare_copy(CLI::App& app, Options& options) {
  add_sources(app, options);
  add_span(app, options);
  add_topics(app, options,
             "only frames of this topic; kline.* and *.BTCUSDT name many; may be "
             "given again");
  app.add_option("--out", options.out, "folder for the new feed; made, and it may hold no other")
      ->required();
}

/// The folder of a new feed. Errors: Busy, where there is one already; Io.
Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed)
    return error(ErrorCode::Io,
                 fmt::format("cannot make {}: {}", folder.string(), failed.message()));
  if (storage::feed_streams(std::array{folder}))
    return error(ErrorCode::Busy, fmt::format("{} holds a feed already: choose another folder with "
                                              "--out",
                                              folder.string()));
  return success();
}

/// Copies what is wanted; each frame goes to the stem that `stem_of` names for its stream.
int copy(const Options& options, std::string (*stem_of)(const storage::FeedStream&)) {
  const auto wanted = wanted_of(options);
  if (wanted.has_error()) return fail(wanted.error(), kUsage);
  if (const auto made = make_folder(options.out); made.has_error())
    return fail(made.error(), kError);
  storage::FeedWriter writer{options.out, kCutPartBytes, kCutLevel};
  const auto& streams = wanted.value().streams;
  const auto walked = walk(
      wanted.value(),
      [&](const storage::FrameView& frame, std::size_t stream) {
        return writer.add(stem_of(streams[stream]), frame.received, frame.line);
      },
      complain);
  if (walked.has_error()) return fail(walked.error(), kError);
  if (const auto closed = writer.close(); closed.has_error()) return fail(closed.error(), kError);
  const Walked& done = walked.value();
  fmt::print("{}: {} frames in {} part{}{}\n", options.out, done.frames, writer.parts(),
             writer.parts() == 1 ? "" : "s",
             done.first
                 ? fmt::format(", {} to {}", format_time(*done.first), format_time(*done.last))
                 : std::string(": nothing was received in that time"));
  if (done.damages > 0)
    fmt::print("{} damaged place{} in the sources: what is undamaged was taken\n", done.damages,
               done.damages == 1 ? "" : "s");
  return done.damages > 0 ? kError : kOk;
}

std::string own_stem(const storage::FeedStream& stream) { return stream.stem; }
std::string one_stem(const storage::FeedStream&) { return "merged"; }

}  // namespace

void declare_feed_cat(CLI::App& app, Options& options) {
  add_sources(app, options);
  add_span(app, options);
  add_topics(app, options,
             "only frames of this topic; kline.* and *.BTCUSDT name many; may be "
             "given again");
  add_socket(app, options);
}
void declare_feed_cut(CLI::App& app, Options& options) {
  declare_copy(app, options);
  add_socket(app, options);
}
void declare_feed_merge(CLI::App& app, Options& options) {
  declare_copy(app, options);
  add_socket(app, options);
}

int run_feed_cat(const Options& options) {
  const auto wanted = wanted_of(options);
  if (wanted.has_error()) return fail(wanted.error(), kUsage);
  const auto walked = walk(
      wanted.value(),
      [](const storage::FrameView& frame, std::size_t) -> Result<void> {
        // Who stops reading has had enough.
        if (std::fwrite(frame.line.data(), 1, frame.line.size(), stdout) != frame.line.size() ||
            std::fputc('\n', stdout) == EOF)
          return error(ErrorCode::Stopped, "standard output takes nothing more");
        return success();
      },
      complain);
  std::fflush(stdout);
  if (walked.has_error()) return walked.error().code == ErrorCode::Stopped ? kOk : kError;
  return walked.value().damages > 0 ? kError : kOk;
}

int run_feed_cut(const Options& options) {
  if (options.from.empty() && options.until.empty() && options.topics.empty())
    return fail(error(ErrorCode::Malformed, "say what to cut out: --from, --to or --topic"),
                kUsage);
  return copy(options, own_stem);
}

int run_feed_merge(const Options& options) { return copy(options, one_stem); }

}  // namespace proteus::app
