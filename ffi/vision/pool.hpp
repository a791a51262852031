// Buffers of pictures and planes, kept for the next frame instead of given back to the system.
#pragma once
#include <cstddef>

namespace gdn {

/// Bytes of buffers that nobody uses now and that are kept; never over `kPoolBytesMax`.
size_t pooled_bytes();

/// Bound of what is kept. A frame of the flight loop takes some 40 MiB in all.
constexpr size_t kPoolBytesMax = size_t{96} << 20;

}  // namespace gdn
