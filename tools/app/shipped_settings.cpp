#include "tools/app/shipped_settings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/bounds.hpp"
#include "config/document.hpp"
#include "tools/app/shipped.hpp"

namespace proteus::app {
namespace {

/// What config/policy.toml says, on top of each setting's own default. It has these sections alone:
/// what a profile or a checkpoint decides could not lie below.
Result<Below> shipped_below() {
  BOOST_OUTCOME_TRY(const std::filesystem::path file, shipped_settings());
  BOOST_OUTCOME_TRY(auto reader, config::Reader::open(file));
  Below below;
  reader.section("engine", below.settings.engine);
  reader.section("strategy", below.settings.strategy);
  reader.section("policy", below.settings.policy);
  reader.section("risk.sizing", below.settings.sizing);
  BOOST_OUTCOME_TRYV(reader.finish());
  below.sources = reader.sources();
  below.note = fmt::format("# No strategy is named: defaults are those of {}\n\n", file.string());
  below.otherwise =
      "; no strategy is named, so the shipped policy trades: leave the interval out, or name a "
      "rule "
      "(strategy.name = \"sma_cross\")";
  return below;
}

}  // namespace

bool names_a_strategy(const std::filesystem::path& file,
                      const std::vector<std::string>& overrides) {
  if (std::ranges::any_of(overrides, [](const std::string& given) {
        return given.substr(0, given.find('=')) == "strategy.name";
      }))
    return true;
  if (file.empty()) return false;
  const auto text = config::read_file(file);
  if (text.has_error()) return true;  // Reading it tells what is wrong, and that alone.
  const config::Document document = config::parse_document(text.value());
  return document.error || std::ranges::any_of(document.entries, [](const config::Entry& entry) {
           return entry.section == "strategy" && entry.key == "name";
         });
}

Result<Loaded> load_for_verb(const std::filesystem::path& file,
                             const std::vector<std::string>& overrides) {
  if (names_a_strategy(file, overrides)) return load(file, overrides);
  BOOST_OUTCOME_TRY(const Below below, shipped_below());
  return load_over(below, file, overrides, Paths::Checked);
}

}  // namespace proteus::app
