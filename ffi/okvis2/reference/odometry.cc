// The reference: optical flow over flat ground. Rotation is the gyroscope's, integrated; translation is what the
// tracks say over a plane at the height, and with the direction of down, that each frame gives along:
//
//     P = h x / (d . x)  for a ray x in body axes,   t = median over the tracks of P_a - R P_b,  R: body(a) from body(b)
//
// Its position is their sum. It has no memory beyond the frame before, and drifts accordingly.
#include <unistd.h>

#include <Eigen/Geometry>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <limits>
#include <memory>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>
#include <vector>

#include "../odometry.h"
#include "faults.hpp"
#include "guard.hpp"

namespace {

using Eigen::Matrix3d;
using Eigen::Quaterniond;
using Eigen::Vector3d;
using gdn::odometry::Faults;

constexpr int kTracksMin = 12;
// Grey levels.
constexpr double kContrastMin = 20;
// Tracks err together (lens, relief): the covariance of this many times fewer.
constexpr double kCorrelated = 12;

struct Seen {
  int64_t time_ns = 0;
  double height_m = 0;
  Vector3d down;
  cv::Mat grey;
};

struct Motion {
  Vector3d translation;
  Matrix3d covariance;
  int tracks = 0, inliers = 0;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

class Reference {
 public:
  Reference(const gdn_odometry_start& start, gdn_odometry_sink sink, void* context)
      : start_(start), sink_(sink), context_(context), faults_(start.data) {
    const double* q = start.body_from_camera;
    mounting_ = Quaterniond(q[0], q[1], q[2], q[3]).normalized().toRotationMatrix();
    const double* c = start.camera;
    camera_ = (cv::Mat_<double>(3, 3) << c[0], 0, c[2], 0, c[1], c[3], 0, 0, 1);
    lens_ = (cv::Mat_<double>(1, 5) << c[4], c[5], c[6], c[7], c[8]);
  }

  void add_imu(const gdn_odometry_imu& sample) { imu_.push_back(sample); }

  void add_frame(const gdn_odometry_frame& frame, const uint8_t* pixels) {
    const auto begin = std::chrono::steady_clock::now();
    Seen seen{frame.time_ns, frame.height_m, Eigen::Map<const Vector3d>(frame.down),
              cv::Mat(frame.height, frame.width, CV_8U, const_cast<uint8_t*>(pixels)).clone()};
    gdn_odometry_state state{};
    state.time_ns = frame.time_ns;
    state.quality = last_.time_ns == 0 ? GDN_ODOMETRY_INITIALISING : GDN_ODOMETRY_LOST;
    if (last_.time_ns != 0) advance(seen, state);
    else level(seen.down, 1);
    last_ = std::move(seen);
    if (first_ns_ == 0) first_ns_ = frame.time_ns;
    Eigen::Map<Vector3d>(state.position) = position_;
    Eigen::Map<Vector3d>(state.velocity) = velocity_;
    const double q[] = {attitude_.w(), attitude_.x(), attitude_.y(), attitude_.z()};
    std::copy(q, q + 4, state.attitude);
    const std::chrono::duration<double, std::milli> busy = std::chrono::steady_clock::now() - begin;
    state.busy_ms = busy.count();
    misbehave(state);
    sink_(context_, &state);
  }

 private:
  void advance(const Seen& seen, gdn_odometry_state& state) {
    const Quaterniond turn = rotation_until(seen.time_ns);
    const auto motion = motion_to(seen, turn.toRotationMatrix());
    const double duration_s = 1e-9 * static_cast<double>(seen.time_ns - last_.time_ns);
    state.tracks = motion.tracks;
    state.inliers = motion.inliers;
    if (motion.inliers >= kTracksMin) {
      state.quality = motion.inliers >= 2 * kTracksMin ? GDN_ODOMETRY_GOOD : GDN_ODOMETRY_MARGINAL;
      velocity_ = attitude_ * motion.translation / duration_s;
      fill_covariance(motion, duration_s, state);
    }
    // Without tracks it goes on as it went.
    position_ += velocity_ * duration_s;
    attitude_ = (attitude_ * turn).normalized();
    level(seen.down, 0.02);
  }

  // Towards an attitude in which `down` is down: the gyroscope's bias would tilt it in minutes.
  void level(const Vector3d& down, double share) {
    if (down.norm() < 0.5) return;
    const auto tilt = Quaterniond::FromTwoVectors(attitude_ * down, Vector3d(0, 0, -1));
    attitude_ = (Quaterniond::Identity().slerp(share, tilt) * attitude_).normalized();
  }

  // Body at the last frame from body at `time_ns`.
  Quaterniond rotation_until(int64_t time_ns) {
    Quaterniond turn = Quaterniond::Identity();
    int64_t at = last_.time_ns;
    while (!imu_.empty() && at < time_ns) {
      const gdn_odometry_imu& sample = imu_.front();
      const int64_t until = std::min(sample.time_ns, time_ns);
      if (until > at) {
        const Vector3d angle = Eigen::Map<const Vector3d>(sample.rate) * (1e-9 * static_cast<double>(until - at));
        if (angle.norm() > 0) turn = turn * Quaterniond(Eigen::AngleAxisd(angle.norm(), angle.normalized()));
        at = until;
      }
      if (sample.time_ns > time_ns) break;
      imu_.pop_front();
    }
    return turn.normalized();
  }

  Motion motion_to(const Seen& seen, const Matrix3d& turn) {
    Motion motion;
    if (!(last_.height_m > 0) || !(seen.height_m > 0)) return motion;
    std::vector<cv::Point2f> from, to, back;
    cv::goodFeaturesToTrack(last_.grey, from, start_.keypoints, 0.01, 8);
    from.erase(std::remove_if(from.begin(), from.end(), [this](const cv::Point2f& at) { return !has_contrast(at); }),
               from.end());
    if (from.size() < kTracksMin) return motion;
    std::vector<uint8_t> forward, backward;
    std::vector<float> residual;
    const cv::TermCriteria stop(cv::TermCriteria::COUNT + cv::TermCriteria::EPS, 20, 0.01);
    const double duration_s = 1e-9 * static_cast<double>(seen.time_ns - last_.time_ns);
    to = predicted(from, turn, attitude_.conjugate() * velocity_ * duration_s);
    back = from;
    cv::calcOpticalFlowPyrLK(last_.grey, seen.grey, from, to, forward, residual, cv::Size(21, 21), 3, stop,
                             cv::OPTFLOW_USE_INITIAL_FLOW);
    cv::calcOpticalFlowPyrLK(seen.grey, last_.grey, to, back, backward, residual, cv::Size(21, 21), 3, stop,
                             cv::OPTFLOW_USE_INITIAL_FLOW);
    std::vector<Vector3d> steps;
    const auto from_rays = rays(from), to_rays = rays(to);
    for (size_t i = 0; i < from.size(); i++) {
      if (!forward[i] || !backward[i] || cv::norm(back[i] - from[i]) > 0.5) continue;
      Vector3d a, b;
      if (ground(from_rays[i], last_, a) && ground(to_rays[i], seen, b)) steps.push_back(a - turn * b);
    }
    motion.tracks = static_cast<int>(steps.size());
    if (motion.tracks >= kTracksMin) settle(steps, motion);
    return motion;
  }

  // Corners of mere noise match anything.
  bool has_contrast(const cv::Point2f& at) const {
    const cv::Rect around(cvRound(at.x) - 4, cvRound(at.y) - 4, 9, 9);
    double least = 0, most = 0;
    cv::minMaxLoc(last_.grey(around & cv::Rect({}, last_.grey.size())), &least, &most);
    return most - least > kContrastMin;
  }

  std::vector<cv::Point2f> rays(const std::vector<cv::Point2f>& pixels) const {
    std::vector<cv::Point2f> out;
    cv::undistortPoints(pixels, out, camera_, lens_);
    return out;
  }

  // Where those pixels will be seen after this motion.
  std::vector<cv::Point2f> predicted(const std::vector<cv::Point2f>& from, const Matrix3d& turn,
                                     const Vector3d& step) const {
    std::vector<cv::Point3f> points;
    for (const auto& ray : rays(from)) {
      Vector3d at = mounting_ * Vector3d(ray.x, ray.y, 1);
      ground(ray, last_, at);
      const Vector3d seen = mounting_.transpose() * turn.transpose() * (at - step);
      points.emplace_back(static_cast<float>(seen.x()), static_cast<float>(seen.y()), static_cast<float>(seen.z()));
    }
    std::vector<cv::Point2f> out;
    const cv::Vec3d none(0, 0, 0);
    cv::projectPoints(points, none, none, camera_, lens_, out);
    return out;
  }

  // Where the ray meets the ground, body axes; false where it is nearly level.
  bool ground(const cv::Point2f& ray, const Seen& seen, Vector3d& out) const {
    const Vector3d body = mounting_ * Vector3d(ray.x, ray.y, 1);
    const double along = seen.down.dot(body);
    if (!(along > 0.2 * body.norm())) return false;
    out = body * (seen.height_m / along);
    return true;
  }

  static void settle(const std::vector<Vector3d>& steps, Motion& motion) {
    Vector3d middle, spread;
    for (int axis = 0; axis < 3; axis++) {
      std::vector<double> values;
      for (const auto& step : steps) values.push_back(step[axis]);
      middle[axis] = median(values);
      for (double& value : values) value = std::abs(value - middle[axis]);
      spread[axis] = 1.4826 * median(values) + 1e-3;
    }
    Vector3d sum = Vector3d::Zero(), squares = Vector3d::Zero();
    for (const auto& step : steps) {
      const Vector3d off = step - middle;
      if ((off.cwiseAbs() - 3 * spread).maxCoeff() > 0) continue;
      sum += step;
      squares += off.cwiseAbs2();
      motion.inliers++;
    }
    if (motion.inliers == 0) return;
    motion.translation = sum / motion.inliers;
    motion.covariance = (squares * (kCorrelated / motion.inliers / motion.inliers)).asDiagonal();
  }

  void fill_covariance(const Motion& motion, double duration_s, gdn_odometry_state& state) const {
    // Tilt (1 degree) and height (1 %) that the flight gave wrong, and the gyroscope.
    const double floor_m = 0.01 * motion.translation.norm() + 0.001 * last_.height_m;
    const double turn_rad = start_.rate_noise * std::sqrt(duration_s) + start_.rate_bias_sigma * duration_s + 1e-4;
    for (int row = 0; row < 3; row++) {
      for (int column = 0; column < 3; column++) state.covariance[6 * row + column] = motion.covariance(row, column);
      state.covariance[7 * row] += floor_m * floor_m;
      state.covariance[7 * (row + 3)] = turn_rad * turn_rad;
    }
    state.has_covariance = 1;
  }

  void misbehave(gdn_odometry_state& state) {
    const std::string fault = faults_.due(1e-9 * static_cast<double>(state.time_ns - first_ns_));
    if (fault == "nan") state.position[0] = std::numeric_limits<double>::quiet_NaN();
    if (fault == "abort") std::abort();
    if (fault == "swell") swollen_.resize(size_t{2} << 30);
    if (fault == "jump") position_ += Vector3d(500, 0, 0), state.position[0] += 500;
    if (fault == "hang") {
      for (;;) pause();
    }
  }

  const gdn_odometry_start start_;
  const gdn_odometry_sink sink_;
  void* const context_;
  Faults faults_;
  std::vector<char> swollen_;
  Matrix3d mounting_;
  cv::Mat camera_, lens_;
  std::deque<gdn_odometry_imu> imu_;
  Seen last_;
  int64_t first_ns_ = 0;
  Vector3d position_ = Vector3d::Zero(), velocity_ = Vector3d::Zero();
  Quaterniond attitude_ = Quaterniond::Identity();
};

}  // namespace

int32_t gdn_odometry_backend(void) { return GDN_ODOMETRY_REFERENCE; }
const char* gdn_odometry_version(void) { return "reference 1"; }

int32_t gdn_odometry_create(const gdn_odometry_start* start, gdn_odometry_sink sink, void* context, void** odometry,
                            gdn_error* error) {
  return gdn::guard(error, [&] {
    cv::setNumThreads(start->threads);
    *odometry = new Reference(*start, sink, context);
  });
}

int32_t gdn_odometry_add_imu(void* odometry, const gdn_odometry_imu* sample, gdn_error* error) {
  return gdn::guard(error, [&] { static_cast<Reference*>(odometry)->add_imu(*sample); });
}

int32_t gdn_odometry_add_frame(void* odometry, const gdn_odometry_frame* frame, const uint8_t* pixels,
                               gdn_error* error) {
  return gdn::guard(error, [&] { static_cast<Reference*>(odometry)->add_frame(*frame, pixels); });
}

void gdn_odometry_free(void* odometry) { delete static_cast<Reference*>(odometry); }
