// One guard around every export: exceptions become a status and a message.
#pragma once
#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include "abi.h"

namespace gdn {

/// Wrong arguments of a caller.
struct InvalidArgument : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};
/// Bytes that are not what they claim to be.
struct BadData : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A failure with a status of its own.
struct Failure : std::runtime_error {
  int32_t code;
  Failure(int32_t status, const std::string& message) : std::runtime_error(message), code(status) {}
};

inline void require(bool condition, const char* message) {
  if (!condition) throw InvalidArgument(message);
}

inline int32_t fail(gdn_error* error, int32_t code, const char* message) noexcept {
  if (error != nullptr) {
    error->code = code;
    std::snprintf(error->message, sizeof error->message, "%s", message);
  }
  return code;
}

template <typename Body>
int32_t guard(gdn_error* error, Body&& body) noexcept {
  try {
    body();
    return GDN_OK;
  } catch (const InvalidArgument& e) {
    return fail(error, GDN_INVALID_ARGUMENT, e.what());
  } catch (const BadData& e) {
    return fail(error, GDN_BAD_DATA, e.what());
  } catch (const Failure& e) {
    return fail(error, e.code, e.what());
  } catch (const std::bad_alloc&) {
    return fail(error, GDN_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& e) {
    return fail(error, GDN_LIBRARY_FAILURE, e.what());
  } catch (...) {
    return fail(error, GDN_UNKNOWN, "an exception of unknown type");
  }
}

}  // namespace gdn
