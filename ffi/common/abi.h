/* The convention of every C ABI in this project: opaque handles; each fallible call returns an int32
 * status (0 = done) and fills a caller-owned gdn_error; no exception crosses the border. */
#ifndef GDN_COMMON_ABI_H
#define GDN_COMMON_ABI_H

#include <stdint.h>

#define GDN_API extern "C" __attribute__((visibility("default")))

enum {
  GDN_OK = 0,
  GDN_INVALID_ARGUMENT = 1,
  GDN_OUT_OF_MEMORY = 2,
  GDN_LIBRARY_FAILURE = 3, /* the wrapped library threw */
  GDN_UNKNOWN = 4,
  GDN_BAD_DATA = 5, /* input bytes are not what they claim to be */
};

struct gdn_error {
  int32_t code;
  char message[252];
};

#endif
