#include "secret_input.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "guard.hpp"

namespace {

[[noreturn]] void fail_with(const char* action, int number) {
  throw gdn::Failure(GDN_LIBRARY_FAILURE, std::string(action) + ": " + std::strerror(number));
}

}  // namespace

int32_t gdn_descriptor_read(int32_t descriptor, uint8_t* out, int64_t capacity, int64_t* length, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(out != nullptr && capacity > 0 && length != nullptr, "out and length must be given");
    struct stat info {};
    if (fstat(descriptor, &info) != 0) fail_with("the descriptor is not open", errno);
    const bool terminal = S_ISCHR(info.st_mode) && isatty(descriptor) == 1;
    if (!S_ISFIFO(info.st_mode) && !S_ISREG(info.st_mode) && !terminal) {
      throw gdn::BadData("the descriptor is no pipe, plain file or terminal");
    }
    int64_t used = 0;
    for (;;) {
      if (used == capacity) throw gdn::BadData("the descriptor holds more than a secret may have");
      const ssize_t count = read(descriptor, out + used, static_cast<size_t>(capacity - used));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail_with("the descriptor cannot be read", errno);
      if (count == 0) break;
      used += count;
    }
    *length = used;
  });
}

int32_t gdn_core_dumps_forbid(gdn_error* error) {
  return gdn::guard(error, [&] {
    const struct rlimit none {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) fail_with("setrlimit(RLIMIT_CORE)", errno);
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail_with("prctl(PR_SET_DUMPABLE)", errno);
  });
}
