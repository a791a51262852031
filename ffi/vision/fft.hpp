// Complex Fourier transforms of eight lines at once: lane i of every element belongs to line i.
#pragma once
#include <memory>
#include <vector>

#include "simd.hpp"

namespace gdn {

/// One element of eight lines.
struct Complex8 {
  Floats8 re, im;
};

/// A transform of one length. Stockham's autosort with radices 4, 2, 3 and 5 (van Loan, Computational
/// Frameworks for the Fast Fourier Transform, SIAM 1992, section 1.7). Nothing is scaled.
class LineTransform {
 public:
  /// Kept for good, one a length; `length` has no other prime factors than 2, 3 and 5.
  static const LineTransform& of(int length);

  /// sum over t of x[t] exp(-2 pi i t f / n). `line` and `scratch` hold `length()` elements each; the
  /// result is in the one that is returned, the other holds rubbish.
  Complex8* forward(Complex8* line, Complex8* scratch) const;

  int length() const { return length_; }

  explicit LineTransform(int length);

 private:
  struct Pass {
    int radix, length, stride;
    std::vector<float> twiddles;  // cos and sin of -2 pi p k / length, for k = 1 ... radix - 1 of each p
  };
  int length_;
  std::vector<Pass> passes_;
};

/// The next length that is a multiple of 8 and has no prime factors but 2, 3 and 5.
int transform_length(int at_least);

}  // namespace gdn
