#include "tools/app/replay_grid.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <thread>

#include "connectors/net/loop.hpp"
#include "tools/app/json_object.hpp"
#include "tools/app/json_view.hpp"
#include "tools/app/replay_run.hpp"

namespace proteus::app {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kCombinationsMax = 10'000;

/// Equity at the first decision of each day: memory does not grow with the number of bars.
class DailyEquity final : public JournalObserver {
 public:
  void saw(const Event&) override {}
  void saw(const DecisionRecord& decision) override {
    if (decision.outcome == Outcome::WarmingUp) return;
    const auto day = std::chrono::floor<std::chrono::days>(decision.time);
    begun_ = last_ && *last_ == day;
    if (begun_) return;
    last_ = day;
    equity_.push_back(decision.equity.to_double());
  }
  [[nodiscard]] std::optional<evaluation::SharpeSample> sharpe(double final_equity) const {
    std::vector<double> equity = equity_;
    if (begun_) equity.push_back(final_equity);  // of a day that had more than its first decision
    std::vector<double> returns;
    for (std::size_t i = 1; i < equity.size(); ++i)
      returns.push_back(equity[i] / equity[i - 1] - 1.0);
    const auto moments = evaluation::moments_of(returns);
    if (moments.has_error()) return std::nullopt;
    return evaluation::sharpe_of(moments.value());
  }

 private:
  std::optional<std::chrono::sys_days> last_;
  bool begun_ = false;  ///< that day had another decision
  std::vector<double> equity_;
};

struct Job {
  GridRow row;
  fs::path folder;  ///< its own
};

/// In the child: the run from its settings to its end.
Result<JsonObject> play_one(const Options& options, const ReplaySources& sources) {
  const Duration begin = net::Loop::steady_now();
  BOOST_OUTCOME_TRY(const Loaded loaded, load_for_replay(options, sources));
  BOOST_OUTCOME_TRY(auto playing, open_replay(loaded, sources, net::Loop::wall_now()));
  DailyEquity daily;
  playing->observe(&daily);
  play_through(*playing, std::nullopt);
  if (replay_interrupted()) return error(ErrorCode::Stopped, "interrupted");
  BOOST_OUTCOME_TRY(playing->finish("everything was played"));
  const Trading& trading = playing->trading();
  const LedgerView ledger = trading.engine().ledger();
  double fees = 0.0, funding = 0.0, slippage = 0.0;
  for (const PositionView& position : ledger.positions) {
    fees += position.fees.to_double();
    funding += position.funding.to_double();
    slippage += position.slippage.to_double();
  }
  const EngineCounters& counters = trading.engine().counters();
  JsonObject told;
  told.add("initial", ledger.initial.to_double()).add("equity", ledger.equity.to_double());
  told.add("drawdown", trading.watched().worst_drawdown()).add("fees", fees);
  told.add("funding", funding).add("slippage", slippage);
  told.add("bars", counters.bars).add("fills", counters.fills);
  told.add("hash", std::string_view{fmt::format("{:016x}", trading.engine().ledger_hash())});
  told.add("session", std::string_view{trading.session().folder().string()});
  if (const auto sharpe = daily.sharpe(ledger.equity.to_double()))
    told.add("ratio", sharpe->ratio)
        .add("periods", sharpe->periods)
        .add("skewness", sharpe->skewness)
        .add("kurtosis", sharpe->kurtosis);
  playing.reset();
  told.add("seconds", seconds(net::Loop::steady_now() - begin));
  return told;
}

void read_told(const std::string& text, GridRow& row) {
  const auto told = view::parse(text);
  if (!told.is_object()) {
    row.failure = "it ended without a word; its log says more";
    return;
  }
  row.failure = view::text(told, "error");
  if (!row.failure.empty()) return;
  row.initial = view::number(told, "initial");
  row.equity = view::number(told, "equity");
  row.drawdown = view::number(told, "drawdown");
  row.fees = view::number(told, "fees");
  row.funding = view::number(told, "funding");
  row.slippage = view::number(told, "slippage");
  row.bars = static_cast<std::uint64_t>(view::number(told, "bars"));
  row.fills = static_cast<std::uint64_t>(view::number(told, "fills"));
  row.seconds = view::number(told, "seconds");
  row.ledger_hash = view::text(told, "hash");
  row.session = view::text(told, "session");
  if (view::find(told, "ratio") != nullptr)
    row.daily =
        evaluation::SharpeSample{view::number(told, "ratio"), view::number(told, "periods"),
                                 view::number(told, "skewness"), view::number(told, "kurtosis")};
}

/// A run in a process of its own.
struct Child {
  pid_t pid = -1;
  int pipe = -1;
  std::string told;
};

Result<Child> start(const Options& options, const ReplaySources& sources, const Job& job) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return error(ErrorCode::Io, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  std::fflush(stdout);
  std::fflush(stderr);
  const pid_t pid = ::fork();
  if (pid < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    return error(ErrorCode::Io, fmt::format("cannot start a process: {}", std::strerror(errno)));
  }
  if (pid > 0) {
    ::close(ends[1]);
    return Child{pid, ends[0], {}};
  }
  // What it has to say to people goes to its own log.
  const std::string log = job.folder.string() + ".log";
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file >= 0) {
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
  }
  Options own = options;
  for (const std::string& setting : job.row.settings) put_setting(own.overrides, setting);
  put_setting(own.overrides, "session.folder=" + job.folder.string());
  // Nobody will look into tables that go at once.
  if (!options.keep) put_setting(own.overrides, "storage.tables=false");
  std::string answer;
  try {
    const auto played = play_one(own, sources);
    answer = played.has_error() ? error_json(played.error().context) : played.value().text();
  } catch (const std::exception& failed) {
    answer = error_json(failed.what());
  }
  spdlog::default_logger()->flush();
  std::fflush(stdout);
  for (std::size_t at = 0; at < answer.size();) {
    const ssize_t n = ::write(ends[1], answer.data() + at, answer.size() - at);
    if (n < 0 && errno != EINTR) break;
    if (n > 0) at += static_cast<std::size_t>(n);
  }
  ::_exit(0);  // Nothing of the parent's is to be ended here.
}

/// Reads from all children until one has ended; returns its place.
std::size_t wait_for_one(std::map<std::size_t, Child>& running, std::vector<Job>& jobs) {
  for (;;) {
    std::vector<pollfd> ends;
    std::vector<std::size_t> places;
    for (const auto& [place, child] : running) {
      ends.push_back({child.pipe, POLLIN, 0});
      places.push_back(place);
    }
    if (::poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) return places.front();
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].revents == 0) continue;
      Child& child = running.at(places[i]);
      std::array<char, 4096> bytes{};
      const ssize_t n = ::read(child.pipe, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n > 0) {
        child.told.append(bytes.data(), static_cast<std::size_t>(n));
        continue;
      }
      int status = 0;
      while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
      }
      ::close(child.pipe);
      GridRow& row = jobs[places[i]].row;
      if (WIFSIGNALED(status))
        row.failure = fmt::format("it was ended by signal {}", WTERMSIG(status));
      else
        read_told(child.told, row);
      return places[i];
    }
  }
}

void remove_session(Job& job) {
  std::error_code ignored;
  fs::remove_all(job.folder, ignored);
  job.row.session.clear();
  if (job.row.failure.empty()) fs::remove(job.folder.string() + ".log", ignored);
}

void run_all(const Options& options, const ReplaySources& sources, std::vector<Job>& jobs,
             std::size_t at_once) {
  std::map<std::size_t, Child> running;
  std::size_t next = 0, done = 0;
  while (next < jobs.size() || !running.empty()) {
    while (next < jobs.size() && running.size() < at_once && !replay_interrupted()) {
      auto child = start(options, sources, jobs[next]);
      if (child.has_error())
        jobs[next].row.failure = child.error().context;
      else
        running.emplace(next, std::move(child.value()));
      ++next;
    }
    if (running.empty()) {
      for (; next < jobs.size(); ++next) jobs[next].row.failure = "interrupted";
      break;
    }
    if (replay_interrupted())  // A signal may have come to this process alone.
      for (const auto& [place, child] : running) ::kill(child.pid, SIGTERM);
    const std::size_t ended = wait_for_one(running, jobs);
    running.erase(ended);
    if (!options.keep) remove_session(jobs[ended]);
    const GridRow& row = jobs[ended].row;
    ++done;
    if (row.failure.empty())
      spdlog::info("Run {} of {} is done. settings=\"{}\" change={:+.2f}% seconds={:.2f}", done,
                   jobs.size(), fmt::join(row.settings, " "), 100.0 * row.change(), row.seconds);
    else
      spdlog::error("Run {} of {} failed. settings=\"{}\" cause=\"{}\"", done, jobs.size(),
                    fmt::join(row.settings, " "), row.failure);
  }
}

Result<fs::path> make_grid_folder(const fs::path& root) {
  std::string name = format_time(net::Loop::wall_now()).substr(0, 19);
  std::ranges::replace(name, ':', '-');
  for (int i = 1; i < 1000; ++i) {
    const fs::path folder = root / (i == 1 ? name + "Z-grid" : fmt::format("{}Z-grid-{}", name, i));
    std::error_code failed;
    fs::create_directories(root, failed);
    if (fs::create_directory(folder, failed)) return folder;
    if (failed)
      return error(ErrorCode::Io, fmt::format("{}: {}", folder.string(), failed.message()));
  }
  return error(ErrorCode::Io, fmt::format("{}: no name is left", root.string()));
}

}  // namespace

Result<std::vector<GridAxis>> parse_grid(const std::vector<std::string>& texts) {
  std::vector<GridAxis> axes;
  std::size_t count = 1;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return error(ErrorCode::Malformed,
                   fmt::format("--grid: \"{}\" has to be KEY=V1,V2,...", text.substr(0, 80)));
    GridAxis axis{text.substr(0, equals), {}};
    const char between = text.find('|') == std::string::npos ? ',' : '|';
    for (std::size_t at = equals + 1; at <= text.size();) {
      const std::size_t end = std::min(text.find(between, at), text.size());
      axis.values.push_back(text.substr(at, end - at));
      if (axis.values.back().empty())
        return error(ErrorCode::Malformed,
                     fmt::format("--grid: \"{}\" has an empty value", text.substr(0, 80)));
      at = end + 1;
    }
    if (axis.values.empty())
      return error(ErrorCode::Malformed,
                   fmt::format("--grid: \"{}\" has no value", text.substr(0, 80)));
    if (std::ranges::find(axes, axis.key, &GridAxis::key) != axes.end())
      return error(ErrorCode::Malformed,
                   fmt::format("--grid: {} is given twice; name its values in one", axis.key));
    count *= axis.values.size();
    if (count > kCombinationsMax)
      return error(ErrorCode::Malformed,
                   fmt::format("--grid: more than {} combinations", kCombinationsMax));
    axes.push_back(std::move(axis));
  }
  return axes;
}

std::vector<std::vector<std::string>> combinations(const std::vector<GridAxis>& axes) {
  std::vector<std::vector<std::string>> all{{}};
  for (const GridAxis& axis : axes) {
    std::vector<std::vector<std::string>> longer;
    for (const auto& head : all)
      for (const std::string& value : axis.values) {
        longer.push_back(head);
        longer.back().push_back(axis.key + "=" + value);
      }
    all = std::move(longer);
  }
  return all;
}

int run_replay_grid(const Options& options) {
  const Duration begin = net::Loop::steady_now();
  const auto axes = parse_grid(options.grid);
  if (axes.has_error()) return fail(axes.error(), kUsage);
  const auto sources = replay_sources(options);
  if (sources.has_error()) return fail(sources.error(), kUsage);
  const auto all = combinations(axes.value());
  // What is wrong with a key is wrong in all of them: it is told before anything is begun.
  Options first = options;
  for (const std::string& setting : all.front()) put_setting(first.overrides, setting);
  const auto loaded = load_for_replay(first, sources.value());
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  const auto folder = make_grid_folder(loaded.value().settings.session.folder);
  if (folder.has_error()) return fail(folder.error(), kError);
  std::vector<Job> jobs;
  for (const auto& settings : all) {
    Job& job = jobs.emplace_back();
    job.row.number = jobs.size();
    job.row.settings = settings;
    job.folder = folder.value() / fmt::format("{:04}", job.row.number);
  }
  const auto at_once = static_cast<std::size_t>(
      options.jobs > 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency()));
  hear_signals();
  run_all(options, sources.value(), jobs, at_once);
  std::vector<GridRow> rows;
  for (Job& job : jobs) rows.push_back(std::move(job.row));
  sort_rows(rows);
  std::ofstream(folder.value() / "grid.csv") << grid_csv(rows);
  std::ofstream(folder.value() / "grid.json") << grid_json(rows);
  double work = 0.0;
  for (const GridRow& row : rows) work += row.seconds;
  const double took = seconds(net::Loop::steady_now() - begin);
  fmt::print("{}\n", grid_table(rows));
  if (const std::string honesty = grid_honesty(rows); !honesty.empty())
    fmt::print("{}\n\n", honesty);
  fmt::print("{} runs in {:.2f} s, {} at once; alone they took {:.2f} s together\n{}\n{}\n",
             rows.size(), took, at_once, work, (folder.value() / "grid.csv").string(),
             (folder.value() / "grid.json").string());
  const bool failed =
      std::ranges::any_of(rows, [](const GridRow& r) { return !r.failure.empty(); });
  return failed ? kError : kOk;
}

}  // namespace proteus::app
