#include "tools/app/status_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "engine/core/time.hpp"
#include "tools/app/json_view.hpp"
#include "tools/app/status_parts.hpp"
#include "tools/app/status_policy.hpp"

namespace proteus::app {
namespace {

using namespace view;
using namespace status;

constexpr std::ptrdiff_t kMarksTold = 4;  // in a heartbeat

/// The same without a title, from the first column.
std::string flow(const std::vector<std::string>& cells, const Style& style) {
  std::string out, now;
  for (const std::string& cell : cells) {
    if (!now.empty() && columns_of(now) + 3 + columns_of(cell) > style.width) {
      out += now + "\n";
      now.clear();
    }
    now += (now.empty() ? "" : "   ") + cell;
  }
  return out + now + "\n";
}

std::string state_text(const bj::value& v, const Style& style) {
  const std::string state = upper(text(v, "state"));
  const std::string_view code = state == "ACTIVE" ? kGood : state == "REDUCING" ? kWarn : kBad;
  std::string out = painted(style, code, state);
  if (state != "ACTIVE") out += ": " + text(v, "state_cause");
  return out;
}

std::string mode_words(const std::string& mode, const std::string& profile) {
  if (mode == "paper") return "simulated money: no order leaves this process";
  if (mode != "live") return "";
  return profile == "mainnet" ? "REAL MONEY" : fmt::format("orders leave, to {}", profile);
}

/// Nothing under standard limits. Others, and what they let pass, must not be overlooked.
std::string profile_lines(const bj::value& v, const Style& style) {
  const std::string profile = text(v, "limits_profile");
  if (profile.empty() || profile == "standard") return "";
  std::string out = line("profile", painted(style, kWarn, upper(profile) + " limits") +
                                        ": wide, and a control that latches is only reported");
  for (const bj::value& latch : list(v, "latched_reported"))
    out += line(
        "", fmt::format("{} would be {} since {}: {}", text(latch, "control"), text(latch, "state"),
                        clock_text(text(latch, "since")), text(latch, "cause")));
  return out;
}

std::string head(const bj::value& v, const Style& style) {
  const std::string mode = text(v, "mode");
  const auto [top, bottom] = banner(upper(mode), style);
  const std::string_view code = mode == "live" ? kBad : "1;36";
  const double speed = number(get(v, "feed"), "speed");
  const std::string pace =
      speed == 1.0 || speed == 0.0 ? "" : fmt::format(" (runs {}x)", plain_number(speed));
  const double restarts = number(v, "restarts");
  std::vector<std::string> cells = {"session " + text(v, "session"),
                                    "up " + age_text(number(v, "uptime_s"))};
  if (restarts > 0.0) cells.push_back(fmt::format("restarts {:.0f}", restarts));
  cells.push_back("venue time " + clock_text(text(v, "venue_time")) + " UTC" + pace);
  // Letters two lines high have words behind both.
  if (!bottom.empty()) cells.insert(cells.begin(), painted(style, code, bottom));
  return flow({painted(style, code, top), state_text(v, style),
               mode_words(mode, text(get(v, "venue_account"), "profile"))},
              style) +
         flow(cells, style) + profile_lines(v, style);
}

std::string policy_line(const bj::value& v, const Style& style) {
  std::string out;
  for (const auto& cells : policy_cells(v, style))
    out += wrap(out.empty() ? "policy" : "", cells, style);
  return out;
}

/// Seconds from one stamp to another; nothing where one is none.
std::optional<double> seconds_between(const std::string& from, const std::string& to) {
  const auto read = [](const std::string& t) { return parse_time(t.substr(0, 23) + "Z"); };
  const auto a = read(from), b = read(to);
  if (a.has_error() || b.has_error()) return std::nullopt;
  return std::chrono::duration<double>(b.value() - a.value()).count();
}

std::string funding_text(const bj::value& i, const std::string& now) {
  const std::string rate = text(i, "funding_rate");
  if (rate.empty()) return "-";
  std::string out = percent(std::atof(rate.c_str()), 4);
  out.erase(std::remove(out.begin(), out.end(), ' '), out.end());
  const auto left = seconds_between(now, text(i, "next_funding"));
  if (!left || *left < 0.0) return out;
  const auto minutes = static_cast<long>(*left / 60.0);
  return fmt::format("{} in {}:{:02}", out, minutes / 60, minutes % 60);
}

/// Narrow: without what can be done without, so that the reason still has room.
std::vector<std::string> instrument_row(const bj::value& i, const std::string& now, bool narrow) {
  const int tick = decimals_of(text(i, "tick"));
  const int lot = decimals_of(text(i, "lot"));
  const std::string outcome = text(i, "outcome");
  const std::string said = outcome.empty() ? "no bar yet" : outcome;
  const std::string position = fixed(text(i, "position"), lot);
  const std::string mark = fixed(text(i, "mark"), tick);
  const std::string unrealised = signed_fixed(text(i, "unrealised"), 2);
  if (narrow) return {text(i, "name"), position, mark, unrealised, said, reason_text(i)};
  return {text(i, "name"),
          position,
          mark,
          fixed(text(i, "value"), 2),
          unrealised,
          funding_text(i, now),
          minute_text(text(i, "bar_open")),
          said,
          reason_text(i)};
}

std::string instruments(const bj::value& v, const Style& style) {
  constexpr std::size_t kWideEnough = 110;
  const bool narrow = style.width < kWideEnough;
  std::vector<std::vector<std::string>> rows;
  const std::string now = text(v, "venue_time");
  for (const bj::value& i : list(v, "instruments")) rows.push_back(instrument_row(i, now, narrow));
  std::vector<Column> columns = {
      {"instrument", Align::Left}, {"position", Align::Right}, {"mark", Align::Right}};
  if (!narrow) columns.push_back({"value", Align::Right});
  columns.push_back({"unreal.", Align::Right});
  if (!narrow) columns.push_back({"funding", Align::Right});
  if (!narrow) columns.push_back({"bar", Align::Right});
  columns.push_back({"outcome", Align::Left});
  columns.push_back({"why", Align::Left});
  return table(columns, rows);
}

}  // namespace

std::string error_of(const std::string& json) { return text(parse(json), "error"); }

std::string render_status(const std::string& json, const Style& style) {
  const bj::value v = parse(json);
  if (!v.is_object()) return json;
  if (const std::string wrong = text(v, "error"); !wrong.empty()) return wrong + "\n";
  return fit(status_blocks(json, style), 0);
}

std::vector<Block> status_blocks(const std::string& json, const Style& style) {
  const bj::value v = parse(json);
  const bool readable = v.is_object() && text(v, "error").empty();
  if (!readable) return {{clip_lines(render_status(json, style), style.width), 0}};
  // What is held stays longest; the topics of the feed and the bytes of the log go first.
  std::vector<Block> blocks = {{head(v, style), 0},
                               {"\n", 9},
                               {money(v, style), 1},
                               {limits(v, style), 5},
                               {holds(v, style), 3},
                               {"\n", 9},
                               {instruments(v, style), 2},
                               {policy_line(v, style), 3},
                               {open_orders(v, style), 3},
                               {"\n", 9},
                               {account_line(v, style), 4},
                               {feed_line(v, style), 4},
                               {topics(get(v, "feed"), style), 8},
                               {storage(v, style), 7},
                               {counts(v, style), 6},
                               {operator_line(v, style), 7},
                               {alarms_line(v, style), 7}};
  for (Block& block : blocks) block.text = clip_lines(block.text, style.width);
  return blocks;
}

std::string render_heartbeat(const std::string& json) {
  const bj::value v = parse(json);
  const bj::value& profit = get(v, "profit");
  std::string holding;
  for (const bj::value& hold : list(v, "holds")) {
    const std::string name = text(hold, "hold");
    if (holding.find(name) == std::string::npos) holding += (holding.empty() ? "" : ",") + name;
  }
  std::string marks;
  for (const bj::value& i : list(v, "instruments")) {
    if (std::ranges::count(marks, ',') + 1 >= kMarksTold) break;
    marks += fmt::format("{}{}:{}", marks.empty() ? "" : ",", text(i, "name"),
                         fixed(text(i, "mark"), decimals_of(text(i, "tick"))));
  }
  return fmt::format(
      "venue_time={} state={} feed={} equity={} profit={} (price={} fees={} funding={}) "
      "drawdown=\"{}\" bars={} orders={} fills={} refused={} holds={} marks={}",
      second_text(text(v, "venue_time")), text(v, "state"),
      flag(v, "feed_live") ? "live" : "NOT_LIVE", fixed(text(v, "equity"), 2),
      signed_fixed(text(profit, "total"), 2), signed_fixed(text(profit, "price"), 2),
      signed_fixed(negated(text(profit, "fees")), 2),
      signed_fixed(negated(text(profit, "funding")), 2), percent(number(v, "drawdown")),
      text(v, "bars"), text(v, "orders"), text(v, "fills"), text(v, "refusals"),
      holding.empty() ? "none" : holding, marks);
}

std::string render_summary(const std::string& json, const Style& style) {
  const bj::value v = parse(json);
  if (!v.is_object()) return json;
  std::string out = painted(style, "1", "Summary of " + text(v, "session")) + "\n";
  out += line("ran", fmt::format("{}   until venue time {} UTC", age_text(number(v, "uptime_s")),
                                 clock_text(text(v, "venue_time"))));
  out += profile_lines(v, style);
  out += counts(v, style);
  out += policy_line(v, style);
  out += money(v, style);
  std::vector<std::string> held;
  for (const bj::value& i : list(v, "instruments"))
    if (const std::string size = fixed(text(i, "position"), decimals_of(text(i, "lot")));
        size.find_first_of("123456789") != std::string::npos)
      held.push_back(fmt::format("{} {} at {}", size, text(i, "name"),
                                 fixed(text(i, "mark"), decimals_of(text(i, "tick")))));
  out += held.empty() ? line("holds", "nothing") : wrap("holds", held, style);
  return out + line("session", text(v, "folder"));
}

}  // namespace proteus::app
