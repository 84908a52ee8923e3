// Reads the sources and fails on what a compiler lets through: an arrow between rooms that must not
// be, a clock or a random source outside the rooms that own them, an absolute path, a header
// without its guard or its opening words.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path& root() {
  static const fs::path path = [] {
    const char* dir = std::getenv("PROTEUS_SOURCE_DIR");
    return fs::path(dir != nullptr ? dir : ".");
  }();
  return path;
}

struct Source {
  std::string path;  // relative, with forward slashes
  std::vector<std::string> lines;
  [[nodiscard]] bool in(std::string_view room) const {
    return path.starts_with(std::string(room) + "/");
  }
};

std::vector<Source> read_all(const std::vector<std::string>& tops,
                             const std::vector<std::string>& endings) {
  std::vector<Source> sources;
  for (const std::string& top : tops) {
    if (!fs::exists(root() / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root() / top)) {
      const std::string ending = entry.path().extension().string();
      if (!entry.is_regular_file() ||
          std::find(endings.begin(), endings.end(), ending) == endings.end())
        continue;
      Source source{fs::relative(entry.path(), root()).generic_string(), {}};
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) source.lines.push_back(line);
      sources.push_back(std::move(source));
    }
  }
  return sources;
}

const std::vector<Source>& code() {
  static const auto all =
      read_all({"engine", "risk", "strategies", "models", "connectors", "config", "tools", "tests"},
               {".hpp", ".cpp"});
  return all;
}

/// What a line includes, or nothing.
std::string_view included(std::string_view line) {
  if (!line.starts_with("#include ") || line.size() < 12) return {};
  const std::size_t end = line.find_last_of("\">");
  return line.substr(10, end - 10);
}

bool starts_with_any(std::string_view text, const std::vector<std::string_view>& beginnings) {
  for (const std::string_view b : beginnings)
    if (text.starts_with(b)) return true;
  return false;
}

struct Rule {
  std::string_view room;
  std::vector<std::string_view> may_include;  // of our own headers
};

// The longest matching room decides. Arrows point down.
const std::vector<Rule> kArrows = {
    {"engine/core", {"engine/core/"}},
    {"engine/ports", {"engine/core/", "engine/ports/"}},
    {"engine/ledger", {"engine/core/", "engine/ledger/"}},
    {"engine/matching", {"engine/core/", "engine/matching/"}},
    {"engine/market", {"engine/core/", "engine/market/"}},
    {"engine/runtime", {"engine/"}},
    {"risk", {"engine/", "risk/"}},
    {"strategies", {"engine/", "strategies/"}},
    {"models",
     {"engine/", "risk/", "strategies/features/", "strategies/forecast/", "strategies/policy/",
      "models/"}},
    {"connectors/net", {"engine/", "connectors/net/"}},
    {"connectors/bybit", {"engine/", "connectors/bybit/"}},
    {"connectors/paper", {"engine/", "connectors/paper/"}},
    {"connectors/klines", {"engine/", "connectors/klines/"}},
    {"connectors/sim", {"engine/", "connectors/sim/", "connectors/klines/"}},
    {"connectors/storage", {"engine/", "connectors/storage/"}},
    {"connectors/signing", {"connectors/signing/"}},
    {"connectors/live",
     {"engine/", "connectors/bybit/", "connectors/live/", "connectors/signing/signing_api.hpp"}},
    {"connectors", {"engine/", "connectors/"}},
    {"tools", {""}},
    {"tests", {""}},
};

const Rule* rule_of(const Source& source) {
  const Rule* best = nullptr;
  for (const Rule& rule : kArrows)
    if (source.in(rule.room) && (best == nullptr || rule.room.size() > best->room.size()))
      best = &rule;
  return best;
}

std::string where(const Source& source, std::size_t line) {
  return source.path + ":" + std::to_string(line + 1) + ": " + source.lines[line];
}

TEST(Tidy, FindsTheSources) { EXPECT_GT(code().size(), 30U) << "PROTEUS_SOURCE_DIR=" << root(); }

TEST(Tidy, ArrowsBetweenRoomsPointDown) {
  const std::vector<std::string_view> tops = {"engine/",     "risk/",   "strategies/", "models/",
                                              "connectors/", "config/", "tools/",      "tests/"};
  for (const Source& source : code()) {
    const Rule* rule = rule_of(source);
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const std::string_view header = included(source.lines[i]);
      if (header.empty() || !starts_with_any(header, tops)) continue;
      if (source.in("config")) {
        EXPECT_TRUE(header.starts_with("engine/core/") || header.starts_with("config/") ||
                    header.ends_with("/settings.hpp"))
            << "config sees only the rooms' settings: " << where(source, i);
        continue;
      }
      ASSERT_NE(rule, nullptr) << source.path << " lies in no room";
      EXPECT_TRUE(starts_with_any(header, rule->may_include)) << where(source, i);
    }
  }
}

TEST(Tidy, LibrariesStayInTheirRooms) {
  struct Library {
    std::vector<std::string_view> headers;
    std::vector<std::string_view> rooms;
  };
  const std::vector<Library> libraries = {
      {{"boost/asio", "boost/beast"}, {"connectors/net", "tests/unit/net", "tests/bench/daemon"}},
      {{"openssl/"},
       {"connectors/net", "connectors/sim/private", "connectors/signing", "tests/unit/net",
        "tests/unit/live", "tests/bench/daemon", "tests/bench/signing"}},
      {{"simdjson"}, {"connectors/bybit", "connectors/live", "tests"}},
      {{"sqlite3", "zstd"}, {"connectors/storage", "connectors/klines", "tools", "tests"}},
      {{"zlib"}, {"connectors/klines", "tests"}},
      {{"toml++"}, {"config"}},
      {{"torch/", "ATen/"}, {"models", "tests"}},
      {{"spdlog"},
       {"connectors", "tools", "tests/bench/daemon", "tests/unit/tools", "tests/simulation"}},
      {{"boost/json"}, {"connectors", "tools", "tests"}},
      {{"CLI/"}, {"tools"}},
  };
  for (const Source& source : code())
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const std::string_view header = included(source.lines[i]);
      if (header.empty()) continue;
      for (const Library& library : libraries) {
        if (!starts_with_any(header, library.headers)) continue;
        bool allowed = false;
        for (const std::string_view room : library.rooms) allowed = allowed || source.in(room);
        EXPECT_TRUE(allowed) << where(source, i);
      }
      if (!source.in("engine") || !header.starts_with("boost/")) continue;
      EXPECT_TRUE(header.starts_with("boost/outcome")) << where(source, i);
    }
}

TEST(Tidy, ClocksAndChanceComeOnlyFromOutside) {
  const std::array<std::string_view, 11> kForbidden = {"system_clock::now",
                                                       "steady_clock::now",
                                                       "high_resolution_clock",
                                                       "random_device",
                                                       "gettimeofday",
                                                       "clock_gettime",
                                                       "std::rand(",
                                                       "get_id()",
                                                       "normal_distribution<",
                                                       "uniform_real_distribution<",
                                                       "uniform_int_distribution<"};
  for (const Source& source : code()) {
    if (source.in("connectors/net") || source.in("tools") || source.in("tests")) continue;
    for (std::size_t i = 0; i < source.lines.size(); ++i)
      for (const std::string_view word : kForbidden)
        EXPECT_EQ(source.lines[i].find(word), std::string::npos) << where(source, i);
  }
}

TEST(Tidy, NothingNamesAnAbsolutePath) {
  // Spelled in two parts so that this file does not find itself.
  const std::array<std::string, 5> kForbidden = {
      std::string("/ho") + "me/", std::string("/ro") + "ot/", std::string("/wo") + "rk/",
      std::string("/Us") + "ers/", std::string("/mn") + "t/"};
  auto all = read_all(
      {"engine", "risk", "strategies", "models", "connectors", "config", "tools", "tests", "docs"},
      {".hpp", ".cpp", ".md", ".txt", ".toml", ".py", ".cmake", ".sh", ".json", ""});
  for (const Source& source : all)
    for (std::size_t i = 0; i < source.lines.size(); ++i)
      for (const std::string& word : kForbidden)
        EXPECT_EQ(source.lines[i].find(word), std::string::npos) << where(source, i);
}

/// Targets of the links on a line of markdown: what stands in "](...)".
std::vector<std::string> links_of(const std::string& line) {
  std::vector<std::string> links;
  for (std::size_t at = 0; (at = line.find("](", at)) != std::string::npos;) {
    at += 2;
    const std::size_t end = line.find(')', at);
    if (end == std::string::npos) break;
    links.push_back(line.substr(at, end - at));
  }
  return links;
}

std::vector<Source> pages() {
  auto all = read_all({"docs"}, {".md"});
  for (const auto& entry : fs::directory_iterator(root())) {
    if (entry.path().extension() != ".md") continue;
    Source page{entry.path().filename().string(), {}};
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) page.lines.push_back(line);
    all.push_back(std::move(page));
  }
  return all;
}

TEST(Tidy, LinksOnPagesLeadSomewhere) {
  const std::vector<Source> all = pages();
  EXPECT_GT(all.size(), 5U) << "the pages were not found";
  for (const Source& page : all)
    for (std::size_t i = 0; i < page.lines.size(); ++i)
      for (std::string link : links_of(page.lines[i])) {
        if (link.starts_with("#") || link.find("://") != std::string::npos) continue;
        link = link.substr(0, link.find('#'));
        EXPECT_TRUE(fs::exists(root() / fs::path(page.path).parent_path() / link))
            << link << " is not there: " << where(page, i);
      }
}

TEST(Tidy, EveryPageOfTheDocsCanBeReachedFromTheReadme) {
  const std::vector<Source> all = pages();
  std::string linked;
  for (const Source& page : all) {
    if (page.path != "README.md") continue;
    for (const std::string& line : page.lines) linked += line + "\n";
  }
  for (const Source& page : all) {
    if (!page.path.starts_with("docs/") || page.path.starts_with("docs/adr/")) continue;
    EXPECT_NE(linked.find("](" + page.path + ")"), std::string::npos)
        << page.path << " is not linked from README.md";
  }
}

TEST(Tidy, EveryFileOpensWithWhatItIsFor) {
  for (const Source& source : code()) {
    const bool header = source.path.ends_with(".hpp");
    if (!header || source.lines.empty()) continue;
    EXPECT_TRUE(source.lines.front().starts_with("//")) << source.path << " has no opening words";
    bool guarded = false;
    for (const std::string& line : source.lines) guarded = guarded || line == "#pragma once";
    EXPECT_TRUE(guarded) << source.path << " lacks #pragma once";
  }
}

TEST(Tidy, UnfinishedWorkCarriesAName) {
  const std::string mark = std::string("TO") + "DO";
  for (const Source& source : code())
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const std::size_t at = source.lines[i].find(mark);
      if (at == std::string::npos) continue;
      EXPECT_EQ(source.lines[i].substr(at + 4, 1), "(") << where(source, i);
    }
}

}  // namespace
