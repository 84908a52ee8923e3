// Recording at the pace of a busy market: 50 000 frames a second of 300 bytes over 500 topics, onto
// the disk and read back. Once the disk's side alone (FeedRecorder and packing), once everything
// that `proteus record` does, over a websocket from another process. What is told is processor time
// of this process, all its threads, as a share of one core; the sender is not in it.
//
//   bench_recording [--tiny] [--seconds N] [--folder DIR]
//
// Exit code 1: a frame was lost, doubled or changed. Time never fails it.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "connectors/net/server.hpp"
#include "connectors/storage/feed_check.hpp"
#include "connectors/storage/feed_recorder.hpp"
#include "connectors/storage/packing_thread.hpp"
#include "tools/record/recording.hpp"
#include "tools/record/topic_plan.hpp"

namespace proteus::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t kRate = 50'000;
constexpr std::size_t kTopics = 500;
constexpr std::size_t kFrameBytes = 300;
constexpr double kGoal = 0.35;

std::string topic(std::uint64_t n) { return fmt::format("kline.1.T{:03}USD", n % kTopics); }

/// Frame n: a kline as the venue spells it, 300 bytes, no two alike.
std::string frame(std::uint64_t n) {
  const std::uint64_t price = 100'000 + (n * 2654435761U) % 9000;
  std::string text = fmt::format(
      R"({{"topic":"{}","data":[{{"start":{},"end":{},"interval":"1","open":"{}.5","close":"{}.1",)"
      R"("high":"{}.9","low":"{}.2","volume":"{}.{:03}","turnover":"{}","confirm":false,)"
      R"("timestamp":{}}}],"ts":{},"type":"snapshot","n":{})",
      topic(n), 1748779200000 + n / 100 * 60000, 1748779259999 + n / 100 * 60000, price, price + 3,
      price + 9, price - 7, n % 977, n % 1000, n * 7919 % 1'000'003, 1748779200000 + n,
      1748779200001 + n, n);
  text += ",\"pad\":\"";
  text.append(kFrameBytes - std::min(kFrameBytes - 2, text.size()) - 2, 'x');
  return text + "\"}";
}

double processor_seconds() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return of(use.ru_utime) + of(use.ru_stime);
}

/// Frames due after so much real time.
std::uint64_t due_after(Duration passed) {
  return static_cast<std::uint64_t>(std::chrono::duration<double>(passed).count() *
                                    static_cast<double>(kRate));
}

bool say(std::string_view what, std::uint64_t frames, std::uint64_t found, std::uint64_t problems,
         double seconds, double processor, double goal) {
  const double share = processor / seconds;
  fmt::print("{:<34} {:>9} frames in {:5.2f} s ({:.0f} a second)  {:5.1f} % of a core  {}\n", what,
             frames, seconds, static_cast<double>(frames) / seconds, 100.0 * share,
             share < goal ? "ok" : "BELOW the goal");
  if (found == frames && problems == 0) return true;
  fmt::print("BROKEN: {} frames were sent, {} lie on the disk, {} are damaged\n", frames, found,
             problems);
  return false;
}

/// Frames of the market on the disk, and what is wrong with them.
std::pair<std::uint64_t, std::uint64_t> read_back(const fs::path& feed) {
  storage::FeedCheckOptions options;
  std::uint64_t found = 0, wrong = 0;
  options.on_frame = [&](const storage::FrameView& view, const storage::FeedReader&) {
    if (!view.bytes.starts_with("{\"topic\"")) return;
    wrong += view.bytes == frame(found) ? 0U : 1U;
    ++found;
  };
  const auto report = storage::check_feed(storage::feed_streams(std::array{feed}).value(), options);
  return {found, wrong + report.problems.size()};
}

bool disk_alone(const fs::path& folder, std::uint64_t frames) {
  const fs::path feed = folder / "disk";
  fs::create_directories(feed);
  std::vector<std::string> texts;  // made before: what makes them is not recording
  for (std::uint64_t n = 0; n < frames; ++n) texts.push_back(frame(n));
  const double before = processor_seconds();
  const Duration begin = net::Loop::steady_now();
  {
    storage::PackingThread packing{feed, 3};
    storage::FeedRecorder recorder{feed, {}, [&](auto part) { packing.pack(std::move(part)); }};
    for (std::uint64_t n = 0; n < frames;) {
      const std::uint64_t due = std::min(frames, due_after(net::Loop::steady_now() - begin));
      for (; n < due; ++n) recorder.record("public-inverse-0", 1, net::Loop::wall_now(), texts[n]);
      std::this_thread::sleep_for(1ms);
    }
    recorder.close();
    packing.drain();
  }
  const double seconds = std::chrono::duration<double>(net::Loop::steady_now() - begin).count();
  const double processor = processor_seconds() - before;
  const auto [found, wrong] = read_back(feed);
  return say("recorder and packing", frames, found, wrong, seconds, processor, kGoal);
}

/// A venue in a process of its own: answers market/time and subscriptions, then sends.
[[noreturn]] void be_the_venue(int tell, std::uint64_t frames) {
  net::Loop loop;
  std::unique_ptr<net::Server> server;
  std::vector<std::shared_ptr<const std::string>> texts;
  for (std::uint64_t n = 0; n < frames; ++n)
    texts.push_back(std::make_shared<const std::string>(frame(n)));
  std::size_t subscribed = 0;
  std::uint64_t sent = 0;
  Duration begin{};
  net::Timer pace;
  net::ServerHandlers handlers;
  handlers.on_http = [](const net::HttpRequest&, const net::Responder& responder) {
    net::HttpAnswer answer;
    answer.body = R"({"retCode":0,"retMsg":"OK","result":{"timeSecond":"1748779200",)"
                  R"("timeNano":"1748779200000000000"},"retExtInfo":{},"time":1748779200000})";
    responder.respond(std::move(answer));
  };
  handlers.on_ws_accept = [](net::Connection, const net::HttpRequest&) { return 101U; };
  handlers.on_ws_text = [&](net::Connection from, std::string_view text) {
    constexpr std::string_view kId = "\"req_id\":\"";
    const std::string_view id = text.substr(text.find(kId) + kId.size());
    server->send(
        from, std::make_shared<const std::string>(fmt::format(
                  R"({{"success":true,"ret_msg":"","conn_id":"1","req_id":"{}","op":"subscribe"}})",
                  id.substr(0, id.find('"')))));
    if (++subscribed != kTopics / bybit::kGroupSize) return;
    begin = net::Loop::steady_now();
    pace = loop.every(1ms, [&, from] {
      const std::uint64_t due = std::min(frames, due_after(net::Loop::steady_now() - begin));
      for (; sent < due; ++sent) server->send(from, texts[sent]);
    });
  };
  server = net::Server::create(loop, {}, std::move(handlers)).value();
  const std::uint16_t port = server->port();
  if (::write(tell, &port, sizeof port) != sizeof port) ::_exit(1);
  loop.run();
  ::_exit(0);
}

bool whole_program(const fs::path& folder, std::uint64_t frames) {
  const fs::path feed = folder / "whole";
  fs::create_directories(feed);
  int ends[2];
  if (::pipe(ends) != 0) return false;
  const pid_t venue = ::fork();
  if (venue == 0) be_the_venue(ends[1], frames);
  std::uint16_t port = 0;
  if (::read(ends[0], &port, sizeof port) != sizeof port) return false;
  app::Settings settings;
  settings.venue.rest = fmt::format("http://127.0.0.1:{}", port);
  settings.venue.stream = fmt::format("ws://127.0.0.1:{}", port);
  std::vector<std::string> topics;
  for (std::uint64_t n = 0; n < kTopics; ++n) topics.push_back("inverse:" + topic(n));
  net::Loop loop;
  auto recording = app::record::Recording::create(loop, settings,
                                                  app::record::plan_topics(topics).value(), feed, 1)
                       .value();
  recording->start([](const Error& why) { fmt::print("BROKEN: {}\n", why.context); });
  // From the first frame of the market on; before it are acknowledgements, 50 of them.
  const std::uint64_t others = kTopics / bybit::kGroupSize + 1;
  double before = 0.0;
  Duration begin{};
  const net::Timer watch = loop.every(1ms, [&] {
    const std::uint64_t there = recording->counts().frames;
    if (begin == Duration{} && there >= others) {
      before = processor_seconds();
      begin = net::Loop::steady_now();
    }
    if (there >= frames + others) loop.stop();
  });
  loop.run_for(std::chrono::seconds{30} + std::chrono::milliseconds{frames / 10});
  recording->stop();
  const std::uint64_t lost = recording->counts().lost;
  recording.reset();
  const double seconds = std::chrono::duration<double>(net::Loop::steady_now() - begin).count();
  const double processor = processor_seconds() - before;
  ::kill(venue, SIGKILL);
  ::waitpid(venue, nullptr, 0);
  const auto [found, wrong] = read_back(feed);
  return say("proteus record over a websocket", frames, found, wrong + lost, seconds, processor,
             kGoal);
}

}  // namespace
}  // namespace proteus::bench

int main(int argc, char** argv) {
  using namespace proteus::bench;
  std::uint64_t frames = 10 * kRate;
  std::filesystem::path root = std::filesystem::temp_directory_path();
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--tiny") == 0) frames = 2'000;
    if (std::strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
      frames = static_cast<std::uint64_t>(std::atoi(argv[++i])) * kRate;
    if (std::strcmp(argv[i], "--folder") == 0 && i + 1 < argc) root = argv[++i];
  }
  std::string name = (root / "proteus-recording-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return 1;
  std::signal(SIGPIPE, SIG_IGN);
  const bool disk = disk_alone(name, frames);
  const bool whole = whole_program(name, frames);
  std::filesystem::remove_all(name);
  return disk && whole ? 0 : 1;
}
