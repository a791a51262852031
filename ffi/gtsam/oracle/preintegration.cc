// GTSAM's pre-integration of IMU samples, for tests: reads numbers from standard input, prints numbers.
//
//   in   biases (accelerometer 3, gyroscope 3), noise densities (accelerometer, gyroscope), then for each sample
//        duration, specific force 3, angular rate 3
//   out  rotation (quaternion w x y z), velocity 3, position 3, in the first body axes; the Jacobians, row-major 3 x 3,
//        of rotation (right perturbation), velocity, position by the gyroscope's bias, then of velocity and position
//        by the accelerometer's; the covariance of rotation, velocity, position, row-major 9 x 9
//
// A sample is constant over its duration. GTSAM's steps are of first order, so each is divided, twice, and what is
// printed is extrapolated to steps of no length (Richardson).
#include <gtsam/navigation/CombinedImuFactor.h>

#include <cstdio>
#include <iostream>
#include <vector>

namespace {

using gtsam::Matrix3;
using gtsam::Vector;
using gtsam::Vector3;

constexpr int kSteps = 400;

struct Sample {
  double duration;
  Vector3 force, rate;
};

struct Input {
  gtsam::imuBias::ConstantBias bias;
  double force_density, rate_density;
  std::vector<Sample> samples;
};

Vector3 read_vector() {
  Vector3 v;
  std::cin >> v.x() >> v.y() >> v.z();
  return v;
}

Input read() {
  Input input;
  const Vector3 force = read_vector(), rate = read_vector();
  input.bias = gtsam::imuBias::ConstantBias(force, rate);
  std::cin >> input.force_density >> input.rate_density;
  Sample sample;
  while (std::cin >> sample.duration) {
    sample.force = read_vector();
    sample.rate = read_vector();
    input.samples.push_back(sample);
  }
  return input;
}

/// Rotation (vector), velocity, position; Jacobians; covariance.
Vector integrate(const Input& input, int steps) {
  auto parameters = gtsam::PreintegratedCombinedMeasurements::Params::MakeSharedU();
  parameters->accelerometerCovariance = Matrix3::Identity() * std::pow(input.force_density, 2);
  parameters->gyroscopeCovariance = Matrix3::Identity() * std::pow(input.rate_density, 2);
  parameters->integrationCovariance.setZero();
  parameters->biasAccCovariance.setZero();
  parameters->biasOmegaCovariance.setZero();
  parameters->biasAccOmegaInt.setZero();
  gtsam::PreintegratedCombinedMeasurements measured(parameters, input.bias);
  for (const Sample& sample : input.samples) {
    for (int i = 0; i < steps; ++i) measured.integrateMeasurement(sample.force, sample.rate, sample.duration / steps);
  }
  // Order of GTSAM: rotation vector, position, velocity; biases of accelerometer, gyroscope.
  gtsam::Matrix96 by_bias;
  const gtsam::Vector9 motion = measured.biasCorrectedDelta(input.bias, by_bias);
  const Matrix3 right = gtsam::Rot3::ExpmapDerivative(motion.head<3>());
  by_bias.topRows<3>() = right * by_bias.topRows<3>();
  gtsam::Matrix9 to_ours = gtsam::Matrix9::Zero();
  to_ours.block<3, 3>(0, 0) = right;
  to_ours.block<3, 3>(3, 6).setIdentity();
  to_ours.block<3, 3>(6, 3).setIdentity();
  const gtsam::Matrix9 covariance =
      to_ours * measured.preintMeasCov().topLeftCorner<9, 9>() * to_ours.transpose();
  Vector out(9 + 45 + 81);
  out.head<9>() << motion.head<3>(), motion.tail<3>(), motion.segment<3>(3);
  const int blocks[5][2] = {{0, 3}, {6, 3}, {3, 3}, {6, 0}, {3, 0}};
  int at = 9;
  for (const auto& [row, column] : blocks) {
    for (int i = 0; i < 9; ++i) out(at++) = by_bias(row + i / 3, column + i % 3);
  }
  for (int i = 0; i < 81; ++i) out(at++) = covariance(i / 9, i % 9);
  return out;
}

}  // namespace

int main() {
  const Input input = read();
  const Vector out = 2 * integrate(input, 2 * kSteps) - integrate(input, kSteps);
  const gtsam::Quaternion q = gtsam::Rot3::Expmap(out.head<3>()).toQuaternion();
  std::printf("%.17g %.17g %.17g %.17g\n", q.w(), q.x(), q.y(), q.z());
  for (int i = 3; i < out.size(); ++i) std::printf("%.17g\n", out(i));
}
