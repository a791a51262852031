// The bytes of a plan of the reference backend: "GDNREF1\n", FNV-1a of all that follows (8 bytes,
// little-endian), then precision, profiles, ranges of int8 and the ONNX model.
#pragma once
#include "interpreter.hpp"

namespace gdn::trt {

struct ReferencePlan {
  int32_t precision = GDN_TRT_FP32;
  std::vector<Profile> profiles;
  Ranges ranges;
  Bytes onnx;
};

Bytes write_plan(const ReferencePlan& plan);
/// Throws BadData when the bytes are not exactly what write_plan() makes.
ReferencePlan read_plan(Span bytes);

/// The calibration cache: ranges by tensor.
Bytes write_ranges(const Ranges& ranges);
Ranges read_ranges(Span bytes);

}  // namespace gdn::trt
