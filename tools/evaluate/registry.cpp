#include "tools/evaluate/registry.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cmath>
#include <map>
#include <system_error>

#include "models/runs/files.hpp"
#include "tools/app/json_object.hpp"

namespace proteus::app::evaluate {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kStart = 0xcbf29ce484222325;

std::uint64_t chained(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

Error system_error(std::string_view what, const fs::path& file) {
  return runs::io_error(what, file, std::error_code(errno, std::generic_category()));
}

/// The file, locked against every other process that counts.
class Locked {
 public:
  static Result<Locked> open(const fs::path& file, bool make) {
    Locked locked;
    locked.fd_ =
        ::open(file.c_str(), (make ? O_RDWR | O_CREAT : O_RDONLY) | O_APPEND | O_CLOEXEC, 0644);
    if (locked.fd_ < 0 && errno == ENOENT && !make)
      return error(ErrorCode::NotFound, fmt::format("{}: no registry is there", file.string()));
    if (locked.fd_ < 0) return system_error("open", file);
    while (::flock(locked.fd_, make ? LOCK_EX : LOCK_SH) != 0)
      if (errno != EINTR) return system_error("lock", file);
    return locked;
  }
  Locked(Locked&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Locked& operator=(Locked&&) = delete;
  ~Locked() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  Locked() = default;
  int fd_ = -1;
};

Result<std::string> read_whole(int fd, const fs::path& file) {
  std::string text;
  std::array<char, 65'536> bytes{};
  for (;;) {
    const ssize_t n = ::read(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("read", file);
    if (n == 0) return text;
    text.append(bytes.data(), static_cast<std::size_t>(n));
  }
}

Result<void> write_whole(int fd, std::string_view text, const fs::path& file) {
  const off_t before = ::lseek(fd, 0, SEEK_END);
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const Error failed = system_error("write to", file);
      // Half a line would damage it for good.
      if (::ftruncate(fd, before) != 0) return system_error("write to and cut back", file);
      return failed;
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(fd) != 0) return system_error("sync", file);
  return success();
}

/// What <registry>.head says of the last line.
struct Head {
  std::int64_t lines = 0;
  std::string chain;
};

struct Lines {
  std::int64_t count = 0;
  std::uint64_t hash = kStart;
  std::string chain;  ///< that the last line carries
  std::vector<Trial> trials;
};

std::optional<double> number(const boost::json::object& line, std::string_view key) {
  const auto* value = line.if_contains(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double x = value->to_number<double>();
  return std::isfinite(x) ? std::optional(x) : std::nullopt;
}
std::optional<std::string> text_in(const boost::json::object& line, std::string_view key) {
  const auto* value = line.if_contains(key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

fs::path head_of(const fs::path& file) { return file.string() + ".head"; }

/// Nothing: there is none. One that cannot be read is no such: lines may have been cut.
Result<std::optional<Head>> read_head(const fs::path& file) {
  const fs::path path = head_of(file);
  const auto broken = [](ErrorCode code, const std::string& what) {
    return error(code, what +
                           "; make it readable or bring it back from a copy. Without it lines that "
                           "were taken from the end of the registry are not seen, so nothing is "
                           "judged");
  };
  const auto locked = Locked::open(path, false);
  if (locked.has_error() && locked.error().code == ErrorCode::NotFound)
    return std::optional<Head>();
  if (locked.has_error()) return broken(ErrorCode::Io, locked.error().context);
  const auto text = read_whole(locked.value().fd(), path);
  if (text.has_error()) return broken(ErrorCode::Io, text.error().context);
  boost::system::error_code malformed;
  const auto parsed = boost::json::parse(text.value(), malformed);
  if (!malformed && parsed.is_object())
    if (const auto lines = number(parsed.get_object(), "lines"))
      if (const auto chain = text_in(parsed.get_object(), "chain"))
        return std::optional(Head{static_cast<std::int64_t>(*lines), *chain});
  return broken(ErrorCode::Corrupt,
                path.string() + ": it does not say how many lines the registry has");
}

/// After the lines themselves are on the disk: a head that is behind counts too few, which is no
/// damage.
Result<void> write_head(const fs::path& file, const Lines& lines) {
  const fs::path draft = head_of(file).string() + ".draft";
  std::error_code ignored;
  fs::remove(draft, ignored);
  const std::string text =
      JsonObject{}.add("lines", lines.count).add("chain", lines.chain).text() + "\n";
  BOOST_OUTCOME_TRY(runs::write_text(draft, text));
  return runs::move_file(draft, head_of(file));
}

/// Nothing: the line is none that this program wrote as the next one.
std::optional<Trial> trial_of(std::string_view line, const Lines& before) {
  constexpr std::string_view kMark = ",\"chain\":\"";
  const std::size_t at = line.rfind(kMark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string body(line.substr(0, at));
  const std::string chain = fmt::format("{:016x}\"}}", chained(before.hash, body));
  if (line.substr(at + kMark.size()) != chain) return std::nullopt;
  boost::system::error_code failed;
  const auto parsed = boost::json::parse(body + "}", failed);
  if (failed || !parsed.is_object()) return std::nullopt;
  const auto& object = parsed.get_object();
  const auto n = number(object, "n");
  const auto name = text_in(object, "name");
  const auto config = text_in(object, "config");
  const auto scored_on = text_in(object, "scored_on");
  const auto bars = number(object, "bars");
  const auto year = number(object, "bars_a_year");
  if (!n || !name || !config || !scored_on || !bars || !year || config->empty() ||
      *n != static_cast<double>(before.count + 1) || !(*year > 0.0))
    return std::nullopt;
  return Trial{*name,      *config,
               *scored_on, static_cast<std::int64_t>(*bars),
               *year,      number(object, "sharpe")};
}

/// The last 16 letters before the end: trial_of has looked at them.
std::string chain_in(std::string_view line) {
  return std::string(line.substr(line.size() - 18, 16));
}

Error cut_off(const fs::path& file, const Head& head, std::int64_t lines) {
  return error(ErrorCode::Corrupt,
               fmt::format("{}: {} says that line {} ends in {}, and the registry {}: lines were "
                           "taken from its end or written anew. What was tried is no longer known, "
                           "so nothing is judged: bring the file back from a copy, or name another "
                           "in evaluate.registry and say so beside the results",
                           file.string(), head_of(file).filename().string(), head.lines, head.chain,
                           lines < head.lines ? fmt::format("has {} lines", lines)
                                              : std::string("has another there")));
}

Result<Lines> parse(std::string_view text, const fs::path& file, const std::optional<Head>& head) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const auto trial =
        end == std::string_view::npos ? std::nullopt : trial_of(text.substr(0, end), lines);
    if (!trial)
      return error(
          ErrorCode::Corrupt,
          fmt::format("{}:{}: the registry is damaged here: the line does not follow from those "
                      "before it. What was tried is no longer known, so nothing is judged: bring "
                      "the file back from a copy, or name another in evaluate.registry and say so "
                      "beside the results",
                      file.string(), lines.count + 1));
    lines.hash = chained(lines.hash, text.substr(0, end));
    lines.chain = chain_in(text.substr(0, end));
    lines.trials.push_back(*trial);
    ++lines.count;
    if (head && head->lines == lines.count && head->chain != lines.chain)
      return cut_off(file, *head, lines.count);
    text.remove_prefix(end + 1);
  }
  if (head && head->lines > lines.count) return cut_off(file, *head, lines.count);
  return lines;
}

std::string line_of(const Trial& trial, std::int64_t n, Timestamp now, std::uint64_t hash) {
  JsonObject object;
  object.add("n", n).add("time", now).add("name", trial.name).add("config", trial.config);
  object.add("scored_on", trial.scored_on).add("bars", trial.bars);
  object.add("bars_a_year", trial.bars_a_year);
  if (trial.sharpe) object.add("sharpe", *trial.sharpe);
  std::string body = object.text();
  body.pop_back();
  const std::uint64_t chain = chained(hash, body);
  return fmt::format("{},\"chain\":\"{:016x}\"}}", body, chain);
}

/// Returns how many were appended.
Result<std::size_t> enter(const fs::path& file, const std::vector<Trial>& trials, bool only_new,
                          Timestamp now) {
  if (file.has_parent_path()) {
    BOOST_OUTCOME_TRY(runs::make_folder(file.parent_path()));
  }
  BOOST_OUTCOME_TRY(const auto locked, Locked::open(file, true));
  BOOST_OUTCOME_TRY(const auto text, read_whole(locked.fd(), file));
  BOOST_OUTCOME_TRY(const auto head, read_head(file));
  BOOST_OUTCOME_TRY(Lines lines, parse(text, file, head));
  std::size_t entered = 0;
  std::string more;
  for (const Trial& trial : trials) {
    if (only_new &&
        std::ranges::find(lines.trials, trial.config, &Trial::config) != lines.trials.end())
      continue;
    const std::string line = line_of(trial, ++lines.count, now, lines.hash);
    lines.hash = chained(lines.hash, line);
    lines.chain = chain_in(line);
    more += line + "\n";
    ++entered;
  }
  BOOST_OUTCOME_TRY(write_whole(locked.fd(), more, file));
  if (lines.count > 0) {
    BOOST_OUTCOME_TRY(write_head(file, lines));
  }
  return entered;
}

}  // namespace

Result<void> register_trials(const fs::path& file, const std::vector<Trial>& trials,
                             Timestamp now) {
  BOOST_OUTCOME_TRY(enter(file, trials, false, now));
  return success();
}

Result<std::size_t> register_new(const fs::path& file, std::vector<Trial> trials, Timestamp now) {
  return enter(file, trials, true, now);
}

Result<Tried> read_registry(const fs::path& file) {
  BOOST_OUTCOME_TRY(const auto locked, Locked::open(file, false));
  BOOST_OUTCOME_TRY(const auto text, read_whole(locked.fd(), file));
  BOOST_OUTCOME_TRY(const auto head, read_head(file));
  BOOST_OUTCOME_TRY(const Lines lines, parse(text, file, head));
  std::map<std::string, Trial> longest;
  for (const Trial& trial : lines.trials) {
    const auto [at, fresh] = longest.try_emplace(trial.config, trial);
    if (!fresh && trial.bars >= at->second.bars) at->second = trial;
  }
  Tried tried;
  tried.lines = lines.count;
  tried.chain = lines.chain;
  tried.headed = head.has_value();
  tried.configurations = static_cast<std::int64_t>(longest.size());
  std::vector<double> yearly;
  for (const auto& [hash, trial] : longest)
    if (trial.sharpe) yearly.push_back(*trial.sharpe * std::sqrt(trial.bars_a_year));
  if (yearly.size() < 2) return tried;
  double mean = 0.0;
  for (const double s : yearly) mean += s / static_cast<double>(yearly.size());
  for (const double s : yearly) tried.variance_yearly += (s - mean) * (s - mean);
  tried.variance_yearly /= static_cast<double>(yearly.size() - 1);
  return tried;
}

}  // namespace proteus::app::evaluate
