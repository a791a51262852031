#include "graphics_processor.h"

#include <dlfcn.h>

#include <mutex>
#include <string>

#include "guard.hpp"

namespace {

// What is needed of nvml.h, which is not installed with the driver (NVML API reference, r550).
using Device = void*;
constexpr int kSuccess = 0;
constexpr int kTemperatureGpu = 0;
// nvmlClocksThrottleReason…: HwSlowdown (heat or power brake), SwThermalSlowdown, HwThermalSlowdown.
constexpr unsigned long long kThermalReasons = 0x08 | 0x20 | 0x40;

struct Nvml {
  int (*init)();
  int (*device)(unsigned index, Device*);
  int (*temperature)(Device, int sensor, unsigned* celsius);
  int (*reasons)(Device, unsigned long long*);
};

template <typename Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) throw gdn::Failure(GDN_NOT_FOUND, std::string("NVML has no ") + name);
}

Nvml open_nvml() {
  void* library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw gdn::Failure(GDN_NOT_FOUND, "NVML (libnvidia-ml.so.1) is not installed");
  Nvml nvml{};
  find(library, "nvmlInit_v2", nvml.init);
  find(library, "nvmlDeviceGetHandleByIndex_v2", nvml.device);
  find(library, "nvmlDeviceGetTemperature", nvml.temperature);
  find(library, "nvmlDeviceGetCurrentClocksThrottleReasons", nvml.reasons);
  if (nvml.init() != kSuccess) throw gdn::Failure(GDN_NOT_FOUND, "NVML finds no driver");
  return nvml;
}

void check(int result, const char* call) {
  if (result != kSuccess) {
    throw gdn::Failure(GDN_SYSTEM_FAILURE, std::string(call) + " gave " + std::to_string(result));
  }
}

std::mutex mutex;

}  // namespace

int32_t gdn_graphics_processor_read(int32_t* temperature_c, int32_t* throttled, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(temperature_c != nullptr && throttled != nullptr, "both results must be given");
    const std::lock_guard<std::mutex> lock(mutex);
    // Opened once for the whole process; one that is absent is sought again.
    static const Nvml nvml = open_nvml();
    Device device = nullptr;
    if (nvml.device(0, &device) != kSuccess) throw gdn::Failure(GDN_NOT_FOUND, "NVML finds no GPU");
    unsigned celsius = 0;
    unsigned long long reasons = 0;
    check(nvml.temperature(device, kTemperatureGpu, &celsius), "nvmlDeviceGetTemperature");
    check(nvml.reasons(device, &reasons), "nvmlDeviceGetCurrentClocksThrottleReasons");
    *temperature_c = static_cast<int32_t>(celsius);
    *throttled = (reasons & kThermalReasons) != 0 ? 1 : 0;
  });
}
