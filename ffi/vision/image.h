/* JPEG in and out. Pictures are 8-bit, row-major, without padding. */
#ifndef GDN_VISION_IMAGE_H
#define GDN_VISION_IMAGE_H
#include "abi.h"

/* Reads width and height of a JPEG without decoding it. */
GDN_API int32_t gdn_jpeg_size(const uint8_t* jpeg, int64_t jpeg_bytes, int32_t* width_px,
                              int32_t* height_px, gdn_error* error);

/* Decodes to grey (channels 1) or RGB (channels 3), shrunk by 1/scale_denominator (1, 2, 4, 8; sizes
 * round up). `pixels` holds ceil(w/s) * ceil(h/s) * channels bytes. A truncated picture is refused. */
GDN_API int32_t gdn_jpeg_decode(const uint8_t* jpeg, int64_t jpeg_bytes, int32_t channels,
                                int32_t scale_denominator, uint8_t* pixels, int64_t pixels_bytes,
                                gdn_error* error);

/* Encodes grey (1) or RGB (3). Fills `jpeg` and sets *jpeg_bytes; `jpeg_capacity` of
 * width * height * channels + 4096 always suffices. */
GDN_API int32_t gdn_jpeg_encode(const uint8_t* pixels, int32_t width_px, int32_t height_px,
                                int32_t channels, int32_t quality, uint8_t* jpeg,
                                int64_t jpeg_capacity, int64_t* jpeg_bytes, gdn_error* error);

#endif
