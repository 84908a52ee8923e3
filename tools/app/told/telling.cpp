#include "tools/app/told/telling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "connectors/storage/session.hpp"
#include "connectors/storage/setting_hashes.hpp"
#include "models/inference/checkpoint.hpp"
#include "tools/app/json_view.hpp"
#include "tools/app/shipped.hpp"
#include "tools/app/told/build_id.hpp"
#include "tools/app/told/feed_evidence.hpp"
#include "tools/app/version.hpp"

namespace proteus::app::told {
namespace {

namespace fs = std::filesystem;

/// Where the same files lie somewhere else now; of these their content counts.
constexpr std::array<std::string_view, 2> kMovable = {"policy.checkpoints", "forecast.checkpoints"};

Result<void> check_overrides(const std::vector<std::string>& overrides) {
  for (const std::string& given : overrides)
    if (std::ranges::find(kMovable, std::string_view(given).substr(0, given.find('='))) ==
        kMovable.end())
      return error(ErrorCode::Refused,
                   fmt::format("--set {}: a session is told again under its own settings; only "
                               "policy.checkpoints and forecast.checkpoints may say where the same "
                               "files lie now",
                               given));
  return success();
}

/// The settings' text against the hash in the log's header, and key by key where session.json has
/// their hashes.
void look_at_settings(const std::string& text, const storage::WalHeader& header,
                      const view::bj::value& info, Retelling& telling) {
  const std::string now = storage::text_hash(text);
  const std::string then{header.config_hash.view()};
  if (const std::string told = view::text(info, "config_hash"); told != then)
    telling.findings.push_back({Cause::Config,
                                "session.json names another hash of the settings than the log: it "
                                "was changed",
                                {{"config_hash", then, told}}});
  if (now == then) return;
  Finding found{
      Cause::Config, "config.resolved.toml was changed: the session began with others", {}};
  std::vector<std::string> hashes;
  for (const auto& line : view::list(info, "settings"))
    if (line.is_string()) hashes.emplace_back(line.as_string().c_str());
  if (hashes.empty())
    found.what += " (session.json has no hashes of single settings: it cannot be told which)";
  else
    for (const auto& changed : storage::changed_settings(hashes, text))
      found.fields.push_back(
          {changed.key, changed.added ? "(absent)" : "another value", changed.now});
  if (!hashes.empty() && found.fields.empty())
    found.what += ", though no value: a line's place, a comment or a blank";
  telling.findings.push_back(std::move(found));
}

/// Which program wrote it, where it is not this one.
std::vector<FieldDifference> program_differences(const view::bj::value& info) {
  std::vector<FieldDifference> found;
  const auto compare = [&](const char* key, const std::string& now) {
    const std::string then = view::text(info, key);
    if (!then.empty() && !now.empty() && then != now) found.push_back({key, then, now});
  };
  compare("version", std::string(kVersion));
  compare("build", build_id());
  compare("cpu", storage::cpu_model());
  return found;
}

/// Checkpoints by the content that the session's settings name. True: all could be read. `taken`:
/// what has to be said for those to be taken that lie there now.
bool look_at_weights(const char* section, const std::vector<std::string>& named,
                     const std::vector<std::string>& content, const fs::path& folder,
                     Retelling& telling, std::vector<std::string>& taken) {
  const auto shipped = with_shipped(named);
  if (shipped.has_error()) {
    telling.findings.push_back({Cause::Weights, shipped.error().context, {}});
    return false;
  }
  const std::vector<std::string>& files = shipped.value();
  std::vector<std::string> now;
  bool changed = false;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::error_code unknown;
    const fs::path beside = folder / files[i];
    const fs::path file = fs::exists(files[i], unknown) ? fs::path(files[i]) : beside;
    const auto checkpoint = inference::load_checkpoint(file);
    if (checkpoint.has_error()) {
      telling.findings.push_back(
          {Cause::Weights,
           fmt::format("{}: {}; if it lies elsewhere, say so with --set {}.checkpoints=FILE,...",
                       files[i], checkpoint.error().context, section),
           {}});
      continue;
    }
    now.push_back(checkpoint.value().content_hash);
    if (i >= content.size() || now.back() == content[i]) continue;
    changed = true;
    telling.findings.push_back(
        {Cause::Weights,
         fmt::format("{} is not the checkpoint that the session traded", file.string()),
         {{"content", content[i], now.back()}}});
  }
  if (changed) taken.push_back(fmt::format("{}.content={}", section, fmt::join(now, ",")));
  return now.size() == files.size();
}

Cause cause_of(const Retelling& telling, bool other_program) {
  for (const Cause cause : {Cause::Weights, Cause::Config, Cause::Input})
    for (const Finding& finding : telling.findings)
      if (finding.cause == cause) return cause;
  if (!telling.difference) return Cause::None;
  return other_program ? Cause::Binary : telling.difference->place;
}

}  // namespace

std::string_view to_string(Cause cause) {
  constexpr std::array<std::string_view, 10> kNames = {
      "none", "input", "feature", "policy state", "sizing",
      "risk", "fill",  "config",  "binary",       "weights"};
  return kNames[static_cast<std::size_t>(cause)];
}

Result<Retelling> retell_session(const fs::path& folder,
                                 const std::vector<std::string>& overrides) {
  BOOST_OUTCOME_TRY(check_overrides(overrides));
  BOOST_OUTCOME_TRY(const storage::Session session, storage::Session::look(folder));
  Retelling telling;
  telling.folder = folder.string();
  BOOST_OUTCOME_TRY(const std::string info_text, storage::read_file(folder / "session.json"));
  const view::bj::value info = view::parse(info_text);
  BOOST_OUTCOME_TRY(const std::string text, storage::read_file(session.config_path()));
  InstrumentTable instruments;
  FeedEvidence evidence;
  {
    BOOST_OUTCOME_TRY(const auto log, storage::SessionLog::open(session.wal_path()));
    look_at_settings(text, log.header(), info, telling);
  }
  const auto other = program_differences(info);
  for (const FieldDifference& d : other)
    telling.notes.push_back(
        fmt::format("it was written by another {}: {}, now {}", d.name, d.then, d.now));

  std::vector<std::string> taken = overrides;
  auto known = load(session.config_path(), overrides, Paths::Ignored);
  bool readable = known.has_value();
  if (readable) {
    const Settings& s = known.value().settings;
    if (s.strategy.name == strategies::StrategyKind::Policy)
      readable =
          look_at_weights("policy", s.policy.checkpoints, s.policy.content, folder, telling, taken);
    if (s.strategy.name == strategies::StrategyKind::Forecast)
      readable = look_at_weights("forecast", s.forecast.checkpoints, s.forecast.content, folder,
                                 telling, taken);
    if (!readable) telling.untold = "a checkpoint that it traded cannot be read";
  } else {
    telling.untold = "its settings cannot be read: " + known.error().context;
  }
  if (readable) {
    const auto loaded = load(session.config_path(), taken, Paths::Models);
    if (loaded.has_error()) {
      telling.untold = "it cannot be set up again: " + loaded.error().context;
    } else {
      BOOST_OUTCOME_TRY(retell_log(loaded.value(), folder, telling, &evidence, &instruments));
    }
  }
  if (telling.mode != "replay" && instruments.size() > 0) {
    BOOST_OUTCOME_TRY(auto findings,
                      evidence.check(session.feed_folder(), instruments, telling.notes));
    std::ranges::move(findings, std::back_inserter(telling.findings));
  }
  telling.cause = cause_of(telling, !other.empty());
  return telling;
}

}  // namespace proteus::app::told
