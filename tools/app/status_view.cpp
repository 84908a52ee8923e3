#include "tools/app/status_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "engine/core/time.hpp"
#include "tools/app/json_view.hpp"
#include "tools/app/status_policy.hpp"

namespace proteus::app {
namespace {

using namespace view;

constexpr std::string_view kGood = "1;32";
constexpr std::string_view kWarn = "1;33";
constexpr std::string_view kBad = "1;31";
constexpr std::ptrdiff_t kMarksTold = 4;  // in a heartbeat
constexpr std::size_t kTopicsShown = 12;  // more are counted, and only those in trouble are named

/// A line of the head: a word in the first ten columns, then what it is about.
std::string line(std::string_view title, std::string_view what) {
  return fmt::format("{:<10}{}\n", title, what);
}

/// Cells, as many a line as fit, each line indented under its title.
std::string wrap(std::string_view title, const std::vector<std::string>& cells,
                 const Style& style) {
  std::string out, now;
  for (const std::string& cell : cells) {
    if (!now.empty() && 10 + columns_of(now) + 3 + columns_of(cell) > style.width) {
      out += line(out.empty() ? title : "", now);
      now.clear();
    }
    now += (now.empty() ? "" : "   ") + cell;
  }
  return out + line(out.empty() ? title : "", now);
}

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

std::string mode_words(const std::string& mode) {
  if (mode == "paper") return "simulated money: no order leaves this process";
  if (mode == "live") return "REAL MONEY";
  return "";
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

std::string quote_of(const bj::value& v) {
  const bj::array& instruments = list(v, "instruments");
  return instruments.empty() ? "" : text(instruments.front(), "quote");
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
  return flow({painted(style, code, top), state_text(v, style), mode_words(mode)}, style) +
         flow(cells, style) + profile_lines(v, style);
}

std::string money(const bj::value& v, const Style& style) {
  const bj::value& profit = get(v, "profit");
  const std::string total = text(profit, "total");
  const double initial = std::atof(text(v, "initial").c_str());
  const double share = initial > 0.0 ? std::atof(total.c_str()) / initial : 0.0;
  const std::string shown = signed_fixed(total, 2);
  const auto cost = [&](const char* key) { return signed_fixed(negated(text(profit, key)), 4); };
  return wrap("equity",
              {fmt::format("{} {}", fixed(text(v, "equity"), 2), quote_of(v)),
               fmt::format("{} ({}) since the start with {}",
                           painted(style, shown.starts_with('-') ? kBad : kGood, shown),
                           percent(share), fixed(text(v, "initial"), 2))},
              style) +
         wrap("profit",
              {"price " + signed_fixed(text(profit, "price"), 4), "fees " + cost("fees"),
               "funding " + cost("funding"),
               fmt::format("(slippage {}, inside price)", cost("slippage_inside_price"))},
              style) +
         wrap("drawdown",
              {fmt::format("{} of at most {}", percent(number(v, "drawdown")),
                           percent(number(v, "drawdown_max"))),
               "worst " + percent(number(v, "drawdown_worst"))},
              style);
}

/// "[####......]": how much of a limit is used.
std::string bar_of(double used, const Style& style) {
  constexpr int kCells = 10;
  const int full = std::clamp(static_cast<int>(std::ceil(used * kCells - 1e-9)), 0, kCells);
  const std::string_view code = used > 1.0 ? kBad : used > 0.8 ? kWarn : kGood;
  const std::string_view on = style.unicode ? "█" : "#";
  const std::string_view off = style.unicode ? "░" : ".";
  std::string cells;
  for (int i = 0; i < kCells; ++i) cells += i < full ? on : off;
  return "[" + painted(style, code, cells) + "]";
}

std::string limit_text(const bj::value& row) {
  const std::string unit = text(row, "unit");
  if (unit == "ratio")
    return fmt::format("{} of {}", percent(std::atof(text(row, "actual").c_str())),
                       percent(std::atof(text(row, "limit").c_str())));
  const int places = unit == "quote" ? 2 : unit == "count" || unit == "ns" ? 0 : 8;
  return fmt::format("{} of {}", fixed(text(row, "actual"), places),
                     fixed(text(row, "limit"), places));
}

std::size_t widest_of(const std::vector<std::string>& cells) {
  std::size_t widest = 0;
  for (const std::string& cell : cells) widest = std::max(widest, columns_of(cell));
  return widest;
}

/// What one order may be worth has no standing amount, and so neither bar nor share.
std::vector<std::string> limit_cells(const bj::value& v, const Style& style, bool bars) {
  std::vector<std::string> cells;
  for (const bj::value& row : list(v, "headroom")) {
    const std::string what = fmt::format("{:<17} ", text(row, "what"));
    if (text(row, "control") == "order_value") {
      cells.push_back(what + "at most " + fixed(text(row, "limit"), 2));
      continue;
    }
    const double used = number(row, "used");
    cells.push_back(what + (bars ? bar_of(used, style) + " " : "") +
                    fmt::format("{:>4.0f} %  {}", used * 100.0, limit_text(row)));
  }
  return cells;
}

/// One limit a line with a bar, two side by side where there is room. Where there is little, the
/// bars go: the numbers say the same.
std::string limits(const bj::value& v, const Style& style) {
  std::vector<std::string> cells = limit_cells(v, style, true);
  if (10 + widest_of(cells) > style.width) cells = limit_cells(v, style, false);
  const std::size_t widest = widest_of(cells);
  const bool side_by_side = 10 + 2 * widest + 3 <= style.width;
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    std::string now = cells[i];
    if (side_by_side && i + 1 < cells.size()) {
      now += std::string(widest - columns_of(now) + 3, ' ') + cells[i + 1];
      ++i;
    }
    out += line(out.empty() ? "limits" : "", now);
  }
  return out;
}

std::string holds(const bj::value& v, const Style& style) {
  std::string out;
  for (const bj::value& hold : list(v, "holds")) {
    const std::string instrument = text(hold, "instrument");
    out += line(out.empty() ? "holds" : "",
                fmt::format("{} {}: {}", painted(style, kWarn, text(hold, "hold")),
                            instrument.empty() ? "everywhere" : instrument, text(hold, "cause")));
  }
  return out.empty() ? line("holds", "none") : out;
}

/// What is on its way or rests at the venue; nothing where nothing does.
std::string open_orders(const bj::value& v, const Style& style) {
  std::vector<std::string> cells;
  for (const bj::value& order : list(v, "open_orders")) {
    const std::string price = text(order, "price");
    cells.push_back(fmt::format("{} {} of {} {}{}{}", text(order, "side"), text(order, "remaining"),
                                text(order, "quantity"), text(order, "instrument"),
                                price.empty() ? "" : " at " + price,
                                flag(order, "reduce_only") ? " (reduces)" : ""));
  }
  return cells.empty() ? "" : wrap("open", cells, style);
}

/// With its stream where there are several: a symbol may be traded in two categories.
std::string topic_cell(const bj::value& topic, bool name_stream, const Style& style) {
  const std::string state = text(topic, "state");
  const std::string age = get(topic, "age_s").is_number() ? age_text(number(topic, "age_s")) : "-";
  const std::string_view code = state == "live" ? kGood : state == "lost" ? kBad : kWarn;
  const std::string stream = text(topic, "stream");
  const std::string where =
      name_stream ? stream.substr(stream.starts_with("public:") ? 7 : 0) + " " : "";
  return fmt::format("{}{} {} {}", where, text(topic, "topic"), painted(style, code, state), age);
}

std::string topics(const bj::value& feed, const Style& style) {
  const bj::array& all = list(feed, "topics");
  std::vector<std::string> cells;
  std::size_t fine = 0;
  for (const bj::value& topic : all) {
    const bool is_fine = text(topic, "state") == "live" || text(topic, "state") == "quiet";
    if (is_fine) ++fine;
    if (all.size() > kTopicsShown && (is_fine || cells.size() >= kTopicsShown)) continue;
    cells.push_back(topic_cell(topic, number(feed, "streams") > 1.0, style));
  }
  std::string out;
  if (all.size() > kTopicsShown)
    out = line("", fmt::format("{} of {} topics live", fine, all.size()));
  return cells.empty() ? out : out + wrap("", cells, style);
}

std::string feed_line(const bj::value& v, const Style& style) {
  const bj::value& f = get(v, "feed");
  const bool live = flag(v, "feed_live");
  return wrap("feed",
              {painted(style, live ? kGood : kBad, live ? "LIVE" : "NOT LIVE"),
               fmt::format("{} stream(s), lost {} time(s)", text(f, "streams"), text(f, "losses")),
               "frames " + text(f, "frames"),
               fmt::format("clock offset {:+.1f} ms (known to {:.1f} ms)",
                           number(v, "clock_offset_ms") + 0.0, number(v, "clock_uncertainty_ms"))},
              style);
}

std::string storage(const bj::value& v, const Style& style) {
  const bj::value& log = get(v, "log");
  std::vector<std::string> cells = {
      bytes_text(number(log, "committed_bytes")) + " written",
      fmt::format("waiting: {} for the disk, {} for journal.sqlite",
                  bytes_text(number(log, "pending_bytes") + number(log, "unsynced_bytes")),
                  bytes_text(number(log, "underived_bytes"))),
      "frames recorded " + text(log, "frames_recorded")};
  if (get(v, "disk_free_bytes").is_number())
    cells.push_back("disk free " + bytes_text(number(v, "disk_free_bytes")));
  std::string out = wrap("log", cells, style);
  const bj::value& kept = get(v, "storage");
  if (flag(kept, "near_quota") || flag(kept, "over_quota"))
    out += line("", painted(style, kBad,
                            fmt::format("the session has {} of its quota of {}{}",
                                        bytes_text(number(kept, "session_bytes")),
                                        bytes_text(number(kept, "quota_bytes")),
                                        flag(kept, "over_quota") ? ": nothing more may go" : "")));
  if (flag(kept, "disk_low"))
    out += line("", painted(style, kBad, "the disk has little room left"));
  if (number(log, "frames_not_recorded") > 0.0)
    out +=
        line("", painted(style, kBad, "frames NOT recorded " + text(log, "frames_not_recorded")));
  if (const std::string wrong = text(v, "storage_error"); !wrong.empty())
    out += line("", painted(style, kBad, "STORAGE: " + wrong));
  return out;
}

std::string counts_of(const bj::value& object) {
  std::string out;
  if (!object.is_object()) return out;
  for (const auto& [kind, count] : object.as_object())
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", std::string_view(kind),
                       bj::serialize(count));
  return out;
}

/// As many as the document and the tables tell: a bar of the warm-up has one too.
std::string decisions(const bj::value& v) {
  const double waited = number(v, "warmup_bars");
  return "decisions " + text(v, "decisions") +
         (waited > 0.0 ? fmt::format(" ({:.0f} of the warm-up)", waited) : "");
}

std::string counts(const bj::value& v, const Style& style) {
  const std::string refused = counts_of(get(v, "refusals_by_control"));
  const std::string odd = counts_of(get(v, "anomalies"));
  const double cancelled = number(v, "in_flight_at_stop");
  const std::string in_flight =
      cancelled > 0.0 ? fmt::format(" ({:.0f} in flight at the end, cancelled)", cancelled) : "";
  return wrap("bars",
              {fmt::format("{} (late {}, set aside {}, gaps {})", text(v, "bars"),
                           text(v, "late_bars"), text(v, "set_aside"), text(v, "gaps")),
               decisions(v), "orders " + text(v, "orders") + in_flight, "fills " + text(v, "fills"),
               "refused " + text(v, "refusals") + (refused.empty() ? "" : " (" + refused + ")")},
              style) +
         line("anomalies", odd.empty() ? "none" : odd);
}

/// How the operator is heard: the silence that is allowed, and the file that halts.
std::string operator_line(const bj::value& v, const Style& style) {
  const bj::value& o = get(v, "operator");
  if (!o.is_object()) return "";
  const double allowed = number(o, "heartbeat_required_s");
  std::string heard = "heard " + age_text(number(o, "heard_s")) + " ago";
  if (allowed > 0.0)
    heard += fmt::format(", {} after {} of silence", text(o, "heartbeat_lost"), age_text(allowed));
  const std::string file = "kill file " + text(o, "kill_file");
  return wrap("operator",
              {heard, flag(o, "kill_file_there") ? painted(style, kBad, file + " IS THERE") : file},
              style);
}

/// Whether those who are away would hear of anything.
std::string alarms_line(const bj::value& v, const Style& style) {
  const bj::value& a = get(v, "alarms");
  if (!a.is_object()) return "";
  std::vector<std::string> cells = {"raised " + text(a, "raised")};
  if (number(a, "suppressed") > 0.0) cells.push_back("held back " + text(a, "suppressed"));
  for (const bj::value& way : list(a, "ways")) {
    std::string cell = fmt::format("{} delivered {}", text(way, "way"), text(way, "delivered"));
    if (number(way, "waiting") > 0.0) cell += ", waiting " + text(way, "waiting");
    const double lost = number(way, "given_up") + number(way, "dropped");
    if (lost > 0.0) cell += fmt::format(", LOST {:.0f}", lost);
    if (number(way, "failing") > 0.0)
      cell = painted(style, kBad, cell + ", FAILS: " + text(way, "last"));
    cells.push_back(cell);
  }
  if (list(a, "ways").empty()) cells.push_back("nobody is told: [alarms] names no way");
  return wrap("alarms", cells, style);
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
  std::vector<Block> blocks = {{head(v, style), 0},          {"\n", 9},
                               {money(v, style), 1},         {limits(v, style), 5},
                               {holds(v, style), 3},         {"\n", 9},
                               {instruments(v, style), 2},   {policy_line(v, style), 3},
                               {open_orders(v, style), 3},   {"\n", 9},
                               {feed_line(v, style), 4},     {topics(get(v, "feed"), style), 8},
                               {storage(v, style), 7},       {counts(v, style), 6},
                               {operator_line(v, style), 7}, {alarms_line(v, style), 7}};
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
