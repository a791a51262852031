#include "onnx_model.hpp"

#include <cmath>
#include <cstring>
#include <utility>

#include "protobuf.hpp"

namespace gdn::trt {

namespace {

// Field numbers of onnx.proto.
enum : uint64_t {
  kModelGraph = 7,
  kGraphNode = 1,
  kGraphInitializer = 5,
  kGraphInput = 11,
  kGraphOutput = 12,
  kNodeInput = 1,
  kNodeOutput = 2,
  kNodeType = 4,
  kNodeAttribute = 5,
  kAttributeName = 1,
  kAttributeInteger = 3,
  kAttributeIntegers = 8,
  kTensorDims = 1,
  kTensorType = 2,
  kTensorName = 8,
  kTensorRaw = 9,
  kValueName = 1,
  kValueType = 2,
  kTypeTensor = 1,
  kTensorTypeElement = 1,
  kTensorTypeShape = 2,
  kShapeDim = 1,
  kDimValue = 1,
};

int32_t element_type_of(int64_t onnx) {
  switch (onnx) {
    case 1: return GDN_TRT_FLOAT32;
    case 10: return GDN_TRT_FLOAT16;
    default: throw BadData("an element type that the reference backend does not know");
  }
}

OnnxNode read_node(Span bytes) {
  OnnxNode node;
  for (ProtobufReader reader(bytes); reader.next();) {
    if (reader.field() == kNodeInput) node.inputs.push_back(reader.text());
    if (reader.field() == kNodeOutput) node.outputs.push_back(reader.text());
    if (reader.field() == kNodeType) node.type = reader.text();
    if (reader.field() != kNodeAttribute) continue;
    std::string name;
    std::vector<int64_t> integers;
    for (ProtobufReader attribute(reader.content()); attribute.next();) {
      if (attribute.field() == kAttributeName) name = attribute.text();
      if (attribute.field() == kAttributeInteger || attribute.field() == kAttributeIntegers) {
        attribute.append_integers(integers);
      }
    }
    node.integers[name] = integers;
  }
  return node;
}

std::pair<std::string, OnnxConstant> read_constant(Span bytes) {
  std::string name;
  OnnxConstant constant;
  Span raw;
  for (ProtobufReader reader(bytes); reader.next();) {
    if (reader.field() == kTensorDims) reader.append_integers(constant.shape);
    if (reader.field() == kTensorType) constant.element_type = element_type_of(reader.integer());
    if (reader.field() == kTensorName) name = reader.text();
    if (reader.field() == kTensorRaw) raw = reader.content();
  }
  const auto one = static_cast<size_t>(element_bytes(constant.element_type));
  if (constant.shape.size() > GDN_TRT_RANK_MAX ||
      tensor_bytes(constant.shape, constant.element_type) != static_cast<int64_t>(raw.bytes)) {
    throw BadData("a constant of the model does not have the bytes of its shape");
  }
  constant.values.resize(raw.bytes / one);
  for (size_t i = 0; i < constant.values.size(); ++i) {
    uint16_t half = 0;
    if (one == 4) {
      std::memcpy(&constant.values[i], raw.data + 4 * i, 4);
    } else {
      std::memcpy(&half, raw.data + 2 * i, 2);
      constant.values[i] = float_of_half(half);
    }
  }
  return {name, constant};
}

Shape read_shape(Span bytes) {
  Shape shape;
  for (ProtobufReader reader(bytes); reader.next();) {
    if (reader.field() != kShapeDim) continue;
    int64_t axis = -1;
    for (ProtobufReader dim(reader.content()); dim.next();) {
      if (dim.field() == kDimValue) axis = dim.integer();
    }
    if (axis < -1 || axis == 0 || axis > (1 << 24)) throw BadData("an axis of the model is not sensible");
    shape.push_back(axis);
  }
  if (shape.size() > GDN_TRT_RANK_MAX) throw BadData("a tensor of the model has more than 8 axes");
  return shape;
}

TensorInfo read_value(Span bytes, bool is_output) {
  TensorInfo info;
  info.is_output = is_output;
  for (ProtobufReader reader(bytes); reader.next();) {
    if (reader.field() == kValueName) info.name = reader.text();
    if (reader.field() != kValueType) continue;
    for (ProtobufReader type(reader.content()); type.next();) {
      if (type.field() != kTypeTensor) throw BadData("an input or output of the model is no tensor");
      for (ProtobufReader tensor(type.content()); tensor.next();) {
        if (tensor.field() == kTensorTypeElement) info.element_type = element_type_of(tensor.integer());
        if (tensor.field() == kTensorTypeShape) info.shape = read_shape(tensor.content());
      }
    }
  }
  if (info.name.empty() || info.name.size() > 255) throw BadData("an input or output has no usable name");
  info.min = info.max = info.shape;
  return info;
}

void read_graph(Span bytes, OnnxGraph& graph) {
  for (ProtobufReader reader(bytes); reader.next();) {
    switch (reader.field()) {
      case kGraphNode: graph.nodes.push_back(read_node(reader.content())); break;
      case kGraphInitializer: graph.constants.insert(read_constant(reader.content())); break;
      case kGraphInput: graph.inputs.push_back(read_value(reader.content(), false)); break;
      case kGraphOutput: graph.outputs.push_back(read_value(reader.content(), true)); break;
      default: break;
    }
  }
}

}  // namespace

OnnxGraph read_onnx(Span bytes) {
  OnnxGraph graph;
  try {
    for (ProtobufReader reader(bytes); reader.next();) {
      if (reader.field() == kModelGraph) read_graph(reader.content(), graph);
    }
  } catch (const InvalidArgument& e) {
    throw BadData(e.what());  // sizes that come from the bytes are not the caller's
  }
  if (graph.nodes.empty() || graph.outputs.empty()) {
    throw BadData("the bytes hold no model with nodes and outputs");
  }
  if (graph.nodes.size() > 1000 || graph.inputs.size() + graph.outputs.size() > 64) {
    throw BadData("the model is larger than the reference backend takes");
  }
  return graph;
}

float float_of_half(uint16_t half) {
  const int exponent = half >> 10 & 31;
  const int fraction = half & 1023;
  float value = 0;
  if (exponent == 31) {
    value = fraction == 0 ? HUGE_VALF : NAN;
  } else if (exponent == 0) {
    value = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    value = std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  }
  return (half & 0x8000) != 0 ? -value : value;
}

uint16_t half_of_float(float value) {
  const int sign = std::signbit(value) ? 0x8000 : 0;
  const float size = std::fabs(value);
  if (std::isnan(value)) return static_cast<uint16_t>(sign | 0x7e00);
  if (size >= 65520.0F) return static_cast<uint16_t>(sign | 0x7c00);
  if (size < 6.103515625e-5F) {  // subnormal: whole multiples of 2^-24
    return static_cast<uint16_t>(sign | static_cast<int>(std::nearbyint(std::ldexp(size, 24))));
  }
  int exponent = 0;
  const float fraction = std::frexp(size, &exponent);                              // in [0.5, 1)
  const auto steps = static_cast<int>(std::nearbyint(std::ldexp(fraction, 11)));  // in [1024, 2048]
  return static_cast<uint16_t>(sign | (((exponent + 14) << 10) + (steps - 1024)));
}

}  // namespace gdn::trt
