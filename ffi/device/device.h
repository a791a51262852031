/* C ABI of libgdn_device: what the operating system offers and Deno does not allow (system files, serial lines) or
 * does not have (the service manager). One header for each. */
#ifndef GDN_DEVICE_H
#define GDN_DEVICE_H
#include "abi.h"

GDN_API uint32_t gdn_device_abi_version(void);
/* Connections to the service manager and serial lines alive now: 0 at the end of a clean run. */
GDN_API int64_t gdn_device_live_handles(void);
/* What this library was built from: a JSON text without a terminator, `length` bytes of UTF-8:
 * {"name", "abiVersion", "compiler", "flags", "builtFrom": {name: version}}. 4096 bytes suffice. */
GDN_API int32_t gdn_device_build_info(char* json, int64_t capacity, int64_t* length, gdn_error* error);

#endif
