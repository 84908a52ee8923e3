// Several processes that train one policy together: each has environments of its own, and what
// they learn from them is added up. All ranks make the same calls in the same order; what comes
// back has the same bits on each of them.
//
// The processes find each other by the usual environment variables, as any launcher sets them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/core/result.hpp"
#include "engine/core/time.hpp"

namespace proteus::learners {

class Group {
 public:
  virtual ~Group() = default;
  [[nodiscard]] virtual int rank() const = 0;  ///< in [0, size)
  [[nodiscard]] virtual int size() const = 0;
  /// Among the ranks of this machine: which accelerator is this one's.
  [[nodiscard]] virtual int local_rank() const = 0;

  /// Each number becomes the sum of all ranks' numbers in its place. `what`: what is added up, for
  /// messages. Errors: Io, when a rank is gone or says nothing for the timeout, with which rank
  /// this one waited for and in what; the numbers are then of no use, nor is the group.
  virtual Result<void> sum(std::span<double> numbers, std::string_view what) = 0;
  virtual Result<void> sum(std::span<float> numbers, std::string_view what) = 0;
};

struct GroupSettings {
  int rank = 0;
  int size = 1;
  std::string address;     ///< of rank 0
  std::uint16_t port = 0;  ///< on which rank 0 listens
  int local_rank = 0;      ///< among the ranks of this machine: which accelerator is this one's
  Duration timeout = std::chrono::seconds{60};

  /// From RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT and LOCAL_RANK (absent: the rank). Without
  /// WORLD_SIZE, one process alone. Errors: OutOfRange, with the variable that is missing or makes
  /// no sense.
  static Result<GroupSettings> from_environment();
};

/// Waits until all ranks are there, at most the timeout. Nothing where size is 1. Errors: Io, with
/// the address and who is missing.
Result<std::unique_ptr<Group>> join_group(const GroupSettings& settings);

}  // namespace proteus::learners
