#include "models/learners/process_group.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <optional>

#include "models/learners/gloo_group.hpp"

namespace proteus::learners {
namespace {

Result<std::string> text_of(const char* name) {
  const char* value = std::getenv(name);
  if (value != nullptr && *value != '\0') return std::string(value);
  return error(ErrorCode::OutOfRange,
               fmt::format("WORLD_SIZE says that there are several processes, and {} is not set: "
                           "start them with a launcher that sets it, or unset WORLD_SIZE",
                           name));
}

Result<int> number_of(const char* name, int min, int max) {
  BOOST_OUTCOME_TRY(const std::string text, text_of(name));
  int value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed == std::errc{} && end == text.data() + text.size() && value >= min && value <= max)
    return value;
  return error(
      ErrorCode::OutOfRange,
      fmt::format("{}={}: it has to be a whole number from {} to {}", name, text, min, max));
}

}  // namespace

Result<GroupSettings> GroupSettings::from_environment() {
  constexpr int kRanksMax = 4096;
  GroupSettings settings;
  if (std::getenv("WORLD_SIZE") == nullptr) return settings;
  BOOST_OUTCOME_TRY(settings.size, number_of("WORLD_SIZE", 1, kRanksMax));
  if (settings.size == 1) return settings;
  BOOST_OUTCOME_TRY(settings.rank, number_of("RANK", 0, settings.size - 1));
  BOOST_OUTCOME_TRY(settings.address, text_of("MASTER_ADDR"));
  BOOST_OUTCOME_TRY(const int port, number_of("MASTER_PORT", 1, 65'535));
  settings.port = static_cast<std::uint16_t>(port);
  settings.local_rank = settings.rank;
  if (std::getenv("LOCAL_RANK") != nullptr) {
    BOOST_OUTCOME_TRY(settings.local_rank, number_of("LOCAL_RANK", 0, settings.size - 1));
  }
  return settings;
}

Result<std::unique_ptr<Group>> join_group(const GroupSettings& settings) {
  if (settings.size == 1) return std::unique_ptr<Group>{};
  return join_gloo(settings);
}

}  // namespace proteus::learners
