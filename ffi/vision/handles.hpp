// The count of live handles: every handle class derives from Counted.
#pragma once
#include <atomic>
#include <cstdint>

namespace gdn {
extern std::atomic<int64_t> live_handles;

struct Counted {
  Counted() { ++live_handles; }
  ~Counted() { --live_handles; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
};
}  // namespace gdn
