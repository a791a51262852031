// An open camera, of whatever make.
#pragma once
#include <time.h>

#include <memory>
#include <mutex>

#include "camera.h"
#include "registry.hpp"

namespace gdn::camera {

class Capture : public Counted {
 public:
  virtual ~Capture() = default;
  /// See gdn_camera_read; `out` has room for `capacity` bytes.
  virtual gdn_camera_picture read(int timeout_ms, uint8_t* out, int64_t capacity) = 0;

  /// One read at a time.
  std::mutex reading;
};

uint64_t keep(std::shared_ptr<Capture> capture);

inline int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace gdn::camera
