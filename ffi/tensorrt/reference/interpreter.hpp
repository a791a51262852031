// Runs a graph node by node in float32, with the values rounded as the precision says.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "onnx_model.hpp"

namespace gdn::trt {

struct Value {
  Shape shape;
  std::vector<float> values;
};
using Values = std::map<std::string, Value>;

/// Largest size of each tensor that calibration saw, by name.
using Ranges = std::map<std::string, float>;

struct Rounding {
  int32_t precision = GDN_TRT_FP32;
  /// int8: values of these tensors become whole multiples of range / 127.
  const Ranges* ranges = nullptr;
  /// Filled with the range of every tensor, while calibrating.
  Ranges* observed = nullptr;
};

/// All tensors of the graph, by name, given the inputs. With `shapes_only` no values are computed.
Values run_graph(const OnnxGraph& graph, Values inputs, const Rounding& rounding, bool shapes_only);

}  // namespace gdn::trt
