#include "tools/train/agreement.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace proteus::app::train {
namespace {

/// FNV-1a without its lowest bits: so much of it as a double holds.
double hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return static_cast<double>(hash >> 12);
}

}  // namespace

Result<std::vector<double>> Agreement::each(double mine, std::string_view what) {
  std::vector<double> said(static_cast<std::size_t>(ranks_.size()));
  for (std::size_t rank = 0; rank < said.size(); ++rank) {
    const bool speaks = static_cast<std::size_t>(ranks_.rank()) == rank;
    BOOST_OUTCOME_TRY(said[rank], ranks_.sum(speaks ? mine : 0.0, what));
  }
  return said;
}

Result<void> Agreement::same(std::string_view mine, std::string_view what) {
  BOOST_OUTCOME_TRY(const auto said, each(hash_of(mine), what));
  const auto other = std::ranges::find_if(said, [&](double hash) { return hash != said.front(); });
  if (other == said.end()) return success();
  return error(ErrorCode::Refused,
               fmt::format("rank {} has other {} than rank 0: start all processes alike; nothing "
                           "was written",
                           other - said.begin(), what));
}

Result<void> Agreement::none_failed(Result<void> mine, std::string_view what) {
  const auto said = each(mine ? 0.0 : 1.0, what);
  if (!mine) return mine;
  BOOST_OUTCOME_TRY(const auto& failed, said);
  const auto first = std::ranges::find(failed, 1.0);
  if (first == failed.end()) return success();
  return error(ErrorCode::Refused, fmt::format("rank {} could not {}, and says why; this one ends "
                                               "with it",
                                               first - failed.begin(), what));
}

}  // namespace proteus::app::train
