#include "pose.h"

#include <opencv2/calib3d.hpp>
#include <vector>

#include "camera.hpp"

namespace {

using Vector6 = cv::Vec<double, 6>;
using Matrix6 = cv::Matx<double, 6, 6>;

struct Pose {
  cv::Vec3d position;
  cv::Matx33d local_from_camera;
};

struct Point {
  cv::Vec2d ray;
  cv::Vec3d ground;
};

/// Pose nudged by (position, rotation in camera axes).
Pose retract(const Pose& pose, const Vector6& d) {
  cv::Matx33d turn;
  cv::Rodrigues(cv::Vec3d(d[3], d[4], d[5]), turn);
  return {pose.position + cv::Vec3d(d[0], d[1], d[2]), pose.local_from_camera * turn};
}

/// Residual of a ray and its analytic derivative: c = R^T (P - p), ray = c_xy / c_z;
/// dc = -R^T dp + [c]x dtheta.
bool residual(const Pose& pose, const Point& point, cv::Vec2d* e, cv::Matx<double, 2, 6>* j) {
  const cv::Matx33d rt = pose.local_from_camera.t();
  const cv::Vec3d c = rt * (point.ground - pose.position);
  if (c[2] <= 1e-6) return false;
  const double x = c[0] / c[2], y = c[1] / c[2], iz = 1 / c[2];
  *e = point.ray - cv::Vec2d(x, y);
  const cv::Matx23d d(iz, 0, -x * iz, 0, iz, -y * iz);
  const cv::Matx33d cross(0, -c[2], c[1], c[2], 0, -c[0], -c[1], c[0], 0);
  const cv::Matx23d dp = -1.0 * (d * rt);
  const cv::Matx23d dr = d * cross;
  for (int r = 0; r < 2; r++)
    for (int k = 0; k < 3; k++) (*j)(r, k) = dp(r, k), (*j)(r, k + 3) = dr(r, k);
  return true;
}

/// Sum over points of weighted squares; fills the normal equations.
double normal_equations(const Pose& pose, const std::vector<Point>& points, double scale,
                        Matrix6* a, Vector6* b) {
  double squares = 0;
  *a = Matrix6::zeros();
  *b = Vector6::zeros();
  for (const Point& point : points) {
    cv::Vec2d e;
    cv::Matx<double, 2, 6> j;
    if (!residual(pose, point, &e, &j)) continue;
    const double n2 = e.dot(e);
    const double weight = 1 / (1 + n2 / (scale * scale));  // Cauchy
    squares += weight * n2;
    *a += weight * (j.t() * j);
    *b += weight * (j.t() * e);
  }
  return squares;
}

/// Levenberg-Marquardt; parameters are scaled by the height so that metres and radians compare.
bool refine(const std::vector<Point>& points, double scale, Pose* pose, Matrix6* information,
            double* squares) {
  double damping = 1e-6;
  Vector6 b;
  *squares = normal_equations(*pose, points, scale, information, &b);
  for (int iteration = 0; iteration < 20; iteration++) {
    Matrix6 a = *information;
    for (int k = 0; k < 6; k++) a(k, k) *= 1 + damping;
    Vector6 delta;
    if (!cv::solve(a, b, delta, cv::DECOMP_CHOLESKY)) return false;
    const Pose next = retract(*pose, delta);
    Matrix6 next_information;
    Vector6 next_b;
    const double next_squares = normal_equations(next, points, scale, &next_information, &next_b);
    if (next_squares > *squares * (1 + 1e-12)) {
      damping *= 10;
      if (damping > 1e6) return true;
      continue;
    }
    const bool done = *squares - next_squares < 1e-10 * *squares;
    *pose = next;
    *information = next_information;
    b = next_b;
    *squares = next_squares;
    damping = std::max(1e-9, damping / 10);
    if (done) return true;
  }
  return true;
}

std::vector<uint8_t> planar_inliers(const std::vector<Point>& points, const Pose& guess,
                                    double threshold_rad) {
  // The rays against the ground seen from the guess: both near the picture's plane, so that the
  // threshold is an angle.
  std::vector<cv::Point2d> rays, ground;
  const double height = std::abs(guess.position[2]) + 1e-9;
  for (const Point& p : points) {
    rays.emplace_back(p.ray[0], p.ray[1]);
    ground.emplace_back((p.ground[0] - guess.position[0]) / height,
                        (p.ground[1] - guess.position[1]) / height);
  }
  cv::Mat mask;
  cv::setRNGSeed(1);
  const cv::Mat h =
      cv::findHomography(ground, rays, cv::USAC_MAGSAC, threshold_rad, mask, 2000, 0.999);
  std::vector<uint8_t> inlier(points.size(), 0);
  if (h.empty()) return inlier;
  for (size_t i = 0; i < points.size(); i++) inlier[i] = mask.at<uint8_t>(static_cast<int>(i));
  return inlier;
}

void write(const Pose& pose, double* out) {
  for (int i = 0; i < 3; i++) out[i] = pose.position[i];
  for (int i = 0; i < 9; i++) out[3 + i] = pose.local_from_camera.val[i];
}

}  // namespace

int32_t gdn_pose_solve(const double* values, int32_t count, const double* guess_values,
                       double threshold_rad, double sigma_floor_rad, double* pose_out,
                       double* covariance, double* result, uint8_t* inlier, gdn_error* error) {
  return gdn::guard(error, [&] {
    std::fill(result, result + 5, 0.0);
    std::fill(inlier, inlier + std::max(0, count), 0);
    result[4] = count;
    gdn::require(threshold_rad > 0 && sigma_floor_rad > 0, "the bounds must be positive");
    if (count < 5) return;
    std::vector<Point> points;
    for (int i = 0; i < count; i++) {
      const double* v = values + 5 * i;
      for (int k = 0; k < 5; k++) gdn::require(std::isfinite(v[k]), "a point is not finite");
      points.push_back({{v[0], v[1]}, {v[2], v[3], v[4]}});
    }
    Pose pose{{guess_values[0], guess_values[1], guess_values[2]},
              cv::Matx33d(guess_values + 3)};
    const std::vector<uint8_t> mask = planar_inliers(points, pose, threshold_rad);
    std::vector<Point> inliers;
    for (int i = 0; i < count; i++)
      if (mask[i]) inliers.push_back(points[i]);
    if (inliers.size() < 5) return;
    Matrix6 information;
    double squares = 0;
    if (!refine(inliers, threshold_rad, &pose, &information, &squares)) return;
    const double n = static_cast<double>(inliers.size());
    const double variance = std::max(squares / std::max(1.0, 2 * n - 6),
                                     sigma_floor_rad * sigma_floor_rad);
    bool inverted = false;
    cv::Matx<double, 6, 6> scaled = information;
    const double height = std::abs(pose.position[2]) + 1e-9;
    for (int r = 0; r < 6; r++)
      for (int c = 0; c < 6; c++)
        scaled(r, c) *= (r < 3 ? height : 1) * (c < 3 ? height : 1);
    cv::Mat eigenvalues;
    cv::eigen(cv::Mat(scaled), eigenvalues);
    const double smallest = eigenvalues.at<double>(5);
    if (smallest <= 0) return;
    const Matrix6 inverse = information.inv(cv::DECOMP_CHOLESKY, &inverted);
    if (!inverted) return;
    for (int r = 0; r < 6; r++)
      for (int c = 0; c < 6; c++) covariance[6 * r + c] = variance * inverse(r, c);
    write(pose, pose_out);
    std::copy(mask.begin(), mask.end(), inlier);
    result[0] = n;
    result[1] = std::sqrt(squares / n);
    result[2] = std::sqrt(variance);
    result[3] = eigenvalues.at<double>(0) / smallest;
  });
}
