// The part of an ONNX model that the reference backend runs: Identity, Add, Mul, Relu, MatMul and Conv on
// float32 and float16.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "backend.hpp"

namespace gdn::trt {

struct OnnxConstant {
  int32_t element_type = GDN_TRT_FLOAT32;
  Shape shape;
  std::vector<float> values;
};

struct OnnxNode {
  std::string type;
  std::vector<std::string> inputs, outputs;
  std::map<std::string, std::vector<int64_t>> integers;
};

struct OnnxGraph {
  std::vector<OnnxNode> nodes;
  std::vector<TensorInfo> inputs, outputs;
  std::map<std::string, OnnxConstant> constants;
};

/// Throws BadData when the bytes are not a model of this kind, whatever they are.
OnnxGraph read_onnx(Span bytes);

float float_of_half(uint16_t half);
/// Rounds to nearest, ties to even.
uint16_t half_of_float(float value);

}  // namespace gdn::trt
