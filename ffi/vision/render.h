/* Pictures of ground as a camera with lens distortion sees them: the simulation's camera.
 *
 * Ground frame: local metres (east, north, up), ground at up = 0 where it has no relief. Pixel centres of the camera are at
 * integers, those of the ground at half integers from its north-west corner. */
#ifndef GDN_VISION_RENDER_H
#define GDN_VISION_RENDER_H
#include "abi.h"

/* A camera with the intrinsics of lens.h; every pixel must have a ray. */
GDN_API int32_t gdn_render_camera_create(const double* intrinsics, int32_t width_px,
                                         int32_t height_px, uint64_t* camera, gdn_error* error);
GDN_API int32_t gdn_render_camera_free(uint64_t camera, gdn_error* error);

/* A north-up picture of the ground, copied, with its smaller versions for oblique views. `corner_m`
 * is the east and the north of its north-west corner. What lies beyond its edges is its mirror image. */
GDN_API int32_t gdn_render_ground_create(const uint8_t* pixels, int32_t width_px, int32_t height_px,
                                         int32_t channels, const double* corner_m, double gsd_m,
                                         uint64_t* ground, gdn_error* error);
/* Gives the ground relief, copied: west, south, spacing (m), columns, rows, then its heights over up = 0
 * row by row from the south. No slope hides another: rays meet the ground once. */
GDN_API int32_t gdn_render_ground_relief(uint64_t ground, const double* relief, int64_t count,
                                         gdn_error* error);
GDN_API int32_t gdn_render_ground_free(uint64_t ground, gdn_error* error);

/* One picture, the mean of `pose_count` moments of the exposure. Each pose is 12 doubles: camera
 * position (east, north, up) and row-major rotation local from camera. `look` is: gain, vignetting
 * (share of light lost at the corner), noise (grey levels, 1 sigma, of a black pixel), noise per
 * grey level. `pixels` holds width * height * (the ground's channels) bytes. */
GDN_API int32_t gdn_render_view(uint64_t camera, uint64_t ground, const double* poses,
                                int32_t pose_count, const double* look, uint64_t noise_seed,
                                uint8_t* pixels, int64_t pixels_bytes, gdn_error* error);

#endif
