// alarm test: whether somebody would hear of it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "tools/app/alarms.hpp"
#include "tools/app/json_object.hpp"
#include "tools/app/settings.hpp"
#include "tools/app/shipped_settings.hpp"
#include "tools/app/verbs.hpp"

namespace proteus::app {
namespace {

struct Told {
  std::string way;
  bool delivered = false;
  std::string word = "no answer";
};

Alarm test_alarm() {
  Alarm alarm;
  alarm.text = "A test by `proteus alarm test`: nothing is wrong.";
  alarm.number = 1;
  alarm.time = net::Loop::wall_now();
  return alarm;
}

/// One attempt every way, all at once.
std::vector<Told> try_ways(net::Loop& loop, const Settings& settings) {
  const auto ways =
      make_ways(loop, settings.alarms, settings.venue.ca_file, {host_name(), "test", ""});
  std::vector<Told> outcomes(ways.size());
  std::size_t open = ways.size();
  for (std::size_t i = 0; i < ways.size(); ++i) {
    outcomes[i].way = ways[i]->name();
    ways[i]->send(test_alarm(), [&, i](Delivery delivery, std::string word) {
      outcomes[i].delivered = delivery == Delivery::Delivered;
      outcomes[i].word = std::move(word);
      if (--open == 0) loop.stop();
    });
  }
  // The ways keep their deadline themselves; this only bounds a mistake.
  if (open > 0) loop.run_for(settings.alarms.deadline + std::chrono::seconds{5});
  return outcomes;
}

}  // namespace

void declare_alarm_test(CLI::App& app, Options& options) {
  add_config(app, options);
  add_json(app, options);
}

int run_alarm_test(const Options& options) {
  const auto loaded = load_for_verb(options.config, options.overrides);
  if (loaded.has_error()) return fail(loaded.error(), kConfig);
  net::Loop loop;
  const std::vector<Told> outcomes = try_ways(loop, loaded.value().settings);
  if (outcomes.empty())
    return fail(error(ErrorCode::NotFound,
                      "no way to send an alarm is configured: set alarms.command, alarms.webhook "
                      "or the environment variable PROTEUS_ALARM_WEBHOOK"),
                kConfig);
  bool all = true;
  JsonList list;
  for (const Told& outcome : outcomes) {
    all = all && outcome.delivered;
    if (!options.json)
      fmt::print("{:<8} {}: {}\n", outcome.way, outcome.delivered ? "delivered" : "NOT delivered",
                 outcome.word);
    list.add(JsonObject{}
                 .add("way", outcome.way)
                 .add("delivered", outcome.delivered)
                 .add("last", outcome.word));
  }
  if (options.json) fmt::print("{}\n", JsonObject{}.add_raw("ways", list.text()).text());
  std::fflush(stdout);
  return all ? kOk : kError;
}

}  // namespace proteus::app
