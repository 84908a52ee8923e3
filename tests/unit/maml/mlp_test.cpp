// The network's loss, gradient and Hessian's products against a second, plainer computation and
// against differences.
#include "models/maml/mlp.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "models/maml/arithmetic.hpp"
#include "models/maml/gaussian.hpp"
#include "models/maml/network.hpp"
#include "tests/unit/maml/support.hpp"

namespace proteus::maml {
namespace {

using Vector = std::vector<double>;

double gap(std::span<const double> a, std::span<const double> b) {
  double worst = 0.0;
  for (std::size_t i = 0; i < b.size(); ++i)
    worst = std::max(worst, std::abs(a[i] - b[i]) / (1e-3 + std::abs(b[i])));
  return worst;
}

/// Row by row and number by number.
Vector plain_forward(const Mlp& net, const Vector& parameters, std::span<const double> x) {
  Vector h(x.begin(), x.end());
  for (std::size_t l = 0; l < net.layers().size(); ++l) {
    const Layer& layer = net.layers()[l];
    Vector z(layer.out);
    for (std::size_t o = 0; o < layer.out; ++o) {
      z[o] = parameters[layer.biases + o];
      for (std::size_t i = 0; i < layer.in; ++i)
        z[o] += h[i] * parameters[layer.weights + i * layer.out + o];
      if (l + 1 < net.layers().size())
        z[o] = net.activation() == Activation::Tanh ? std::tanh(z[o]) : std::max(z[o], 0.0);
    }
    h = z;
  }
  return h;
}

TEST(Arithmetic, MultipliesAnyShapeAsTheDefinitionSays) {
  market::Random random(1, "arithmetic");
  const auto& math = arithmetic<float>();
  for (const std::size_t n : {1U, 3U, 4U, 21U})
    for (const std::size_t k : {1U, 7U, 16U, 40U})
      for (const std::size_t m : {1U, 2U, 5U, 16U, 40U, 64U, 100U}) {
        std::vector<float> a(n * k);
        std::vector<float> b(k * m);
        std::vector<float> c(n * m, 0.5F);
        for (float& x : a) x = static_cast<float>(random.normal());
        for (float& x : b) x = static_cast<float>(random.normal());
        std::vector<float> turned = c;
        std::vector<float> a_turned(n * k);
        math.multiply(true, n, k, m, a.data(), k, 1, b.data(), c.data());
        math.transpose(n, k, a.data(), a_turned.data());
        math.multiply(true, n, k, m, a_turned.data(), 1, n, b.data(), turned.data());
        for (std::size_t i = 0; i < n; ++i)
          for (std::size_t j = 0; j < m; ++j) {
            double known = 0.5;
            for (std::size_t p = 0; p < k; ++p)
              known += static_cast<double>(a[i * k + p]) * static_cast<double>(b[p * m + j]);
            ASSERT_NEAR(c[i * m + j], known, 2e-5) << n << " " << k << " " << m;
            ASSERT_NEAR(turned[i * m + j], known, 2e-5) << n << " " << k << " " << m;
          }
      }
}

TEST(Arithmetic, TransposesAnyShape) {
  for (const std::size_t rows : {1U, 16U, 33U, 64U})
    for (const std::size_t columns : {1U, 15U, 16U, 40U}) {
      std::vector<float> from(rows * columns);
      for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<float>(i);
      std::vector<float> to(from.size());
      arithmetic<float>().transpose(rows, columns, from.data(), to.data());
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j)
          ASSERT_EQ(to[j * rows + i], from[i * columns + j]) << rows << " " << columns;
    }
}

TEST(Mlp, OfTheUsualSettingsHasTwoLayersOf64AndOtherSizesWhereAsked) {
  const auto usual = NetworkSettings{}.network(11, 1).value();
  EXPECT_EQ(usual.parameters(), (11U + 1) * 64 + (64U + 1) * 64 + (64U + 1) * 1);
  NetworkSettings other;
  other.width = 8;
  other.depth = 3;
  EXPECT_EQ(other.network(11, 1).value().parameters(),
            (11U + 1) * 8 + 2 * (8U + 1) * 8 + (8U + 1) * 1);
}

TEST(Mlp, RefusesShapesThatAreNone) {
  EXPECT_TRUE(Mlp::create(0, {4}, 1, Activation::Relu).has_error());
  EXPECT_TRUE(Mlp::create(2, {4, 0}, 1, Activation::Relu).has_error());
  EXPECT_TRUE(Mlp::create(2, {4}, 0, Activation::Relu).has_error());
  EXPECT_TRUE(Mlp::create(2, {4, 4, 4, 4, 4, 4, 4, 4}, 1, Activation::Relu).has_error());
  EXPECT_TRUE(Mlp::create(2, {1'000'000, 1'000'000}, 1, Activation::Relu).has_error());
  EXPECT_EQ(Mlp::create(11, {64, 64}, 1, Activation::Relu).value().parameters(), 4'993U);
}

TEST(Mlp, ForwardEqualsThePlainSums) {
  market::Random random(2, "forward");
  for (const Activation activation : {Activation::Relu, Activation::Tanh}) {
    const Mlp net = Mlp::create(3, {17, 9}, 2, activation).value();
    const Vector parameters = net.initial<double>(random);
    constexpr std::size_t kRows = 130;  // more than go through together
    const Vector x = normals(kRows * 3, random);
    Vector out(kRows * 2);
    Scratch<double> scratch;
    net.forward(parameters.data(), x.data(), kRows, out.data(), scratch);
    for (std::size_t r = 0; r < kRows; ++r)
      EXPECT_LT(gap(std::span(out).subspan(2 * r, 2),
                    plain_forward(net, parameters, std::span(x).subspan(3 * r, 3))),
                1e-12);
  }
}

/// One network and one loss: what gradient() and curvature() say, and what differences say.
struct Derivatives {
  double gradient_gap = 0.0;
  double curvature_gap = 0.0;
};

Derivatives compare(const Mlp& net, const Vector& at, const Vector& x, std::size_t rows,
                    const OutputLoss<double>& loss, market::Random& random) {
  constexpr double kStep = 1e-5;
  Scratch<double> scratch;
  Tape<double> tape;
  const std::size_t n = net.parameters();
  Vector gradient(n);
  net.gradient(at.data(), x.data(), rows, loss, gradient.data(), tape, scratch);
  const Vector direction = normals(n, random);
  Vector product(n);
  net.curvature(at.data(), direction.data(), x.data(), loss, tape, product.data(), scratch);

  Vector moved = at;
  Vector spare(n);
  Vector known(n);
  for (std::size_t i = 0; i < n; ++i) {
    moved[i] = at[i] + kStep;
    const double up = net.gradient(moved.data(), x.data(), rows, loss, spare.data(), tape, scratch);
    moved[i] = at[i] - kStep;
    known[i] =
        (up - net.gradient(moved.data(), x.data(), rows, loss, spare.data(), tape, scratch)) /
        (2.0 * kStep);
    moved[i] = at[i];
  }
  Vector up(n);
  for (std::size_t i = 0; i < n; ++i) moved[i] = at[i] + kStep * direction[i];
  net.gradient(moved.data(), x.data(), rows, loss, up.data(), tape, scratch);
  for (std::size_t i = 0; i < n; ++i) moved[i] = at[i] - kStep * direction[i];
  net.gradient(moved.data(), x.data(), rows, loss, spare.data(), tape, scratch);
  for (std::size_t i = 0; i < n; ++i) up[i] = (up[i] - spare[i]) / (2.0 * kStep);
  return {gap(gradient, known), gap(product, up)};
}

TEST(Mlp, DerivativesOfTheSquaredErrorEqualDifferences) {
  market::Random random(3, "squared");
  constexpr std::size_t kRows = 70;
  for (const auto& [activation, hidden] :
       {std::pair{Activation::Relu, std::vector<std::size_t>{8, 6}},
        std::pair{Activation::Tanh, std::vector<std::size_t>{8, 6}},
        std::pair{Activation::Tanh, std::vector<std::size_t>{}}}) {
    const Mlp net = Mlp::create(3, hidden, 2, activation).value();
    const Vector x = normals(kRows * 3, random);
    const Vector y = normals(kRows * 2, random);
    const SquaredError<double> loss(y.data(), kRows, 2);
    const Derivatives d = compare(net, net.initial<double>(random), x, kRows, loss, random);
    EXPECT_LT(d.gradient_gap, 1e-6);
    EXPECT_LT(d.curvature_gap, 1e-6);
  }
}

TEST(GaussianSurrogate, DerivativesEqualDifferences) {
  market::Random random(4, "gaussian");
  constexpr std::size_t kRows = 70;
  const Mlp net = Mlp::create(2, {7}, 2, Activation::Tanh, 2).value();
  Vector at = net.initial<double>(random);
  at[net.free_offset()] = -0.3;
  at[net.free_offset() + 1] = 0.2;
  const Vector x = normals(kRows * 2, random);
  const Vector actions = normals(kRows * 2, random);
  Vector sampled(kRows);  // under another policy: the ratios are not 1
  for (double& p : sampled) p = -2.5 + 0.5 * random.normal();
  const Vector advantages = normals(kRows, random);
  for (const std::optional<double> clip : {std::optional<double>{}, std::optional<double>{0.2}}) {
    const GaussianSurrogate<double> loss(2, actions, sampled, advantages, clip);
    const Derivatives d = compare(net, at, x, kRows, loss, random);
    EXPECT_LT(d.gradient_gap, 1e-6);
    EXPECT_LT(d.curvature_gap, 1e-6);
  }
}

TEST(GaussianSurrogate, GivesAClippedRowNoSlope) {
  const Vector action{0.0};
  const Vector free{0.0};
  const Vector means{0.1};
  const auto slope_at = [&](double log_ratio, double advantage) {
    const Vector sampled{gaussian_log_density<double>(1, means.data(), free.data(), action.data()) -
                         log_ratio};
    const Vector advantages{advantage};
    const GaussianSurrogate<double> loss(1, action, sampled, advantages, 0.2);
    double slope = 0.0;
    double free_slope = 0.0;
    loss.slope(0, 1, means.data(), free.data(), &slope, &free_slope);
    return slope;
  };
  EXPECT_EQ(slope_at(std::log(1.21), 1.0), 0.0);
  EXPECT_NE(slope_at(std::log(1.19), 1.0), 0.0);
  EXPECT_EQ(slope_at(std::log(0.79), -1.0), 0.0);
  EXPECT_NE(slope_at(std::log(0.79), 1.0), 0.0) << "what was made worse counts in full";
  EXPECT_NE(slope_at(std::log(1.21), -1.0), 0.0);
}

TEST(GaussianLogDensity, IsTheLogarithmOfTheDensity) {
  const Vector means{1.0, -1.0};
  const Vector log_deviations{std::log(0.5), std::log(2.0)};
  const Vector action{1.5, 0.0};
  // phi(1) / 0.5 and phi(0.5) / 2.
  EXPECT_NEAR(
      std::exp(gaussian_log_density<double>(2, means.data(), log_deviations.data(), action.data())),
      0.24197072451914337 / 0.5 * 0.3520653267642995 / 2.0, 1e-12);
}

}  // namespace
}  // namespace proteus::maml
