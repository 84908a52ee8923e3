#include <fmt/format.h>

#include "tools/app/status_parts.hpp"

namespace proteus::app::status {
namespace {

using namespace view;

constexpr std::size_t kTopicsShown = 12;  // more are counted, and only those in trouble are named

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

}  // namespace

std::string line(std::string_view title, std::string_view what) {
  return fmt::format("{:<10}{}\n", title, what);
}

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

}  // namespace proteus::app::status
