// The matrix products of one training iteration, and nothing else: what no training of this network
// that goes through the same BLAS can be faster than.
//
// An iteration collects T steps of N environments and learns from them E times. The network has 19
// inputs, an encoder of 128, a GRU of 128 (three gates: 384) and a head of 4 (three logits and the
// value). [rows, inner] x [inner, columns]:
//
//   rollout, each step           encoder           [N, 19] x [19, 128]
//                                input gates       [N, 128] x [128, 384]
//                                hidden gates      [N, 128] x [128, 384]
//                                head              [N, 128] x [128, 4]
//   update, once                 encoder           [T N, 19] x [19, 128]
//                                input gates       [T N, 128] x [128, 384]
//           each step            hidden gates      [N, 128] x [128, 384]
//           once                 head              [T N, 128] x [128, 4]
//   back,   once                 of the features   [T N, 4] x [4, 128]
//                                head's weights    [4, T N] x [T N, 128]
//           each step            of the state      [N, 384] x [384, 128]
//           once                 hidden weights    [384, T N] x [T N, 128]
//                                input weights     [384, T N] x [T N, 128]
//                                of the encoding   [T N, 384] x [384, 128]
//                                encoder's weights [128, T N] x [T N, 19]
#pragma once

#include <cstddef>
#include <vector>

namespace proteus::bench {

class Floor {
 public:
  Floor(std::size_t steps, std::size_t environments, std::size_t epochs);
  /// All products of an iteration.
  void run();
  /// Floating-point operations of run(), a multiplication and an addition each one.
  [[nodiscard]] double operations() const;
  /// One number of the last product, so that none is left out.
  [[nodiscard]] float last() const { return out_.front(); }

 private:
  /// c[m, n] = a b, row-major. `a_turned`: a lies as [k, m]; `b_turned`: b lies as [n, k], as the
  /// weights of a layer do.
  struct Product {
    std::size_t times;
    std::size_t m, k, n;
    bool a_turned, b_turned;
  };
  void once(const Product& product);

  std::size_t steps_;
  std::size_t epochs_;
  std::vector<Product> rollout_;  ///< of a step
  std::vector<Product> update_;   ///< in order; those of each step say how often
  std::vector<float> left_;
  std::vector<float> right_;
  std::vector<float> out_;
};

}  // namespace proteus::bench
