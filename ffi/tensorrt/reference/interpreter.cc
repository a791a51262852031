#include "interpreter.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gdn::trt {

namespace {

constexpr int64_t kElementsMost = int64_t{1} << 26;

struct Run {
  const Rounding& rounding;
  bool shapes_only;
  Values values;
};

[[noreturn]] void refuse(const OnnxNode& node, const std::string& what) {
  throw Failure(GDN_TRT_INFERENCE_FAILED, "node " + node.type + ": " + what);
}

Value room(const Run& run, const OnnxNode& node, Shape shape) {
  for (const int64_t axis : shape) {
    if (axis < 0) refuse(node, "the shapes do not fit");
  }
  const int64_t count = tensor_bytes(shape, GDN_TRT_UINT8);
  if (count > kElementsMost) refuse(node, "its output is too large");
  Value value{std::move(shape), {}};
  if (!run.shapes_only) value.values.resize(static_cast<size_t>(count));
  return value;
}

const Value& input_of(const Run& run, const OnnxNode& node, size_t index) {
  if (index >= node.inputs.size()) refuse(node, "an input is missing");
  const auto found = run.values.find(node.inputs[index]);
  if (found == run.values.end()) refuse(node, "nothing computes its input \"" + node.inputs[index] + "\"");
  return found->second;
}

std::vector<int64_t> integers_of(const OnnxNode& node, const char* name, std::vector<int64_t> otherwise) {
  const auto found = node.integers.find(name);
  return found == node.integers.end() || found->second.empty() ? std::move(otherwise) : found->second;
}

// Axis `axis` counted from the innermost; 1 where there is none.
int64_t axis_from_end(const Shape& shape, size_t axis) {
  return axis < shape.size() ? shape[shape.size() - 1 - axis] : 1;
}

// Where the element `at` of the broadcast shape lies in a tensor.
size_t broadcast(size_t at, const Shape& whole, const Shape& own) {
  size_t place = 0, stride = 1;
  for (size_t i = 0; i < whole.size(); ++i) {
    const auto size = static_cast<size_t>(axis_from_end(whole, i));
    const auto size_own = static_cast<size_t>(axis_from_end(own, i));
    place += (size_own == 1 ? 0 : at % size) * stride;
    stride *= size_own;
    at /= size;
  }
  return place;
}

Value elementwise(const Run& run, const OnnxNode& node, float (*combine)(float, float)) {
  const Value &a = input_of(run, node, 0), &b = input_of(run, node, 1);
  Shape shape(std::max(a.shape.size(), b.shape.size()));
  for (size_t i = 0; i < shape.size(); ++i) {
    const int64_t from_a = axis_from_end(a.shape, i), from_b = axis_from_end(b.shape, i);
    if (from_a != from_b && from_a != 1 && from_b != 1) refuse(node, "the shapes do not fit");
    shape[shape.size() - 1 - i] = from_a == 1 ? from_b : from_a;
  }
  Value out = room(run, node, shape);
  for (size_t at = 0; at < out.values.size(); ++at) {
    out.values[at] = combine(a.values[broadcast(at, shape, a.shape)], b.values[broadcast(at, shape, b.shape)]);
  }
  return out;
}

Value matrix_product(const Run& run, const OnnxNode& node) {
  const Value &a = input_of(run, node, 0), &b = input_of(run, node, 1);
  if (a.shape.size() != 2 || b.shape.size() != 2 || a.shape[1] != b.shape[0]) {
    refuse(node, "it takes two matrices that fit");
  }
  const auto inner = static_cast<size_t>(a.shape[1]), columns = static_cast<size_t>(b.shape[1]);
  Value out = room(run, node, {a.shape[0], b.shape[1]});
  for (size_t at = 0; at < out.values.size(); ++at) {
    const size_t row = at / columns, column = at % columns;
    float sum = 0;
    for (size_t i = 0; i < inner; ++i) sum += a.values[row * inner + i] * b.values[i * columns + column];
    out.values[at] = sum;
  }
  return out;
}

struct Convolution {
  std::vector<int64_t> pads, strides;

  explicit Convolution(const OnnxNode& node)
      : pads(integers_of(node, "pads", {0, 0, 0, 0})), strides(integers_of(node, "strides", {1, 1})) {
    if (pads.size() != 4 || strides.size() != 2 || integers_of(node, "group", {1})[0] != 1 ||
        node.inputs.size() != 2 || node.integers.count("dilations") > 0) {
      refuse(node, "only pictures, one group, no bias and no dilation");
    }
    for (const int64_t pad : pads) {
      if (pad < 0 || pad > 64) refuse(node, "its pads are not sensible");
    }
    for (const int64_t step : strides) {
      if (step < 1 || step > 64) refuse(node, "its strides are not sensible");
    }
  }

  /// Size of the output along rows (0) or columns (1); -1 where the filter is larger than the picture.
  int64_t size(size_t axis, int64_t picture, int64_t filter) const {
    const int64_t room = picture + pads[axis] + pads[axis + 2] - filter;
    return room < 0 ? -1 : room / strides[axis] + 1;
  }
};

// One output value: the filter's sum over the picture from (row, column), outside of it zeros.
float filtered(const Value& x, const Value& w, int64_t picture, int64_t filter, int64_t row, int64_t column) {
  const int64_t channels = x.shape[1], rows = x.shape[2], columns = x.shape[3];
  const int64_t high = w.shape[2], wide = w.shape[3];
  float sum = 0;
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t i = std::max<int64_t>(0, -row); i < std::min(high, rows - row); ++i) {
      const int64_t from = ((picture * channels + c) * rows + row + i) * columns + column;
      const int64_t weight = ((filter * channels + c) * high + i) * wide;
      for (int64_t j = std::max<int64_t>(0, -column); j < std::min(wide, columns - column); ++j) {
        sum += x.values[static_cast<size_t>(from + j)] * w.values[static_cast<size_t>(weight + j)];
      }
    }
  }
  return sum;
}

Value convolution(const Run& run, const OnnxNode& node) {
  const Convolution how(node);
  const Value &x = input_of(run, node, 0), &w = input_of(run, node, 1);
  if (x.shape.size() != 4 || w.shape.size() != 4 || x.shape[1] != w.shape[1]) {
    refuse(node, "the shapes do not fit");
  }
  const int64_t rows = how.size(0, x.shape[2], w.shape[2]), columns = how.size(1, x.shape[3], w.shape[3]);
  const int64_t filters = w.shape[0];
  Value out = room(run, node, {x.shape[0], filters, rows, columns});
  for (size_t at = 0; at < out.values.size(); ++at) {
    auto rest = static_cast<int64_t>(at);
    const int64_t column = rest % columns * how.strides[1] - how.pads[1];
    rest /= columns;
    const int64_t row = rest % rows * how.strides[0] - how.pads[0];
    rest /= rows;
    out.values[at] = filtered(x, w, rest / filters, rest % filters, row, column);
  }
  return out;
}

Value evaluate(const Run& run, const OnnxNode& node) {
  if (node.type == "Identity") return input_of(run, node, 0);
  if (node.type == "Add") return elementwise(run, node, [](float a, float b) { return a + b; });
  if (node.type == "Mul") return elementwise(run, node, [](float a, float b) { return a * b; });
  if (node.type == "MatMul") return matrix_product(run, node);
  if (node.type == "Conv") return convolution(run, node);
  if (node.type != "Relu") refuse(node, "the reference backend does not know it");
  Value value = input_of(run, node, 0);
  for (float& each : value.values) each = std::max(each, 0.0F);
  return value;
}

void round_values(const Rounding& rounding, const std::string& name, std::vector<float>& values) {
  if (rounding.observed != nullptr) {
    float& range = (*rounding.observed)[name];
    for (const float value : values) range = std::max(range, std::fabs(value));
  }
  if (rounding.precision == GDN_TRT_FP16) {
    for (float& value : values) value = float_of_half(half_of_float(value));
  }
  if (rounding.precision != GDN_TRT_INT8 || rounding.ranges == nullptr) return;
  const auto found = rounding.ranges->find(name);
  if (found == rounding.ranges->end() || !(found->second > 0)) return;
  const float step = found->second / 127;
  for (float& value : values) value = std::clamp(std::nearbyint(value / step), -127.0F, 127.0F) * step;
}

}  // namespace

Values run_graph(const OnnxGraph& graph, Values inputs, const Rounding& rounding, bool shapes_only) {
  Run run{rounding, shapes_only, std::move(inputs)};
  for (const auto& [name, constant] : graph.constants) {
    run.values[name] = {constant.shape, shapes_only ? std::vector<float>{} : constant.values};
  }
  for (auto& [name, value] : run.values) round_values(rounding, name, value.values);
  for (const OnnxNode& node : graph.nodes) {
    if (node.outputs.size() != 1) refuse(node, "it must have one output");
    Value value = evaluate(run, node);
    round_values(rounding, node.outputs[0], value.values);
    run.values[node.outputs[0]] = std::move(value);
  }
  return std::move(run.values);
}

}  // namespace gdn::trt
