// A camera, and rotations.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>

#include "lens.hpp"

namespace gdn {

/// A lens and the size of its picture.
struct Camera : Lens {
  int width = 0, height = 0;

  /// From the 11 doubles that cross the border: w h fx fy cx cy k1 k2 p1 p2 k3.
  static Camera from(const double* v) {
    require(v != nullptr && v[0] >= 1 && v[1] >= 1 && v[0] <= 20000 && v[1] <= 20000,
            "the camera model must have 1 to 20000 pixels a side");
    return {Lens::from(v + 2), static_cast<int>(v[0]), static_cast<int>(v[1])};
  }

  /// Beyond this radius the polynomial may fold back into the picture: rays there are not in it.
  double radius_max() const {
    const double x = std::max(cx, width - cx) / fx, y = std::max(cy, height - cy) / fy;
    return 1.25 * std::sqrt(x * x + y * y);
  }
};

using Matrix3 = std::array<double, 9>;  // row-major

inline Matrix3 matrix3(const double* v) {
  Matrix3 m;
  for (int i = 0; i < 9; i++) {
    require(std::isfinite(v[i]), "a rotation is not finite");
    m[i] = v[i];
  }
  return m;
}

inline std::array<double, 3> transpose_times(const Matrix3& m, double x, double y, double z) {
  return {m[0] * x + m[3] * y + m[6] * z, m[1] * x + m[4] * y + m[7] * z,
          m[2] * x + m[5] * y + m[8] * z};
}
inline std::array<double, 3> times(const Matrix3& m, double x, double y, double z) {
  return {m[0] * x + m[1] * y + m[2] * z, m[3] * x + m[4] * y + m[5] * z,
          m[6] * x + m[7] * y + m[8] * z};
}

}  // namespace gdn
