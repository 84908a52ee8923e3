// The sentence above a decision: what was done, or why nothing was.
#include <fmt/format.h>

#include <array>

#include "tools/app/json_view.hpp"
#include "tools/app/why_json.hpp"

namespace proteus::app {
namespace {

using namespace view;

/// What an outcome without an order means.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNoOrder{
    {{"unchanged", "nothing to change, or less than the no-trade band or a lot"},
     {"no_target", "the strategy wanted nothing"},
     {"warming_up", "windows are still filling"},
     {"late", "the bar was processed too long after its close"},
     {"set_aside", "the bar itself was absurd or out of order"},
     {"pending", "an open order of the instrument has to end first"},
     {"stopping", "the run was told to end"}}};

std::string measured(const bj::value& word, const char* key) {
  const bj::value& measure = get(word, key);
  if (get(measure, "value").is_null()) return "none";
  return text(measure, "value") + " " + text(measure, "unit");
}

std::string refusal_text(const bj::value& d) {
  for (const bj::value& word : list(d, "controls"))
    if (!flag(word, "passed"))
      return fmt::format("control {} {} refused it: it allows {}, this was {}",
                         text(word, "number"), text(word, "control"), measured(word, "limit"),
                         measured(word, "actual"));
  return "refused";
}

std::string orders_text(const bj::value& d) {
  std::string out;
  for (const bj::value& order : list(d, "orders")) {
    out += out.empty() ? "" : "; ";
    out += fmt::format("{} {}", text(order, "side"), text(order, "quantity"));
    if (!flag(order, "approved")) {
      out += " refused by " + text(order, "refused_by");
      continue;
    }
    const bj::array& fills = list(order, "fills");
    if (fills.empty()) {
      const std::string state = text(order, "state");
      out += state.empty() ? ", not known to have left" : ", " + state + ", no fill so far";
    } else {
      out += fmt::format(
          ", filled {} at {}{}", text(order, "filled"), text(fills[0], "price"),
          fills.size() > 1 ? fmt::format(" and {} more prices", fills.size() - 1) : std::string());
    }
  }
  return out;
}

}  // namespace

std::string why_summary(const std::string& decision) {
  const bj::value d = parse(decision);
  const std::string outcome = text(d, "outcome");
  const std::string reason = text(d, "reason");
  const std::string because = reason.empty() ? "" : " (" + reason + ")";
  if (outcome == "ordered") return fmt::format("Ordered: {}{}.", orders_text(d), because);
  if (outcome == "refused") return fmt::format("No order: {}{}.", refusal_text(d), because);
  for (const auto& [name, means] : kNoOrder)
    if (name == outcome) return fmt::format("No order: {}{}.", means, because);
  return fmt::format("No order: {}{}.", outcome, because);
}

}  // namespace proteus::app
