/* Serial lines (termios), which Deno can neither open nor set up, and pseudo-terminals, whose other end a
 * program opens as a serial line. Only devices of a list in serial_line.cc can be opened. */
#ifndef GDN_DEVICE_SERIAL_LINE_H
#define GDN_DEVICE_SERIAL_LINE_H
#include "abi.h"

/* Opens a serial line for this process alone, raw: 8 data bits, no parity, one stop bit, no flow control,
 * no modem lines. `path` (UTF-8, `path_bytes` bytes without a terminator) may be a link, as those of
 * /dev/serial/by-id; what it leads to is held against the list. Any `baud_rate` from 50 to 4000000 that
 * the driver can make to 3 %.
 *
 * GDN_NOT_FOUND: there is no such line, or it was unplugged. GDN_NOT_PERMITTED: it is not in the list, or
 * no serial line. GDN_SYSTEM_FAILURE: the system refuses, or another program has it open. */
GDN_API int32_t gdn_serial_line_open(const char* path, int64_t path_bytes, int32_t baud_rate,
                                     uint64_t* handle, gdn_error* error);

/* Makes a pseudo-terminal. `path` becomes the name of its other end, `length` bytes without a terminator;
 * 64 bytes suffice. */
GDN_API int32_t gdn_pseudo_terminal_open(uint64_t* handle, char* path, int64_t capacity, int64_t* length,
                                         gdn_error* error);

/* Reads what there is. Where there is nothing it waits up to `timeout_ms` (at most 1000) for the first
 * byte, and a millisecond longer for those behind it; `length` 0 after that time.
 *
 * GDN_NOT_FOUND: the line was unplugged; of a pseudo-terminal: nobody has opened its other end. */
GDN_API int32_t gdn_serial_line_read(uint64_t handle, int32_t timeout_ms, uint8_t* out, int64_t capacity,
                                     int64_t* length, gdn_error* error);

/* Hands bytes to the driver without waiting; `taken` of them it took, the first ones. GDN_NOT_FOUND as
 * above. */
GDN_API int32_t gdn_serial_line_write(uint64_t handle, const uint8_t* bytes, int64_t count, int64_t* taken,
                                      gdn_error* error);

/* Closes it; a read that waits ends first. */
GDN_API int32_t gdn_serial_line_free(uint64_t handle, gdn_error* error);

#endif
