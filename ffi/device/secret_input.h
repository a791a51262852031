/* Secrets of a person: read from a descriptor that a shell has opened (Deno opens the standard ones alone), and
 * kept out of what a process that dies leaves behind. */
#ifndef GDN_DEVICE_SECRET_INPUT_H
#define GDN_DEVICE_SECRET_INPUT_H
#include "abi.h"

/* Reads a descriptor to its end and closes nothing. It must be a pipe, a plain file or a terminal, and may hold
 * `capacity` bytes at most. Waits for what a pipe does not have yet. */
GDN_API int32_t gdn_descriptor_read(int32_t descriptor, uint8_t* out, int64_t capacity, int64_t* length,
                                    gdn_error* error);

/* From now on this process leaves no core file and no other process of its user reads its memory. */
GDN_API int32_t gdn_core_dumps_forbid(gdn_error* error);

#endif
