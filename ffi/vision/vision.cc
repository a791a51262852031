#include "vision.h"

#include "pool.hpp"
#include "registry.hpp"

uint32_t gdn_vision_abi_version(void) { return 3; }
int64_t gdn_vision_live_handles(void) { return gdn::live_objects.load(); }
int64_t gdn_vision_pooled_bytes(void) { return static_cast<int64_t>(gdn::pooled_bytes()); }
