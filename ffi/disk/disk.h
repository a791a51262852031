/* What a file system does not offer through the files of a sandboxed runtime. */
#ifndef GDN_DISK_H
#define GDN_DISK_H
#include "abi.h"

GDN_API uint32_t gdn_disk_abi_version(void);
/* File systems open now: 0 at the end of a clean run. */
GDN_API int64_t gdn_disk_live_handles(void);

/* Opens the file system that holds `folder` (absolute; ends with a zero byte, path_bytes with it), for
 * gdn_disk_sync alone: nothing is read, written or made through it. Bytes that are lost from now on are
 * told by gdn_disk_sync, also when another program was told of them too. A kernel that does not tell of
 * lost bytes (Linux before 5.8) is refused. */
GDN_API int32_t gdn_disk_open(const char* folder, int64_t path_bytes, int64_t* handle,
                              gdn_error* error);

/* Waits until everything that was written to the file system is on the disk: bytes, sizes and names
 * of all its files, whoever wrote them. */
GDN_API int32_t gdn_disk_sync(int64_t handle, gdn_error* error);

/* Not while a gdn_disk_sync of it is under way. An unknown handle is refused. */
GDN_API int32_t gdn_disk_close(int64_t handle, gdn_error* error);

#endif
