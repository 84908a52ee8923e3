// Steps of gradient descent on one task, and the way back through them. One loop for all kinds:
//
//   adaptation      theta_{k+1} = theta_k - rates * grad L_k(theta_k), element by element
//   the way back    a cotangent c of theta_{k+1} is one of theta_k: c - H_k (rates * c), H_k the
//                   Hessian of L_k at theta_k (Finn, Abbeel, Levine 2017, eq. 1 and section 5.2);
//                   without the second term it is first-order MAML (FOMAML)
//   learned rates   the rates' own gradient is the sum of -c_{k+1} * grad L_k(theta_k) (Li, Zhou,
//                   Chen, Li 2017, "Meta-SGD"); with all rates alike its sum is that of one rate
//   head only       rates of 0 below the last layer (Raghu, Raghu, Bengio, Vinyals 2020, "ANIL")
//   Reptile         theta_0 - theta_K in place of a gradient (Nichol, Achiam, Schulman 2018)
//
// Thread: one owner. After the first task of a size, nothing is allocated.
#pragma once

#include <span>
#include <vector>

#include "models/maml/mlp.hpp"

namespace proteus::maml {

enum class Order : std::uint8_t { First, Second };

template <class T>
class InnerLoop {
 public:
  explicit InnerLoop(Mlp net) : net_(std::move(net)) {}

  [[nodiscard]] const Mlp& net() const { return net_; }
  [[nodiscard]] Scratch<T>& scratch() { return scratch_; }

  /// A new task: from `base`, which is copied and never written to.
  void begin(std::span<const T> base);
  /// One step of descent; returns the loss before it. `x` and `loss` are read again on the way
  /// back, so they outlive it. `rates`: [parameters].
  double step(std::span<const T> rates, const T* x, std::size_t rows, const OutputLoss<T>& loss);
  /// The same, forgetting what a way back needs: for using a model, not for training it.
  double step_forward_only(std::span<const T> rates, const T* x, std::size_t rows,
                           const OutputLoss<T>& loss);

  [[nodiscard]] std::size_t steps() const { return steps_; }
  /// After k steps, k <= steps(); where step_forward_only() stepped there is only the last.
  [[nodiscard]] std::span<const T> parameters(std::size_t k) const { return points_[k].theta; }
  [[nodiscard]] std::span<const T> adapted() const { return points_[steps_].theta; }

  /// `cotangent` of the parameters after step k + 1 becomes that of the parameters before it;
  /// `rates_gradient`, unless empty, gains the rates' part. From the last step to the first.
  void pull_back(std::size_t k, Order order, std::span<const T> rates, std::span<T> cotangent,
                 std::span<T> rates_gradient);

 private:
  /// Where step k began, and what it saw there.
  struct Point {
    std::vector<T> theta;
    std::vector<T> gradient;
    Tape<T> tape;
    const T* x = nullptr;
    const OutputLoss<T>* loss = nullptr;
  };
  double descend(Point& from, Point& to, std::span<const T> rates, const T* x, std::size_t rows,
                 const OutputLoss<T>& loss);

  Mlp net_;
  std::vector<Point> points_;
  std::size_t steps_ = 0;
  Scratch<T> scratch_;
  std::vector<T> direction_;
  std::vector<T> product_;
};

}  // namespace proteus::maml
