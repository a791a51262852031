/* Bounded reads of files of the kernel, which Deno refuses without all permissions. Only paths of a list
 * in system_files.cc can be read: what the program may see does not depend on its caller. */
#ifndef GDN_DEVICE_SYSTEM_FILES_H
#define GDN_DEVICE_SYSTEM_FILES_H
#include "abi.h"

/* Reads the whole file at `path` (UTF-8, `path_bytes` bytes without a terminator) into `out`; `length`
 * is the number of bytes read.
 *
 * GDN_NOT_PERMITTED: the path is not in the list, or what is there is no plain file of procfs or sysfs.
 * GDN_NOT_FOUND: there is no such file. GDN_SYSTEM_FAILURE: its driver gives no answer (a sensor that is
 * switched off). GDN_BAD_DATA: it is longer than `capacity`. */
GDN_API int32_t gdn_system_file_read(const char* path, int64_t path_bytes, uint8_t* out,
                                     int64_t capacity, int64_t* length, gdn_error* error);

#endif
