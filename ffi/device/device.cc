#include "device.h"

#include "build_info.hpp"
#include "registry.hpp"

#define GDN_DEVICE_ABI 2

uint32_t gdn_device_abi_version(void) { return GDN_DEVICE_ABI; }

int64_t gdn_device_live_handles(void) { return gdn::live_objects.load(); }

int32_t gdn_device_build_info(char* json, int64_t capacity, int64_t* length, gdn_error* error) {
  [[gnu::used]] static constexpr char kInfo[] = GDN_BUILD_INFO("device", GDN_DEVICE_ABI, "");
  return gdn::copy_build_info(kInfo, json, capacity, length, error);
}
