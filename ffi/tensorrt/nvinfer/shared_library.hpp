// A library that the user installed, opened at run time. Knows nothing of NVIDIA's headers, so that it
// is tested everywhere.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace gdn::trt {

struct LibraryWish {
  std::vector<std::string> names;    // tried in this order, in the places that the system's loader searches
  std::vector<std::string> symbols;  // what it must have
  std::string version_symbol;        // an int32_t(void); empty: no version is asked for
  int32_t version = 0;               // what it must answer, exactly
};

struct SharedLibrary {
  int32_t state = 0;  // GDN_TRT_AVAILABLE, GDN_TRT_ABSENT or GDN_TRT_WRONG_VERSION
  std::string reason;
  void* handle = nullptr;  // null unless it is available
  int32_t version = 0;     // what it answered; 0 when it was not asked

  void* symbol(const std::string& name) const;
};

/// Opens the first library of these names and checks it. One that fails a check is closed again.
SharedLibrary open_shared_library(const LibraryWish& wish);

/// Major, minor, patch of TensorRT's number: 8601 is 8.6.1, 100300 is 10.3.0 (10 and later have two
/// digits more).
std::vector<int32_t> version_parts(int32_t version);
std::string version_text(int32_t version);

}  // namespace gdn::trt
