// What a library is built from, as one JSON text inside its file. A program asks the library that it opened
// (gdn_NAME_build_info); a build reads it from the file, of another processor's library too: the text
// begins behind GDN_BUILD_INFO_MARK and ends with a zero byte.
#pragma once
#include <cstring>
#include <string_view>

#include "guard.hpp"

#define GDN_TEXT_OF(value) #value
/// The value of a macro as a string literal.
#define GDN_TEXT(value) GDN_TEXT_OF(value)

#define GDN_BUILD_INFO_MARK "gdn-build-info:"

/// A member of `builtFrom`: GDN_BUILT_FROM("OpenCV", CV_VERSION); several are joined by ",".
#define GDN_BUILT_FROM(name, version) "\"" name "\":\"" version "\""

/// For an array that is [[gnu::used]]: else the compiler copies parts of it, and the file holds no text.
/// GDN_BUILD_FLAGS comes from CMake.
#define GDN_BUILD_INFO(name, abi, built_from)                                                   \
  GDN_BUILD_INFO_MARK "{\"name\":\"" name "\",\"abiVersion\":" GDN_TEXT(abi)                    \
      ",\"compiler\":\"GCC " __VERSION__ "\",\"flags\":\"" GDN_BUILD_FLAGS "\",\"builtFrom\":{" \
      built_from "}}"

namespace gdn {

/// Copies the text behind the mark into the caller's buffer.
inline int32_t copy_build_info(std::string_view info, char* out, int64_t capacity, int64_t* length,
                               gdn_error* error) noexcept {
  return guard(error, [&] {
    const auto json = info.substr(sizeof GDN_BUILD_INFO_MARK - 1);
    require(out != nullptr && length != nullptr && capacity >= static_cast<int64_t>(json.size()),
            "the buffer is too small");
    std::memcpy(out, json.data(), json.size());
    *length = static_cast<int64_t>(json.size());
  });
}

}  // namespace gdn
