#include "vision.h"

#include "handles.hpp"

namespace gdn {
std::atomic<int64_t> live_handles{0};
}

uint32_t gdn_vision_abi_version(void) { return 1; }
int64_t gdn_vision_live_handles(void) { return gdn::live_handles.load(); }
