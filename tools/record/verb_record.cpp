// `proteus record`: public streams of any topics, on the disk as they were received; no trading.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <random>

#include "connectors/storage/session.hpp"
#include "engine/core/order_id.hpp"
#include "tools/app/daemon_run.hpp"
#include "tools/app/screen.hpp"
#include "tools/app/version.hpp"
#include "tools/record/feed_lines.hpp"
#include "tools/record/recording.hpp"
#include "tools/record/topic_plan.hpp"
#include "tools/record/verbs.hpp"

namespace proteus::app {
namespace {

using namespace std::chrono_literals;
using record::RecordCounts;
using record::Recording;

/// Frames a second since it was asked last, and what there is: a line on a terminal that is drawn
/// anew every second, else a line in the log at every heartbeat.
class RecordProgress {
 public:
  RecordProgress(net::Loop& loop, const Recording& recording, Duration heartbeat)
      : recording_(recording), terminal_(stdout_is_terminal()), told_(net::Loop::steady_now()) {
    timer_ = loop.every(terminal_ ? Duration{1s} : heartbeat, [this] { tell(); });
  }
  ~RecordProgress() {
    if (terminal_ && drawn_) fmt::print("\n");
  }
  RecordProgress(const RecordProgress&) = delete;
  RecordProgress& operator=(const RecordProgress&) = delete;

 private:
  void tell() {
    const Duration now = net::Loop::steady_now();
    const RecordCounts c = recording_.counts();
    const double seconds = std::chrono::duration<double>(now - told_).count();
    const double rate = static_cast<double>(c.frames - frames_) / std::max(seconds, 1e-3);
    told_ = now;
    frames_ = c.frames;
    if (!terminal_) {
      spdlog::info("Recording. frames={} a_second={:.0f} bytes={} streams={}/{} lost={}", c.frames,
                   rate, c.bytes, c.live, c.streams, c.lost);
      return;
    }
    const std::size_t width = style_of_stdout().width;
    fmt::print("\r{}\x1b[K",
               clip(fmt::format("{} frames ({:.0f} a second), {}, {} of {} streams live{}",
                                c.frames, rate, bytes_text(static_cast<double>(c.bytes)), c.live,
                                c.streams, c.lost > 0 ? fmt::format(", {} LOST", c.lost) : ""),
                    width > 1 ? width - 1 : 1));
    std::fflush(stdout);
    drawn_ = true;
  }

  const Recording& recording_;
  bool terminal_;
  bool drawn_ = false;
  Duration told_;
  std::uint64_t frames_ = 0;
  net::Timer timer_;
};

Result<storage::Session> make_record_folder(const Loaded& loaded, const std::string& root) {
  std::array<std::uint8_t, 13> bytes{};
  std::random_device device;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(device());
  storage::SessionStart about;
  about.code = make_session_code(bytes);
  about.start = net::Loop::wall_now();
  about.mode = "record";
  about.version = kVersion;
  about.config_toml = loaded.resolved;
  about.config_hash = loaded.hash;
  return storage::Session::create(root, about);
}

int say_what_there_is(const RecordCounts& c, const std::string& folder, const std::string& cause) {
  fmt::print("{}: {} frames, {}, in {} part{}\n", folder, c.frames,
             bytes_text(static_cast<double>(c.bytes)), c.parts, c.parts == 1 ? "" : "s");
  if (!c.refused.empty()) fmt::print("the venue refused {}\n", fmt::join(c.refused, ", "));
  if (c.losses > 0) fmt::print("{} times a connection was lost and made again\n", c.losses);
  if (c.lost > 0)
    fmt::print(stderr, "proteus: the disk did not take {} frames: {}\n", c.lost, c.trouble);
  spdlog::info("The recording ends. cause=\"{}\"", cause);
  return c.lost > 0 ? kError : kOk;
}

}  // namespace

void declare_record(CLI::App& app, Options& options) {
  add_config(app, options);
  record::add_topics(app, options,
                     "category:topic, as in linear:kline.1.BTCUSDT; may be given "
                     "again. Default: record.topics");
  app.add_option("--out", options.out, "where its folder is made. Default: session.folder")
      ->type_name("FOLDER");
  add_run_for(app, options);
}

int run_record(const Options& options) {
  const auto loaded = load(options.config, options.overrides, Paths::Ignored);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  const Settings& settings = loaded.value().settings;
  std::vector<std::string> topics =
      options.topics.empty() ? settings.record.topics : options.topics;
  if (topics.empty()) {
    auto followed = record::topics_of_session(settings);
    if (followed.has_error()) return fail(followed.error(), kConfig);
    topics = std::move(followed).value();
  }
  auto plans = record::plan_topics(topics);
  if (plans.has_error()) return fail(plans.error(), options.topics.empty() ? kConfig : kUsage);
  net::Loop loop;
  std::string cause;
  const RunEnd end(loop, options.run_for, cause);
  const auto session = make_record_folder(
      loaded.value(), options.out.empty() ? settings.session.folder : options.out);
  if (session.has_error()) return fail(session.error(), kError);
  auto recording = Recording::create(loop, settings, std::move(plans).value(),
                                     session.value().feed_folder(), std::random_device{}());
  if (recording.has_error()) return fail(recording.error(), kConfig);
  const std::string folder = session.value().folder().string();
  spdlog::info("Recording begins. folder={} topics={} stream={}", folder, topics.size(),
               settings.venue.stream);
  std::optional<Error> failure;
  recording.value()->start([&](Error why) {
    failure = std::move(why);
    loop.stop();
  });
  {
    const RecordProgress progress(loop, *recording.value(), settings.session.heartbeat);
    loop.run();
  }
  recording.value()->stop();
  const RecordCounts counts = recording.value()->counts();
  if (failure) {
    // What could not begin leaves nothing.
    recording.value().reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    return fail(*failure, kError);
  }
  return say_what_there_is(counts, folder, cause);
}

}  // namespace proteus::app
