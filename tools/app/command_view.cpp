#include "tools/app/command_view.hpp"

#include <fmt/format.h>

#include "tools/app/json_view.hpp"
#include "tools/app/status_parts.hpp"

namespace proteus::app {
namespace {

using namespace view;

using status::line;

std::string many(std::size_t count, std::string_view thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::string held_lines(const bj::value& v) {
  std::string out;
  for (const bj::value& held : list(v, "positions"))
    out += line(out.empty() ? "held" : "",
                fmt::format("{} {} worth {} {}", text(held, "quantity"), text(held, "instrument"),
                            fixed(text(held, "value"), 2), text(held, "quote")));
  return out.empty() ? line("held", "nothing") : out;
}

/// Trading is allowed again, and yet no order may leave while these stand.
std::string hold_lines(const bj::value& v) {
  std::string out;
  for (const bj::value& hold : list(v, "holds"))
    out += line(out.empty() ? "holds" : "", std::string(hold.as_string()));
  return out.empty() ? out : out + line("next", "they go by themselves when their cause does");
}

std::string next_line(const std::string& verb, const std::string& program, bool flat) {
  if (verb == "resume") return "";
  const std::string resume = program + " resume lets it trade again";
  if (verb == "reduce") return line("next", "positions only shrink from here; " + resume);
  if (flat) return line("next", resume);
  return line("next", "positions stay as they are: " + program + " flatten closes them; " + resume);
}

}  // namespace

std::string render_outcome(const std::string& json, const std::string& program,
                           const Style& style) {
  const bj::value v = parse(json);
  const std::string verb = text(v, "verb");
  const std::string state = upper(text(v, "state"));
  const bool done = flag(v, "done");
  const bool flat = list(v, "positions").empty();
  const std::string_view code = state == "ACTIVE" ? "1;32" : state == "HALTED" ? "1;31" : "1;33";
  std::string head = painted(style, code, state);
  if (verb == "flatten" && done)
    head += flat ? ", FLAT" : ", FLAT but for what is below the venue's least order";
  if (verb == "flatten" && !done) head += ", NOT FLAT YET";
  std::string out = fmt::format("{}   {}\n", head, text(v, "state_cause"));
  out += line("orders",
              fmt::format("{} ended, {} open", text(v, "orders_ended"), text(v, "orders_open")));
  if (verb == "flatten")
    out +=
        line("closed", many(static_cast<std::size_t>(number(v, "positions_closed")), "position"));
  out += held_lines(v);
  if (verb == "resume") out += hold_lines(v);
  if (verb == "flatten" && !done)
    return out + line("next", "the daemon goes on trying at every bar; " + program +
                                  " status --watch shows it");
  return out + next_line(verb, program, flat);
}

std::string render_waiting(const std::string& json) {
  const bj::value v = parse(json);
  return fmt::format("{}: {} still open, {} open", text(v, "state"),
                     many(list(v, "positions").size(), "position"),
                     many(static_cast<std::size_t>(number(v, "orders_open")), "order"));
}

bool is_under_way(const std::string& json) {
  const bj::value v = parse(json);
  return find(v, "done") != nullptr && !flag(v, "done");
}

std::string render_beat(const std::string& json) {
  const bj::value v = parse(json);
  const double required = number(v, "required_s");
  return fmt::format("Heard; trading is {}. {}", text(v, "state"),
                     required > 0.0
                         ? "The next word is due within " + age_text(required) + "."
                         : std::string("No heartbeat is required (session.heartbeat_required)."));
}

std::string question_for(const std::string& verb, const std::string& status) {
  const bj::value v = parse(status);
  const std::string where =
      fmt::format("{} session {}", upper(text(v, "mode")), text(v, "session"));
  if (verb == "resume") {
    const double drawdown = number(v, "drawdown");
    std::string out =
        fmt::format("{} is {}: {}\n", where, text(v, "state"), text(v, "state_cause"));
    if (drawdown > number(v, "drawdown_max"))
      out += fmt::format(
          "The drawdown of {} is beyond its limit: to resume accepts that loss, and the limit "
          "counts "
          "from today's equity.\n",
          percent(drawdown));
    return out + "Let it trade again? [y/N] ";
  }
  std::size_t held = 0;
  for (const bj::value& i : list(v, "instruments"))
    if (fixed(text(i, "position"), 9) != fixed("0", 9)) ++held;
  return fmt::format(
      "{}: cancel every order, close {} at the market (gross {}), and halt.\nGo on? [y/N] ", where,
      many(held, "position"), fixed(text(v, "gross"), 2));
}

}  // namespace proteus::app
