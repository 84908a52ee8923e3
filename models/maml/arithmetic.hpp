// The few operations on small matrices that a small network's gradients are made of: some ten
// thousand multiplications a call, where a library's call costs as much as its work. Row-major, no
// allocation, any thread.
//
// Every element of a result is one chain of fused multiplications and additions in a fixed order:
// what a processor's vector width changes is how many chains run side by side. So AVX-512, AVX2 and
// plain builds give the same bits.
#pragma once

#include <cstddef>

namespace proteus::maml {

template <class T>
struct Arithmetic {
  /// c[n, m] = (add ? c : 0) + a b, with a[i, p] at a[i * a_row + p * a_column], b[k, m] and c
  /// contiguous. A transposed a costs nothing.
  void (*multiply)(bool add, std::size_t n, std::size_t k, std::size_t m, const T* a,
                   std::size_t a_row, std::size_t a_column, const T* b, T* c);
  /// to[columns, rows] = from[rows, columns].
  void (*transpose)(std::size_t rows, std::size_t columns, const T* from, T* to);
  /// y -= rate * g, element by element.
  void (*descend)(std::size_t n, T* y, const T* rate, const T* g);
  /// Every row of c[n, m] becomes `row`.
  void (*fill_rows)(std::size_t n, std::size_t m, const T* row, T* c);
  /// sum[m] += the rows of c[n, m].
  void (*add_rows)(std::size_t n, std::size_t m, const T* c, T* sum);
  /// x = max(x, 0); a NaN stays one, so that the loss tells it.
  void (*rectify)(std::size_t n, T* x);
  /// x = 0 where h is not above 0.
  void (*mask)(std::size_t n, const T* h, T* x);
};

/// For this processor; float and double.
template <class T>
const Arithmetic<T>& arithmetic();

}  // namespace proteus::maml
