// Figures of one iteration, by name, in a fixed order: columns of scalars.csv and tags in
// TensorBoard.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace proteus::runs {

struct Scalar {
  std::string name;  ///< lower case, words parted by "_"; a group before "/", as "loss/policy"
  double value = 0.0;
};

class Scalars {
 public:
  void add(std::string_view name, double value) { all_.push_back({std::string(name), value}); }
  void clear() { all_.clear(); }
  [[nodiscard]] const std::vector<Scalar>& all() const { return all_; }

 private:
  std::vector<Scalar> all_;
};

}  // namespace proteus::runs
