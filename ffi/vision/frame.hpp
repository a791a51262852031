#pragma once
#include <memory>
#include <mutex>
#include <opencv2/core.hpp>
#include <vector>

#include "camera.hpp"
#include "registry.hpp"
#include "relief.hpp"

namespace gdn {

/// A frame in native memory. `levels[i]` is shrunk by 2^i (area average).
struct Frame : Counted {
  Camera camera;
  std::vector<cv::Mat> levels;

  /// What `tracks.cc` made of a level, for the frame's turn with the one before it and with the next.
  std::mutex tracked_lock;
  std::vector<cv::Mat> flow_pyramid;
};

/// A patch of ground, north up; `valid` is 255 where there is ground.
struct Ground {
  cv::Mat pixels;  // CV_8U
  cv::Mat valid;   // CV_8U
};

/// The geometry of a view: rotation local-from-camera and height over the ground's plane.
struct View {
  Matrix3 local_from_camera;
  double height_m;
  const Relief* relief = nullptr;  ///< of the ground, from the camera's foot point; null: flat

  double up(double east_m, double north_m) const {
    return relief == nullptr ? 0 : relief->up(east_m, north_m);
  }
};

/// The frame of a handle; keep the pointer as long as the frame is used.
std::shared_ptr<Frame> frame_of(uint64_t handle);

/// Ground under the frame, north up, `size` pixels of `gsd_m` centred `centre` from the foot point.
Ground rectify(const Frame& frame, const View& view, cv::Point2d centre_m, double gsd_m,
               cv::Size size);

}  // namespace gdn
