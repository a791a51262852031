#include "vision.h"

#include <jconfig.h>  // the version of TurboJPEG, which turbojpeg.h does not have
#include <opencv2/core/version.hpp>

#include "eigen_version.hpp"
#include "pool.hpp"
#include "registry.hpp"

#define GDN_VISION_ABI 6

uint32_t gdn_vision_abi_version(void) { return GDN_VISION_ABI; }
int64_t gdn_vision_live_handles(void) { return gdn::live_objects.load(); }
int64_t gdn_vision_pooled_bytes(void) { return static_cast<int64_t>(gdn::pooled_bytes()); }

int32_t gdn_vision_build_info(char* json, int64_t capacity, int64_t* length, gdn_error* error) {
  [[gnu::used]] static constexpr char kInfo[] =
      GDN_BUILD_INFO("vision", GDN_VISION_ABI,
                     GDN_BUILT_FROM("OpenCV", CV_VERSION) "," GDN_BUILT_FROM(
                         "TurboJPEG", GDN_TEXT(LIBJPEG_TURBO_VERSION)) "," GDN_BUILT_FROM_EIGEN);
  return gdn::copy_build_info(kInfo, json, capacity, length, error);
}
