#include "disk.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

#include "guard.hpp"

namespace {

std::mutex mutex;
std::map<int64_t, int> descriptors;
int64_t next_handle = 1;

/// Since 5.8 syncfs() reports bytes that could not be written; before that it says nothing.
bool tells_of_lost_bytes() {
  utsname names{};
  int major = 0, minor = 0;
  if (uname(&names) != 0 || std::sscanf(names.release, "%d.%d", &major, &minor) != 2) return false;
  return major > 5 || (major == 5 && minor >= 8);
}

int descriptor_of(int64_t handle) {
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = descriptors.find(handle);
  gdn::require(found != descriptors.end(), "no such file system is open");
  return found->second;
}

}  // namespace

uint32_t gdn_disk_abi_version(void) { return 1; }

int64_t gdn_disk_live_handles(void) {
  const std::lock_guard<std::mutex> lock(mutex);
  return static_cast<int64_t>(descriptors.size());
}

int32_t gdn_disk_open(const char* folder, int64_t path_bytes, int64_t* handle, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(folder != nullptr && path_bytes > 1 && folder[path_bytes - 1] == '\0' &&
                     std::strlen(folder) == static_cast<size_t>(path_bytes - 1),
                 "the path must end with its only zero byte");
    gdn::require(folder[0] == '/', "the path must be absolute");
    gdn::require(tells_of_lost_bytes(), "this kernel is older than 5.8");
    const int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
      throw std::runtime_error(std::string("cannot open ") + folder + ": " + std::strerror(errno));
    }
    const std::lock_guard<std::mutex> lock(mutex);
    *handle = next_handle++;
    descriptors[*handle] = descriptor;
  });
}

int32_t gdn_disk_sync(int64_t handle, gdn_error* error) {
  return gdn::guard(error, [&] {
    if (syncfs(descriptor_of(handle)) != 0) {
      throw std::runtime_error(std::string("cannot sync the file system: ") + std::strerror(errno));
    }
  });
}

int32_t gdn_disk_close(int64_t handle, gdn_error* error) {
  return gdn::guard(error, [&] {
    const int descriptor = descriptor_of(handle);
    const std::lock_guard<std::mutex> lock(mutex);
    descriptors.erase(handle);
    close(descriptor);
  });
}
