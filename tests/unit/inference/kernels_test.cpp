// The loops against formulas written out with the standard library, and each against the others.
#include "models/inference/kernels.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "tests/support/policies.hpp"

namespace proteus::inference {
namespace {

std::vector<float> numbers(std::size_t size, const char* stream) {
  return test::normals(size, 7, stream, 2.0);
}

constexpr std::size_t kRows = 3;
constexpr std::size_t kHidden = 21;  // no multiple of any vector's width

struct GruRun {
  std::vector<float> gates = numbers(kRows * 3 * kHidden, "gates");
  std::vector<float> hidden = numbers(kRows * 3 * kHidden, "hidden");
  std::vector<float> bi = numbers(3 * kHidden, "bi");
  std::vector<float> bh = numbers(3 * kHidden, "bh");
  std::vector<float> before = numbers(kRows * kHidden, "before");
  std::vector<float> after = std::vector<float>(kRows * kHidden);
  std::vector<float> candidate = std::vector<float>(kRows * kHidden);
  explicit GruRun(const Kernels& k) {
    k.gru({kRows, kHidden, gates.data(), hidden.data(), bi.data(), bh.data(), before.data(),
           after.data(), candidate.data()});
  }
};

TEST(Kernels, ExponentialIsThatOfTheLibrary) {
  std::vector<float> x;
  for (float v = -86.0F; v < 87.0F; v += 0.0371F) x.push_back(v);
  std::vector<float> y = x;
  kernels().exp(y.data(), y.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double expected = std::exp(static_cast<double>(x[i]));
    EXPECT_NEAR(static_cast<double>(y[i]) / expected, 1.0, 2e-7) << x[i];
  }
}

TEST(Kernels, GruStepFollowsItsEquations) {
  const GruRun run{kernels()};
  const auto x = numbers(kRows * 3 * kHidden, "gates");
  const auto sigmoid = [](double v) { return 1.0 / (1.0 + std::exp(-v)); };
  for (std::size_t row = 0; row < kRows; ++row)
    for (std::size_t i = 0; i < kHidden; ++i) {
      const auto in = [&](std::size_t gate) {
        return static_cast<double>(x[row * 3 * kHidden + gate * kHidden + i]) +
               static_cast<double>(run.bi[gate * kHidden + i]);
      };
      const auto from = [&](std::size_t gate) {
        return static_cast<double>(run.hidden[row * 3 * kHidden + gate * kHidden + i]) +
               static_cast<double>(run.bh[gate * kHidden + i]);
      };
      const double r = sigmoid(in(0) + from(0));
      const double z = sigmoid(in(1) + from(1));
      const double n = std::tanh(in(2) + r * from(2));
      const std::size_t at = row * kHidden + i;
      EXPECT_NEAR(run.after[at], (1.0 - z) * n + z * static_cast<double>(run.before[at]), 2e-6);
    }
}

TEST(Kernels, AllVectorUnitsGiveTheSameBits) {
  const GruRun first{plain::table()};
  for (const Kernels& k : kernels_of_this_machine()) {
    const GruRun run{k};
    EXPECT_EQ(std::memcmp(run.after.data(), first.after.data(), run.after.size() * sizeof(float)),
              0);
    EXPECT_EQ(std::memcmp(run.gates.data(), first.gates.data(), run.gates.size() * sizeof(float)),
              0);
  }
}

/// Sizes that leave rows, columns and panels over, those of the agent, and single rows of small
/// ones, which go another way.
constexpr std::array<std::array<std::size_t, 3>, 13> kProducts{{{1, 19, 128},
                                                                {1, 7, 40},
                                                                {1, 22, 16},
                                                                {1, 16, 48},
                                                                {1, 16, 4},
                                                                {1, 5, 17},
                                                                {1, 9, 8},
                                                                {1, 3, 129},
                                                                {2, 5, 33},
                                                                {5, 128, 384},
                                                                {13, 3, 31},
                                                                {27, 9, 64},
                                                                {64, 40, 4}}};

struct ProductRun {
  std::vector<float> a, b, c;
  ProductRun(const Kernels& k, std::array<std::size_t, 3> size, bool turned, bool add)
      : a(numbers(size[0] * size[1], "a")),
        b(numbers(size[1] * size[2], "b")),
        c(numbers(size[0] * size[2], "c")) {
    const auto [rows, inner, columns] = size;
    std::vector<float> panels(packed_size(inner, columns));
    if (turned)
      pack_turned(b.data(), inner, columns, panels.data());
    else
      pack(b.data(), inner, columns, columns, panels.data());
    k.multiply({.rows = rows,
                .inner = inner,
                .columns = columns,
                .a = a.data(),
                .a_row = turned ? 1 : inner,
                .a_column = turned ? rows : 1,
                .panels = panels.data(),
                .c = c.data(),
                .add = add});
  }
};

TEST(Kernels, ProductIsTheSumOfProducts) {
  for (const auto& size : kProducts)
    for (const bool turned : {false, true})
      for (const bool add : {false, true}) {
        const auto [rows, inner, columns] = size;
        const ProductRun run{kernels(), size, turned, add};
        const auto before = numbers(rows * columns, "c");
        for (std::size_t i = 0; i < rows; ++i)
          for (std::size_t j = 0; j < columns; ++j) {
            double sum = add ? static_cast<double>(before[i * columns + j]) : 0.0;
            double size_of_terms = std::abs(sum);
            for (std::size_t k = 0; k < inner; ++k) {
              const double term =
                  static_cast<double>(run.a[turned ? k * rows + i : i * inner + k]) *
                  static_cast<double>(run.b[turned ? j * inner + k : k * columns + j]);
              sum += term;
              size_of_terms += std::abs(term);
            }
            // What rounding each of the additions can do at most (Higham 2002, section 3.1).
            const double rounding = static_cast<double>(inner + 1) * 0x1.0p-24 * size_of_terms;
            ASSERT_NEAR(run.c[i * columns + j], sum, rounding)
                << rows << " x " << inner << " x " << columns << " at " << i << ", " << j;
          }
      }
}

TEST(Kernels, AllVectorUnitsMultiplyToTheSameBits) {
  for (const auto& size : kProducts)
    for (const bool add : {false, true}) {
      const ProductRun first{plain::table(), size, false, add};
      for (const Kernels& k : kernels_of_this_machine()) {
        const ProductRun run{k, size, false, add};
        EXPECT_EQ(std::memcmp(run.c.data(), first.c.data(), run.c.size() * sizeof(float)), 0)
            << size[0] << " x " << size[1] << " x " << size[2];
      }
    }
}

TEST(Kernels, ARowAloneHasTheBitsThatItHasAmongOthers) {
  constexpr std::size_t kRows = 3;
  for (const Kernels& k : kernels_of_this_machine())
    for (const auto& [rows, inner, columns] : kProducts) {
      const ProductRun three{k, {kRows, inner, columns}, false, false};
      std::vector<float> panels(packed_size(inner, columns));
      pack(three.b.data(), inner, columns, columns, panels.data());
      std::vector<float> alone(columns + 1, -7.0F);  // nothing behind the row is written
      for (std::size_t row = 0; row < kRows; ++row) {
        k.multiply({.rows = 1,
                    .inner = inner,
                    .columns = columns,
                    .a = three.a.data() + row * inner,
                    .a_row = inner,
                    .panels = panels.data(),
                    .c = alone.data()});
        EXPECT_EQ(
            std::memcmp(alone.data(), three.c.data() + row * columns, columns * sizeof(float)), 0)
            << k.name << ": " << inner << " x " << columns;
        EXPECT_EQ(alone.back(), -7.0F) << k.name << ": " << inner << " x " << columns;
      }
    }
}

/// The same products with what a rectified layer leaves: half zeros, some rows all zero, and whole
/// stretches of zeros longer than a word of marks.
ProductRun rectified(const Kernels& k, std::array<std::size_t, 3> size, bool skip) {
  ProductRun run{k, size, false, false};
  const auto [rows, inner, columns] = size;
  for (std::size_t i = 0; i < run.a.size(); ++i)
    if (run.a[i] < 0.0F || i / inner % 4 == 3 || i % inner > 120) run.a[i] = 0.0F;
  std::vector<float> panels(packed_size(inner, columns));
  pack(run.b.data(), inner, columns, columns, panels.data());
  k.multiply({.rows = rows,
              .inner = inner,
              .columns = columns,
              .a = run.a.data(),
              .a_row = inner,
              .panels = panels.data(),
              .c = run.c.data(),
              .skip_zeros = skip});
  return run;
}

TEST(Kernels, PassingOverZerosChangesNoBit) {
  for (const auto& size : kProducts)
    for (const Kernels& k : kernels_of_this_machine()) {
      const ProductRun whole = rectified(kernels_of_this_machine().front(), size, false);
      const ProductRun run = rectified(k, size, true);
      EXPECT_EQ(std::memcmp(run.c.data(), whole.c.data(), run.c.size() * sizeof(float)), 0)
          << k.name << ": " << size[0] << " x " << size[1] << " x " << size[2];
    }
}

TEST(Kernels, PassingOverZerosKeepsWhatIsNoNumber) {
  for (const Kernels& k : kernels_of_this_machine()) {
    std::vector<float> a(70, 0.0F);
    a[68] = std::nanf("");
    const std::vector<float> b = numbers(a.size() * kPanel, "b");
    std::vector<float> c(kPanel);
    k.multiply({.rows = 1,
                .inner = a.size(),
                .columns = kPanel,
                .a = a.data(),
                .a_row = a.size(),
                .panels = b.data(),
                .c = c.data(),
                .skip_zeros = true});
    for (const float x : c) EXPECT_TRUE(std::isnan(x)) << k.name;
  }
}

TEST(Kernels, AreChosenByNameAndOtherwiseTheWidest) {
  const auto& all = kernels_of_this_machine();
  EXPECT_EQ(all.front().name, "plain");
  EXPECT_EQ(kernels(KernelChoice::Plain).value()->name, "plain");
  EXPECT_EQ(kernels(KernelChoice::Auto).value()->name, all.back().name);
  EXPECT_EQ(kernels().name, all.back().name);
}

TEST(Kernels, ThatTheProcessorCannotRunAreRefusedInWords) {
  std::vector<Kernels> offered{plain::table(), plain::table()};
  offered[1].name = "avx2";
  EXPECT_EQ(choose_kernels(KernelChoice::Auto, offered).value()->name, "avx2");
  EXPECT_EQ(choose_kernels(KernelChoice::Avx2, offered).value()->name, "avx2");
  const auto refused = choose_kernels(KernelChoice::Avx512, offered);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
  EXPECT_EQ(refused.error().context,
            "the kernel avx512 is asked for, and this processor has no vector units for it; it "
            "runs plain, avx2 (auto takes the last)");
}

TEST(Kernels, TheEndOfALayerAddsItsBiasAndKeepsWhatIsNoNumber) {
  const std::vector<float> bias{1.0F, -1.0F, 0.0F};
  std::vector<float> x{-3.0F, 3.0F, std::nanf(""), 3.0F, 0.5F, -0.25F};
  for (const bool rectify : {false, true}) {
    std::vector<float> y = x;
    kernels().end_layer({2, 3, bias.data(), y.data(), rectify});
    EXPECT_EQ(y[0], rectify ? 0.0F : -2.0F);
    EXPECT_EQ(y[1], 2.0F);
    EXPECT_TRUE(std::isnan(y[2]));
    EXPECT_EQ(y[3], 4.0F);
    EXPECT_EQ(y[4], rectify ? 0.0F : -0.5F);
    EXPECT_EQ(y[5], rectify ? 0.0F : -0.25F);
  }
}

TEST(Kernels, AdamTakesItsFirstStepByTheSignOfTheGradient) {
  // With both means corrected for their start, m / sqrt(v) is the sign: the rate is the step.
  std::vector<float> p{1.0F, 1.0F, 1.0F};
  const std::vector<float> g{0.5F, -2.0F, 0.0F};
  std::vector<float> m(3), v(3);
  AdamStep step;
  step.size = 3;
  step.parameters = p.data();
  step.gradients = g.data();
  step.first = m.data();
  step.second = v.data();
  step.rate = 0.01F / (1.0F - 0.9F);
  step.correction = 1.0F / (1.0F - 0.999F);
  step.epsilon = 1e-8F;
  kernels().adam(step);
  EXPECT_NEAR(p[0], 0.99F, 1e-5F);
  EXPECT_NEAR(p[1], 1.01F, 1e-5F);
  EXPECT_EQ(p[2], 1.0F);
}

}  // namespace
}  // namespace proteus::inference
