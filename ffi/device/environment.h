/* Names of the project's environment variables: Deno tells a program that may read GDN_* alone the value of
 * a name, and never which names there are. */
#ifndef GDN_DEVICE_ENVIRONMENT_H
#define GDN_DEVICE_ENVIRONMENT_H
#include "abi.h"

/* Writes the names of the environment that begin with GDN_, each followed by NUL, without their values;
 * `length` is the number of bytes. Names that do not fit into `capacity` any more are left out. */
GDN_API int32_t gdn_environment_names(uint8_t* out, int64_t capacity, int64_t* length, gdn_error* error);

#endif
