// The report for programs: every figure under its name, null where it has no value.
#include "tools/app/json_object.hpp"
#include "tools/evaluate/report.hpp"

namespace proteus::app::evaluate {
namespace {

JsonObject& add(JsonObject& to, std::string_view key, const std::optional<double>& value) {
  return value ? to.add(key, *value) : to.add_raw(key, "null");
}

JsonObject json_of(const evaluation::BootstrapResult& r) {
  JsonObject out;
  out.add("estimate", r.estimate).add("standard_error", r.standard_error);
  out.add("low", r.low).add("high", r.high).add("share_not_positive", r.not_positive);
  return out;
}

JsonObject json_of(const evaluation::Figures& f) {
  JsonObject out;
  out.add("bars", f.bars).add("fills", f.fills).add("round_trips", f.trips);
  out.add("turnover_a_year", f.turnover).add("exposure", f.exposure);
  out.add("in_market", f.in_market).add("total_return", f.total_return);
  out.add("yearly_return", f.yearly_return).add("volatility", f.volatility);
  out.add("max_drawdown", f.drawdown).add("fees", f.fees).add("slippage", f.slippage);
  out.add("funding", f.funding);
  add(out, "sharpe_a_bar", f.sharpe ? std::optional(f.sharpe->ratio) : std::nullopt);
  add(out, "annual_factor", f.annual_factor);
  add(out, "net_sharpe", f.net_sharpe);
  add(out, "gross_sharpe", f.gross_sharpe);
  add(out, "standard_error", f.standard_error);
  add(out, "sortino", f.sortino);
  add(out, "calmar", f.calmar);
  add(out, "win_rate", f.win_rate);
  add(out, "profit_factor", f.profit_factor);
  add(out, "break_even_cost", f.break_even_cost);
  add(out, "probabilistic_sharpe", f.probabilistic);
  return out;
}

JsonObject json_of(const Part& part) {
  JsonObject out;
  out.add("name", part.name).add("bars", part.bars).add("brought", part.brought);
  add(out, "sharpe", part.sharpe);
  add(out, "market_log_return_a_year", part.market);
  return out;
}

JsonObject json_of(const Account& account) {
  JsonObject out;
  out.add("name", account.name).add("role", to_string(account.role)).add("config", account.config);
  out.add("figures", json_of(account.figures)).add("net_sharpe_interval", json_of(account.sharpe));
  if (account.difference) out.add("judged_less_this", json_of(*account.difference));
  return out;
}

JsonObject json_of(const FoldResult& fold) {
  JsonObject out;
  const FoldTimes& t = fold.times;
  out.add("train_from", t.train_from).add("train_to", t.train_to);
  out.add("validation_from", t.validation_from).add("validation_to", t.validation_to);
  out.add("test_from", t.test_from).add("test_to", t.test_to).add("chosen", fold.chosen);
  JsonObject accounts;
  for (const auto& [name, figures] : fold.accounts) accounts.add(name, json_of(figures));
  out.add("accounts", accounts);
  return out;
}

template <class T, class F>
JsonList list_of(const std::vector<T>& values, const F& json) {
  JsonList out;
  for (const T& value : values) out.add(json(value));
  return out;
}

JsonObject counts_of(const Report& report) {
  JsonObject out;
  out.add("configurations", report.tried.configurations).add("lines", report.tried.lines);
  out.add("last_chain", report.tried.chain);
  out.add("variance_of_yearly_ratios", report.tried.variance_yearly);
  if (report.deflated) {
    out.add("threshold_a_bar", report.deflated->threshold);
    out.add("deflated_sharpe", report.deflated->probability);
  }
  return out;
}

}  // namespace

std::string report_json(const Report& report) {
  JsonObject out;
  out.add("format", std::string_view("proteus evaluation 1")).add("version", report.version);
  out.add("made", report.made).add("command", report.command).add("config", report.plan.resolved);
  out.add("config_hash", report.plan.hash).add("bars_a_year", report.bars_a_year);
  out.add("instruments", report.instruments).add("costs", report.costs);
  const auto plain = [](const auto& value) { return json_of(value); };
  out.add_raw("accounts", list_of(report.accounts, plain).text());
  out.add_raw("folds", list_of(report.folds, plain).text());
  out.add_raw("seeds",
              list_of(report.seeds, [](const SeedResult& seed) {
                return JsonObject{}.add("seed", seed.seed).add("figures", json_of(seed.figures));
              }).text());
  out.add_raw("validation", list_of(report.validation, [](const ValidationScore& score) {
                              JsonObject one;
                              one.add("fold", score.fold).add("point", score.point);
                              one.add("chosen", score.chosen);
                              add(one, "sharpe", score.sharpe);
                              return one;
                            }).text());
  out.add_raw("by_instrument", list_of(report.by_instrument, plain).text());
  out.add_raw("by_regime", list_of(report.by_regime, plain).text());
  out.add_raw("adaptation", list_of(report.adaptation, [](const AdaptationPoint& point) {
                              JsonObject one;
                              one.add("name", point.name).add("figures", json_of(point.figures));
                              one.add("gain", json_of(point.gain));
                              if (point.gain_of_steps)
                                one.add("without_steps", point.without_steps)
                                    .add("gain_of_steps", json_of(*point.gain_of_steps));
                              return one;
                            }).text());
  if (report.noise)
    out.add("noise", JsonObject{}
                         .add("markets", report.noise->markets)
                         .add("bars", report.noise->bars)
                         .add("gross_sharpe", report.noise->gross_sharpe)
                         .add("standard_error", report.noise->standard_error)
                         .add("net_return_a_year", report.noise->net_return)
                         .add("cost_a_year", report.noise->cost)
                         .add("passed", report.noise->passed()));
  if (report.overfitting)
    out.add("overfitting", JsonObject{}
                               .add("over", report.overfitting_over)
                               .add("probability", report.overfitting->probability)
                               .add("median_logit", report.overfitting->median_logit)
                               .add("loss_probability", report.overfitting->loss_probability)
                               .add("splits", report.overfitting->splits));
  out.add("tried", counts_of(report));
  out.add_raw("checkpoints", list_of(report.checkpoints, [](const Trained& one) {
                               JsonObject row;
                               row.add("candidate", one.candidate).add("fold", one.fold);
                               row.add("seed", one.seed).add("file", one.file);
                               row.add("hash", one.hash);
                               if (one.until) row.add("trained_until", *one.until);
                               return row;
                             }).text());
  const Standing standing = standing_of(report);
  out.add("loses_to", standing.loses_to).add("not_told_apart", standing.not_told_apart);
  out.add("beats", standing.beats).add("verdict", verdict_of(report)).add("notes", report.notes);
  return out.text() + "\n";
}

}  // namespace proteus::app::evaluate
