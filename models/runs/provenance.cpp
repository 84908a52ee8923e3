#include "models/runs/provenance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace proteus::runs {
namespace {

/// "line 12 is `a`, and here `b`"; empty: they are alike.
std::string first_difference(std::string_view stored, std::string_view here) {
  for (int line = 1; !stored.empty() || !here.empty(); ++line) {
    const auto take = [](std::string_view& text) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view part = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      return part;
    };
    const std::string_view a = take(stored);
    const std::string_view b = take(here);
    if (a != b) return fmt::format("line {} was \"{}\" and is \"{}\"", line, a, b);
  }
  return {};
}

}  // namespace

Result<void> check_same(const inference::Checkpoint& saved, const Provenance& here) {
  const auto refuse = [](const std::string& what) {
    return error(ErrorCode::Refused,
                 what + "; a resumed run goes on with what it was begun with, begin a new one");
  };
  if (const auto other = first_difference(saved.run_config, here.config); !other.empty())
    return refuse("the run's settings are not those it was begun with: " + other);
  if (saved.seeds != here.seeds) return refuse("the run's seeds are not those it was begun with");
  for (std::size_t i = 0; i < std::max(saved.data.size(), here.data.size()); ++i) {
    if (i >= saved.data.size()) return refuse(here.data[i].name + " is new in the run's data");
    if (i >= here.data.size() || here.data[i].name != saved.data[i].name)
      return refuse(saved.data[i].name + " is no more in the run's data");
    if (here.data[i].hash != saved.data[i].hash)
      return refuse(saved.data[i].name + " holds other data than when the run began");
  }
  if (saved.code_version != here.code_version)
    return error(ErrorCode::Refused,
                 fmt::format("the run was saved by version {}, and this is version {}: resume it "
                             "with the program that began it",
                             saved.code_version, here.code_version));
  return success();
}

Result<void> check_ranks(std::int64_t rank, std::int64_t ranks, const RunSettings& here,
                         const std::filesystem::path& path) {
  const auto processes = [](std::int64_t count) {
    return count == 1 ? std::string("1 process") : fmt::format("{} processes", count);
  };
  if (ranks != here.ranks)
    return error(ErrorCode::Refused,
                 fmt::format("the run was begun by {}, and this is one of {}: start {} to go on",
                             processes(ranks), here.ranks, processes(ranks)));
  if (rank != here.rank)
    return error(ErrorCode::Refused, fmt::format("{} was saved by rank {}, and this is rank {}",
                                                 path.string(), rank, here.rank));
  return success();
}

}  // namespace proteus::runs
