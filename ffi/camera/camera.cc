#include "camera.h"

#include "build_info.hpp"
#include "capture.hpp"

#define GDN_CAMERA_ABI 1

namespace gdn::camera {
namespace {
auto& cameras() { return Registry<Capture, HandleKind::kCamera>::instance(); }
}  // namespace

uint64_t keep(std::shared_ptr<Capture> capture) { return cameras().insert(std::move(capture)); }

}  // namespace gdn::camera

uint32_t gdn_camera_abi_version(void) { return GDN_CAMERA_ABI; }

int32_t gdn_sizeof_camera_picture(void) { return sizeof(gdn_camera_picture); }

int64_t gdn_camera_live_handles(void) { return gdn::live_objects.load(); }

int32_t gdn_camera_build_info(char* json, int64_t capacity, int64_t* length, gdn_error* error) {
  [[gnu::used]] static constexpr char kInfo[] = GDN_BUILD_INFO("camera", GDN_CAMERA_ABI, "");
  return gdn::copy_build_info(kInfo, json, capacity, length, error);
}

int64_t gdn_camera_now_ns(void) { return gdn::camera::now_ns(); }

int32_t gdn_camera_read(uint64_t handle, int32_t timeout_ms, uint8_t* out, int64_t capacity,
                        gdn_camera_picture* picture, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(timeout_ms >= 1 && timeout_ms <= 1000, "the timeout must be 1 to 1000 ms");
    gdn::require(out != nullptr && capacity > 0 && picture != nullptr, "out and picture must be given");
    const auto capture = gdn::camera::cameras().get(handle);
    const std::unique_lock<std::mutex> alone(capture->reading, std::try_to_lock);
    gdn::require(alone.owns_lock(), "the camera is being read");
    *picture = capture->read(timeout_ms, out, capacity);
  });
}

int32_t gdn_camera_free(uint64_t handle, gdn_error* error) {
  return gdn::guard(error, [&] { gdn::camera::cameras().erase(handle); });
}
