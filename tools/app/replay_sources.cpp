#include "tools/app/replay_sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>

#include "config/bounds.hpp"
#include "config/document.hpp"
#include "connectors/bybit/topics.hpp"
#include "connectors/replay/frame_router.hpp"
#include "connectors/storage/feed_merge.hpp"
#include "tools/app/kline_inputs.hpp"
#include "tools/app/session_folders.hpp"
#include "tools/app/shipped_settings.hpp"

namespace proteus::app {
namespace fs = std::filesystem;
namespace {

constexpr Duration kLookedAt = std::chrono::minutes{10};
constexpr std::size_t kFramesLookedAt = 200'000;

bool is_feed(const fs::path& path) {
  std::error_code ignored;
  const std::string name = path.filename().string();
  return fs::is_directory(path, ignored) || name.ends_with(".jsonl") ||
         name.ends_with(".jsonl.zst");
}

/// Whether the file or the command line gives this setting.
bool gives(const Options& options, std::string_view section, std::string_view key) {
  const std::string full = fmt::format("{}.{}", section, key);
  if (std::ranges::any_of(options.overrides, [&](const std::string& given) {
        return given.substr(0, given.find('=')) == full;
      }))
    return true;
  if (options.config.empty()) return false;
  const auto text = config::read_file(options.config);
  if (text.has_error()) return true;  // Reading it tells what is wrong.
  const config::Document document = config::parse_document(text.value());
  return document.error || std::ranges::any_of(document.entries, [&](const config::Entry& entry) {
           return entry.section == section && entry.key == key;
         });
}

std::optional<std::string> session_member(const fs::path& folder, const char* name) {
  const auto text = config::read_file(folder / "session.json");
  if (text.has_error()) return std::nullopt;
  boost::system::error_code failed;
  const boost::json::value root = boost::json::parse(text.value(), failed);
  if (failed || !root.is_object()) return std::nullopt;
  const boost::json::value* const found = root.as_object().if_contains(name);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return std::string(found->as_string());
}

/// "linear:BTCUSDT" of a frame's stream and topic, where it is about bars.
std::optional<std::pair<std::string, Interval>> bars_of(std::string_view stream,
                                                        std::string_view frame) {
  const bybit::Topic topic = bybit::parse_topic(replay::topic_in(frame));
  if (topic.kind != bybit::TopicKind::Kline) return std::nullopt;
  for (const Category category : {Category::Linear, Category::Spot})
    if (stream.find(to_string(category)) != std::string_view::npos)
      return std::pair{fmt::format("{}:{}", to_string(category), topic.symbol), topic.interval};
  return std::nullopt;
}

}  // namespace

Result<ReplaySources> replay_sources(const Options& options) {
  ReplaySources sources;
  for (const std::string& given : options.files) {
    std::error_code ignored;
    fs::path path = given;
    if (!fs::exists(path, ignored) && fs::exists(runs_beside(options.socket) / given, ignored))
      path = runs_beside(options.socket) / given;
    if (!fs::exists(path, ignored))
      return error(ErrorCode::NotFound,
                   fmt::format("{}: there is no such kline file, session or recorded feed", given));
    if (is_feed(path))
      sources.folders.push_back(path);
    else
      sources.klines.push_back(given);
  }
  if (sources.folders.empty()) return sources;
  if (!sources.klines.empty())
    return error(ErrorCode::Malformed,
                 fmt::format("{} is a recording and {} a kline file: name sources of one kind",
                             sources.folders.front().string(), sources.klines.front()));
  BOOST_OUTCOME_TRY(sources.streams, storage::feed_streams(sources.folders));
  if (sources.folders.size() == 1 && fs::exists(sources.folders.front() / "config.resolved.toml")) {
    const auto mode = mode_of_session(sources.folders.front());
    if (mode && *mode != "record") sources.session = sources.folders.front();
  }
  return sources;
}

std::optional<std::string> mode_of_session(const fs::path& folder) {
  return session_member(folder, "mode");
}

std::optional<SessionCode> code_of_session(const fs::path& folder) {
  const auto code = session_member(folder, "code");
  if (!code) return std::nullopt;
  return SessionCode{code->c_str()};
}

RecordedBars recorded_bars(const std::vector<storage::FeedStream>& streams,
                           std::optional<Timestamp> from, std::string* damage) {
  RecordedBars bars;
  storage::FeedMerge merge{streams, from};
  std::optional<Timestamp> first;
  for (std::size_t frames = 0; frames < kFramesLookedAt; ++frames) {
    const auto next = merge.next();
    if (!next) {  // It is told when it is played.
      if (damage != nullptr && damage->empty()) *damage = next.error().context;
      continue;
    }
    if (!next.value()) break;
    const storage::FrameView& frame = *next.value();
    if (frame.stream == "rest") continue;  // An accelerated warm-up takes hours of the recording.
    if (!first && frame.received > Timestamp{}) first = frame.received;
    if (first && frame.received > *first + kLookedAt) break;
    if (const auto found = bars_of(frame.stream, frame.bytes))
      bars[found->first].insert(found->second);
  }
  return bars;
}

Timestamp last_received(const std::vector<storage::FeedStream>& streams) {
  Timestamp last{};
  for (const storage::FeedStream& stream : streams) {
    if (stream.parts.empty()) continue;
    const fs::path& part = stream.parts.back();
    if (const auto name = storage::parse_part_name(part)) last = std::max(last, name->first);
    const auto reader = storage::FeedReader::open(part);
    if (reader && reader.value().index() && !reader.value().index()->blocks.empty())
      last = std::max(last, reader.value().index()->blocks.back().last);
  }
  return last;
}

Result<std::map<Category, std::vector<std::string>>> instrument_pages(
    const std::vector<std::string>& files, const std::vector<fs::path>& sources) {
  std::vector<std::pair<Category, fs::path>> found;
  for (const std::string& file : files) {
    const std::string name = fs::path(file).filename().string();
    if (!fs::is_regular_file(file))
      return error(ErrorCode::NotFound,
                   fmt::format("replay.instruments: {}: there is no such file", file));
    found.emplace_back(name.find("spot") != std::string::npos ? Category::Spot : Category::Linear,
                       file);
  }
  for (const fs::path& source : sources) {
    if (!files.empty()) break;
    for (const fs::path& folder : {source, source.parent_path()})
      for (const Category category : {Category::Linear, Category::Spot}) {
        std::error_code ignored;
        const fs::path file =
            folder / fmt::format("bybit-{}_instruments.jsonl", to_string(category));
        if (fs::is_regular_file(file, ignored)) found.emplace_back(category, file);
      }
  }
  std::map<Category, std::vector<std::string>> pages;
  for (const auto& [category, file] : found) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);)
      if (!line.empty()) pages[category].push_back(line);
  }
  return pages;
}

void put_setting(std::vector<std::string>& overrides, const std::string& setting) {
  const std::string key = setting.substr(0, setting.find('=') + 1);
  std::erase_if(overrides, [&](const std::string& known) { return known.starts_with(key); });
  overrides.push_back(setting);
}

Result<Loaded> load_for_replay(const Options& options, const ReplaySources& sources) {
  std::vector<std::string> overrides;
  if (!sources.klines.empty()) {
    std::vector<std::string> instruments;
    for (const std::string& file : sources.klines) {
      BOOST_OUTCOME_TRY(const auto input, kline_input(file));
      instruments.push_back(
          fmt::format("{}:{}", to_string(input.name.category), input.name.symbol));
    }
    overrides = {fmt::format("replay.files={}", fmt::join(sources.klines, ",")),
                 fmt::format("engine.instruments={}", fmt::join(instruments, ","))};
  }
  const bool own = sources.session && options.config.empty();
  if (!sources.streams.empty() && !own && !gives(options, "engine", "instruments")) {
    std::string damage;
    const RecordedBars bars = recorded_bars(sources.streams, std::nullopt, &damage);
    std::vector<std::string> instruments;
    for (const auto& [name, intervals] : bars) instruments.push_back(name);
    if (instruments.empty())
      return error(ErrorCode::NotFound,
                   "the recording begins without bars (kline.*): without them nothing is decided" +
                       (damage.empty() ? "" : "; it is damaged: " + damage));
    overrides.push_back(fmt::format("engine.instruments={}", fmt::join(instruments, ",")));
  }
  // What is said twice on the command line is told; what the sources bring gives way.
  const std::vector<std::string> brought = std::exchange(overrides, options.overrides);
  for (const std::string& setting : brought)
    if (const std::string key = setting.substr(0, setting.find('=') + 1); std::ranges::none_of(
            options.overrides, [&](const std::string& known) { return known.starts_with(key); }))
      overrides.push_back(setting);
  if (!options.from.empty()) overrides.push_back("replay.from=" + options.from);
  if (!options.until.empty()) overrides.push_back("replay.until=" + options.until);
  if (own) return load(*sources.session / "config.resolved.toml", overrides);
  return load_for_verb(options.config, overrides);
}

}  // namespace proteus::app
