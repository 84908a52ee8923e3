// `proteus journal adaptations [SESSION]`: what became of each stretch that went to the learner,
// and what adapted weights have earned against the base in shadow.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "connectors/storage/sqlite.hpp"
#include "tools/app/json_object.hpp"
#include "tools/app/screen.hpp"
#include "tools/app/session_folders.hpp"
#include "tools/app/text.hpp"
#include "tools/app/verb_journal_adaptations.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {
namespace {

/// A row of the table `adaptations`.
struct Step {
  std::string time, instrument, step, cause;
  int ordinal = 0;
  int before = 0;  ///< version of the weights; 0: the base
  int after = 0;
  double gain = 0.0;  ///< of `before` over the base since its adoption
  [[nodiscard]] bool judged() const {
    return step == "adopted" || step == "refused" || step == "rolled_back" || step == "lost";
  }
};

struct Totals {
  std::string instrument;
  int cut = 0, proposed = 0, failed = 0, adopted = 0, refused = 0, rolled_back = 0, lost = 0;
  double gain = 0.0;    ///< of versions that have ended
  double in_use = 0.0;  ///< of the one in use, as last told; 0 where the base trades
  void count(const Step& s);
};

void Totals::count(const Step& s) {
  for (const auto& [name, counter] : {std::pair{"cut", &cut},
                                      {"proposed", &proposed},
                                      {"failed", &failed},
                                      {"adopted", &adopted},
                                      {"refused", &refused},
                                      {"rolled_back", &rolled_back},
                                      {"lost", &lost}})
    if (s.step == name) ++*counter;
  if (!s.judged()) return;
  if (s.before != s.after) gain += s.gain;
  in_use = s.before == s.after ? s.gain : 0.0;
}

Result<std::vector<Step>> read_steps(const std::filesystem::path& session) {
  BOOST_OUTCOME_TRY(auto db, storage::Database::open_read_only(session / "journal.sqlite"));
  BOOST_OUTCOME_TRY(auto rows,
                    db.prepare("SELECT time, instrument, step, ifnull(cause, ''), ordinal, "
                               "ifnull(version_before, 0), ifnull(version_after, 0), "
                               "ifnull(shadow_gain, 0) FROM adaptations ORDER BY record"));
  std::vector<Step> steps;
  for (;;) {
    BOOST_OUTCOME_TRY(const bool there, rows.row());
    if (!there) return steps;
    const auto whole = [&](int column) { return std::atoi(rows.column(column).c_str()); };
    steps.push_back({rows.column(0), rows.column(1), rows.column(2), rows.column(3), whole(4),
                     whole(5), whole(6), std::atof(rows.column(7).c_str())});
  }
}

/// By instrument in the order of their first step, and of all.
std::vector<Totals> totals_of(const std::vector<Step>& steps) {
  std::vector<Totals> all;
  for (const Step& s : steps) {
    auto found = std::ranges::find(all, s.instrument, &Totals::instrument);
    if (found == all.end()) found = all.insert(all.end(), Totals{.instrument = s.instrument});
    found->count(s);
  }
  Totals sum{.instrument = "all"};
  for (const Totals& t : all) {
    sum.cut += t.cut, sum.proposed += t.proposed, sum.failed += t.failed;
    sum.adopted += t.adopted, sum.refused += t.refused, sum.rolled_back += t.rolled_back;
    sum.lost += t.lost, sum.gain += t.gain, sum.in_use += t.in_use;
  }
  if (all.size() > 1) all.push_back(sum);
  return all;
}

std::string json_of(const std::string& session, const std::vector<Step>& steps) {
  JsonList totals;
  for (const Totals& t : totals_of(steps))
    totals.add(JsonObject{}
                   .add("instrument", t.instrument)
                   .add("cut", t.cut)
                   .add("proposed", t.proposed)
                   .add("failed", t.failed)
                   .add("adopted", t.adopted)
                   .add("refused", t.refused)
                   .add("rolled_back", t.rolled_back)
                   .add("lost", t.lost)
                   .add("gain_ended", t.gain)
                   .add("gain_in_use", t.in_use));
  JsonList rows;
  for (const Step& s : steps)
    rows.add(JsonObject{}
                 .add("time", s.time)
                 .add("instrument", s.instrument)
                 .add("ordinal", s.ordinal)
                 .add("step", s.step)
                 .add("version_before", s.before)
                 .add("version_after", s.after)
                 .add("shadow_gain", s.gain)
                 .add("cause", s.cause));
  return JsonObject{}
      .add("session", session)
      .add_raw("totals", totals.text())
      .add_raw("steps", rows.text())
      .text();
}

std::string totals_text(const std::vector<Step>& steps) {
  std::vector<std::vector<std::string>> rows;
  for (const Totals& t : totals_of(steps)) {
    const auto n = [](int count) { return fmt::format("{}", count); };
    rows.push_back({t.instrument, n(t.cut), n(t.proposed), n(t.adopted), n(t.refused),
                    n(t.rolled_back), n(t.lost), fmt::format("{:+.2f}", t.gain),
                    fmt::format("{:+.2f}", t.in_use)});
  }
  constexpr Align kRight = Align::Right;
  return table({{"instrument", Align::Left},
                {"cut", kRight},
                {"proposed", kRight},
                {"adopted", kRight},
                {"refused", kRight},
                {"rolled back", kRight},
                {"lost", kRight},
                {"gain, ended", kRight},
                {"gain, in use", kRight}},
               rows);
}

std::string steps_text(const std::vector<Step>& steps) {
  std::vector<std::vector<std::string>> rows;
  for (const Step& s : steps)
    if (s.judged())
      rows.push_back({s.time.substr(0, 16), s.instrument, fmt::format("{}", s.ordinal), s.step,
                      fmt::format("{}->{}", s.before, s.after),
                      s.before == 0 ? "" : fmt::format("{:+.2f}", s.gain), s.cause});
  return table({{"time, UTC", Align::Left},
                {"instrument", Align::Left},
                {"stretch", Align::Right},
                {"verdict", Align::Left},
                {"version", Align::Right},
                {"gain", Align::Right},
                {"why", Align::Left}},
               rows);
}

}  // namespace

void declare_journal_adaptations(CLI::App& app, Options& options) {
  add_socket(app, options);
  add_json(app, options);
  app.add_option("SESSION", options.session,
                 "its folder, or its name beside the socket; without it the newest")
      ->type_name("");
}

int run_journal_adaptations(const Options& options) {
  const auto folder = find_session(runs_beside(options.socket), options.session);
  if (folder.has_error()) return fail(folder.error(), kError);
  const auto steps = read_steps(folder.value());
  if (steps.has_error()) return fail(steps.error(), kError);
  const std::string session = folder.value().filename().string();
  if (options.json) {
    fmt::print("{}\n", json_of(session, steps.value()));
    return kOk;
  }
  if (steps.value().empty()) {
    fmt::print("session {}: nothing was adapted by gradient steps\n", session);
    return kOk;
  }
  const Style style = style_of_stdout();
  fmt::print(
      "session {}\n\n{}\nGain: of adapted weights over the base, which trades the same bars in "
      "shadow; net, in units of the\nvolatility target of a bar. In use: as the last verdict "
      "told.\n\n{}",
      session, totals_text(steps.value()),
      stdout_is_terminal() ? clip_lines(steps_text(steps.value()), style.width)
                           : steps_text(steps.value()));
  return kOk;
}

}  // namespace proteus::app
