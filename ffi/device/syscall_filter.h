/* A seccomp filter for the whole process: system calls that the program never needs fail with EPERM from
 * then on, for all threads, those to come included, and whoever makes them. It cannot be taken off.
 *
 * README.md says what it stops and what it does not. */
#ifndef GDN_DEVICE_SYSCALL_FILTER_H
#define GDN_DEVICE_SYSCALL_FILTER_H
#include "abi.h"

/* What stays possible besides; joined by "|". */
enum {
  GDN_FILTER_UNIX_SOCKETS = 1, /* new Unix sockets that connect */
  GDN_FILTER_INET_SOCKETS = 2, /* new IPv4 and IPv6 sockets (TCP, UDP) that connect and bind */
  GDN_FILTER_SERVERS = 4,      /* sockets that listen, and connections that they accept */
};

enum {
  GDN_ARCHITECTURE_X86_64 = 1,
  GDN_ARCHITECTURE_AARCH64 = 2,
};

/* Puts the filter on every thread of the process. Once only: a second call is GDN_INVALID_ARGUMENT.
 * GDN_SYSTEM_FAILURE where the kernel refuses it. */
GDN_API int32_t gdn_syscall_filter_install(int32_t allowed, gdn_error* error);

/* The filter as the kernel gets it (struct sock_filter, 8 bytes each), of either architecture, for the
 * process with this id; `length` is its number of bytes. 8192 bytes suffice. */
GDN_API int32_t gdn_syscall_filter_program(int32_t architecture, int32_t allowed, int32_t process_id,
                                           uint8_t* out, int64_t capacity, int64_t* length,
                                           gdn_error* error);

#endif
