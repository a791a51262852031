// What stands behind the C ABI: exports.cc checks what comes in and calls these; nvinfer/ and
// reference/ implement them, one in each library.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "guard.hpp"
#include "tensorrt.h"

#define GDN_TENSORRT_ABI 1

namespace gdn::trt {

using Bytes = std::vector<uint8_t>;

struct Span {
  const uint8_t* data = nullptr;
  size_t bytes = 0;
};

using Shape = std::vector<int64_t>;

struct Profile {
  std::string input;
  Shape min, optimal, max;
};

struct TensorInfo {
  std::string name;
  bool is_output = false;
  int32_t element_type = GDN_TRT_FLOAT32;
  Shape shape, min, max;
};

struct BuildRequest {
  Span onnx;
  int32_t precision = GDN_TRT_FP32;
  int32_t device = 0;
  int64_t workspace_bytes = 0;
  std::vector<Profile> profiles;
  Span calibration_cache, samples, timing_cache;
};

/// A serialised engine and what else its build made, in host memory.
struct PlanParts {
  Bytes engine, timing_cache, calibration_cache;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual const std::vector<TensorInfo>& tensors() const = 0;
  virtual Bytes serialise() = 0;
  /// Shapes of all tensors, given those of the inputs (those of the outputs are overwritten).
  virtual void infer_shapes(std::vector<Shape>& shapes) = 0;
  /// `data[i]` is the memory of tensor i, as large as its shape and type say.
  virtual void infer(const std::vector<Shape>& shapes, const std::vector<uint8_t*>& data) = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual gdn_trt_status status() = 0;
  virtual gdn_trt_device device(int32_t index) = 0;
  virtual PlanParts build(const BuildRequest& request) = 0;
  virtual std::unique_ptr<Engine> load(Span bytes, int32_t device) = 0;
};

/// The one of this library.
Backend& backend();

inline int64_t element_bytes(int32_t type) {
  switch (type) {
    case GDN_TRT_FLOAT32:
    case GDN_TRT_INT32: return 4;
    case GDN_TRT_FLOAT16: return 2;
    case GDN_TRT_TYPE_INT8:
    case GDN_TRT_UINT8: return 1;
    case GDN_TRT_INT64: return 8;
    default: throw InvalidArgument("an element type that does not exist");
  }
}

/// Bytes of a tensor whose axes are all known. Refuses what no memory could hold.
inline int64_t tensor_bytes(const Shape& shape, int32_t type) {
  constexpr int64_t kMost = int64_t{1} << 40;
  int64_t bytes = element_bytes(type);
  for (const int64_t axis : shape) {
    require(axis >= 0 && axis <= kMost, "an axis is negative or too large");
    require(axis == 0 || bytes <= kMost / axis, "a tensor is too large");
    bytes *= axis;
  }
  return bytes;
}

inline bool is_open(const Shape& shape) {
  for (const int64_t axis : shape) {
    if (axis < 0) return true;
  }
  return false;
}

template <size_t Length>
void copy_text(char (&to)[Length], const std::string& from) {
  std::snprintf(to, Length, "%s", from.c_str());
}

}  // namespace gdn::trt
