#include "pose.h"

#include <algorithm>
#include <opencv2/calib3d.hpp>
#include <vector>

#include "camera.hpp"

namespace {

/// The joint covariance has the square of this many entries.
constexpr int kPointsMax = 4096;

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

struct Linearised {
  cv::Vec2d error;
  cv::Matx<double, 2, 6> jacobian;
};

/// Normal equations A delta = b.
struct Normal {
  Matrix6 a = Matrix6::zeros();
  Vector6 b = Vector6::zeros();
};

/// Pose nudged by (position, rotation in camera axes).
Pose retract(const Pose& pose, const Vector6& d) {
  cv::Matx33d turn;
  cv::Rodrigues(cv::Vec3d(d[3], d[4], d[5]), turn);
  return {pose.position + cv::Vec3d(d[0], d[1], d[2]), pose.local_from_camera * turn};
}

/// c = R^T (P - p), ray = c_xy / c_z; dc = -R^T dp + [c]x dtheta.
bool linearise(const Pose& pose, const Point& point, Linearised* out) {
  const cv::Matx33d rt = pose.local_from_camera.t();
  const cv::Vec3d c = rt * (point.ground - pose.position);
  if (c[2] <= 1e-6) return false;
  const double x = c[0] / c[2], y = c[1] / c[2], iz = 1 / c[2];
  out->error = point.ray - cv::Vec2d(x, y);
  const cv::Matx23d d(iz, 0, -x * iz, 0, iz, -y * iz);
  const cv::Matx33d cross(0, -c[2], c[1], c[2], 0, -c[0], -c[1], c[0], 0);
  const cv::Matx23d dp = -1.0 * (d * rt);
  const cv::Matx23d dr = d * cross;
  for (int r = 0; r < 2; r++)
    for (int k = 0; k < 3; k++) out->jacobian(r, k) = dp(r, k), out->jacobian(r, k + 3) = dr(r, k);
  return true;
}

/// The expectation as a measurement of height and rotation.
void add_expectation(const Pose& pose, const gdn_pose_query& q, Normal* normal) {
  const cv::Matx33d expected(q.local_from_camera);
  cv::Vec3d turn;
  cv::Rodrigues(pose.local_from_camera.t() * expected, turn);
  const double sigma[3] = {q.sigma_tilt_rad, q.sigma_tilt_rad, q.sigma_heading_rad};
  const double wz = 1 / (q.sigma_height_m * q.sigma_height_m);
  normal->a(2, 2) += wz;
  normal->b[2] += wz * (q.expected_height_m - pose.position[2]);
  for (int i = 0; i < 3; i++) {
    const double w = 1 / (sigma[i] * sigma[i]);
    normal->a(3 + i, 3 + i) += w;
    normal->b[3 + i] += w * turn[i];
  }
}

/// Points as independent measurements under Cauchy weights of the given scale.
Normal robust_normal(const Pose& pose, const std::vector<Point>& points, double scale,
                     double sigma) {
  Normal normal;
  for (const Point& point : points) {
    Linearised at;
    if (!linearise(pose, point, &at)) continue;
    const double weight = 1 / (1 + at.error.dot(at.error) / (scale * scale)) / (sigma * sigma);
    normal.a += weight * (at.jacobian.t() * at.jacobian);
    normal.b += weight * (at.jacobian.t() * at.error);
  }
  return normal;
}

/// Lower Cholesky factor of the points' error covariance (the same for both axes of a ray).
cv::Mat whitener(const std::vector<Point>& points, const gdn_pose_query& q) {
  const int n = static_cast<int>(points.size());
  cv::Mat factor(n, n, CV_64F, cv::Scalar(0));
  for (int i = 0; i < n; i++) {
    for (int k = 0; k <= i; k++) {
      const double distance = std::hypot(points[i].ground[0] - points[k].ground[0],
                                         points[i].ground[1] - points[k].ground[1]);
      double sum = q.smooth_rad * q.smooth_rad * std::exp(-distance / q.smooth_length_m);
      if (i == k) sum += q.noise_rad * q.noise_rad;
      for (int j = 0; j < k; j++) sum -= factor.at<double>(i, j) * factor.at<double>(k, j);
      factor.at<double>(i, k) = i == k ? std::sqrt(std::max(sum, 1e-18)) : sum / factor.at<double>(k, k);
    }
  }
  return factor;
}

/// Points with their joint error covariance.
Normal joint_normal(const Pose& pose, const std::vector<Point>& points, const cv::Mat& factor) {
  const int n = static_cast<int>(points.size());
  Normal normal;
  // Columns: six of the Jacobian and the residual; one block for each axis of the rays.
  cv::Mat columns[2] = {cv::Mat(n, 7, CV_64F, cv::Scalar(0)), cv::Mat(n, 7, CV_64F, cv::Scalar(0))};
  for (int i = 0; i < n; i++) {
    Linearised at;
    if (!linearise(pose, points[i], &at)) continue;
    for (int axis = 0; axis < 2; axis++) {
      for (int k = 0; k < 6; k++) columns[axis].at<double>(i, k) = at.jacobian(axis, k);
      columns[axis].at<double>(i, 6) = at.error[axis];
    }
  }
  for (cv::Mat& c : columns) {
    for (int i = 0; i < n; i++) {  // forward substitution
      // Plain loops: a temporary cv::Mat a row would cost ten times the arithmetic.
      double* row = c.ptr<double>(i);
      const double* weights = factor.ptr<double>(i);
      for (int j = 0; j < i; j++) {
        const double* solved = c.ptr<double>(j);
        for (int k = 0; k < 7; k++) row[k] -= weights[j] * solved[k];
      }
      for (int k = 0; k < 7; k++) row[k] /= weights[i];
    }
    const cv::Mat product = c.t() * c;
    for (int r = 0; r < 6; r++) {
      for (int k = 0; k < 6; k++) normal.a(r, k) += product.at<double>(r, k);
      normal.b[r] += product.at<double>(r, 6);
    }
  }
  return normal;
}

bool step(const Normal& normal, Pose* pose, double* length) {
  Vector6 delta;
  if (!cv::solve(normal.a, normal.b, delta, cv::DECOMP_CHOLESKY)) return false;
  *pose = retract(*pose, delta);
  *length = cv::norm(delta);
  return std::isfinite(*length);
}

std::vector<uint8_t> within(const std::vector<Point>& points, const Pose& pose, double bound,
                            double* rms) {
  std::vector<uint8_t> inlier(points.size(), 0);
  double squares = 0;
  int count = 0;
  for (size_t i = 0; i < points.size(); i++) {
    Linearised at;
    if (!linearise(pose, points[i], &at) || cv::norm(at.error) > bound) continue;
    inlier[i] = 1;
    squares += at.error.dot(at.error);
    count++;
  }
  *rms = std::sqrt(squares / std::max(1, count));
  return inlier;
}

std::vector<Point> select(const std::vector<Point>& points, const std::vector<uint8_t>& inlier) {
  std::vector<Point> out;
  for (size_t i = 0; i < points.size(); i++)
    if (inlier[i]) out.push_back(points[i]);
  return out;
}

std::vector<Point> read_points(const double* values, int32_t count) {
  std::vector<Point> points;
  for (int i = 0; i < count; i++) {
    const double* v = values + 5 * i;
    for (int k = 0; k < 5; k++) gdn::require(std::isfinite(v[k]), "a point is not finite");
    points.push_back({{v[0], v[1]}, {v[2], v[3], v[4]}});
  }
  return points;
}

void write(const Pose& pose, double* position, double* rotation) {
  for (int i = 0; i < 3; i++) position[i] = pose.position[i];
  for (int i = 0; i < 9; i++) rotation[i] = pose.local_from_camera.val[i];
}

/// The picture's own answer: a Newton step from the most probable pose without the expectation. A
/// whisper of knowledge (20 degrees, the whole height) keeps it finite.
bool write_anchor(const Pose& pose, Normal normal, gdn_pose_answer* answer) {
  const double height = std::max(1.0, pose.position[2]);
  for (int i = 0; i < 3; i++) {
    normal.a(i, i) += 1 / (height * height);
    normal.a(3 + i, 3 + i) += 1 / (0.35 * 0.35);
  }
  bool done = false;
  const Matrix6 covariance = normal.a.inv(cv::DECOMP_CHOLESKY, &done);
  if (!done) return false;
  write(retract(pose, covariance * normal.b), answer->anchor_position_m,
        answer->anchor_local_from_camera);
  std::copy(covariance.val, covariance.val + 36, answer->anchor_covariance);
  return true;
}

void solve(const std::vector<Point>& points, const gdn_pose_query& q, gdn_pose_answer* answer,
           uint8_t* inlier) {
  Pose pose{{q.position_m[0], q.position_m[1], q.position_m[2]},
            cv::Matx33d(q.local_from_camera)};
  double length = 0;
  // A scale that narrows: the start is within a few bounds of the answer.
  for (double scale : {4.0, 4.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0}) {
    Normal normal = robust_normal(pose, points, scale * q.threshold_rad,
                                  std::hypot(q.noise_rad, q.smooth_rad) * 2);
    add_expectation(pose, q, &normal);
    if (!step(normal, &pose, &length)) return;
  }
  double rms = 0;
  std::vector<uint8_t> mask = within(points, pose, q.threshold_rad, &rms);
  std::vector<Point> inliers = select(points, mask);
  if (inliers.size() < 5) return;
  const cv::Mat factor = whitener(inliers, q);
  Normal picture, all;
  for (int iteration = 0; iteration < 6; iteration++) {
    picture = joint_normal(pose, inliers, factor);
    all = picture;
    add_expectation(pose, q, &all);
    if (!step(all, &pose, &length)) return;
    if (length < 1e-7) break;
  }
  picture = joint_normal(pose, inliers, factor);
  bool done = false;
  const Matrix6 covariance = all.a.inv(cv::DECOMP_CHOLESKY, &done);
  if (!done || !write_anchor(pose, picture, answer)) return;
  std::copy(covariance.val, covariance.val + 36, answer->covariance);
  write(pose, answer->position_m, answer->local_from_camera);
  within(inliers, pose, 1e9, &answer->residual_rms_rad);
  std::copy(mask.begin(), mask.end(), inlier);
  answer->inliers = static_cast<int32_t>(inliers.size());
}

}  // namespace

int32_t gdn_sizeof_pose_query(void) { return sizeof(gdn_pose_query); }
int32_t gdn_sizeof_pose_answer(void) { return sizeof(gdn_pose_answer); }

int32_t gdn_pose_solve(const double* values, int32_t count, const gdn_pose_query* query,
                       gdn_pose_answer* answer, uint8_t* inlier, gdn_error* error) {
  return gdn::guard(error, [&] {
    *answer = gdn_pose_answer{};
    answer->points = count;
    std::fill(inlier, inlier + std::max(0, count), 0);
    const gdn_pose_query& q = *query;
    gdn::require(q.threshold_rad > 0 && q.noise_rad > 0 && q.smooth_rad >= 0 &&
                     q.smooth_length_m > 0 && q.sigma_height_m > 0 && q.sigma_tilt_rad > 0 &&
                     q.sigma_heading_rad > 0,
                 "sigmas and bounds must be positive");
    gdn::matrix3(q.local_from_camera);
    gdn::require(std::isfinite(q.position_m[0]) && std::isfinite(q.position_m[1]) &&
                     std::isfinite(q.position_m[2]) && std::isfinite(q.expected_height_m),
                 "the start is not finite");
    gdn::require(count <= kPointsMax, "at most 4096 points");
    if (count < 5) return;
    solve(read_points(values, count), q, answer, inlier);
  });
}

int32_t gdn_pose_ransac(const double* values, int32_t count, double threshold_rad, double* pose,
                        int32_t* inliers, uint8_t* inlier, gdn_error* error) {
  return gdn::guard(error, [&] {
    *inliers = 0;
    std::fill(inlier, inlier + std::max(0, count), 0);
    gdn::require(threshold_rad > 0, "the bound must be positive");
    gdn::require(count <= kPointsMax, "at most 4096 points");
    if (count < 6) return;
    std::vector<cv::Point3d> ground;
    std::vector<cv::Point2d> pixels;
    // OpenCV's MAGSAC means pixels: in rays it answers nonsense.
    constexpr double kPixels = 1000;
    for (const Point& p : read_points(values, count)) {
      ground.emplace_back(p.ground[0], p.ground[1], p.ground[2]);
      pixels.emplace_back(p.ray[0] * kPixels, p.ray[1] * kPixels);
    }
    const cv::Matx33d k(kPixels, 0, 0, 0, kPixels, 0, 0, 0, 1);
    cv::Mat turn, shift, found;
    cv::UsacParams usac;
    usac.threshold = threshold_rad * kPixels;
    usac.confidence = 0.999;
    usac.maxIterations = 2000;
    usac.score = cv::SCORE_METHOD_MAGSAC;
    usac.randomGeneratorState = 1;
    cv::Mat no_distortion;
    if (!cv::solvePnPRansac(ground, pixels, cv::Mat(k), no_distortion, turn, shift, found, usac))
      return;
    cv::Matx33d camera_from_local;
    cv::Rodrigues(turn, camera_from_local);
    const cv::Vec3d t(shift.at<double>(0), shift.at<double>(1), shift.at<double>(2));
    write({-(camera_from_local.t() * t), camera_from_local.t()}, pose, pose + 3);
    for (int i = 0; i < found.rows; i++) inlier[found.at<int>(i)] = 1;
    *inliers = found.rows;
  });
}
