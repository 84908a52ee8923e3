// Where the policies of all instruments compute. Bars that close together are asked for first and
// computed in one batch: one call of a trunk for all rows that share it. A row's result does not
// depend on the others, so how many there are changes nothing but time.
//
//   place = desk.ask(policy, inputs, state)   one for each row, states stay where they are
//   desk.answer()                             once for all; again: nothing
//   desk.outputs(place)                       until the first ask() of the next batch
//
// One thread: the loop.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/ports/policy.hpp"

namespace proteus::strategies {

class PolicyDesk {
 public:
  /// `inputs` are copied; `state` is read and replaced by answer() and must outlive it, as must
  /// `policy`.
  std::size_t ask(const Policy& policy, std::span<const float> inputs, std::span<float> state);
  void answer();
  /// actions + 1 numbers.
  [[nodiscard]] std::span<const float> outputs(std::size_t place) const;

  /// Rows of the largest batch so far.
  [[nodiscard]] std::size_t rows_max() const { return rows_max_; }

 private:
  /// Rows that go through one trunk.
  struct Group {
    const void* trunk = nullptr;
    const Policy* any = nullptr;  ///< until answer(): a policy may be replaced after it
    std::size_t width = 0;        ///< of outputs
    std::size_t rows = 0;
    std::vector<float> inputs, states, features, outputs;
    std::vector<const Policy*> policies;
    std::vector<std::span<float>> homes;  ///< where the states live
  };
  struct Place {
    std::uint32_t group = 0;
    std::uint32_t row = 0;
  };
  Group& group_of(const Policy& policy);
  void compute(Group& group);

  std::vector<Group> groups_;  ///< those in use first; the others keep their memory
  std::size_t used_ = 0;
  std::vector<Place> places_;
  std::vector<float> scratch_;
  std::size_t rows_max_ = 0;
  bool answered_ = true;
};

}  // namespace proteus::strategies
