// The account at the venue in the status: as JSON and as a line.
#include <fmt/format.h>

#include "tools/app/json_object.hpp"
#include "tools/app/json_view.hpp"
#include "tools/app/status_json.hpp"
#include "tools/app/status_parts.hpp"
#include "tools/app/text.hpp"

namespace proteus::app {

JsonObject venue_account_json(const live::GatewayStatus& a, const live::LiveSettings& settings) {
  const live::GatewayCounters& c = a.counters;
  const auto in_seconds = [](Duration d) { return std::chrono::duration<double>(d).count(); };
  JsonObject out;
  out.add("profile", EnumNames<live::Profile>::names[static_cast<std::size_t>(settings.profile)])
      .add("private_live", a.private_live)
      .add("trade_live", a.trade_live)
      .add("http_barred", a.http_barred)
      .add("reconciled", a.clean)
      .add("reconciled_age_s", in_seconds(a.clean_age))
      .add("private_age_s", in_seconds(a.private_age))
      .add("protected", a.all_protected)
      .add("in_doubt", a.in_doubt)
      .add("refusal", a.refusal)
      .add("orders_sent", c.orders_sent)
      .add("orders_by_rest", c.orders_by_rest)
      .add("cancels_sent", c.cancels_sent)
      .add("unknown_outcomes", c.unknown_outcomes)
      .add("inquiries", c.inquiries)
      .add("executions_fetched", c.executions_fetched)
      .add("executions_repeated", c.repeated_executions)
      .add("reconciliations", c.reconciliations)
      .add("mismatches", c.mismatches)
      .add("foreign_orders", c.foreign_orders)
      .add("foreign_positions", c.foreign_positions)
      .add("malformed", c.malformed)
      .add("stops_set", c.stops_set)
      .add("strays", c.strays)
      .add("settings_restored", c.settings_restored);
  return out;
}

namespace status {

using namespace view;

std::string account_line(const bj::value& v, const Style& style) {
  const bj::value& a = get(v, "venue_account");
  if (!a.is_object()) return "";
  const auto word = [&](bool good, const char* yes, const char* no) {
    return painted(style, good ? kGood : kBad, good ? yes : no);
  };
  std::vector<std::string> cells = {
      text(a, "profile"),
      word(flag(a, "private_live"), "private stream live", "PRIVATE STREAM LOST"),
      word(flag(a, "trade_live"), "trade stream live", "orders by REST"),
      word(flag(a, "reconciled"), "reconciled", "NOT RECONCILED"),
      word(flag(a, "protected"), "stops in place", "A STOP IS MISSING")};
  if (flag(a, "http_barred")) cells.push_back(painted(style, kBad, "HTTP IS BARRED"));
  if (const double doubt = number(a, "in_doubt"); doubt > 0.0)
    cells.push_back(painted(style, kWarn, fmt::format("{:.0f} orders in doubt", doubt)));
  if (const double others = number(a, "foreign_orders"); others > 0.0)
    cells.push_back(fmt::format("{:.0f} orders of others", others));
  if (const std::string refusal = text(a, "refusal"); !refusal.empty())
    cells.push_back(painted(style, kBad, refusal));
  return wrap("account", cells, style);
}

}  // namespace status
}  // namespace proteus::app
