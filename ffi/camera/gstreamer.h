/* Cameras and files through GStreamer, whose libraries are opened when they are first asked for. */
#ifndef GDN_CAMERA_GSTREAMER_H
#define GDN_CAMERA_GSTREAMER_H
#include "abi.h"

enum {
  GDN_GSTREAMER_PIPELINE = 0, /* a description for gst-launch-1.0; its end gives GRAY8 or JPEG */
  GDN_GSTREAMER_RTSP = 1,     /* rtsp://user:password@host:port/path, over TCP */
  GDN_GSTREAMER_FILE = 2,     /* a video file, played at its own rate */
};

/* Whether GStreamer is there. GDN_NOT_FOUND: it is not installed. */
GDN_API int32_t gdn_gstreamer_load(gdn_error* error);
/* Opens and starts `text` (UTF-8, without a terminator). A live source is started and waited for by
 * gdn_camera_read; a file has given its first picture, or failed, within `timeout_ms`. */
GDN_API int32_t gdn_gstreamer_open(int32_t kind, const char* text, int64_t text_bytes, int32_t timeout_ms,
                                   uint64_t* handle, gdn_error* error);

#endif
