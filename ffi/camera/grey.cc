#include "grey.hpp"

#include <cstring>

namespace gdn::camera {

const Luma* luma_of(uint32_t fourcc) {
  for (const Luma& luma : kLumas) {
    if (luma.fourcc == fourcc) return &luma;
  }
  return nullptr;
}

int64_t luma_bytes(const Luma& luma, int width, int height, int row_bytes) {
  return static_cast<int64_t>(height - 1) * row_bytes + static_cast<int64_t>(width) * luma.step;
}

void to_grey(const Luma& luma, const uint8_t* in, int width, int height, int row_bytes, uint8_t* out) {
  for (int row = 0; row < height; row++) {
    const uint8_t* from = in + static_cast<int64_t>(row) * row_bytes + luma.offset;
    uint8_t* to = out + static_cast<int64_t>(row) * width;
    if (luma.step == 1) {
      std::memcpy(to, from, static_cast<size_t>(width));
    } else {
      for (int column = 0; column < width; column++) to[column] = from[2 * column];
    }
  }
}

}  // namespace gdn::camera
