// Raw pictures of cameras, as grey.
#pragma once
#include <cstdint>

namespace gdn::camera {

constexpr uint32_t fourcc_of(const char (&text)[5]) {
  return static_cast<uint32_t>(static_cast<uint8_t>(text[0])) | static_cast<uint8_t>(text[1]) << 8 |
         static_cast<uint8_t>(text[2]) << 16 | static_cast<uint32_t>(static_cast<uint8_t>(text[3])) << 24;
}

/// Where a format has its brightness.
struct Luma {
  uint32_t fourcc;
  /// Bytes from one pixel to the next, and to the first.
  int step, offset;
};

constexpr Luma kLumas[] = {
    {fourcc_of("GREY"), 1, 0},
    {fourcc_of("NV12"), 1, 0},  // its colour lies behind the brightness of all rows
    {fourcc_of("YUYV"), 2, 0},
    {fourcc_of("UYVY"), 2, 1},
};

/// nullptr where a format is none of those.
const Luma* luma_of(uint32_t fourcc);

/// Bytes of a picture up to the last one of its brightness; the last row may lack its padding.
int64_t luma_bytes(const Luma& luma, int width, int height, int row_bytes);

/// `in` has luma_bytes() bytes, `out` width * height.
void to_grey(const Luma& luma, const uint8_t* in, int width, int height, int row_bytes, uint8_t* out);

}  // namespace gdn::camera
