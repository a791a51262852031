// What the child lets in, and out.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "odometry.h"

namespace gdn::odometry {

inline bool finite(const double* numbers, int count) {
  return std::all_of(numbers, numbers + count, [](double v) { return std::isfinite(v); });
}

inline double length(const double* v) { return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]); }

inline bool unit_quaternion(const double* q) {
  return finite(q, 4) && std::abs(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3] - 1) < 1e-3;
}

// More than any aircraft does, and less than OKVIS2 takes for a measurement.
constexpr double kForceMax = 170, kRateMax = 20;

// What is added to a time must not overflow, and OKVIS2 has 32 bits for the seconds: 31 years.
constexpr int64_t kTimeMaxNs = 1000000000000000000;

// nullptr: fine.
inline const char* fault_of(const gdn_odometry_start& start) {
  if (start.width < 32 || start.height < 32 || start.width > GDN_ODOMETRY_SIDE_MAX || start.height > GDN_ODOMETRY_SIDE_MAX)
    return "the frames' size is out of range";
  if (!finite(start.camera, 9) || !(start.camera[0] > 0) || !(start.camera[1] > 0)) return "the camera is not usable";
  if (!unit_quaternion(start.body_from_camera)) return "the mounting is not a unit quaternion";
  const double* noise = &start.force_noise;
  if (!std::all_of(noise, noise + 6, [](double v) { return std::isfinite(v) && v > 0; }))
    return "the IMU's noise must be positive";
  if (start.hang_ms < 20 || start.start_ms < 20 || start.keypoints < 20 || start.threads < 1)
    return "a limit is out of range";
  if (std::find(start.data, start.data + sizeof start.data, '\0') == start.data + sizeof start.data)
    return "the folder's name does not end";
  return nullptr;
}

inline const char* fault_of(const gdn_odometry_imu& sample, int64_t last_ns) {
  if (sample.time_ns <= last_ns) return "an IMU sample is not younger than the one before";
  if (sample.time_ns > kTimeMaxNs) return "an IMU sample's time is out of range";
  if (!finite(sample.force, 3) || !finite(sample.rate, 3)) return "an IMU sample is not finite";
  if (length(sample.force) > kForceMax || length(sample.rate) > kRateMax) return "an IMU sample is out of range";
  return nullptr;
}

inline const char* fault_of(const gdn_odometry_frame& frame, const gdn_odometry_start& start, int64_t last_ns,
                            int64_t first_imu_ns) {
  if (frame.time_ns <= last_ns) return "a frame is not younger than the one before";
  if (frame.time_ns > kTimeMaxNs) return "a frame's time is out of range";
  if (frame.width != start.width || frame.height != start.height) return "a frame has another size";
  if (!std::isfinite(frame.height_m) || frame.height_m < 0 || !finite(frame.down, 3)) return "a frame's ground is not finite";
  if (first_imu_ns == 0 || frame.time_ns - GDN_ODOMETRY_IMU_MARGIN_NS <= first_imu_ns) return "a frame is older than the IMU";
  return nullptr;
}

inline bool usable(const gdn_odometry_state& state) {
  return finite(state.position, 3) && unit_quaternion(state.attitude) && finite(state.velocity, 3) &&
         finite(state.force_bias, 3) && finite(state.rate_bias, 3) && finite(state.covariance, 36) &&
         std::isfinite(state.busy_ms) && state.quality >= GDN_ODOMETRY_INITIALISING && state.quality <= GDN_ODOMETRY_LOST;
}

}  // namespace gdn::odometry
