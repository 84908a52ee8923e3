// What every kernels_*.cpp compiles for its own vector units; included by nothing else.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "models/inference/kernels.hpp"

namespace proteus::inference::PROTEUS_KERNELS {
namespace {

/// exp(x) = 2^n exp(r), |r| <= ln(2) / 2, the latter by a polynomial (Cephes expf).
inline float fast_exp(float x) {
  constexpr float kLog2e = 1.44269504F;
  constexpr float kShift = 12582912.0F;  // 1.5 x 2^23: adding it rounds to a whole number
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  x = x < -87.0F ? -87.0F : x;
  x = x > 88.0F ? 88.0F : x;
  const float shifted = x * kLog2e + kShift;
  const float n = shifted - kShift;
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  const std::int32_t power = (std::bit_cast<std::int32_t>(shifted) + 127) << 23;
  return p * std::bit_cast<float>(power);
}

inline float sigmoid(float x) { return 1.0F / (1.0F + fast_exp(-x)); }
inline float tanh_of(float x) { return 1.0F - 2.0F / (fast_exp(2.0F * x) + 1.0F); }

void exp_all(float* x, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) x[i] = fast_exp(x[i]);
}

// Rows as functions of their own: the compiler believes `__restrict` of parameters alone.

// Gates first, then what they let through: in one loop each candidate would wait for its own gate,
// with too few others to do meanwhile.

void gru_gates(std::size_t n, float* __restrict gate, const float* __restrict h,
               const float* __restrict bi, const float* __restrict bh) {
  for (std::size_t i = 0; i < n; ++i) gate[i] = sigmoid(gate[i] + h[i] + bi[i] + bh[i]);
}

void gru_state(std::size_t n, const float* __restrict r, const float* __restrict z,
               float* __restrict c, const float* __restrict hc, const float* __restrict bi,
               const float* __restrict bh, const float* __restrict before,
               float* __restrict after) {
  for (std::size_t i = 0; i < n; ++i) {
    const float fresh = tanh_of(c[i] + bi[i] + r[i] * (hc[i] + bh[i]));
    c[i] = fresh;
    after[i] = fresh + z[i] * (before[i] - fresh);
  }
}

void add(std::size_t n, const float* __restrict a, const float* __restrict b,
         float* __restrict out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = a[i] + b[i];
}

void add_in(std::size_t n, const float* __restrict a, float* __restrict x) {
  for (std::size_t i = 0; i < n; ++i) x[i] += a[i];
}

void add_in_and_rectify(std::size_t n, const float* __restrict a, float* __restrict x) {
  for (std::size_t i = 0; i < n; ++i) {
    const float sum = x[i] + a[i];
    x[i] = sum < 0.0F ? 0.0F : sum;
  }
}

void end_layer(const LayerEnd& s) {
  for (std::size_t row = 0; row < s.rows; ++row)
    (s.rectify ? add_in_and_rectify : add_in)(s.columns, s.bias, s.x + row * s.columns);
}

void gru(const GruStep& s) {
  const std::size_t n = s.hidden;
  for (std::size_t row = 0; row < s.rows; ++row) {
    float* gates = s.input_gates + row * 3 * n;
    const float* hidden = s.hidden_gates + row * 3 * n;
    if (s.candidate != nullptr)
      add(n, hidden + 2 * n, s.hidden_bias + 2 * n, s.candidate + row * n);
    gru_gates(2 * n, gates, hidden, s.input_bias, s.hidden_bias);
    gru_state(n, gates, gates + n, gates + 2 * n, hidden + 2 * n, s.input_bias + 2 * n,
              s.hidden_bias + 2 * n, s.before + row * n, s.after + row * n);
  }
}

void gru_back_row(std::size_t n, const float* __restrict gates, const float* __restrict kept,
                  const float* __restrict before, float* __restrict di, float* __restrict dh,
                  float* __restrict through) {
  for (std::size_t i = 0; i < n; ++i) {
    const float r = gates[i];
    const float z = gates[n + i];
    const float c = gates[2 * n + i];
    const float g = through[i];
    const float dc = g * (1.0F - z) * (1.0F - c * c);
    const float dz = g * (before[i] - c) * z * (1.0F - z);
    const float dr = dc * kept[i] * r * (1.0F - r);
    di[i] = dr;
    di[n + i] = dz;
    di[2 * n + i] = dc;
    dh[i] = dr;
    dh[n + i] = dz;
    dh[2 * n + i] = dc * r;
    through[i] = g * z;
  }
}

void gru_back(const GruStepBack& s) {
  const std::size_t n = s.hidden;
  for (std::size_t row = 0; row < s.rows; ++row) {
    float* through = s.through + row * n;
    if (s.carried != nullptr)
      add(n, s.loss + row * n, s.carried + row * n, through);
    else
      std::copy_n(s.loss + row * n, n, through);
    gru_back_row(n, s.gates + row * 3 * n, s.candidate + row * n, s.before + row * n,
                 s.input_gates + row * 3 * n, s.hidden_gates + row * 3 * n, through);
  }
}

// The matrix product. A block of rows and lanes stays in registers over all of `inner`; how many of
// each is what the machine has registers for.

#if defined(__AVX512F__)
using Lane = __m512;
constexpr std::size_t kRowsMax = 12;
constexpr std::size_t kLanes = 2;
inline Lane none() { return _mm512_setzero_ps(); }
inline Lane load(const float* x) { return _mm512_loadu_ps(x); }
inline void store(float* x, Lane v) { _mm512_storeu_ps(x, v); }
inline Lane sum_of(Lane a, Lane b) { return _mm512_add_ps(a, b); }
inline Lane fused(float a, Lane b, Lane c) { return _mm512_fmadd_ps(_mm512_set1_ps(a), b, c); }
#elif defined(__AVX2__)
using Lane = __m256;
constexpr std::size_t kRowsMax = 6;
constexpr std::size_t kLanes = 2;
inline Lane none() { return _mm256_setzero_ps(); }
inline Lane load(const float* x) { return _mm256_loadu_ps(x); }
inline void store(float* x, Lane v) { _mm256_storeu_ps(x, v); }
inline Lane sum_of(Lane a, Lane b) { return _mm256_add_ps(a, b); }
inline Lane fused(float a, Lane b, Lane c) { return _mm256_fmadd_ps(_mm256_set1_ps(a), b, c); }
#else
using Lane = float;
constexpr std::size_t kRowsMax = 1;
constexpr std::size_t kLanes = 8;
inline Lane none() { return 0.0F; }
inline Lane load(const float* x) { return *x; }
inline void store(float* x, Lane v) { *x = v; }
inline Lane sum_of(Lane a, Lane b) { return a + b; }
inline Lane fused(float a, Lane b, Lane c) { return std::fma(a, b, c); }
#endif
constexpr std::size_t kWidth = sizeof(Lane) / sizeof(float);
constexpr std::size_t kSpan = kLanes * kWidth;  // columns of a block
static_assert(kPanel % kSpan == 0);

struct Block {
  std::size_t inner;
  const float* a;
  std::size_t a_row;
  std::size_t a_column;
  const float* b;    ///< columns of a panel
  std::size_t next;  ///< from these columns to those of the next block on the right
  float* c;
  std::size_t c_row;
  bool add;
};

/// `Rows` rows of `Blocks` blocks that lie beside one another, of `Lanes` lanes each.
template <std::size_t Rows, std::size_t Blocks, std::size_t Lanes = kLanes>
void block(const Block& s) {
  Lane sum[Rows][Blocks * Lanes];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 16
    for (std::size_t j = 0; j < Blocks * Lanes; ++j) sum[i][j] = none();
  const float* a = s.a;
  const float* b = s.b;
  for (std::size_t k = 0; k < s.inner; ++k, a += s.a_column, b += kPanel) {
    Lane row[Blocks * Lanes];
#pragma GCC unroll 16
    for (std::size_t j = 0; j < Blocks * Lanes; ++j)
      row[j] = load(b + j / Lanes * s.next + j % Lanes * kWidth);
#pragma GCC unroll 16
    for (std::size_t i = 0; i < Rows; ++i) {
      const float factor = a[i * s.a_row];
#pragma GCC unroll 16
      for (std::size_t j = 0; j < Blocks * Lanes; ++j) sum[i][j] = fused(factor, row[j], sum[i][j]);
    }
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 16
    for (std::size_t j = 0; j < Blocks * Lanes; ++j) {
      float* c = s.c + i * s.c_row + j * kWidth;
      store(c, s.add ? sum_of(load(c), sum[i][j]) : sum[i][j]);
    }
}

template <std::size_t Lanes, std::size_t... Rows>
constexpr auto blocks_of(std::index_sequence<Rows...>) {
  return std::array<void (*)(const Block&), sizeof...(Rows)>{block<Rows + 1, 1, Lanes>...};
}
constexpr auto kBlocks = blocks_of<kLanes>(std::make_index_sequence<kRowsMax>{});
constexpr auto kNarrow = blocks_of<1>(std::make_index_sequence<kRowsMax>{});

/// All rows of one block of columns, in groups of about equal size: a group of one or two rows
/// would wait for its own additions.
void strip(const Product& p, Block s) {
  const std::size_t groups = (p.rows + kRowsMax - 1) / kRowsMax;
  std::size_t row = 0;
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t rows = (p.rows - row) / (groups - g);
    s.a = p.a + row * p.a_row;
    kBlocks[rows - 1](s);
    s.c += rows * s.c_row;
    row += rows;
  }
}

/// What is left of the last panel goes through a block of its own.
void last_strip(const Product& p, Block s, std::size_t first) {
  const std::size_t width = p.columns - first;
  float whole[kRowsMax * kSpan];
  s.c = whole;
  s.c_row = kSpan;
  s.add = false;
  for (std::size_t row = 0; row < p.rows; row += kRowsMax) {
    const std::size_t rows = std::min(kRowsMax, p.rows - row);
    s.a = p.a + row * p.a_row;
    (width <= kWidth ? kNarrow : kBlocks)[rows - 1](s);
    for (std::size_t i = 0; i < rows; ++i) {
      float* c = p.c + (row + i) * p.columns + first;
      for (std::size_t j = 0; j < width; ++j)
        c[j] = p.add ? c[j] + whole[i * kSpan + j] : whole[i * kSpan + j];
    }
  }
}

// The product that passes over zeros: a row at a time, over so many of `inner` as a word has bits.
constexpr std::size_t kMarks = 64;

/// Bit k: a[k] is not 0.
inline std::uint64_t marks_of(const float* a, std::size_t size) {
  std::uint64_t marks = 0;
  std::size_t k = 0;
#if defined(__AVX512F__)
  for (; k + kWidth <= size; k += kWidth)
    marks |= std::uint64_t{_mm512_cmp_ps_mask(load(a + k), none(), _CMP_NEQ_UQ)} << k;
#elif defined(__AVX2__)
  for (; k + kWidth <= size; k += kWidth) {
    const int bits = _mm256_movemask_ps(_mm256_cmp_ps(load(a + k), none(), _CMP_NEQ_UQ));
    marks |= static_cast<std::uint64_t>(bits) << k;
  }
#endif
  for (; k < size; ++k) marks |= std::uint64_t{a[k] != 0.0F} << k;
  return marks;
}

/// Some rows, and what is not 0 in a stretch of each.
struct Marked {
  std::size_t row;
  std::size_t rows;
  std::size_t from;  ///< of `inner`
  const std::uint64_t* marks;
};

/// These rows of `Lanes` lanes of columns.
template <std::size_t Lanes>
void marked_strip(const Product& p, const Marked& m, std::size_t first) {
  constexpr std::size_t kPanels = (Lanes * kWidth + kPanel - 1) / kPanel;
  const float* panels[kPanels];
  for (std::size_t i = 0; i < kPanels; ++i)
    panels[i] =
        p.panels + (first / kPanel + i) * p.inner * kPanel + first % kPanel + m.from * kPanel;
  const float* a = p.a + m.row * p.a_row + m.from;
  float* c = p.c + m.row * p.columns + first;
  for (std::size_t i = 0; i < m.rows; ++i, a += p.a_row, c += p.columns) {
    Lane sum[Lanes];
#pragma GCC unroll 16
    for (std::size_t j = 0; j < Lanes; ++j) sum[j] = m.from == 0 ? none() : load(c + j * kWidth);
    for (std::uint64_t marks = m.marks[i]; marks != 0; marks &= marks - 1) {
      const auto k = static_cast<std::size_t>(std::countr_zero(marks));
#pragma GCC unroll 16
      for (std::size_t j = 0; j < Lanes; ++j)
        sum[j] = fused(a[k], load(panels[j * kWidth / kPanel] + k * kPanel + j * kWidth % kPanel),
                       sum[j]);
    }
#pragma GCC unroll 16
    for (std::size_t j = 0; j < Lanes; ++j) store(c + j * kWidth, sum[j]);
  }
}

/// Whether passing over zeros pays: with many rows the usual product keeps weights in registers,
/// and only more than a quarter of zeros makes up for that.
bool pays(const Product& p) {
  if (!p.skip_zeros || p.add || p.a_column != 1) return false;
  if (p.rows <= 4) return true;
  std::size_t count = 0;
  for (std::size_t i = 0; i < p.rows; ++i)
    for (std::size_t from = 0; from < p.inner; from += kMarks) {
      const std::size_t size = std::min(kMarks, p.inner - from);
      count += static_cast<std::size_t>(std::popcount(marks_of(p.a + i * p.a_row + from, size)));
    }
  return count * 4 < p.rows * p.inner * 3;
}

/// Returns the first column that is left to do. The lanes of a strip lie in whole panels, or all in
/// one.
std::size_t multiply_marked(const Product& p) {
  constexpr std::size_t kGroup = 128;  // rows whose marks are kept
  // As many lanes as leave room in the first cache for what else is read.
  constexpr std::size_t kWide = kSpan == kPanel ? 6 : 8;
  std::uint64_t marks[kGroup];
  std::size_t first = 0;
  for (std::size_t row = 0; row < p.rows; row += kGroup)
    for (std::size_t from = 0; from < p.inner; from += kMarks) {
      const Marked m{row, std::min(kGroup, p.rows - row), from, marks};
      const std::size_t size = std::min(kMarks, p.inner - from);
      for (std::size_t i = 0; i < m.rows; ++i)
        marks[i] = marks_of(p.a + (row + i) * p.a_row + from, size);
      first = 0;
      for (; first + kWide * kWidth <= p.columns; first += kWide * kWidth)
        marked_strip<kWide>(p, m, first);
      for (; first + kSpan <= p.columns; first += kSpan) marked_strip<kLanes>(p, m, first);
    }
  return first;
}

/// One row and all of its columns at once: a chain of additions waits four cycles for each, and
/// with few columns there is nothing else to do meanwhile than the columns beside it.
template <std::size_t Lanes>
void one_row(const Product& p) {
  constexpr std::size_t kPanelLanes = kPanel / kWidth;
  Lane sum[Lanes];
#pragma GCC unroll 16
  for (std::size_t j = 0; j < Lanes; ++j) sum[j] = none();
  const float* a = p.a;
  const float* b = p.panels;
  const std::size_t panel = p.inner * kPanel;
  for (std::size_t k = 0; k < p.inner; ++k, a += p.a_column, b += kPanel)
#pragma GCC unroll 16
    for (std::size_t j = 0; j < Lanes; ++j)
      sum[j] = fused(*a, load(b + j / kPanelLanes * panel + j % kPanelLanes * kWidth), sum[j]);
#pragma GCC unroll 16
  for (std::size_t j = 0; j + 1 < Lanes; ++j) store(p.c + j * kWidth, sum[j]);
  float last[kWidth];
  store(last, sum[Lanes - 1]);
  constexpr std::size_t kBefore = (Lanes - 1) * kWidth;
  std::copy_n(last, p.columns - kBefore, p.c + kBefore);
}

template <std::size_t... Lanes>
constexpr auto rows_of(std::index_sequence<Lanes...>) {
  return std::array<void (*)(const Product&), sizeof...(Lanes)>{one_row<Lanes + 1>...};
}
constexpr std::size_t kTogether = 8;  // lanes of a row that lies in registers
constexpr auto kOneRow = rows_of(std::make_index_sequence<kTogether>{});

void multiply(const Product& p) {
  if (p.rows == 1 && !p.add && p.columns <= kTogether * kWidth)
    return kOneRow[(p.columns + kWidth - 1) / kWidth - 1](p);
  constexpr std::size_t kBeside = 4;
  const std::size_t panel = p.inner * kPanel;
  Block s{p.inner, p.a, p.a_row, p.a_column, nullptr, 0, nullptr, p.columns, p.add};
  std::size_t first = pays(p) ? multiply_marked(p) : 0;
  if (p.rows <= 2 && kSpan == kPanel)  // So few that several panels are needed to keep busy.
    for (s.next = panel; first + kBeside * kPanel <= p.columns; first += kBeside * kPanel) {
      s.b = p.panels + first / kPanel * panel;
      s.c = p.c + first;
      p.rows == 1 ? block<1, kBeside>(s) : block<2, kBeside>(s);
    }
  for (; first < p.columns; first += kSpan) {
    s.b = p.panels + first / kPanel * panel + first % kPanel;
    s.c = p.c + first;
    first + kSpan <= p.columns ? strip(p, s) : last_strip(p, s, first);
  }
}

void adam(const AdamStep& s) {
  float* __restrict p = s.parameters;
  float* __restrict m = s.first;
  float* __restrict v = s.second;
  const float* __restrict g = s.gradients;
  for (std::size_t i = 0; i < s.size; ++i) {
    const float gradient = g[i] * s.scale;
    m[i] = s.beta1 * m[i] + (1.0F - s.beta1) * gradient;
    v[i] = s.beta2 * v[i] + (1.0F - s.beta2) * gradient * gradient;
    p[i] -= s.rate * m[i] / (std::sqrt(v[i] * s.correction) + s.epsilon);
  }
}

}  // namespace

#define PROTEUS_TEXT_OF(name) #name
#define PROTEUS_TEXT(name) PROTEUS_TEXT_OF(name)
Kernels table() {
  return {PROTEUS_TEXT(PROTEUS_KERNELS), multiply, end_layer, gru, gru_back, adam, exp_all};
}

}  // namespace proteus::inference::PROTEUS_KERNELS
