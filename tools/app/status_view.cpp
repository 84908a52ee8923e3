#include "tools/app/status_view.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace proteus::app {
namespace {

namespace bj = boost::json;

/// The text of a member; empty when it is not there.
std::string text(const bj::value& object, std::string_view key) {
  const bj::value* v = object.is_object() ? object.as_object().if_contains(key) : nullptr;
  if (v == nullptr || v->is_null()) return {};
  return v->is_string() ? std::string(v->as_string()) : bj::serialize(*v);
}

std::string upper(std::string t) {
  for (char& c : t) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return t;
}

bj::value parse(const std::string& json) {
  bj::error_code ec;
  bj::value v = bj::parse(json, ec);
  return ec ? bj::value{} : v;
}

}  // namespace

std::string render_status(const std::string& json) {
  const bj::value v = parse(json);
  if (!v.is_object()) return json;
  if (const std::string wrong = text(v, "error"); !wrong.empty()) return wrong;
  const bj::value& profit = v.at("profit");
  std::string out =
      fmt::format("==== {} ====  {}   {}   feed {}   venue time {}\n", upper(text(v, "mode")),
                  text(v, "session"), upper(text(v, "state")),
                  text(v, "feed_live") == "true" ? "live" : "NOT LIVE", text(v, "venue_time"));
  out += fmt::format(
      "equity {}  (started with {})   price {}   fees -{}   funding {}   slippage inside price "
      "{}\n",
      text(v, "equity"), text(v, "initial"), text(profit, "price"), text(profit, "fees"),
      "-" + text(profit, "funding"), text(profit, "slippage_inside_price"));
  out += fmt::format(
      "drawdown {} of at most {}   bars {} (late {}, set aside {}, gaps {})   orders {}   refused "
      "{}   fills {}\n",
      text(v, "drawdown"), text(v, "drawdown_max"), text(v, "bars"), text(v, "late_bars"),
      text(v, "set_aside"), text(v, "gaps"), text(v, "orders"), text(v, "refusals"),
      text(v, "fills"));
  if (!v.at("holds").as_array().empty()) out += "holds " + bj::serialize(v.at("holds")) + "\n";
  if (!v.at("anomalies").as_object().empty())
    out += "seen and set aside " + bj::serialize(v.at("anomalies")) + "\n";
  if (const std::string wrong = text(v, "storage_error"); !wrong.empty())
    out += "STORAGE: " + wrong + "\n";
  out += fmt::format("{:<18} {:>14} {:>14} {:>16} {:>14} {:<12} {}\n", "instrument", "position",
                     "mark", "value", "unrealised", "last bar", "why");
  for (const bj::value& i : v.at("instruments").as_array())
    out += fmt::format("{:<18} {:>14} {:>14} {:>16} {:>14} {:<12} {}\n", text(i, "name"),
                       text(i, "position"), text(i, "mark"), text(i, "value"),
                       text(i, "unrealised"), text(i, "outcome"), text(i, "reason"));
  return out;
}

std::string render_why(const std::string& json) {
  const bj::value v = parse(json);
  if (!v.is_object()) return json;
  if (const std::string wrong = text(v, "error"); !wrong.empty()) return wrong;
  const bj::value& d = v.at("decision");
  std::string out =
      fmt::format("{}  bar {}  close {}\n  outcome   {} ({})\n", text(v, "name"),
                  text(d, "bar_open"), text(d, "close"), text(d, "outcome"), text(d, "reason"));
  out += fmt::format("  position  {} -> wanted {}   equity {}\n", text(d, "position"),
                     text(d, "wanted"), text(d, "equity"));
  if (text(d, "has_target") == "true") out += "  target    " + bj::serialize(d.at("target")) + "\n";
  out += "  observed  " + bj::serialize(d.at("observation")) + "\n";
  for (const bj::value& s : d.at("sizing").as_array())
    out += fmt::format("  sizing    {:<18} weight {:<22} factor {}\n", text(s, "id"),
                       text(s, "weight"), text(s, "factor"));
  for (const bj::value& c : d.at("controls").as_array())
    out += fmt::format("  control   {:<18} {}  limit {}  actual {}\n", text(c, "control"),
                       text(c, "passed") == "true" ? "passed " : "REFUSED",
                       bj::serialize(c.at("limit")), bj::serialize(c.at("actual")));
  for (const bj::value& o : d.at("orders").as_array())
    out += "  order     " + bj::serialize(o) + "\n";
  return out;
}

}  // namespace proteus::app
