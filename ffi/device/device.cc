#include "device.h"

#include "registry.hpp"

uint32_t gdn_device_abi_version(void) { return 1; }

int64_t gdn_device_live_handles(void) { return gdn::live_objects.load(); }
