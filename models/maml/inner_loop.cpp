#include "models/maml/inner_loop.hpp"

#include <algorithm>

#include "engine/core/assert.hpp"
#include "models/maml/arithmetic.hpp"

namespace proteus::maml {

template <class T>
void InnerLoop<T>::begin(std::span<const T> base) {
  PROTEUS_ASSERT(base.size() == net_.parameters());
  if (points_.empty()) points_.resize(1);
  points_.front().theta.assign(base.begin(), base.end());
  steps_ = 0;
}

template <class T>
double InnerLoop<T>::descend(Point& from, Point& to, std::span<const T> rates, const T* x,
                             std::size_t rows, const OutputLoss<T>& loss) {
  PROTEUS_ASSERT(rates.size() == net_.parameters());
  from.gradient.resize(net_.parameters());
  const double value =
      net_.gradient(from.theta.data(), x, rows, loss, from.gradient.data(), from.tape, scratch_);
  if (&from != &to) to.theta = from.theta;
  arithmetic<T>().descend(to.theta.size(), to.theta.data(), rates.data(), from.gradient.data());
  return value;
}

template <class T>
double InnerLoop<T>::step(std::span<const T> rates, const T* x, std::size_t rows,
                          const OutputLoss<T>& loss) {
  if (points_.size() < steps_ + 2) points_.resize(steps_ + 2);
  Point& from = points_[steps_];
  from.x = x;
  from.loss = &loss;
  ++steps_;
  return descend(from, points_[steps_], rates, x, rows, loss);
}

template <class T>
double InnerLoop<T>::step_forward_only(std::span<const T> rates, const T* x, std::size_t rows,
                                       const OutputLoss<T>& loss) {
  Point& point = points_[steps_];
  return descend(point, point, rates, x, rows, loss);
}

template <class T>
void InnerLoop<T>::pull_back(std::size_t k, Order order, std::span<const T> rates,
                             std::span<T> cotangent, std::span<T> rates_gradient) {
  PROTEUS_ASSERT(k < steps_ && cotangent.size() == net_.parameters());
  const Point& point = points_[k];
  for (std::size_t i = 0; i < rates_gradient.size(); ++i)
    rates_gradient[i] -= cotangent[i] * point.gradient[i];
  if (order == Order::First) return;
  direction_.resize(cotangent.size());
  product_.resize(cotangent.size());
  for (std::size_t i = 0; i < cotangent.size(); ++i) direction_[i] = rates[i] * cotangent[i];
  net_.curvature(point.theta.data(), direction_.data(), point.x, *point.loss, point.tape,
                 product_.data(), scratch_);
  for (std::size_t i = 0; i < cotangent.size(); ++i) cotangent[i] -= product_[i];
}

template class InnerLoop<float>;
template class InnerLoop<double>;

}  // namespace proteus::maml
