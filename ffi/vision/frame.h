/* A decoded camera frame that stays in native memory for its turn in the flight loop: grey picture,
 * pyramid, camera model. */
#ifndef GDN_VISION_FRAME_H
#define GDN_VISION_FRAME_H
#include "abi.h"

/* Decodes a JPEG to grey. `camera` holds 11 doubles: w h fx fy cx cy k1 k2 p1 p2 k3 (pixels); the
 * picture must have the camera's size. `*handle` is 0 on failure; free it with gdn_frame_free. */
GDN_API int32_t gdn_frame_decode(const uint8_t* jpeg, int64_t jpeg_bytes, const double* camera,
                                 uint64_t* handle, gdn_error* error);
/* The same of a grey picture of the camera's size: 8 bits a pixel, row-major, without gaps. */
GDN_API int32_t gdn_frame_from_grey(const uint8_t* pixels, int64_t pixels_bytes, const double* camera,
                                    uint64_t* handle, gdn_error* error);
GDN_API int32_t gdn_frame_free(uint64_t handle, gdn_error* error);

/* North-up view of flat ground under a camera: row 0 is north, columns run east, pixel centres at
 * (column + 0.5 - width / 2) * gsd_m east of `centre_east_m` (from the camera's foot point), rows
 * likewise. `local_from_camera` is a row-major rotation, `height_m` the height of the camera over
 * the ground. `mask` is 255 where the camera saw the ground. */
GDN_API int32_t gdn_frame_rectify(uint64_t handle, const double* local_from_camera,
                                  double height_m, double centre_east_m, double centre_north_m,
                                  double gsd_m, int32_t width_px, int32_t height_px,
                                  uint8_t* pixels, uint8_t* mask, gdn_error* error);

/* Mean brightness and sharpness (variance of the Laplacian at quarter size) of the frame. */
GDN_API int32_t gdn_frame_quality(uint64_t handle, double* mean, double* sharpness,
                                  gdn_error* error);

#endif
