// The tables of report.html.
#pragma once

#include <string>

#include "tools/evaluate/report.hpp"

namespace proteus::app::evaluate {

/// A year: accounts of different size are shown as if they had moved alike.
inline constexpr double kShownVolatility = 0.2;

/// Every account beside the others, the judged one first.
std::string accounts_table(const Report& report);
/// All figures of the judged account, with what they mean.
std::string figures_table(const Report& report);
std::string folds_table(const Report& report);
std::string seeds_table(const Report& report);
std::string parts_table(std::string_view heading, const std::vector<Part>& parts);
std::string adaptation_table(const Report& report);
std::string validation_table(const Report& report);
std::string checkpoints_table(const Report& report);

/// Two decimals by default; "none" where there is no value.
std::string figure(const std::optional<double>& value, int places = 2);
/// "2025-06-01"
std::string day(Timestamp t);

/// Median, least and greatest net ratio a year of the seeds. `seeds` is not empty.
struct Spread {
  double median = 0.0;
  double least = 0.0;
  double greatest = 0.0;
};
Spread spread_of(const std::vector<SeedResult>& seeds);

}  // namespace proteus::app::evaluate
