#include "tools/app/verify/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace proteus::app::verify {

using evaluation::KnownAnswer;
using Steady = std::chrono::steady_clock;

Result<std::vector<const KnownAnswer*>> choose(std::span<const KnownAnswer> list,
                                               std::span<const std::string> ids) {
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
  const auto same = [&](std::string_view a, std::string_view b) {
    while (b.starts_with(' ')) b.remove_prefix(1);
    while (b.ends_with(' ')) b.remove_suffix(1);
    return std::ranges::equal(a, b, {}, upper, upper);
  };
  for (const std::string& id : ids)
    if (std::ranges::none_of(list, [&](const KnownAnswer& k) { return same(k.id, id); }))
      return error(ErrorCode::NotFound,
                   fmt::format("there is no known answer \"{}\"; they are {} to {}", id,
                               list.front().id, list.back().id));
  std::vector<const KnownAnswer*> chosen;
  for (const KnownAnswer& k : list)
    if (ids.empty() || std::ranges::any_of(ids, [&](const auto& id) { return same(k.id, id); }))
      chosen.push_back(&k);
  return chosen;
}

Result<std::vector<Outcome>> run(std::span<const KnownAnswer* const> chosen,
                                 const evaluation::Parameters& parameters,
                                 const std::function<void(const Outcome&)>& told) {
  std::vector<Outcome> outcomes;
  for (const KnownAnswer* known : chosen) {
    const Steady::time_point begin = Steady::now();
    auto checks = known->run(parameters);
    if (checks.has_error())
      return error(checks.error().code, fmt::format("{}: {}", known->id, checks.error().context));
    const std::chrono::duration<double> took = Steady::now() - begin;
    outcomes.push_back({known->id, known->title, std::move(checks.value()), took.count()});
    told(outcomes.back());
  }
  return outcomes;
}

Counts count_of(std::span<const Outcome> outcomes) {
  using evaluation::Grade;
  Counts counts;
  for (const Outcome& outcome : outcomes)
    for (const evaluation::Check& check : outcome.checks) {
      const Grade grade = check.grade();
      counts.passed += grade == Grade::Pass ? 1 : 0;
      counts.failed += grade == Grade::Fail ? 1 : 0;
      counts.shown += grade == Grade::Shown ? 1 : 0;
      counts.not_built += grade == Grade::NotBuilt ? 1 : 0;
    }
  return counts;
}

bool is_pass(const Counts& counts) { return counts.failed == 0 && counts.passed > 0; }

}  // namespace proteus::app::verify
