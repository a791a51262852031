/* C ABI of libgdn_vision. One header per room; this one holds what all of them share. */
#ifndef GDN_VISION_H
#define GDN_VISION_H
#include "abi.h"

GDN_API uint32_t gdn_vision_abi_version(void);
/* Handles alive now, of every kind: 0 at the end of a clean run. */
GDN_API int64_t gdn_vision_live_handles(void);
/* Bytes of buffers that wait for the next picture; at most 96 MiB. */
GDN_API int64_t gdn_vision_pooled_bytes(void);
/* What this library was built from: a JSON text without a terminator, `length` bytes of UTF-8:
 * {"name", "abiVersion", "compiler", "flags", "builtFrom": {name: version}}. 4096 bytes suffice. */
GDN_API int32_t gdn_vision_build_info(char* json, int64_t capacity, int64_t* length, gdn_error* error);

#endif
