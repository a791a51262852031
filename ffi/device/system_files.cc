#include "system_files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "file_descriptor.hpp"
#include "guard.hpp"

namespace {

// In a pattern `#` stands for one to four digits and `*` for one or more characters of a device's name,
// neither of them for a slash. Every other character stands for itself, so no path of this list can
// hold "..".
constexpr std::string_view kReadable[] = {
    // This process: its memory and its threads.
    "/proc/self/status",
    "/proc/self/stat",
    // Temperatures and cooling.
    "/sys/class/thermal/thermal_zone#/type",
    "/sys/class/thermal/thermal_zone#/temp",
    "/sys/class/thermal/thermal_zone#/mode",
    "/sys/class/thermal/thermal_zone#/trip_point_#_type",
    "/sys/class/thermal/thermal_zone#/trip_point_#_temp",
    "/sys/class/thermal/cooling_device#/type",
    "/sys/class/thermal/cooling_device#/cur_state",
    "/sys/class/thermal/cooling_device#/max_state",
    "/sys/devices/virtual/thermal/thermal_zone#/type",
    "/sys/devices/virtual/thermal/thermal_zone#/temp",
    "/sys/devices/virtual/thermal/cooling_device#/type",
    "/sys/devices/virtual/thermal/cooling_device#/cur_state",
    "/sys/devices/virtual/thermal/cooling_device#/max_state",
    // Sensors: temperatures, voltages, currents, power; over-current events of a Jetson.
    "/sys/class/hwmon/hwmon#/name",
    "/sys/class/hwmon/hwmon#/temp#_input",
    "/sys/class/hwmon/hwmon#/temp#_label",
    "/sys/class/hwmon/hwmon#/temp#_max",
    "/sys/class/hwmon/hwmon#/temp#_crit",
    "/sys/class/hwmon/hwmon#/in#_input",
    "/sys/class/hwmon/hwmon#/in#_label",
    "/sys/class/hwmon/hwmon#/curr#_input",
    "/sys/class/hwmon/hwmon#/curr#_label",
    "/sys/class/hwmon/hwmon#/power#_input",
    "/sys/class/hwmon/hwmon#/power#_label",
    "/sys/class/hwmon/hwmon#/oc#_event_cnt",
    // Clocks of the processors, and how often they were throttled.
    "/sys/devices/system/cpu/cpu#/cpufreq/scaling_cur_freq",
    "/sys/devices/system/cpu/cpu#/cpufreq/scaling_max_freq",
    "/sys/devices/system/cpu/cpu#/cpufreq/cpuinfo_max_freq",
    "/sys/devices/system/cpu/cpu#/thermal_throttle/core_throttle_count",
    "/sys/devices/system/cpu/cpu#/thermal_throttle/package_throttle_count",
    // The GPU of a Jetson: gpu.0, 17000000.ga10b, 17000000.gpu and the like, by release of its system.
    "/sys/devices/gpu.#/load",
    "/sys/devices/*.ga10b/load",
    "/sys/devices/*.gv11b/load",
    "/sys/devices/*.gp10b/load",
    "/sys/devices/platform/gpu.#/load",
    "/sys/devices/platform/*.gpu/load",
    "/sys/devices/platform/*.ga10b/load",
    "/sys/devices/platform/bus@#/*.gpu/load",
    "/sys/class/devfreq/*.gpu/cur_freq",
    "/sys/class/devfreq/*.gpu/max_freq",
    "/sys/class/devfreq/*.ga10b/cur_freq",
    "/sys/class/devfreq/*.ga10b/max_freq",
    "/sys/class/devfreq/*.gv11b/cur_freq",
    "/sys/class/devfreq/*.gv11b/max_freq",
    // Which computer this is.
    "/sys/firmware/devicetree/base/model",
};

constexpr size_t kDigitsMax = 4;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

bool matches(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return path.empty();
  const bool number = pattern[0] == '#';
  if (!number && pattern[0] != '*') {
    return !path.empty() && path[0] == pattern[0] && matches(pattern.substr(1), path.substr(1));
  }
  for (size_t taken = 1; taken <= path.size(); ++taken) {
    const char last = path[taken - 1];
    if (number ? !is_digit(last) || taken > kDigitsMax : !is_name(last)) return false;
    if (matches(pattern.substr(1), path.substr(taken))) return true;
  }
  return false;
}

bool readable(std::string_view path) {
  for (const auto pattern : kReadable) {
    if (matches(pattern, path)) return true;
  }
  return false;
}

[[noreturn]] void fail_by_errno(const std::string& path, int number) {
  const bool absent = number == ENOENT || number == ENOTDIR || number == ENODEV || number == ENXIO;
  throw gdn::Failure(absent ? GDN_NOT_FOUND : GDN_SYSTEM_FAILURE, path + ": " + std::strerror(number));
}

// Class folders hold links to devices, so links above the last name are followed; all of them are
// made by the kernel. Where something else was mounted or linked there, the file system tells.
void require_kernel_file(const std::string& path, int descriptor) {
  struct stat state {};
  struct statfs system {};
  if (fstat(descriptor, &state) != 0 || fstatfs(descriptor, &system) != 0) fail_by_errno(path, errno);
  const auto expected = path.rfind("/proc/", 0) == 0 ? PROC_SUPER_MAGIC : SYSFS_MAGIC;
  if (S_ISREG(state.st_mode) && static_cast<uint32_t>(system.f_type) == static_cast<uint32_t>(expected))
    return;
  throw gdn::Failure(GDN_NOT_PERMITTED, path + " is no plain file of the kernel");
}

int64_t read_whole(const std::string& path, uint8_t* out, int64_t capacity) {
  const gdn::FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) {
    if (errno == ELOOP) throw gdn::Failure(GDN_NOT_PERMITTED, path + " is a link");
    fail_by_errno(path, errno);
  }
  require_kernel_file(path, file.get());
  int64_t length = 0;
  for (;;) {
    // Where the buffer is full one byte more shows whether that was all.
    uint8_t beyond = 0;
    const bool full = length == capacity;
    const ssize_t got = read(file.get(), full ? &beyond : out + length,
                             full ? 1 : static_cast<size_t>(capacity - length));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_by_errno(path, errno);
    if (got == 0) return length;
    if (full) throw gdn::BadData(path + " is longer than " + std::to_string(capacity) + " bytes");
    length += got;
  }
}

}  // namespace

int32_t gdn_system_file_read(const char* path, int64_t path_bytes, uint8_t* out, int64_t capacity,
                             int64_t* length, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(path != nullptr && path_bytes > 0 && path_bytes < 256, "the path is empty or too long");
    gdn::require(out != nullptr && capacity > 0 && length != nullptr, "out and length must be given");
    const std::string name(path, static_cast<size_t>(path_bytes));
    if (!readable(name)) throw gdn::Failure(GDN_NOT_PERMITTED, "this file is not one that may be read");
    *length = read_whole(name, out, capacity);
  });
}
