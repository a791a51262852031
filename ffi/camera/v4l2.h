/* Cameras of the kernel, by ioctl. */
#ifndef GDN_CAMERA_V4L2_H
#define GDN_CAMERA_V4L2_H
#include "abi.h"

/* Opens /dev/videoN (`path` without a terminator; no other path is opened, and no link) and starts it with
 * `width_px` x `height_px` at `milli_fps` thousandths of a picture a second. `fourcc`: the four characters
 * of V4L2 (MJPG, JPEG, GREY, NV12, YUYV, UYVY; little-endian), or 0: the first of GREY, NV12, YUYV, UYVY,
 * MJPG, JPEG that the camera has at this size and rate, else the fastest.
 *
 * GDN_NOT_PERMITTED: another path, or no camera's node. GDN_NOT_FOUND: there is no such device.
 * GDN_BAD_DATA: it has no such picture; the message says what it has. GDN_SYSTEM_FAILURE: a call failed,
 * such as that another program uses it. */
GDN_API int32_t gdn_v4l2_open(const char* path, int64_t path_bytes, int32_t width_px, int32_t height_px,
                              int32_t milli_fps, uint32_t fourcc, uint64_t* handle, gdn_error* error);

#endif
