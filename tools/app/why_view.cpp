// `proteus why` for people.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "engine/core/time.hpp"
#include "tools/app/json_view.hpp"
#include "tools/app/status_view.hpp"

namespace proteus::app {
namespace {

using namespace view;

std::string section(std::string_view title, const std::string& body) {
  return fmt::format("  {}\n{}", title, body);
}

/// A measure with what it counts: "2499.92 quote", "20.00 %", "1.3 s"; "none" where there was
/// nothing to measure.
std::string measure_text(const bj::value& measure) {
  if (get(measure, "value").is_null()) return "none";
  const std::string value = text(measure, "value");
  const std::string unit = text(measure, "unit");
  if (unit == "ratio") return percent(std::atof(value.c_str()), 4);
  if (unit == "ns") return age_text(std::atof(value.c_str()) / 1e9);
  if (unit == "count") return value;
  return (unit == "quote" ? fixed(value, 2) : value) + " " + unit;
}

std::string observed(const bj::value& d) {
  std::vector<std::vector<std::string>> rows;
  for (const bj::value& o : list(d, "observation"))
    rows.push_back({text(o, "name"), get(o, "value").is_number()
                                         ? plain_number(number(o, "value"), 8)
                                         : "not a number"});
  if (rows.empty()) return "    nothing was recorded\n";
  return table({{"feature", Align::Left}, {"value", Align::Right}}, rows, "    ");
}

/// Empty where a rule traded.
std::string policy_text(const bj::value& d) {
  const bj::value& p = get(d, "policy");
  if (!p.is_object()) return "";
  const auto said = [&](const char* key) { return plain_number(number(p, key), 6); };
  std::string out = fmt::format("    short {}  flat {}  long {}   confidence {}  value {}\n",
                                said("chance_short"), said("chance_flat"), said("chance_long"),
                                said("confidence"), said("value"));
  out += fmt::format("    trial bar {} of {}   memory {} (moved {})   reward {}\n",
                     text(p, "trial_bar"), text(p, "trial_bars"), said("state_norm"),
                     said("state_drift"), said("reward"));
  const double version = number(p, "version");
  out += fmt::format("    weights {}   policies {} (spread {})   kernel {}\n",
                     version == 0.0 ? "base" : fmt::format("adapted, version {:.0f}", version),
                     text(p, "policies"), said("spread"), text(p, "kernel"));
  if (number(p, "outside") > 0.0)
    out += fmt::format("    {} feature(s) beyond what training saw\n", text(p, "outside"));
  if (!flag(p, "finite")) out += "    an input or an output was no number\n";
  return out;
}

std::string target_text(const bj::value& d) {
  const bj::value& target = get(d, "target");
  if (!target.is_object()) return "none: what is held is kept";
  return fmt::format(
      "weight {} of what the instrument may hold (-1 all short, 1 all long), "
      "confidence {}",
      plain_number(number(target, "weight")), plain_number(number(target, "confidence")));
}

struct StepWords {
  std::string_view step;
  std::string_view means;
  bool alone = false;  ///< its weight is Kelly's own, which kelly_cap may overrule by the floor
};
constexpr std::string_view kKellyForm = "Kelly's fraction, as the record tells it";
constexpr StepWords kSteps[] = {
    {"target", "what the strategy wants"},
    {"confidence", "times its confidence"},
    {"volatility_target", "times this, between -1 and 1"},
    {"kelly_continuous", kKellyForm, true},
    {"kelly_discrete", kKellyForm, true},
    {"kelly_drawdown", kKellyForm, true},
    {"kelly_samples", "samples that it rests on", true},
    {"kelly_shrinkage", "share of it that its error leaves", true},
    {"kelly_fraction", "share of that which is used", true},
    {"kelly_cap", "at most this: what Kelly leaves, and never less than kelly_floor"},
    {"allocation", "times this share of equity"},
    {"no_trade_band", "a smaller change than this is not made"}};

std::string sizing(const bj::value& d) {
  std::vector<std::vector<std::string>> rows;
  bool alone = false;
  for (const bj::value& step : list(d, "sizing")) {
    const std::string name = text(step, "step");
    const auto* words = std::ranges::find(kSteps, name, &StepWords::step);
    const bool known = words != std::end(kSteps);
    const std::string weight = plain_number(number(step, "weight"));
    const bool bracketed = known && words->alone;
    alone = alone || bracketed;
    rows.push_back({name, plain_number(number(step, "factor")),
                    bracketed ? fmt::format("({})", weight) : weight,
                    known ? std::string(words->means) : std::string()});
  }
  if (rows.empty()) return "    not sized\n";
  return table({{"step", Align::Left},
                {"used", Align::Right},
                {"weight after", Align::Right},
                {"what it does", Align::Left}},
               rows, "    ") +
         (alone ? "    (in brackets: what Kelly alone would leave so far)\n" : "");
}

std::string controls(const bj::value& d, const Style& style) {
  std::vector<std::vector<std::string>> rows;
  for (const bj::value& word : list(d, "controls")) {
    const bool passed = flag(word, "passed");
    rows.push_back({text(word, "number"), text(word, "control"),
                    passed ? "passed" : painted(style, "1;31", "REFUSED"),
                    measure_text(get(word, "limit")), measure_text(get(word, "actual"))});
  }
  if (rows.empty()) return "    none was asked: there was no order\n";
  return table({{"no", Align::Right},
                {"control", Align::Left},
                {"verdict", Align::Left},
                {"limit", Align::Right},
                {"actual", Align::Right}},
               rows, "    ");
}

std::string order_state(const bj::value& order) {
  if (!flag(order, "approved")) return "refused by " + text(order, "refused_by");
  std::string state = text(order, "state");
  if (state.empty()) return "approved";
  if (const std::string why = text(order, "ended_by"); !why.empty() && why != "none")
    state += " (" + why + ")";
  return state;
}

std::string orders(const bj::value& d) {
  std::string out;
  for (const bj::value& order : list(d, "orders")) {
    out += fmt::format("    {} {} {}{}  {}  {}\n", text(order, "side"), text(order, "quantity"),
                       text(order, "type"), flag(order, "reduce_only") ? " reduce-only" : "",
                       text(order, "id"), order_state(order));
    if (const std::string decided = text(order, "decided"); !decided.empty())
      out += fmt::format("      decided {} UTC on {}{}{}\n", exact_clock_text(decided),
                         text(order, "reference"),
                         text(order, "sends").empty() ? "" : ", sent " + text(order, "sends") + "x",
                         text(order, "updated").empty()
                             ? ""
                             : ", last word " + exact_clock_text(text(order, "updated")));
    const bj::array& fills = list(order, "fills");
    for (const bj::value& fill : fills)
      out += fmt::format("      filled {} at {}, {}, fee {}, slippage {}, {} UTC\n",
                         text(fill, "quantity"), text(fill, "price"), text(fill, "liquidity"),
                         fixed(text(fill, "fee"), 6), fixed(text(fill, "slippage"), 6),
                         clock_text(text(fill, "time")));
    if (fills.empty() && flag(order, "approved")) out += "      no fill so far\n";
  }
  return out.empty() ? "    none\n" : out;
}

/// A bar that the venue has closed is decided on, even where our clock does not say so yet.
std::string clock_note(const bj::value& d) {
  const auto interval = parse_interval(text(d, "interval"));
  const auto read = [](const std::string& t) { return parse_time(t.substr(0, 23) + "Z"); };
  const auto open = read(text(d, "bar_open")), decided = read(text(d, "time"));
  if (!interval || open.has_error() || decided.has_error()) return "";
  const Timestamp close = next_open(open.value(), *interval);
  if (decided.value() >= close) return "";
  return fmt::format("; the venue had closed the bar, our clock is behind the venue's by {} ms",
                     std::chrono::ceil<std::chrono::milliseconds>(close - decided.value()).count());
}

std::string bar_text(const bj::value& d) {
  const bj::value& bar = get(d, "bar");
  if (!bar.is_object()) return "";
  return fmt::format(
      "  bar       open {}  high {}  low {}  close {}  volume {}\n  received  {} UTC by "
      "{}, {:.0f} ms after its close\n",
      text(bar, "open"), text(bar, "high"), text(bar, "low"), text(bar, "close"),
      plain_number(number(bar, "volume"), 8), exact_clock_text(text(bar, "received")),
      text(bar, "source"), number(bar, "latency_ms"));
}

std::string adaptation_text(const bj::value& d) {
  const bj::value& a = get(d, "adaptation");
  if (!a.is_object()) return "";
  const std::string cause = text(a, "cause");
  return fmt::format("  adapted   last step: number {} {} at {} UTC{}\n", text(a, "ordinal"),
                     text(a, "step"), clock_text(text(a, "time")),
                     cause.empty() ? "" : ", " + cause);
}

std::string after_text(const bj::value& d) {
  const bj::value& after = get(d, "after");
  if (!after.is_object()) return "  after     no bar has closed since\n";
  return fmt::format("  after     position {}   equity {}   cash {}   at {} UTC\n",
                     text(after, "position"), fixed(text(after, "equity"), 2),
                     fixed(text(after, "cash"), 2), clock_text(text(after, "time")));
}

std::string decision(const bj::value& d, const Style& style) {
  const std::string outcome = text(d, "outcome");
  const std::string_view code = outcome == "refused" ? "1;31" : outcome == "ordered" ? "1;32" : "1";
  std::string out =
      painted(style, "1",
              fmt::format("{}   {} bar that opened {} UTC, close {}", text(d, "instrument"),
                          text(d, "interval"), clock_text(text(d, "bar_open")), text(d, "close")));
  if (const std::string summary = text(d, "summary"); !summary.empty())
    out += "\n  " + painted(style, "1", summary);
  out += fmt::format("\n  outcome   {}: {}\n", painted(style, code, upper(outcome)),
                     text(d, "reason"));
  out += bar_text(d);
  out += fmt::format("  decided   {} UTC, event {}{}\n", exact_clock_text(text(d, "time")),
                     text(d, "sequence"), clock_note(d));
  out += fmt::format("  position  {} -> wanted {}   equity {}\n", text(d, "position"),
                     text(d, "wanted"), fixed(text(d, "equity"), 2));
  out += section("observed", observed(d));
  if (const std::string said = policy_text(d); !said.empty()) out += section("policy", said);
  out += adaptation_text(d);
  out += fmt::format("  target    {}\n", target_text(d));
  out += section("sizing", sizing(d));
  out += section("controls", controls(d, style));
  return out + section("orders", orders(d)) + after_text(d);
}

}  // namespace

std::string render_why(const std::string& json, const Style& style) {
  const bj::value v = parse(json);
  if (!v.is_object()) return json;
  if (const std::string wrong = text(v, "error"); !wrong.empty()) return wrong + "\n";
  std::string out =
      fmt::format("session {}   told by its {}\n", text(v, "session"), text(v, "source"));
  for (const bj::value& d : list(v, "decisions")) out += "\n" + decision(d, style);
  return clip_lines(out, style.width);
}

}  // namespace proteus::app
