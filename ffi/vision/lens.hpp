// The lens: pinhole with Brown-Conrady distortion, OpenCV's order of coefficients and pixel convention.
// The one place where it is written down; held against cv::projectPoints and cv::undistortPoints.
//
// Sources: D. C. Brown, "Decentering distortion of lenses", Photogrammetric Engineering 32(3), 1966;
// OpenCV, "Camera Calibration and 3D Reconstruction".
#pragma once
#include <cmath>

#include "guard.hpp"

namespace gdn {

/// Lengths in pixels, coefficients for normalised rays (x/z, y/z in camera axes).
struct Lens {
  double fx, fy, cx, cy, k1, k2, p1, p2, k3;

  /// From the 9 doubles that cross the border: fx fy cx cy k1 k2 p1 p2 k3.
  static Lens from(const double* v) {
    require(v != nullptr, "the intrinsics are missing");
    for (int i = 0; i < 9; i++) require(std::isfinite(v[i]), "an intrinsic is not finite");
    require(v[0] > 0 && v[1] > 0, "the focal lengths must be positive");
    return {v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8]};
  }

  bool is_ideal() const { return k1 == 0 && k2 == 0 && p1 == 0 && p2 == 0 && k3 == 0; }

  /// Where the ray (x, y) meets the image plane at z = 1 behind the lens.
  void distort(double x, double y, double* xd, double* yd) const {
    const double r2 = x * x + y * y;
    const double radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
    *xd = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x);
    *yd = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y;
  }

  /// The inverse, by Newton's method. False where the model folds over and has none; (x, y) is then
  /// the last step.
  bool undistort(double xd, double yd, double* x, double* y) const {
    *x = xd;
    *y = yd;
    if (is_ideal()) return true;
    double ex = 0, ey = 0;
    for (int i = 0;; i++) {
      distort(*x, *y, &ex, &ey);
      ex -= xd;
      ey -= yd;
      if (std::abs(ex) + std::abs(ey) < 1e-12) return true;
      if (i == kNewtonSteps) return std::hypot(ex, ey) < 1e-6;
      // d(distorted)/d(ideal) is symmetric: [a b; b d].
      const double r2 = *x * *x + *y * *y;
      const double radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
      const double slope = 2 * (k1 + r2 * (2 * k2 + 3 * r2 * k3));
      const double a = radial + *x * *x * slope + 2 * p1 * *y + 6 * p2 * *x;
      const double b = *x * *y * slope + 2 * p1 * *x + 2 * p2 * *y;
      const double d = radial + *y * *y * slope + 6 * p1 * *y + 2 * p2 * *x;
      const double determinant = a * d - b * b;
      if (!(determinant > 0)) return false;
      *x -= (d * ex - b * ey) / determinant;
      *y -= (a * ey - b * ex) / determinant;
    }
  }

  /// Whether the model is still one-to-one out to the ray (x, y): beyond its fold it shows ground
  /// twice. The radial growth d(r * radial)/dr must be positive all the way out.
  bool is_unfolded(double x, double y) const {
    if (is_ideal()) return true;
    const double r2_max = x * x + y * y;
    for (int i = 1; i <= 8; i++) {
      const double r2 = r2_max * i / 8;
      if (!(1 + r2 * (3 * k1 + r2 * (5 * k2 + r2 * 7 * k3)) > 0)) return false;
    }
    return true;
  }

  /// Pixel of a normalised ray.
  void project(double x, double y, double* u, double* v) const {
    distort(x, y, u, v);
    *u = fx * *u + cx;
    *v = fy * *v + cy;
  }

  /// Normalised ray of a pixel; false where there is none, as undistort().
  bool unproject(double u, double v, double* x, double* y) const {
    return undistort((u - cx) / fx, (v - cy) / fy, x, y);
  }

 private:
  static constexpr int kNewtonSteps = 20;
};

}  // namespace gdn
