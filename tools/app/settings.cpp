#include "tools/app/settings.hpp"

namespace proteus::app {
namespace {

Result<config::Reader> open(const std::filesystem::path& file,
                            const std::vector<std::string>& overrides) {
  if (file.empty()) return config::Reader::from_text("", "defaults", overrides);
  return config::Reader::open(file, overrides);
}

}  // namespace

Result<Loaded> load(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  BOOST_OUTCOME_TRY(auto reader, open(file, overrides));
  Loaded loaded;
  Settings& s = loaded.settings;
  reader.section("engine", s.engine);
  reader.section("strategy", s.strategy);
  reader.section("risk.sizing", s.sizing);
  reader.section("risk.limits", s.limits);
  reader.section("paper", s.paper);
  reader.section("feed", s.feed);
  reader.section("venue", s.venue);
  reader.section("session", s.session);
  reader.section("storage", s.storage);
  reader.section("replay", s.replay);
  for (const auto& [key, text] : {std::pair{"from", &s.replay.from}, {"until", &s.replay.until}})
    if (!text->empty() && !parse_time(*text))
      reader.reject("replay", key, "is no UTC time: write it as 2025-06-01T00:00:00Z");
  const std::string decision{to_string(s.engine.interval)};
  bool followed = false;
  for (const std::string& interval : s.feed.intervals) followed = followed || interval == decision;
  if (!followed)
    reader.reject(
        "feed", "intervals",
        "lacks engine.interval (" + decision + "): decisions are made on its bars, add it");
  if (s.engine.instruments.empty())
    reader.reject("engine", "instruments", "is empty: name at least one instrument");
  BOOST_OUTCOME_TRY(reader.finish());
  loaded.resolved = reader.resolved();
  loaded.shown = reader.show();
  loaded.hash = reader.hash();
  return loaded;
}

Result<LoadedSim> load_sim(const std::filesystem::path& file,
                           const std::vector<std::string>& overrides) {
  BOOST_OUTCOME_TRY(auto reader, open(file, overrides));
  LoadedSim loaded;
  SimSettings& s = loaded.settings;
  reader.section("sim", s.exchange);
  reader.section("sim.faults", s.exchange.faults);
  reader.section("sim.server", s.host);
  reader.section("market", s.market);
  BOOST_OUTCOME_TRY(reader.finish());
  loaded.shown = reader.show();
  return loaded;
}

}  // namespace proteus::app
