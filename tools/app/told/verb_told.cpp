// `proteus replay --verify SESSION`.
#include <fmt/format.h>

#include "tools/app/json_object.hpp"
#include "tools/app/session_folders.hpp"
#include "tools/app/told/log_chain.hpp"
#include "tools/app/told/telling.hpp"
#include "tools/app/told/verbs.hpp"

namespace proteus::app {
namespace {

using told::Cause;
using told::FieldDifference;
using told::Retelling;

constexpr std::size_t kFieldsShown = 12;

void print_fields(const std::vector<FieldDifference>& fields) {
  for (std::size_t i = 0; i < std::min(fields.size(), kFieldsShown); ++i)
    fmt::print("    {:<28} then {}\n    {:<28} now  {}\n", fields[i].name, fields[i].then, "",
               fields[i].now);
  if (fields.size() > kFieldsShown)
    fmt::print("    and {} fields more\n", fields.size() - kFieldsShown);
}

void print_counts(const Retelling& t) {
  const told::Counts& c = t.counts;
  fmt::print(
      "{:<14}{}, {} to {}\n{:<14}{} from {} on: {} inputs, {} decisions ({} orders refused), {} "
      "orders, {} cancels, {} fills\n{:<14}{} answers of the learner computed again; {} equity "
      "points, {} snapshots\n{:<14}{:016x}\n{:<14}{:.3f} s, {:.0f} records/s\n",
      "session", t.folder, format_time(t.from), format_time(t.until), "records", c.records,
      t.first_record, c.inputs, c.decisions, c.refusals, c.orders, c.cancels, c.fills,
      "adaptations", c.adaptations, c.equity_points, c.snapshots, "ledger hash", t.ledger_hash,
      "told in", t.seconds, t.seconds > 0 ? static_cast<double>(c.records) / t.seconds : 0.0);
}

void print_difference(const told::Difference& d) {
  fmt::print("the first record that differs: {} ({}, event {}) at {}{}{}\n", d.record, d.kind,
             d.sequence, format_time(d.time), d.instrument.empty() ? "" : ", " + d.instrument,
             d.bar_open ? ", bar of " + format_time(*d.bar_open) : "");
  print_fields(d.fields);
  if (d.fields.empty()) fmt::print("    then {}\n    now  {}\n", d.then, d.now);
  fmt::print("    it parts at: {}\n", to_string(d.place));
}

void print_telling(const Retelling& t, const told::LogChain& chain) {
  print_counts(t);
  fmt::print("{:<14}{}\n", "chain", chain.value);
  for (const std::string& note : t.notes) fmt::print("note: {}\n", note);
  for (const told::Finding& finding : t.findings) {
    fmt::print("CHANGED ({}): {}\n", to_string(finding.cause), finding.what);
    print_fields(finding.fields);
  }
  if (!t.untold.empty()) fmt::print("it could not be told again: {}\n", t.untold);
  if (t.difference) print_difference(*t.difference);
  if (t.identical())
    fmt::print("identical{}\n",
               t.ended ? "" : " as far as the log goes: it does not end with the order to stop");
  else if (t.cause != Cause::None)
    fmt::print("it differs; cause: {}\n", to_string(t.cause));
  else
    fmt::print("it is not proven\n");
}

std::string json_of(const Retelling& t, const told::LogChain& chain) {
  JsonObject out;
  out.add("identical", t.identical())
      .add("ended", t.ended)
      .add("session", t.folder)
      .add("mode", t.mode)
      .add("cause", to_string(t.cause))
      .add("first_record", t.first_record)
      .add("counts", t.counts)
      .add("ledger_hash", fmt::format("{:016x}", t.ledger_hash))
      .add("chain", chain.value)
      .add("from", t.from)
      .add("until", t.until)
      .add("seconds", t.seconds)
      .add("records_per_second",
           t.seconds > 0 ? static_cast<double>(t.counts.records) / t.seconds : 0.0)
      .add("notes", t.notes)
      .add("untold", t.untold);
  JsonList findings;
  for (const told::Finding& f : t.findings)
    findings.add(
        JsonObject{}.add("cause", to_string(f.cause)).add("what", f.what).add("fields", f.fields));
  out.add_raw("findings", findings.text());
  if (!t.difference) return out.add_raw("difference", "null").text();
  const told::Difference& d = *t.difference;
  JsonObject difference;
  difference.add("record", d.record)
      .add("sequence", d.sequence)
      .add("time", d.time)
      .add("instrument", d.instrument);
  if (d.bar_open) difference.add("bar_open", *d.bar_open);
  difference.add("kind", d.kind)
      .add("place", to_string(d.place))
      .add("then", d.then)
      .add("now", d.now)
      .add("fields", d.fields);
  return out.add("difference", difference).text();
}

}  // namespace

int run_told_again(const Options& options) {
  const auto folder = find_session(runs_beside(options.socket), options.verify);
  if (folder.has_error()) return fail(folder.error(), kError);
  if (!options.config.empty() || !options.files.empty() || !options.grid.empty() ||
      !options.from.empty() || !options.until.empty())
    return fail(
        error(ErrorCode::Malformed,
              "--verify tells a session again from its own log and settings: leave --config, "
              "files, --from, --to and --grid out"),
        kUsage);
  const auto telling = told::retell_session(folder.value(), options.overrides);
  if (telling.has_error()) return fail(telling.error(), kError);
  const auto chain = told::chain_of(folder.value());
  if (chain.has_error()) return fail(chain.error(), kError);
  if (options.json)
    fmt::print("{}\n", json_of(telling.value(), chain.value()));
  else
    print_telling(telling.value(), chain.value());
  return telling.value().identical() ? kOk : kError;
}

}  // namespace proteus::app
