#include "environment.h"

#include <unistd.h>

#include <cstring>

#include "guard.hpp"

namespace {

constexpr char kPrefix[] = "GDN_";

}  // namespace

int32_t gdn_environment_names(uint8_t* out, int64_t capacity, int64_t* length, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(out != nullptr && capacity > 0 && length != nullptr, "out and length must be given");
    int64_t used = 0;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
      const char* end = std::strchr(*entry, '=');
      if (end == nullptr || std::strncmp(*entry, kPrefix, sizeof kPrefix - 1) != 0) continue;
      const int64_t bytes = end - *entry;
      if (bytes >= capacity - used) continue;
      std::memcpy(out + used, *entry, static_cast<size_t>(bytes));
      out[used + bytes] = 0;
      used += bytes + 1;
    }
    *length = used;
  });
}
