// The C ABI: checks what comes in, and calls the backend of this library.
#include <algorithm>
#include <cstring>
#include <mutex>

#include "backend.hpp"
#include "memory_budget.hpp"
#include "registry.hpp"

namespace {

using gdn::Failure;
using gdn::require;
using namespace gdn::trt;

struct PlanObject : gdn::Counted {
  PlanParts parts;
  explicit PlanObject(PlanParts made) : parts(std::move(made)) {}
};

struct EngineObject : gdn::Counted {
  std::mutex mutex;  // TensorRT's execution contexts are for one thread at a time
  std::unique_ptr<Engine> engine;
  explicit EngineObject(std::unique_ptr<Engine> loaded) : engine(std::move(loaded)) {}
};

auto& plans() { return gdn::Registry<PlanObject, gdn::HandleKind::kTensorRtPlan>::instance(); }
auto& engines() { return gdn::Registry<EngineObject, gdn::HandleKind::kTensorRtEngine>::instance(); }

Backend& available() {
  const gdn_trt_status status = backend().status();
  if (status.state != GDN_TRT_AVAILABLE) throw Failure(GDN_TRT_NOT_AVAILABLE, status.reason);
  return backend();
}

Span span_of(const uint8_t* data, int64_t bytes, const char* message) {
  require(bytes >= 0 && (bytes == 0 || data != nullptr), message);
  return {data, static_cast<size_t>(bytes)};
}

Shape shape_of(const int64_t* axes, int32_t rank) {
  require(rank >= 0 && rank <= GDN_TRT_RANK_MAX, "a rank must be in [0, 8]");
  return Shape(axes, axes + rank);
}

Profile profile_of(const gdn_trt_profile& from) {
  require(std::memchr(from.input, 0, sizeof from.input) != nullptr && from.input[0] != 0,
          "a profile has no input name that ends");
  Profile profile{from.input, shape_of(from.min, from.rank), shape_of(from.optimal, from.rank),
                  shape_of(from.max, from.rank)};
  for (size_t i = 0; i < profile.min.size(); ++i) {
    require(profile.min[i] >= 1 && profile.min[i] <= profile.optimal[i] &&
                profile.optimal[i] <= profile.max[i],
            "a profile's axes must satisfy 1 <= min <= optimal <= max");
  }
  (void)tensor_bytes(profile.max, GDN_TRT_FLOAT32);
  return profile;
}

// The shapes that the bindings of all tensors give; those of outputs too where they are given.
std::vector<Shape> shapes_of(const Engine& engine, const gdn_trt_binding* bindings, int32_t count,
                             bool outputs_too) {
  const auto& tensors = engine.tensors();
  require(bindings != nullptr && count == static_cast<int32_t>(tensors.size()),
          "there must be one binding for each tensor");
  std::vector<Shape> shapes(tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].is_output && !outputs_too) continue;
    shapes[i] = shape_of(bindings[i].shape, bindings[i].rank);
    if (tensors[i].is_output) continue;
    const TensorInfo& info = tensors[i];
    bool fits = shapes[i].size() == info.shape.size();
    for (size_t axis = 0; fits && axis < info.shape.size(); ++axis) {
      fits = shapes[i][axis] >= info.min[axis] && shapes[i][axis] <= info.max[axis];
    }
    if (!fits) {
      throw Failure(GDN_TRT_INFERENCE_FAILED,
                    "the shape of input \"" + info.name + "\" is not one that the engine was built for");
    }
  }
  return shapes;
}

const Bytes& part_of(const PlanObject& plan, int32_t part) {
  switch (part) {
    case GDN_TRT_PART_ENGINE: return plan.parts.engine;
    case GDN_TRT_PART_TIMING_CACHE: return plan.parts.timing_cache;
    case GDN_TRT_PART_CALIBRATION_CACHE: return plan.parts.calibration_cache;
    default: throw gdn::InvalidArgument("a plan has no such part");
  }
}

// Where each tensor lies in the caller's buffers.
std::vector<uint8_t*> places_of(const Engine& engine, const std::vector<Shape>& shapes,
                                const gdn_trt_binding* bindings, Span inputs, uint8_t* outputs,
                                int64_t output_bytes) {
  std::vector<uint8_t*> places;
  for (size_t i = 0; i < shapes.size(); ++i) {
    const TensorInfo& info = engine.tensors()[i];
    const int64_t whole = info.is_output ? output_bytes : static_cast<int64_t>(inputs.bytes);
    const gdn_trt_binding& binding = bindings[i];
    require(binding.bytes == tensor_bytes(shapes[i], info.element_type),
            "a binding does not have the bytes of its shape");
    require(binding.offset >= 0 && binding.offset % gdn::trt::element_bytes(info.element_type) == 0 &&
                binding.offset <= whole && binding.bytes <= whole - binding.offset,
            "a binding lies outside of its buffer");
    // Inputs are only read: the backend takes one kind of pointer for both.
    places.push_back((info.is_output ? outputs : const_cast<uint8_t*>(inputs.data)) + binding.offset);
  }
  return places;
}

}  // namespace

uint32_t gdn_tensorrt_abi_version(void) { return GDN_TENSORRT_ABI; }
int64_t gdn_tensorrt_live_handles(void) { return gdn::live_objects.load(); }
int32_t gdn_sizeof_trt_status(void) { return sizeof(gdn_trt_status); }
int32_t gdn_sizeof_trt_device(void) { return sizeof(gdn_trt_device); }
int32_t gdn_sizeof_trt_build_options(void) { return sizeof(gdn_trt_build_options); }
int32_t gdn_sizeof_trt_profile(void) { return sizeof(gdn_trt_profile); }
int32_t gdn_sizeof_trt_tensor(void) { return sizeof(gdn_trt_tensor); }
int32_t gdn_sizeof_trt_binding(void) { return sizeof(gdn_trt_binding); }

int32_t gdn_trt_status_of(gdn_trt_status* status, gdn_error* error) {
  return gdn::guard(error, [&] {
    require(status != nullptr, "status must be given");
    *status = backend().status();
  });
}

int32_t gdn_trt_device_of(int32_t device, gdn_trt_device* facts, gdn_error* error) {
  return gdn::guard(error, [&] {
    require(facts != nullptr && device >= 0, "facts must be given, and device must not be negative");
    *facts = available().device(device);
  });
}

int32_t gdn_trt_set_memory_budget(int64_t bytes, gdn_error* error) {
  return gdn::guard(error, [&] {
    require(bytes >= 0, "a budget must not be negative");
    MemoryBudget::instance().set_limit(bytes);
  });
}

int32_t gdn_trt_memory_used(int64_t* bytes, gdn_error* error) {
  return gdn::guard(error, [&] {
    require(bytes != nullptr, "bytes must be given");
    *bytes = MemoryBudget::instance().used();
  });
}

int32_t gdn_trt_build(const uint8_t* onnx, int64_t onnx_bytes, const gdn_trt_build_options* options,
                      const gdn_trt_profile* profiles, int32_t profile_count,
                      const uint8_t* calibration_cache, int64_t calibration_cache_bytes,
                      const uint8_t* samples, int64_t sample_bytes, const uint8_t* timing_cache,
                      int64_t timing_cache_bytes, uint64_t* plan, gdn_error* error) {
  return gdn::guard(error, [&] {
    require(options != nullptr && plan != nullptr, "options and plan must be given");
    require(options->precision >= GDN_TRT_FP32 && options->precision <= GDN_TRT_INT8,
            "a precision that does not exist");
    require(options->device >= 0 && options->workspace_bytes >= 0,
            "device and workspace_bytes must not be negative");
    require(profile_count >= 0 && profile_count <= 64 && (profile_count == 0 || profiles != nullptr),
            "there must be 0 to 64 profiles");
    BuildRequest request;
    request.onnx = span_of(onnx, onnx_bytes, "the model must be given");
    require(request.onnx.bytes > 0, "the model is empty");
    request.precision = options->precision;
    request.device = options->device;
    request.workspace_bytes = options->workspace_bytes;
    std::transform(profiles, profiles + profile_count, std::back_inserter(request.profiles), profile_of);
    request.calibration_cache =
        span_of(calibration_cache, calibration_cache_bytes, "the calibration cache must be given");
    request.samples = span_of(samples, sample_bytes, "the samples must be given");
    request.timing_cache = span_of(timing_cache, timing_cache_bytes, "the timing cache must be given");
    *plan = plans().insert(std::make_shared<PlanObject>(available().build(request)));
  });
}

int32_t gdn_trt_plan_bytes(uint64_t plan, int32_t part, int64_t* bytes, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto object = plans().get(plan);
    require(bytes != nullptr, "bytes must be given");
    *bytes = static_cast<int64_t>(part_of(*object, part).size());
  });
}

int32_t gdn_trt_plan_read(uint64_t plan, int32_t part, uint8_t* out, int64_t out_bytes, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto object = plans().get(plan);
    const Bytes& bytes = part_of(*object, part);
    require(out != nullptr && out_bytes == static_cast<int64_t>(bytes.size()),
            "out must have the bytes of the part");
    std::copy(bytes.begin(), bytes.end(), out);
  });
}

int32_t gdn_trt_plan_free(uint64_t plan, gdn_error* error) {
  return gdn::guard(error, [&] { plans().erase(plan); });
}

int32_t gdn_trt_engine_load(const uint8_t* bytes, int64_t byte_count, int32_t device, uint64_t* engine,
                            gdn_error* error) {
  return gdn::guard(error, [&] {
    require(engine != nullptr && device >= 0, "engine must be given, and device must not be negative");
    const Span span = span_of(bytes, byte_count, "the engine's bytes must be given");
    if (span.bytes == 0) throw Failure(GDN_TRT_DESERIALIZE_FAILED, "the engine has no bytes");
    auto& library = available();
    MemoryBudget::instance().require_room(byte_count, "the engine");
    *engine = engines().insert(std::make_shared<EngineObject>(library.load(span, device)));
  });
}

int32_t gdn_trt_engine_tensor_count(uint64_t engine, int32_t* count, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto object = engines().get(engine);
    require(count != nullptr, "count must be given");
    *count = static_cast<int32_t>(object->engine->tensors().size());
  });
}

int32_t gdn_trt_engine_tensor(uint64_t engine, int32_t index, gdn_trt_tensor* tensor, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto object = engines().get(engine);
    const auto& tensors = object->engine->tensors();
    require(tensor != nullptr && index >= 0 && index < static_cast<int32_t>(tensors.size()),
            "the engine has no such tensor");
    const TensorInfo& info = tensors[static_cast<size_t>(index)];
    *tensor = {};
    copy_text(tensor->name, info.name);
    tensor->is_output = info.is_output ? 1 : 0;
    tensor->element_type = info.element_type;
    tensor->rank = static_cast<int32_t>(info.shape.size());
    std::copy(info.shape.begin(), info.shape.end(), tensor->shape);
    std::copy(info.min.begin(), info.min.end(), tensor->min);
    std::copy(info.max.begin(), info.max.end(), tensor->max);
  });
}

int32_t gdn_trt_engine_serialise(uint64_t engine, uint64_t* plan, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto object = engines().get(engine);
    require(plan != nullptr, "plan must be given");
    std::lock_guard<std::mutex> lock(object->mutex);
    PlanParts parts;
    parts.engine = object->engine->serialise();
    *plan = plans().insert(std::make_shared<PlanObject>(std::move(parts)));
  });
}

int32_t gdn_trt_engine_shapes(uint64_t engine, gdn_trt_binding* bindings, int32_t count,
                              gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto object = engines().get(engine);
    std::lock_guard<std::mutex> lock(object->mutex);
    std::vector<Shape> shapes = shapes_of(*object->engine, bindings, count, false);
    object->engine->infer_shapes(shapes);
    for (size_t i = 0; i < shapes.size(); ++i) {
      const TensorInfo& info = object->engine->tensors()[i];
      if (!info.is_output) continue;
      bindings[i].rank = static_cast<int32_t>(shapes[i].size());
      std::copy(shapes[i].begin(), shapes[i].end(), bindings[i].shape);
      bindings[i].bytes = tensor_bytes(shapes[i], info.element_type);
    }
  });
}

int32_t gdn_trt_engine_infer(uint64_t engine, const gdn_trt_binding* bindings, int32_t count,
                             const uint8_t* inputs, int64_t input_bytes, uint8_t* outputs,
                             int64_t output_bytes, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto object = engines().get(engine);
    const Span input = span_of(inputs, input_bytes, "inputs must be given");
    require(output_bytes >= 0 && (output_bytes == 0 || outputs != nullptr), "outputs must be given");
    std::lock_guard<std::mutex> lock(object->mutex);
    Engine& loaded = *object->engine;
    const std::vector<Shape> given = shapes_of(loaded, bindings, count, true);
    std::vector<Shape> shapes = given;
    loaded.infer_shapes(shapes);
    require(shapes == given, "the shape of an output is not the one that the inputs give");
    loaded.infer(shapes, places_of(loaded, shapes, bindings, input, outputs, output_bytes));
  });
}

int32_t gdn_trt_engine_free(uint64_t engine, gdn_error* error) {
  return gdn::guard(error, [&] { engines().erase(engine); });
}
