// Builds engines from ONNX models.
#include <memory>

#include "builder.hpp"
#include "calibrator.hpp"
#include "engine.hpp"

namespace gdn::trt {

namespace {

using nvinfer1::OptProfileSelector;

struct Build {
  const Nvidia& nvidia = Nvidia::instance();
  Log log;
  Recorder recorder;
  std::unique_ptr<nvinfer1::IBuilder> builder;
  std::unique_ptr<nvinfer1::INetworkDefinition> network;
  std::unique_ptr<nvonnxparser::IParser> parser;
  std::unique_ptr<nvinfer1::IBuilderConfig> config;
  std::unique_ptr<nvinfer1::ITimingCache> timing_cache;

  [[noreturn]] void fail(const std::string& what) {
    raise(GDN_TRT_BUILD_FAILED, what, recorder, log, nullptr);
  }
};

void start(Build& build) {
  build.builder.reset(build.nvidia.create_builder(build.log));
  if (!build.builder) build.fail("no builder");
  build.builder->setErrorRecorder(&build.recorder);
#if NV_TENSORRT_MAJOR < 10
  // Later versions know no other kind of network.
  const uint32_t flags = 1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH);
#else
  const uint32_t flags = 0;
#endif
  build.network.reset(build.builder->createNetworkV2(flags));
  if (!build.network) build.fail("no network");
  build.config.reset(build.builder->createBuilderConfig());
  if (!build.config) build.fail("no configuration");
}

void parse(Build& build, Span onnx) {
  build.parser.reset(build.nvidia.create_parser(*build.network, build.log));
  if (!build.parser) build.fail("no ONNX parser");
  // TensorRT's own layer, which later versions take by themselves: no plugin library is opened.
  build.parser->setFlag(nvonnxparser::OnnxParserFlag::kNATIVE_INSTANCENORM);
  if (build.parser->parse(onnx.data, onnx.bytes)) return;
  std::string what = "the model was not accepted";
  if (build.parser->getNbErrors() > 0) what += std::string(": ") + build.parser->getError(0)->desc();
  throw Failure(GDN_TRT_BUILD_FAILED, what);
}

const Profile* profile_for(const BuildRequest& request, const std::string& input) {
  for (const Profile& profile : request.profiles) {
    if (profile.input == input) return &profile;
  }
  return nullptr;
}

// The one profile of the engine, and the inputs as calibration sees them.
std::vector<Shape> add_profile(Build& build, const BuildRequest& request) {
  nvinfer1::IOptimizationProfile* profile = build.builder->createOptimizationProfile();
  std::vector<Shape> optimal;
  size_t used = 0;
  for (int32_t i = 0; i < build.network->getNbInputs(); ++i) {
    const nvinfer1::ITensor& input = *build.network->getInput(i);
    const Profile* wanted = profile_for(request, input.getName());
    const Shape shape = shape_of(input.getDimensions());
    if (is_open(shape) != (wanted != nullptr)) {
      throw Failure(GDN_TRT_BUILD_FAILED, std::string("input \"") + input.getName() +
                                              (wanted == nullptr ? "\" has open axes and no profile"
                                                                 : "\" has no open axes for its profile"));
    }
    optimal.push_back(wanted == nullptr ? shape : wanted->optimal);
    if (wanted == nullptr) continue;
    ++used;
    const bool taken =
        profile->setDimensions(input.getName(), OptProfileSelector::kMIN, dims_of(wanted->min)) &&
        profile->setDimensions(input.getName(), OptProfileSelector::kOPT, dims_of(wanted->optimal)) &&
        profile->setDimensions(input.getName(), OptProfileSelector::kMAX, dims_of(wanted->max));
    if (!taken) build.fail(std::string("the profile of input \"") + input.getName() + "\"");
  }
  if (used != request.profiles.size()) {
    throw Failure(GDN_TRT_BUILD_FAILED, "a profile names an input that the model does not have");
  }
  if (used > 0 && build.config->addOptimizationProfile(profile) < 0) build.fail("the profiles");
#if NV_TENSORRT_MAJOR < 11
  if (used > 0 && request.precision == GDN_TRT_INT8) build.config->setCalibrationProfile(profile);
#endif
  return optimal;
}

void set_timing_cache(Build& build, Span given) {
  // One of another driver or GPU is of no use, and no reason not to build: an empty one takes its place.
  for (const Span bytes : {given, Span{}}) {
    build.timing_cache.reset(build.config->createTimingCache(bytes.data, bytes.bytes));
    if (build.timing_cache && build.config->setTimingCache(*build.timing_cache, false)) return;
  }
  build.fail("no timing cache");
}

Bytes bytes_of(const nvinfer1::IHostMemory& memory) {
  const auto* data = static_cast<const uint8_t*>(memory.data());
  return Bytes(data, data + memory.size());
}

PlanParts finish(Build& build) {
  PlanParts parts;
  const std::unique_ptr<nvinfer1::IHostMemory> engine(
      build.builder->buildSerializedNetwork(*build.network, *build.config));
  if (!engine) build.fail("the engine was not built");
  parts.engine = bytes_of(*engine);
  const nvinfer1::ITimingCache* cache = build.config->getTimingCache();
  const std::unique_ptr<nvinfer1::IHostMemory> timing(cache == nullptr ? nullptr : cache->serialize());
  if (timing) parts.timing_cache = bytes_of(*timing);
  return parts;
}

#if NV_TENSORRT_MAJOR < 11
std::vector<CalibrationInput> calibration_inputs(Build& build, const std::vector<Shape>& optimal) {
  std::vector<CalibrationInput> inputs;
  for (int32_t i = 0; i < build.network->getNbInputs(); ++i) {
    const nvinfer1::ITensor& input = *build.network->getInput(i);
    if (input.getType() != nvinfer1::DataType::kFLOAT) {
      throw Failure(GDN_TRT_BUILD_FAILED, "int8 is calibrated with float32 inputs only");
    }
    inputs.push_back(
        {input.getName(), tensor_bytes(optimal[static_cast<size_t>(i)], GDN_TRT_FLOAT32)});
  }
  return inputs;
}
#endif

}  // namespace

PlanParts build_engine(const BuildRequest& request) {
  Build build;
  const Cuda& cuda = build.nvidia.cuda;
  cuda.check(cuda.set_device(request.device), GDN_TRT_BUILD_FAILED, "no such GPU");
  start(build);
  parse(build, request.onnx);
  const std::vector<Shape> optimal = add_profile(build, request);
  if (request.workspace_bytes > 0) {
    build.config->setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE,
                                     static_cast<size_t>(request.workspace_bytes));
  }
  set_timing_cache(build, request.timing_cache);
  if (request.precision == GDN_TRT_FP32) return finish(build);
#if NV_TENSORRT_MAJOR >= 11
  throw Failure(GDN_TRT_BUILD_FAILED,
                "TensorRT 11 takes the precision from the model: convert the ONNX model to float16, or give it "
                "QuantizeLinear and DequantizeLinear for int8, and build it as fp32");
#else
  build.config->setFlag(nvinfer1::BuilderFlag::kFP16);
  if (request.precision == GDN_TRT_FP16) return finish(build);
  build.config->setFlag(nvinfer1::BuilderFlag::kINT8);
  Allocator allocator(cuda);
  Calibrator calibrator(request.calibration_cache, request.samples, calibration_inputs(build, optimal),
                        allocator);
  build.config->setInt8Calibrator(&calibrator);
  PlanParts parts = finish(build);
  parts.calibration_cache = calibrator.written();
  return parts;
#endif
}

}  // namespace gdn::trt
