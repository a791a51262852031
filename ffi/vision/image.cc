#include "image.h"

#include <turbojpeg.h>

#include <string>

#include "guard.hpp"

namespace {

/// A progressive picture of thousands of scans is an attack on the processor, not a photograph.
#ifdef TJFLAG_LIMITSCANS
constexpr int kScansLimited = TJFLAG_LIMITSCANS;
#else
constexpr int kScansLimited = 0;
#endif

struct Decompressor {
  tjhandle handle = tjInitDecompress();
  ~Decompressor() { tjDestroy(handle); }
};
struct Compressor {
  tjhandle handle = tjInitCompress();
  ~Compressor() { tjDestroy(handle); }
};

void read_header(tjhandle handle, const uint8_t* jpeg, int64_t bytes, int* width, int* height) {
  gdn::require(jpeg != nullptr && bytes > 0, "the JPEG has no bytes");
  int subsampling = 0, colourspace = 0;
  if (tjDecompressHeader3(handle, jpeg, static_cast<unsigned long>(bytes), width, height,
                          &subsampling, &colourspace) != 0) {
    throw gdn::BadData(std::string("not a JPEG: ") + tjGetErrorStr2(handle));
  }
  if (*width <= 0 || *height <= 0 || *width > 20000 || *height > 20000) {
    throw gdn::BadData("a JPEG of " + std::to_string(*width) + "x" + std::to_string(*height) +
                       " pixels (at most 20000x20000)");
  }
}

int pixel_format(int32_t channels) {
  gdn::require(channels == 1 || channels == 3, "channels must be 1 (grey) or 3 (RGB)");
  return channels == 1 ? TJPF_GRAY : TJPF_RGB;
}

}  // namespace

int32_t gdn_jpeg_size(const uint8_t* jpeg, int64_t jpeg_bytes, int32_t* width_px,
                      int32_t* height_px, gdn_error* error) {
  return gdn::guard(error, [&] {
    Decompressor turbo;
    int width = 0, height = 0;
    read_header(turbo.handle, jpeg, jpeg_bytes, &width, &height);
    *width_px = width;
    *height_px = height;
  });
}

int32_t gdn_jpeg_decode(const uint8_t* jpeg, int64_t jpeg_bytes, int32_t channels,
                        int32_t scale_denominator, uint8_t* pixels, int64_t pixels_bytes,
                        gdn_error* error) {
  return gdn::guard(error, [&] {
    const int format = pixel_format(channels);
    const int s = scale_denominator;
    gdn::require(s == 1 || s == 2 || s == 4 || s == 8, "scale_denominator must be 1, 2, 4 or 8");
    Decompressor turbo;
    int width = 0, height = 0;
    read_header(turbo.handle, jpeg, jpeg_bytes, &width, &height);
    const int w = (width + s - 1) / s, h = (height + s - 1) / s;
    gdn::require(pixels_bytes == static_cast<int64_t>(w) * h * channels,
                 "the pixel buffer does not have the picture's size");
    // TurboJPEG reports a truncated picture as a warning (and fills the rest with grey): refuse it.
    if (tjDecompress2(turbo.handle, jpeg, static_cast<unsigned long>(jpeg_bytes), pixels, w, 0, h,
                      format, TJFLAG_FASTDCT | kScansLimited) != 0) {
      throw gdn::BadData(std::string("the JPEG is damaged: ") + tjGetErrorStr2(turbo.handle) +
                         "; copy the file again");
    }
  });
}

int32_t gdn_jpeg_encode(const uint8_t* pixels, int32_t width_px, int32_t height_px,
                        int32_t channels, int32_t quality, uint8_t* jpeg, int64_t jpeg_capacity,
                        int64_t* jpeg_bytes, gdn_error* error) {
  return gdn::guard(error, [&] {
    const int format = pixel_format(channels);
    gdn::require(width_px > 0 && height_px > 0, "the picture has no pixels");
    gdn::require(quality >= 1 && quality <= 100, "quality must be in [1, 100]");
    Compressor turbo;
    unsigned char* out = nullptr;
    unsigned long out_bytes = 0;
    const int status =
        tjCompress2(turbo.handle, pixels, width_px, 0, height_px, format, &out, &out_bytes,
                    channels == 1 ? TJSAMP_GRAY : TJSAMP_420, quality, 0);
    if (status != 0) {
      tjFree(out);
      throw std::runtime_error(tjGetErrorStr2(turbo.handle));
    }
    const bool fits = static_cast<int64_t>(out_bytes) <= jpeg_capacity;
    if (fits) std::copy(out, out + out_bytes, jpeg);
    tjFree(out);
    gdn::require(fits, "the JPEG does not fit its buffer");
    *jpeg_bytes = static_cast<int64_t>(out_bytes);
  });
}
