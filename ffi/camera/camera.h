/* C ABI of libgdn_camera: live cameras. v4l2.h and gstreamer.h open one; what is here is the same for both. */
#ifndef GDN_CAMERA_H
#define GDN_CAMERA_H
#include "abi.h"

enum {
  GDN_PICTURE_NONE = 0, /* none came in time */
  GDN_PICTURE_JPEG = 1,
  GDN_PICTURE_GREY = 2, /* 8 bits a pixel, row-major, without gaps */
  GDN_PICTURE_END = 3,  /* there will be no more */
};

enum {
  GDN_STAMP_NONE = 0,
  GDN_STAMP_EXPOSURE = 1, /* the beginning of the exposure, or the moment that the picture is of */
  GDN_STAMP_END = 2,      /* the last pixel was received */
};

struct gdn_camera_picture {
  int64_t sequence;    /* the driver's number, else counted here from 0 */
  int64_t stamp_ns;    /* CLOCK_MONOTONIC; what it is of: `stamp` */
  int64_t complete_ns; /* CLOCK_MONOTONIC: complete in the caller's memory */
  int64_t bytes;       /* above the capacity: the picture is too large, and nothing was written */
  int32_t kind;
  int32_t width_px, height_px; /* of GREY; 0 of JPEG */
  int32_t stamp;
};

GDN_API uint32_t gdn_camera_abi_version(void);
GDN_API int32_t gdn_sizeof_camera_picture(void);
/* Cameras open now: 0 at the end of a clean run. */
GDN_API int64_t gdn_camera_live_handles(void);
/* What this library was built from: a JSON text without a terminator, `length` bytes of UTF-8:
 * {"name", "abiVersion", "compiler", "flags", "builtFrom": {name: version}}. 4096 bytes suffice. */
GDN_API int32_t gdn_camera_build_info(char* json, int64_t capacity, int64_t* length, gdn_error* error);

/* The clock of `stamp_ns` and `complete_ns`, now. */
GDN_API int64_t gdn_camera_now_ns(void);
/* The newest picture; waits for one for `timeout_ms` (1 to 1000). One call at a time for each camera.
 * GDN_NOT_FOUND: the camera is gone. GDN_LIBRARY_FAILURE, GDN_SYSTEM_FAILURE: it failed. After an error it
 * is to be freed and opened again. */
GDN_API int32_t gdn_camera_read(uint64_t handle, int32_t timeout_ms, uint8_t* out, int64_t capacity,
                                gdn_camera_picture* picture, gdn_error* error);
GDN_API int32_t gdn_camera_free(uint64_t handle, gdn_error* error);

#endif
