#include "models/maml/arithmetic.hpp"

#include <cmath>
#include <cstdint>
#include <type_traits>

#define PROTEUS_INLINE [[gnu::always_inline]] inline

namespace proteus::maml {
namespace {

template <class T, std::size_t Width>
struct Vector {
  // Elements lie anywhere in memory: aligned as one of them is.
  typedef T type __attribute__((vector_size(Width * sizeof(T)), aligned(alignof(T)), may_alias));
};

/// sum += a b, rounded once; b a vector like the others, or one number for all of it. Of vectors
/// the processor's own instruction is made by the compiler (-ffp-contract=fast, for this file
/// alone); where there is none, and of single numbers, whose sums a compiler rather puts together
/// in another way, the library's function stands.
template <class Kind, class V, class B>
PROTEUS_INLINE void add_product(const V& a, const B& b, V& sum) {
  if constexpr (std::is_floating_point_v<V>) {
    sum = std::fma(a, b, sum);
  } else if constexpr (Kind::has_fused) {
    sum += a * b;
  } else {
    for (std::size_t i = 0; i < sizeof(V) / sizeof(sum[0]); ++i) {
      if constexpr (std::is_floating_point_v<B>)
        sum[i] = std::fma(a[i], b, sum[i]);
      else
        sum[i] = std::fma(a[i], b[i], sum[i]);
    }
  }
}

/// Rows x (Lanes of Width) elements of c in registers, over all of k.
template <class Kind, class T, std::size_t Rows, std::size_t Lanes, std::size_t Width>
PROTEUS_INLINE void block(bool add, std::size_t k, std::size_t m, const T* a, std::size_t a_row,
                          std::size_t a_column, const T* b, T* c) {
  using V = typename Vector<T, Width>::type;
  V sum[Rows][Lanes];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 8
    for (std::size_t j = 0; j < Lanes; ++j)
      sum[i][j] = add ? *reinterpret_cast<const V*>(c + i * m + j * Width) : V{};
  for (std::size_t p = 0; p < k; ++p) {
    V row[Lanes];
#pragma GCC unroll 8
    for (std::size_t j = 0; j < Lanes; ++j)
      row[j] = *reinterpret_cast<const V*>(b + p * m + j * Width);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Rows; ++i) {
      const T factor = a[i * a_row + p * a_column];
#pragma GCC unroll 8
      for (std::size_t j = 0; j < Lanes; ++j) add_product<Kind>(row[j], factor, sum[i][j]);
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 8
    for (std::size_t j = 0; j < Lanes; ++j)
      *reinterpret_cast<V*>(c + i * m + j * Width) = sum[i][j];
}

/// The columns from one on, all rows.
template <class Kind, class T, std::size_t Lanes, std::size_t Width>
PROTEUS_INLINE void panel(bool add, std::size_t n, std::size_t k, std::size_t m, const T* a,
                          std::size_t a_row, std::size_t a_column, const T* b, T* c) {
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4)
    block<Kind, T, 4, Lanes, Width>(add, k, m, a + i * a_row, a_row, a_column, b, c + i * m);
  for (; i < n; ++i)
    block<Kind, T, 1, Lanes, Width>(add, k, m, a + i * a_row, a_row, a_column, b, c + i * m);
}

/// One column; several rows at once, since each is a chain that waits for itself.
template <class Kind, class T, std::size_t Rows>
PROTEUS_INLINE void column(bool add, std::size_t k, std::size_t m, const T* a, std::size_t a_row,
                           std::size_t a_column, const T* b, T* c) {
  T sum[Rows];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows; ++i) sum[i] = add ? c[i * m] : T{0};
  for (std::size_t p = 0; p < k; ++p)
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Rows; ++i)
      add_product<Kind>(a[i * a_row + p * a_column], b[p * m], sum[i]);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows; ++i) c[i * m] = sum[i];
}

/// start + a b, in as many chains as a cache line has elements, then added up in their order.
template <class Kind, class T>
PROTEUS_INLINE T dot(T start, std::size_t k, const T* a, const T* b) {
  constexpr std::size_t kWidth = 64 / sizeof(T);
  using V = typename Vector<T, kWidth>::type;
  V sums{};
  std::size_t p = 0;
  for (; p + kWidth <= k; p += kWidth)
    add_product<Kind, V>(*reinterpret_cast<const V*>(a + p), *reinterpret_cast<const V*>(b + p),
                         sums);
  T chain[kWidth];
  *reinterpret_cast<V*>(chain) = sums;
#pragma GCC unroll 4
  for (std::size_t half = kWidth / 2; half > 0; half /= 2)
#pragma GCC unroll 8
    for (std::size_t i = 0; i < half; ++i) chain[i] += chain[i + half];
  T rest = start + chain[0];
  for (; p < k; ++p) add_product<Kind>(a[p], b[p], rest);
  return rest;
}

/// Lanes of a whole cache line, then narrower ones for the columns that are left.
template <class Kind, class T>
PROTEUS_INLINE void multiply(bool add, std::size_t n, std::size_t k, std::size_t m, const T* a,
                             std::size_t a_row, std::size_t a_column, const T* b, T* c) {
  constexpr std::size_t kWidth = 64 / sizeof(T);
  std::size_t j = 0;
  for (; j + 4 * kWidth <= m; j += 4 * kWidth)
    panel<Kind, T, 4, kWidth>(add, n, k, m, a, a_row, a_column, b + j, c + j);
  for (; j + 2 * kWidth <= m; j += 2 * kWidth)
    panel<Kind, T, 2, kWidth>(add, n, k, m, a, a_row, a_column, b + j, c + j);
  for (; j + kWidth <= m; j += kWidth)
    panel<Kind, T, 1, kWidth>(add, n, k, m, a, a_row, a_column, b + j, c + j);
  for (; j + kWidth / 2 <= m; j += kWidth / 2)
    panel<Kind, T, 1, kWidth / 2>(add, n, k, m, a, a_row, a_column, b + j, c + j);
  for (; j + kWidth / 4 <= m; j += kWidth / 4)
    panel<Kind, T, 1, kWidth / 4>(add, n, k, m, a, a_row, a_column, b + j, c + j);
  constexpr std::size_t kColumnMax = 512;
  if (a_column == 1 && k <= kColumnMax) {
    T line[kColumnMax];
    for (; j < m; ++j) {
      for (std::size_t p = 0; p < k; ++p) line[p] = b[p * m + j];
      for (std::size_t i = 0; i < n; ++i)
        c[i * m + j] = dot<Kind>(add ? c[i * m + j] : T{0}, k, a + i * a_row, line);
    }
    return;
  }
  for (; j < m; ++j) {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8)
      column<Kind, T, 8>(add, k, m, a + i * a_row, a_row, a_column, b + j, c + i * m + j);
    for (; i < n; ++i)
      column<Kind, T, 1>(add, k, m, a + i * a_row, a_row, a_column, b + j, c + i * m + j);
  }
}

/// Element i of the result is one of `low` where i has not the bit `Step`, else of `high`.
template <class V, class Index, std::size_t Width, std::size_t Step>
PROTEUS_INLINE void exchange(V& low, V& high) {
#ifdef __clang__
  // It shuffles by constants alone. Only what the fuzzers need is compiled with it.
  const V a = low;
  const V b = high;
  for (std::size_t i = 0; i < Width; ++i) {
    low[i] = (i & Step) == 0 ? a[i] : b[i - Step];
    high[i] = (i & Step) == 0 ? a[i + Step] : b[i];
  }
#else
  Index keep;
  Index move;
#pragma GCC unroll 16
  for (std::size_t i = 0; i < Width; ++i) {
    keep[i] = static_cast<std::int32_t>((i & Step) == 0 ? i : Width + i - Step);
    move[i] = static_cast<std::int32_t>((i & Step) == 0 ? i + Step : Width + i);
  }
  const V a = __builtin_shuffle(low, high, keep);
  high = __builtin_shuffle(low, high, move);
  low = a;
#endif
}

/// A square of 16 in registers: blocks of 8 change places, then those of 4 inside them, of 2, of 1.
PROTEUS_INLINE void transpose_square(const float* from, std::size_t from_row, float* to,
                                     std::size_t to_row) {
  constexpr std::size_t kWidth = 16;
  typedef float V __attribute__((vector_size(64)));
  typedef std::int32_t Index __attribute__((vector_size(64)));
  using Loose = typename Vector<float, kWidth>::type;
  V row[kWidth];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kWidth; ++i)
    row[i] = *reinterpret_cast<const Loose*>(from + i * from_row);
#pragma GCC unroll 16
  for (std::size_t i = 0; i < 8; ++i) exchange<V, Index, kWidth, 8>(row[i], row[i + 8]);
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kWidth; ++i)
    if ((i & 4) == 0) exchange<V, Index, kWidth, 4>(row[i], row[i + 4]);
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kWidth; ++i)
    if ((i & 2) == 0) exchange<V, Index, kWidth, 2>(row[i], row[i + 2]);
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kWidth; ++i)
    if ((i & 1) == 0) exchange<V, Index, kWidth, 1>(row[i], row[i + 1]);
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kWidth; ++i) *reinterpret_cast<Loose*>(to + i * to_row) = row[i];
}

template <class T>
PROTEUS_INLINE void transpose_part(std::size_t rows, std::size_t columns, std::size_t first_row,
                                   std::size_t first_column, const T* from, T* to,
                                   std::size_t to_row) {
  for (std::size_t i = first_row; i < rows; ++i)
    for (std::size_t j = first_column; j < columns; ++j) to[j * to_row + i] = from[i * columns + j];
}

template <class T>
PROTEUS_INLINE void transpose(std::size_t rows, std::size_t columns, const T* from, T* to) {
  if constexpr (std::is_same_v<T, float>) {
    const std::size_t whole_rows = rows / 16 * 16;
    const std::size_t whole_columns = columns / 16 * 16;
    for (std::size_t i = 0; i < whole_rows; i += 16)
      for (std::size_t j = 0; j < whole_columns; j += 16)
        transpose_square(from + i * columns + j, columns, to + j * rows + i, rows);
    transpose_part(whole_rows, columns, 0, whole_columns, from, to, rows);
    transpose_part(rows, columns, whole_rows, 0, from, to, rows);
  } else {
    transpose_part(rows, columns, 0, 0, from, to, rows);
  }
}

template <class Kind, class T>
PROTEUS_INLINE void descend(std::size_t n, T* __restrict y, const T* __restrict rate,
                            const T* __restrict g) {
  for (std::size_t i = 0; i < n; ++i) add_product<Kind>(-rate[i], g[i], y[i]);
}

template <class T>
PROTEUS_INLINE void fill_rows(std::size_t n, std::size_t m, const T* __restrict row,
                              T* __restrict c) {
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < m; ++j) c[i * m + j] = row[j];
}

template <class T>
PROTEUS_INLINE void add_rows(std::size_t n, std::size_t m, const T* __restrict c,
                             T* __restrict sum) {
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < m; ++j) sum[j] += c[i * m + j];
}

template <class T>
PROTEUS_INLINE void rectify(std::size_t n, T* x) {
  for (std::size_t i = 0; i < n; ++i) x[i] = x[i] < T{0} ? T{0} : x[i];
}

template <class T>
PROTEUS_INLINE void mask(std::size_t n, const T* __restrict h, T* __restrict x) {
  for (std::size_t i = 0; i < n; ++i) x[i] = h[i] > T{0} ? x[i] : T{0};
}

// The same bodies, compiled for each kind of processor.
#define PROTEUS_ARITHMETIC(NAME, FUSED, ...)                                                \
  template <class T>                                                                        \
  struct NAME {                                                                             \
    static constexpr bool has_fused = FUSED;                                                \
    __VA_ARGS__ static void multiply(bool add, std::size_t n, std::size_t k, std::size_t m, \
                                     const T* a, std::size_t a_row, std::size_t a_column,   \
                                     const T* b, T* c) {                                    \
      maml::multiply<NAME>(add, n, k, m, a, a_row, a_column, b, c);                         \
    }                                                                                       \
    __VA_ARGS__ static void transpose(std::size_t rows, std::size_t columns, const T* from, \
                                      T* to) {                                              \
      maml::transpose(rows, columns, from, to);                                             \
    }                                                                                       \
    __VA_ARGS__ static void descend(std::size_t n, T* y, const T* rate, const T* g) {       \
      maml::descend<NAME>(n, y, rate, g);                                                   \
    }                                                                                       \
    __VA_ARGS__ static void fill_rows(std::size_t n, std::size_t m, const T* row, T* c) {   \
      maml::fill_rows(n, m, row, c);                                                        \
    }                                                                                       \
    __VA_ARGS__ static void add_rows(std::size_t n, std::size_t m, const T* c, T* sum) {    \
      maml::add_rows(n, m, c, sum);                                                         \
    }                                                                                       \
    __VA_ARGS__ static void rectify(std::size_t n, T* x) { maml::rectify(n, x); }           \
    __VA_ARGS__ static void mask(std::size_t n, const T* h, T* x) { maml::mask(n, h, x); }  \
    static constexpr Arithmetic<T> table{multiply, transpose, descend, fill_rows,           \
                                         add_rows, rectify,   mask};                        \
  };

PROTEUS_ARITHMETIC(Plain, false, )
#if defined(__x86_64__)
PROTEUS_ARITHMETIC(Avx2, true, [[gnu::target("avx2,fma")]])
PROTEUS_ARITHMETIC(Avx512, true, [[gnu::target("fma,avx512f,avx512vl,avx512dq,avx512bw")]])
#endif

template <class T>
const Arithmetic<T>& best() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
    return Avx512<T>::table;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Avx2<T>::table;
#endif
  return Plain<T>::table;
}

}  // namespace

template <class T>
const Arithmetic<T>& arithmetic() {
  static const Arithmetic<T>& chosen = best<T>();
  return chosen;
}

template const Arithmetic<float>& arithmetic<float>();
template const Arithmetic<double>& arithmetic<double>();

}  // namespace proteus::maml
