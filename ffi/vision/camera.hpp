// Pinhole camera with Brown-Conrady distortion, OpenCV's order and pixel convention.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>

#include "guard.hpp"

namespace gdn {

struct Camera {
  int width, height;
  double fx, fy, cx, cy, k1, k2, p1, p2, k3;

  /// From the 11 doubles that cross the border: w h fx fy cx cy k1 k2 p1 p2 k3.
  static Camera from(const double* v) {
    for (int i = 0; i < 11; i++) require(std::isfinite(v[i]), "the camera model is not finite");
    require(v[0] >= 1 && v[1] >= 1 && v[0] <= 20000 && v[1] <= 20000 && v[2] > 0 && v[3] > 0,
            "the camera model must have 1 to 20000 pixels a side and a focal length");
    return {static_cast<int>(v[0]), static_cast<int>(v[1]), v[2], v[3], v[4], v[5],
            v[6], v[7], v[8], v[9], v[10]};
  }

  /// Pixel of a normalised ray (x/z, y/z).
  void project(double x, double y, double* u, double* v) const {
    const double r2 = x * x + y * y;
    const double radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
    *u = fx * (x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)) + cx;
    *v = fy * (y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y) + cy;
  }

  /// Normalised ray of a pixel: fixed-point iteration, as cv::undistortPoints does it.
  void unproject(double u, double v, double* x, double* y) const {
    const double x0 = (u - cx) / fx, y0 = (v - cy) / fy;
    double a = x0, b = y0;
    for (int i = 0; i < 8; i++) {
      const double r2 = a * a + b * b;
      const double radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
      a = (x0 - 2 * p1 * a * b - p2 * (r2 + 2 * a * a)) / radial;
      b = (y0 - p1 * (r2 + 2 * b * b) - 2 * p2 * a * b) / radial;
    }
    *x = a;
    *y = b;
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
