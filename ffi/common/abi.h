/* The convention of every C ABI in this project: each fallible call returns an int32 status (0 = done)
 * and fills a caller-owned gdn_error; no exception crosses the border.
 *
 * A handle is a number that a library hands out and never gives out twice; 0 is none. A call with a
 * handle that was freed, or of another kind, fails with GDN_INVALID_ARGUMENT and touches nothing. What
 * a call uses stays alive until the call ends, even when its handle is freed meanwhile. */
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
  GDN_NOT_PERMITTED = 6,  /* this program refuses it, whatever the system would say */
  GDN_NOT_FOUND = 7,
  GDN_SYSTEM_FAILURE = 8, /* a system call failed */
};

struct gdn_error {
  int32_t code;
  char message[252];
};
static_assert(sizeof(gdn_error) == 256, "callers give 256 bytes");

#endif
