#include "models.hpp"

#include "guard.hpp"

namespace gdn::smoother {

namespace {

using RowMajor3 = Eigen::Matrix<double, 3, 3, Eigen::RowMajor>;

Matrix3d matrix(const double* rows) { return Eigen::Map<const RowMajor3>(rows); }

MatrixXd lower_factor(const MatrixXd& covariance) {
  const Eigen::LLT<MatrixXd> solved(covariance);
  if (solved.info() != Eigen::Success) throw InvalidArgument("a covariance is not positive definite");
  return solved.matrixL();
}

}  // namespace

KindSize size_of(int32_t kind) {
  switch (kind) {
    case GDN_MEASURED_ATTITUDE: return {4, 3};
    case GDN_MEASURED_HEIGHT: return {1, 1};
    case GDN_MEASURED_GPS: return {6, 6};
    case GDN_MEASURED_VELOCITY: return {3, 3};
    case GDN_MEASURED_MOTION: return {9, 6};
    case GDN_MEASURED_FIX: return {7, 6};
    default: throw InvalidArgument("a kind of measurement that does not exist");
  }
}

Prior::Prior(int64_t time, const Node& node, const MatrixXd& covariance) : node_(node) {
  times = {time};
  noise_ = lower_factor(covariance);
}

void Prior::fill(const std::vector<const Node*>& nodes, Residual* out) const {
  const Error e = node_.local(*nodes[0]);
  out->value = e;
  out->derivatives[0].setIdentity();
  for (const int at : {kAttitude, kMounting}) {
    out->derivatives[0].block<3, 3>(at, at) = right_jacobian_inverse(e.segment<3>(at));
  }
}

Transition::Transition(int64_t from, int64_t to, const gdn_transition& transition) : t_(transition) {
  times = {from, to};
  MatrixXd covariance = MatrixXd::Zero(kErrors, kErrors);
  // Given as rotation, velocity, position.
  const int places[3] = {kAttitude, kVelocity, kPosition};
  for (int a = 0; a < 9; ++a) {
    for (int b = 0; b < 9; ++b) {
      covariance(places[a / 3] + a % 3, places[b / 3] + b % 3) = t_.covariance[9 * a + b];
    }
  }
  const int begins[8] = {kForceBias, kRateBias, kMounting, kDrift, kScale, kMap, kOffset, kErrors};
  for (int block = 0; block < 7; ++block) {
    for (int i = begins[block]; i < begins[block + 1]; ++i) covariance(i, i) = t_.variance[block];
  }
  noise_ = lower_factor(covariance);
}

Quaterniond Transition::rotation_of(const Vector3d& rate_bias_change) const {
  const Quaterniond rotation(t_.rotation[0], t_.rotation[1], t_.rotation[2], t_.rotation[3]);
  return rotation * exp_of(matrix(t_.rotation_by_rate) * rate_bias_change);
}

Vector3d Transition::velocity_of(const Node& from) const {
  return Vector3d(t_.velocity) + matrix(t_.velocity_by_rate) * (from.rate_bias() - Vector3d(t_.rate_bias)) +
         matrix(t_.velocity_by_force) * (from.force_bias() - Vector3d(t_.force_bias));
}

Vector3d Transition::position_of(const Node& from) const {
  return Vector3d(t_.position) + matrix(t_.position_by_rate) * (from.rate_bias() - Vector3d(t_.rate_bias)) +
         matrix(t_.position_by_force) * (from.force_bias() - Vector3d(t_.force_bias));
}

Node Transition::predict(const Node& from) const {
  Node to = from;
  const Quaterniond attitude = from.attitude();
  const Vector3d down(0, 0, -kGravityMps2);
  to.set(3, from.velocity() + down * t_.gravity_s + attitude * velocity_of(from));
  to.set(0, from.position() + from.velocity() * t_.duration_s + down * t_.gravity_s2 +
                attitude * position_of(from));
  to.turn(6, log_of(rotation_of(from.rate_bias() - Vector3d(t_.rate_bias))));
  const double factors[4] = {t_.decay[0], t_.decay[1], t_.decay[2], t_.decay[2]};
  for (int i = 0; i < 4; ++i) to.numbers[20 + i] *= factors[i];
  return to;
}

void Transition::fill(const std::vector<const Node*>& nodes, Residual* out) const {
  const Node &from = *nodes[0], &to = *nodes[1];
  MatrixXd &a = out->derivatives[0], &b = out->derivatives[1];
  VectorXd& e = out->value;
  const Vector3d down(0, 0, -kGravityMps2);
  const Matrix3d back = from.attitude().conjugate().toRotationMatrix();
  const Vector3d moved =
      back * (to.position() - from.position() - from.velocity() * t_.duration_s - down * t_.gravity_s2);
  const Vector3d gained = back * (to.velocity() - from.velocity() - down * t_.gravity_s);
  e.segment<3>(kPosition) = moved - position_of(from);
  e.segment<3>(kVelocity) = gained - velocity_of(from);
  a.block<3, 3>(kPosition, kPosition) = -back;
  a.block<3, 3>(kPosition, kVelocity) = -back * t_.duration_s;
  a.block<3, 3>(kPosition, kAttitude) = cross(moved);
  a.block<3, 3>(kPosition, kForceBias) = -matrix(t_.position_by_force);
  a.block<3, 3>(kPosition, kRateBias) = -matrix(t_.position_by_rate);
  b.block<3, 3>(kPosition, kPosition) = back;
  a.block<3, 3>(kVelocity, kVelocity) = -back;
  a.block<3, 3>(kVelocity, kAttitude) = cross(gained);
  a.block<3, 3>(kVelocity, kForceBias) = -matrix(t_.velocity_by_force);
  a.block<3, 3>(kVelocity, kRateBias) = -matrix(t_.velocity_by_rate);
  b.block<3, 3>(kVelocity, kVelocity) = back;

  const Vector3d change = from.rate_bias() - Vector3d(t_.rate_bias);
  const Quaterniond turned = from.attitude().conjugate() * to.attitude();
  const Quaterniond rest = rotation_of(change).conjugate() * turned;
  const Vector3d error = log_of(rest);
  const Matrix3d inverse = right_jacobian_inverse(error);
  const Matrix3d by_rate = matrix(t_.rotation_by_rate);
  e.segment<3>(kAttitude) = error;
  a.block<3, 3>(kAttitude, kAttitude) = -inverse * turned.conjugate().toRotationMatrix();
  a.block<3, 3>(kAttitude, kRateBias) =
      -inverse * rest.conjugate().toRotationMatrix() * right_jacobian(by_rate * change) * by_rate;
  b.block<3, 3>(kAttitude, kAttitude) = inverse;

  const Quaterniond mounting = from.mounting().conjugate() * to.mounting();
  const Vector3d moved_mounting = log_of(mounting);
  const Matrix3d mounting_inverse = right_jacobian_inverse(moved_mounting);
  e.segment<3>(kMounting) = moved_mounting;
  a.block<3, 3>(kMounting, kMounting) = -mounting_inverse * mounting.conjugate().toRotationMatrix();
  b.block<3, 3>(kMounting, kMounting) = mounting_inverse;

  e.segment<3>(kForceBias) = to.force_bias() - from.force_bias();
  e.segment<3>(kRateBias) = to.rate_bias() - from.rate_bias();
  for (int i = kForceBias; i < kMounting; ++i) {
    a(i, i) = -1;
    b(i, i) = 1;
  }
  const double factors[6] = {t_.decay[0], t_.decay[1], t_.decay[2], t_.decay[2], 1, 1};
  for (int i = 0; i < 6; ++i) {
    e(kDrift + i) = to.other(i) - factors[i] * from.other(i);
    a(kDrift + i, kDrift + i) = -factors[i];
    b(kDrift + i, kDrift + i) = 1;
  }
}

Measurement::Measurement(int32_t kind, int64_t from, int64_t time, const double* observation,
                         const double* noise)
    : kind_(kind) {
  times = kind == GDN_MEASURED_MOTION ? std::vector<int64_t>{from, time} : std::vector<int64_t>{time};
  const KindSize size = size_of(kind);
  std::copy_n(observation, size.observation, z_.begin());
  noise_ = lower_factor(
      Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(noise, size.noise, size.noise));
}

void Measurement::fill(const std::vector<const Node*>& nodes, Residual* out) const {
  const Node& node = *nodes.back();
  MatrixXd& d = out->derivatives.back();
  switch (kind_) {
    case GDN_MEASURED_ATTITUDE: {
      const Vector3d e = log_of(observed_rotation(0).conjugate() * node.attitude());
      out->value = e;
      d.block<3, 3>(0, kAttitude) = right_jacobian_inverse(e);
      return;
    }
    case GDN_MEASURED_HEIGHT:
      out->value(0) = node.position().z() + node.other(0) - z_[0];
      d(0, kPosition + 2) = 1;
      d(0, kDrift) = 1;
      return;
    case GDN_MEASURED_GPS:
      out->value << node.position() - observed(0), node.velocity() - observed(3);
      d.block<6, 6>(0, kPosition).setIdentity();
      return;
    case GDN_MEASURED_VELOCITY: return fill_velocity(node, out);
    case GDN_MEASURED_MOTION: return fill_motion(*nodes[0], node, out);
    default: return fill_fix(node, out);
  }
}

void Measurement::fill_velocity(const Node& node, Residual* out) const {
  const Matrix3d back = node.attitude().conjugate().toRotationMatrix();
  const Vector3d predicted = back * node.velocity();
  out->value = predicted - observed(0);
  out->derivatives[0].block<3, 3>(0, kVelocity) = back;
  out->derivatives[0].block<3, 3>(0, kAttitude) = cross(predicted);
}

/// As sources/odometry.ts of the state estimator has it: mounting and scale are those of the second node.
void Measurement::fill_motion(const Node& from, const Node& to, Residual* out) const {
  MatrixXd &a = out->derivatives[0], &b = out->derivatives[1];
  const Quaterniond mounting = to.mounting(), first = from.attitude();
  const Matrix3d seen = (first * mounting).conjugate().toRotationMatrix();
  const Matrix3d mounting_back = mounting.conjugate().toRotationMatrix();
  const Vector3d motion = to.position() - from.position(), direct = seen * motion;
  const bool metric = z_[7] > 0;
  const double height = from.position().z() - z_[8];
  const double ratio = metric ? z_[7] / height : 1, factor = metric ? ratio * (1 + to.other(1)) : 1;
  // Where only the direction counts, the length is the predicted one: the noise leaves it open.
  const double own = observed(0).norm();
  const double scale = metric ? 1 : own > 0 ? direct.norm() / own : 0;
  out->value.head<3>() = factor * direct - scale * observed(0);
  b.block<3, 3>(0, kPosition) = factor * seen;
  a.block<3, 3>(0, kPosition) = -factor * seen;
  if (metric) {
    a.block<3, 1>(0, kPosition + 2) -= factor / height * direct;
    b.block<3, 1>(0, kScale) = ratio * direct;
  }
  a.block<3, 3>(0, kAttitude) = factor * mounting_back * cross(first.conjugate() * motion);
  b.block<3, 3>(0, kMounting) = factor * cross(direct);

  const Quaterniond predicted = mounting.conjugate() * first.conjugate() * to.attitude() * mounting;
  const Vector3d e = log_of(observed_rotation(3).conjugate() * predicted);
  const Matrix3d inverse = right_jacobian_inverse(e), back = predicted.conjugate().toRotationMatrix();
  out->value.tail<3>() = e;
  b.block<3, 3>(3, kAttitude) = inverse * mounting_back;
  a.block<3, 3>(3, kAttitude) = -inverse * back * mounting_back;
  b.block<3, 3>(3, kMounting) = inverse * (Matrix3d::Identity() - back);
}

void Measurement::fill_fix(const Node& node, Residual* out) const {
  MatrixXd& d = out->derivatives[0];
  const Quaterniond mounting = node.mounting();
  const Vector3d map(node.other(2) + node.other(4), node.other(3) + node.other(5), 0);
  out->value.head<3>() = node.position() + map - observed(0);
  d.block<3, 3>(0, kPosition).setIdentity();
  for (const int at : {kMap, kOffset}) d.block<2, 2>(0, at).setIdentity();
  const Vector3d e = log_of(observed_rotation(3).conjugate() * node.attitude() * mounting);
  const Matrix3d inverse = right_jacobian_inverse(e);
  out->value.tail<3>() = e;
  d.block<3, 3>(3, kAttitude) = inverse * mounting.conjugate().toRotationMatrix();
  d.block<3, 3>(3, kMounting) = inverse;
}

}  // namespace gdn::smoother
