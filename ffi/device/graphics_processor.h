/* Temperature and throttling of a discrete NVIDIA GPU, by NVIDIA's management library (NVML) where it is
 * installed. Its name stands in here: no caller can have another library opened. */
#ifndef GDN_GRAPHICS_PROCESSOR_H
#define GDN_GRAPHICS_PROCESSOR_H
#include "abi.h"

/* Of the first GPU: degrees Celsius, and 1 while the GPU or its driver slows it down for heat, else 0.
 * GDN_NOT_FOUND: NVML is not installed, or finds no GPU; GDN_SYSTEM_FAILURE: the driver gives no answer. */
GDN_API int32_t gdn_graphics_processor_read(int32_t* temperature_c, int32_t* throttled, gdn_error* error);

#endif
