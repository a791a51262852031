// The state of a node, and what transitions and measurements say of it: residuals with their derivatives, which
// both backends solve for.
#pragma once
#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "gtsam.h"

namespace gdn::smoother {

using Eigen::Matrix3d;
using Eigen::MatrixXd;
using Eigen::Quaterniond;
using Eigen::Vector3d;
using Eigen::VectorXd;

constexpr int kErrors = GDN_NODE_ERRORS;
using Error = Eigen::Matrix<double, kErrors, 1>;
using Information = Eigen::Matrix<double, kErrors, kErrors>;

/// Places in the error.
enum : int {
  kPosition = 0,
  kVelocity = 3,
  kAttitude = 6,
  kForceBias = 9,
  kRateBias = 12,
  kMounting = 15,
  kDrift = 18,
  kScale = 19,
  kMap = 20,
  kOffset = 22,
};

constexpr double kGravityMps2 = 9.80665;

inline Matrix3d cross(const Vector3d& v) {
  Matrix3d m;
  m << 0, -v.z(), v.y(), v.z(), 0, -v.x(), -v.y(), v.x(), 0;
  return m;
}

inline Quaterniond exp_of(const Vector3d& v) {
  const double angle = v.norm();
  const double scale = angle < 1e-8 ? 0.5 - angle * angle / 48 : std::sin(angle / 2) / angle;
  return {std::cos(angle / 2), v.x() * scale, v.y() * scale, v.z() * scale};
}

inline Vector3d log_of(const Quaterniond& q) {
  const double sign = q.w() < 0 ? -1 : 1, length = q.vec().norm();
  const double angle = 2 * std::atan2(length, std::abs(q.w()));
  return q.vec() * (length < 1e-9 ? 2 * sign : sign * angle / length);
}

/// Right Jacobian of SO(3).
inline Matrix3d right_jacobian(const Vector3d& v) {
  const double t = v.norm();
  const Matrix3d s = cross(v);
  if (t < 1e-4) return Matrix3d::Identity() - s / 2 + s * s / 6;
  return Matrix3d::Identity() - s * ((1 - std::cos(t)) / (t * t)) +
         s * s * ((t - std::sin(t)) / (t * t * t));
}

/// Its inverse.
inline Matrix3d right_jacobian_inverse(const Vector3d& v) {
  const double t = v.norm();
  const Matrix3d s = cross(v);
  if (t < 1e-4) return Matrix3d::Identity() + s / 2 + s * s / 12;
  return Matrix3d::Identity() + s / 2 +
         s * s * (1 / (t * t) - (1 + std::cos(t)) / (2 * t * std::sin(t)));
}

/// The state at one moment, as gtsam.h lays it out.
struct Node {
  std::array<double, GDN_NODE_NUMBERS> numbers{};

  Vector3d vector(int at) const { return Vector3d(&numbers[at]); }
  Quaterniond rotation(int at) const {
    return {numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]};
  }
  Vector3d position() const { return vector(0); }
  Vector3d velocity() const { return vector(3); }
  Quaterniond attitude() const { return rotation(6); }
  Vector3d force_bias() const { return vector(10); }
  Vector3d rate_bias() const { return vector(13); }
  Quaterniond mounting() const { return rotation(16); }
  /// Barometer drift, odometry scale, map error, map offset.
  double other(int i) const { return numbers[20 + i]; }

  void set(int at, const Vector3d& v) { std::copy_n(v.data(), 3, &numbers[at]); }
  void turn(int at, const Vector3d& by) {
    const Quaterniond q = (rotation(at) * exp_of(by)).normalized();
    numbers[at] = q.w();
    set(at + 1, q.vec());
  }

  Node retract(const Error& e) const {
    Node out = *this;
    out.set(0, position() + e.segment<3>(kPosition));
    out.set(3, velocity() + e.segment<3>(kVelocity));
    out.turn(6, e.segment<3>(kAttitude));
    out.set(10, force_bias() + e.segment<3>(kForceBias));
    out.set(13, rate_bias() + e.segment<3>(kRateBias));
    out.turn(16, e.segment<3>(kMounting));
    for (int i = 0; i < 6; ++i) out.numbers[20 + i] += e(kDrift + i);
    return out;
  }

  Error local(const Node& to) const {
    Error e;
    e.segment<3>(kPosition) = to.position() - position();
    e.segment<3>(kVelocity) = to.velocity() - velocity();
    e.segment<3>(kAttitude) = log_of(attitude().conjugate() * to.attitude());
    e.segment<3>(kForceBias) = to.force_bias() - force_bias();
    e.segment<3>(kRateBias) = to.rate_bias() - rate_bias();
    e.segment<3>(kMounting) = log_of(mounting().conjugate() * to.mounting());
    for (int i = 0; i < 6; ++i) e(kDrift + i) = to.other(i) - other(i);
    return e;
  }
};

/// Predicted less observed, whitened, with a derivative by the error of each node that it touches.
struct Residual {
  VectorXd value;
  std::vector<MatrixXd> derivatives;

  Residual(int size, size_t nodes)
      : value(VectorXd::Zero(size)), derivatives(nodes, MatrixXd::Zero(size, kErrors)) {}
};

/// What is known of one node, or of two (the earlier one first).
class Factor {
 public:
  std::vector<int64_t> times;

  virtual ~Factor() = default;
  virtual int size() const = 0;
  Residual evaluate(const std::vector<const Node*>& nodes) const {
    Residual residual(size(), times.size());
    fill(nodes, &residual);
    const auto lower = noise_.triangularView<Eigen::Lower>();
    lower.solveInPlace(residual.value);
    for (MatrixXd& derivative : residual.derivatives) lower.solveInPlace(derivative);
    return residual;
  }

 protected:
  /// Lower Cholesky factor of the noise.
  MatrixXd noise_;
  virtual void fill(const std::vector<const Node*>& nodes, Residual* out) const = 0;
};

class Prior : public Factor {
 public:
  Prior(int64_t time, const Node& node, const MatrixXd& covariance);
  int size() const override { return kErrors; }

 private:
  Node node_;
  void fill(const std::vector<const Node*>& nodes, Residual* out) const override;
};

class Transition : public Factor {
 public:
  Transition(int64_t from, int64_t to, const gdn_transition& transition);
  int size() const override { return kErrors; }
  Node predict(const Node& from) const;

 private:
  gdn_transition t_;
  Quaterniond rotation_of(const Vector3d& rate_bias_change) const;
  Vector3d velocity_of(const Node& from) const;
  Vector3d position_of(const Node& from) const;
  void fill(const std::vector<const Node*>& nodes, Residual* out) const override;
};

class Measurement : public Factor {
 public:
  Measurement(int32_t kind, int64_t from, int64_t time, const double* observation, const double* noise);
  int size() const override { return static_cast<int>(noise_.rows()); }

 private:
  int32_t kind_;
  std::array<double, 9> z_{};
  Vector3d observed(int at) const { return Vector3d(&z_[at]); }
  Quaterniond observed_rotation(int at) const { return {z_[at], z_[at + 1], z_[at + 2], z_[at + 3]}; }
  void fill(const std::vector<const Node*>& nodes, Residual* out) const override;
  void fill_velocity(const Node& node, Residual* out) const;
  void fill_motion(const Node& from, const Node& to, Residual* out) const;
  void fill_fix(const Node& node, Residual* out) const;
};

/// Numbers of an observation and rows of its noise; throws for a kind that does not exist.
struct KindSize {
  int observation, noise;
};
KindSize size_of(int32_t kind);

}  // namespace gdn::smoother
