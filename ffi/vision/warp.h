/* Resampling of 8-bit pictures (grey or RGB, row-major, without padding). Pixel centres are at
 * integers: the top left pixel is (0, 0). Thread-safe, no handles.
 *
 * Each destination pixel is the mean of bilinear samples spread over its footprint in the source, so
 * that shrinking does not alias (up to 8 samples a side; beyond that the source is first reduced by
 * area). `coverage` gets 255 where the destination pixel's centre falls on the source, else 0 and
 * black. `source_mask` (may be null) holds 0 where the source has no picture. */
#ifndef GDN_VISION_WARP_H
#define GDN_VISION_WARP_H
#include "abi.h"

/* `source_from_destination`: row-major 3x3 homography. */
GDN_API int32_t gdn_warp_homography(const uint8_t* source, int32_t source_width_px,
                                    int32_t source_height_px, int32_t channels,
                                    const uint8_t* source_mask,
                                    const double* source_from_destination,
                                    int32_t destination_width_px, int32_t destination_height_px,
                                    uint8_t* destination, uint8_t* coverage, gdn_error* error);

/* Any smooth map: `knots` holds the source position (x, y) of the destination positions
 * (column * step_px, row * step_px), row-major, columns * rows of them, bilinear in between. A knot
 * that is not finite has no source; the cells that touch it stay uncovered. The knots must reach the
 * destination's last pixel. */
GDN_API int32_t gdn_warp_grid(const uint8_t* source, int32_t source_width_px,
                              int32_t source_height_px, int32_t channels,
                              const uint8_t* source_mask, const double* knots, int32_t knot_columns,
                              int32_t knot_rows, int32_t step_px, int32_t destination_width_px,
                              int32_t destination_height_px, uint8_t* destination,
                              uint8_t* coverage, gdn_error* error);

#endif
