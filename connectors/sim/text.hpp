// The venue's way of writing: decimals without exponents, JSON without blanks, query strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/fixed.hpp"

namespace proteus::sim {

void append_int(std::string& out, std::int64_t value);
/// Units of 1e-9 as decimal text, trailing zeros cut; |value| below 1e28.
void append_decimal(std::string& out, Int128 raw);
/// The same with at least `decimals` (0..9) places: 36510.5 with 2 is "36510.50".
void append_decimal(std::string& out, Int128 raw, int decimals);
std::string decimal_text(Int128 raw);
/// Places after the point that a step of 1e-9 units needs: 0.10 needs 1.
int decimals_of(std::int64_t step_raw);

/// The decimal value that the shortest text of `value` names, in units of 1e-9, the tenth place
/// rounded. So 0.1 + nothing stays 0.1, and sums of such values are exact. value: finite, >= 0,
/// below 1e28.
Int128 exact_e9(double value);

/// A JSON string with quotes; control bytes and quotes escaped, everything else as it is.
void append_json(std::string& out, std::string_view text);

/// "a=1&b=2" taken apart in order, percent-encoding undone once. A malformed escape stays as it is.
class Query {
 public:
  explicit Query(std::string_view text);
  /// Nothing in the query: nullptr. An empty value counts as absent, as at the venue.
  [[nodiscard]] const std::string* find(std::string_view key) const;
  [[nodiscard]] std::string_view value_or(std::string_view key, std::string_view fallback) const {
    const std::string* value = find(key);
    return value != nullptr ? std::string_view(*value) : fallback;
  }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};
std::string percent_decoded(std::string_view text);

}  // namespace proteus::sim
