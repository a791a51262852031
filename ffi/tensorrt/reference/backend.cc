// Test equipment: the ABI of TensorRT's shim on the CPU, for a handful of operators, so that everything
// above it is tested where there is no GPU. It says what it is (GDN_TRT_BACKEND_REFERENCE), and its
// engines are named after a host that does not exist, sm10 with TensorRT 0.0.1.
#include "backend.hpp"

#include <cstring>

#include "build_info.hpp"
#include "interpreter.hpp"
#include "memory_budget.hpp"
#include "plan_format.hpp"

namespace gdn::trt {

namespace {

const Profile* profile_of(const std::vector<Profile>& profiles, const TensorInfo& info) {
  for (const Profile& profile : profiles) {
    if (profile.input == info.name && profile.min.size() == info.shape.size()) return &profile;
  }
  return nullptr;
}

// The inputs that the caller gives, and the outputs.
std::vector<TensorInfo> describe(const std::vector<Profile>& profiles, const OnnxGraph& graph) {
  std::vector<TensorInfo> tensors;
  for (TensorInfo info : graph.inputs) {
    if (graph.constants.count(info.name) > 0) continue;
    const Profile* profile = profile_of(profiles, info);
    if (profile == nullptr && is_open(info.shape)) {
      throw BadData("input \"" + info.name + "\" has open axes and no profile");
    }
    if (profile != nullptr) {
      info.min = profile->min;
      info.max = profile->max;
    }
    tensors.push_back(std::move(info));
  }
  tensors.insert(tensors.end(), graph.outputs.begin(), graph.outputs.end());
  return tensors;
}

// Weights and twice the largest inputs: what the budget is held against.
int64_t memory_of(const OnnxGraph& graph, const std::vector<TensorInfo>& tensors) {
  int64_t bytes = 0;
  for (const auto& [name, constant] : graph.constants) {
    bytes += static_cast<int64_t>(constant.values.size()) * 4;
  }
  for (const TensorInfo& info : tensors) {
    if (!info.is_output) bytes += 2 * tensor_bytes(info.max, info.element_type);
  }
  return bytes;
}

void read_values(const TensorInfo& info, const uint8_t* from, std::vector<float>& values) {
  for (size_t i = 0; i < values.size(); ++i) {
    uint16_t half = 0;
    if (info.element_type == GDN_TRT_FLOAT32) {
      std::memcpy(&values[i], from + 4 * i, 4);
    } else {
      std::memcpy(&half, from + 2 * i, 2);
      values[i] = float_of_half(half);
    }
  }
}

void write_values(const TensorInfo& info, const std::vector<float>& values, uint8_t* to) {
  for (size_t i = 0; i < values.size(); ++i) {
    const uint16_t half = half_of_float(values[i]);
    if (info.element_type == GDN_TRT_FLOAT32) {
      std::memcpy(to + 4 * i, &values[i], 4);
    } else {
      std::memcpy(to + 2 * i, &half, 2);
    }
  }
}

class ReferenceEngine final : public Engine {
 public:
  explicit ReferenceEngine(Span bytes)
      : bytes_(bytes.data, bytes.data + bytes.bytes),
        plan_(read_plan(bytes)),
        graph_(read_onnx({plan_.onnx.data(), plan_.onnx.size()})),
        tensors_(describe(plan_.profiles, graph_)),
        share_(memory_of(graph_, tensors_), "the engine") {}

  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  Bytes serialise() override { return bytes_; }

  void infer_shapes(std::vector<Shape>& shapes) override {
    const Values values = run_graph(graph_, inputs(shapes, nullptr), {}, true);
    for (size_t i = 0; i < tensors_.size(); ++i) {
      if (tensors_[i].is_output) shapes[i] = output(values, tensors_[i]).shape;
    }
  }

  void infer(const std::vector<Shape>& shapes, const std::vector<uint8_t*>& data) override {
    const Rounding rounding{plan_.precision, &plan_.ranges, nullptr};
    const Values values = run_graph(graph_, inputs(shapes, &data), rounding, false);
    for (size_t i = 0; i < tensors_.size(); ++i) {
      if (tensors_[i].is_output) write_values(tensors_[i], output(values, tensors_[i]).values, data[i]);
    }
  }

 private:
  const Value& output(const Values& values, const TensorInfo& info) const {
    const auto found = values.find(info.name);
    if (found != values.end()) return found->second;
    throw Failure(GDN_TRT_INFERENCE_FAILED, "nothing computes output \"" + info.name + "\"");
  }

  Values inputs(const std::vector<Shape>& shapes, const std::vector<uint8_t*>* data) const {
    Values values;
    for (size_t i = 0; i < tensors_.size(); ++i) {
      if (tensors_[i].is_output) continue;
      Value& value = values[tensors_[i].name];
      value.shape = shapes[i];
      if (data == nullptr) continue;
      value.values.resize(static_cast<size_t>(tensor_bytes(shapes[i], GDN_TRT_UINT8)));
      read_values(tensors_[i], (*data)[i], value.values);
    }
    return values;
  }

  Bytes bytes_;
  ReferencePlan plan_;
  OnnxGraph graph_;
  std::vector<TensorInfo> tensors_;
  BudgetShare share_;
};

// The ranges of all tensors over the samples: float32 inputs in the model's order.
Ranges calibrate(const OnnxGraph& graph, const BuildRequest& request) {
  Ranges ranges;
  Span left = request.samples;
  while (left.bytes > 0) {
    Values inputs;
    for (const TensorInfo& info : graph.inputs) {
      if (graph.constants.count(info.name) > 0) continue;
      const Profile* profile = profile_of(request.profiles, info);
      Value& value = inputs[info.name];
      value.shape = profile == nullptr ? info.shape : profile->optimal;
      const auto bytes = static_cast<size_t>(tensor_bytes(value.shape, GDN_TRT_FLOAT32));
      if (info.element_type != GDN_TRT_FLOAT32 || bytes == 0 || bytes > left.bytes) {
        throw Failure(GDN_TRT_BUILD_FAILED, "the samples are not whole sets of the model's float32 inputs");
      }
      value.values.resize(bytes / 4);
      read_values(info, left.data, value.values);
      left = {left.data + bytes, left.bytes - bytes};
    }
    if (inputs.empty()) throw Failure(GDN_TRT_BUILD_FAILED, "the model has no inputs to calibrate with");
    run_graph(graph, std::move(inputs), {GDN_TRT_FP32, nullptr, &ranges}, false);
  }
  return ranges;
}

class ReferenceBackend final : public Backend {
 public:
  gdn_trt_status status() override {
    gdn_trt_status status{};
    status.backend = GDN_TRT_BACKEND_REFERENCE;
    status.state = GDN_TRT_AVAILABLE;
    status.headers_version[2] = status.library_version[2] = 1;
    status.can_build = 1;
    return status;
  }

  gdn_trt_device device(int32_t index) override {
    if (index != 0) throw Failure(GDN_TRT_NOT_AVAILABLE, "the reference backend has one device");
    gdn_trt_device facts{};
    facts.sm = 10;
    facts.memory_free_bytes = facts.memory_total_bytes = int64_t{1} << 30;
    copy_text(facts.jetpack, "none");
    return facts;
  }

  PlanParts build(const BuildRequest& request) override {
    try {
      return build_plan(request);
    } catch (const BadData& e) {
      throw Failure(GDN_TRT_BUILD_FAILED, e.what());
    } catch (const Failure& e) {
      throw Failure(e.code == GDN_TRT_INFERENCE_FAILED ? GDN_TRT_BUILD_FAILED : e.code, e.what());
    }
  }

  std::unique_ptr<Engine> load(Span bytes, int32_t device) override {
    if (device != 0) throw Failure(GDN_TRT_DESERIALIZE_FAILED, "the reference backend has one device");
    try {
      return std::make_unique<ReferenceEngine>(bytes);
    } catch (const BadData& e) {
      throw Failure(GDN_TRT_DESERIALIZE_FAILED, e.what());
    } catch (const InvalidArgument& e) {
      throw Failure(GDN_TRT_DESERIALIZE_FAILED, e.what());  // sizes that come from the bytes
    }
  }

 private:
  static PlanParts build_plan(const BuildRequest& request) {
    const OnnxGraph graph = read_onnx(request.onnx);
    ReferencePlan plan;
    plan.precision = request.precision;
    plan.profiles = request.profiles;
    plan.onnx.assign(request.onnx.data, request.onnx.data + request.onnx.bytes);
    (void)describe(plan.profiles, graph);
    PlanParts parts;
    if (request.precision == GDN_TRT_INT8) {
      if (request.calibration_cache.bytes == 0 && request.samples.bytes == 0) {
        throw Failure(GDN_TRT_BUILD_FAILED, "int8 needs a calibration cache or samples");
      }
      plan.ranges = request.calibration_cache.bytes > 0 ? read_ranges(request.calibration_cache)
                                                        : calibrate(graph, request);
      parts.calibration_cache = write_ranges(plan.ranges);
    }
    parts.engine = write_plan(plan);
    const std::string timing = "reference timing cache\n";
    parts.timing_cache.assign(timing.begin(), timing.end());
    return parts;
  }
};

}  // namespace

Backend& backend() {
  static auto* const only = new ReferenceBackend();
  return *only;
}

}  // namespace gdn::trt

int32_t gdn_tensorrt_build_info(char* json, int64_t capacity, int64_t* length, gdn_error* error) {
  [[gnu::used]] static const char kInfo[] =
      GDN_BUILD_INFO("tensorrt_reference", GDN_TENSORRT_ABI, GDN_BUILT_FROM("reference backend for tests", "1"));
  return gdn::copy_build_info(kInfo, json, capacity, length, error);
}
