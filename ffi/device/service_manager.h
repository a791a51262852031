/* What a service tells the program that supervises it: systemd's protocol of datagrams (sd_notify(3)),
 * without libsystemd.
 *
 * Whom to tell comes from the environment of the process alone, not from the caller, and only the four
 * messages below can be sent: a caller reaches no other socket, and changes no watchdog. */
#ifndef GDN_DEVICE_SERVICE_MANAGER_H
#define GDN_DEVICE_SERVICE_MANAGER_H
#include "abi.h"

/* Opens a socket for the service manager that $NOTIFY_SOCKET names (a path, or "@" and an abstract name).
 * Where the variable is not set `handle` becomes 0: nobody supervises this process.
 *
 * `watchdog_us` becomes the longest time in microseconds that may pass between two GDN_SERVICE_WATCHDOG
 * ($WATCHDOG_USEC, where $WATCHDOG_PID is this process or not set), 0 where none are expected. */
GDN_API int32_t gdn_service_manager_open(uint64_t* handle, int64_t* watchdog_us, gdn_error* error);

enum {
  GDN_SERVICE_STATUS = 0, /* the status text alone */
  GDN_SERVICE_READY = 1,
  GDN_SERVICE_WATCHDOG = 2,
  GDN_SERVICE_STOPPING = 3,
  GDN_SERVICE_STARTING = 4, /* it starts and gets on: a minute more from now */
};

/* Sends a state, and a status text where `status_bytes` is not 0: one line of UTF-8 without control
 * characters, at most 512 bytes. Never waits: a full queue is GDN_SYSTEM_FAILURE, as is a socket that
 * is gone. */
GDN_API int32_t gdn_service_manager_notify(uint64_t handle, int32_t state, const char* status,
                                           int64_t status_bytes, gdn_error* error);

GDN_API int32_t gdn_service_manager_free(uint64_t handle, gdn_error* error);

#endif
