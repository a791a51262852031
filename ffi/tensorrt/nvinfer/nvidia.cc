#include "nvidia.hpp"

#include <memory>

namespace gdn::trt {

namespace {

template <typename Function>
void bind(const SharedLibrary& library, Function& function, const char* name) {
  function = reinterpret_cast<Function>(library.symbol(name));
}

Cuda bind_cuda(const SharedLibrary& library) {
  Cuda cuda;
  bind(library, cuda.get_error_string, "cudaGetErrorString");
  bind(library, cuda.set_device, "cudaSetDevice");
  bind(library, cuda.device_get_attribute, "cudaDeviceGetAttribute");
  bind(library, cuda.mem_get_info, "cudaMemGetInfo");
  bind(library, cuda.malloc, "cudaMalloc");
  bind(library, cuda.free, "cudaFree");
  bind(library, cuda.memcpy_async, "cudaMemcpyAsync");
  bind(library, cuda.stream_create, "cudaStreamCreateWithFlags");
  bind(library, cuda.stream_destroy, "cudaStreamDestroy");
  bind(library, cuda.stream_synchronize, "cudaStreamSynchronize");
  return cuda;
}

LibraryWish infer_wish() {
  const std::string major = std::to_string(NV_TENSORRT_MAJOR);
  return {{"libnvinfer.so." + major, "libnvinfer.so"},
          {"createInferRuntime_INTERNAL", "createInferBuilder_INTERNAL"},
          "getInferLibVersion",
          static_cast<int32_t>(NV_TENSORRT_VERSION)};
}

LibraryWish parser_wish() {
  const std::string major = std::to_string(NV_TENSORRT_MAJOR);
  return {{"libnvonnxparser.so." + major, "libnvonnxparser.so"}, {"createNvOnnxParser_INTERNAL"}, "", 0};
}

LibraryWish cuda_wish() {
  const std::string major = std::to_string(CUDART_VERSION / 1000);
  return {{"libcudart.so." + major, "libcudart.so"},
          {"cudaGetErrorString", "cudaSetDevice", "cudaDeviceGetAttribute", "cudaMemGetInfo", "cudaMalloc",
           "cudaFree", "cudaMemcpyAsync", "cudaStreamCreateWithFlags", "cudaStreamDestroy",
           "cudaStreamSynchronize"},
          "",
          0};
}

Nvidia* open_nvidia() {
  auto nvidia = std::make_unique<Nvidia>();
  nvidia->infer = open_shared_library(infer_wish());
  nvidia->state = nvidia->infer.state;
  nvidia->reason = nvidia->infer.reason;
  if (nvidia->state != GDN_TRT_AVAILABLE) return nvidia.release();
  nvidia->runtime = open_shared_library(cuda_wish());
  nvidia->state = nvidia->runtime.state;
  nvidia->reason = nvidia->runtime.reason;
  if (nvidia->state != GDN_TRT_AVAILABLE) return nvidia.release();
  nvidia->cuda = bind_cuda(nvidia->runtime);
  nvidia->parser = open_shared_library(parser_wish());
  return nvidia.release();
}

}  // namespace

void Cuda::check(cudaError_t result, int32_t status, const char* what) const {
  if (result == cudaSuccess) return;
  const int32_t code = result == cudaErrorMemoryAllocation ? GDN_OUT_OF_MEMORY : status;
  throw Failure(code, std::string(what) + ": " + get_error_string(result));
}

Nvidia& Nvidia::instance() {
  static Nvidia* const nvidia = open_nvidia();
  return *nvidia;
}

nvinfer1::IRuntime* Nvidia::create_runtime(nvinfer1::ILogger& logger) const {
  using Create = void* (*)(void*, int32_t);
  const auto create = reinterpret_cast<Create>(infer.symbol("createInferRuntime_INTERNAL"));
  return static_cast<nvinfer1::IRuntime*>(create(&logger, NV_TENSORRT_VERSION));
}

nvinfer1::IBuilder* Nvidia::create_builder(nvinfer1::ILogger& logger) const {
  using Create = void* (*)(void*, int32_t);
  const auto create = reinterpret_cast<Create>(infer.symbol("createInferBuilder_INTERNAL"));
  return static_cast<nvinfer1::IBuilder*>(create(&logger, NV_TENSORRT_VERSION));
}

nvonnxparser::IParser* Nvidia::create_parser(nvinfer1::INetworkDefinition& network,
                                             nvinfer1::ILogger& logger) const {
  using Create = void* (*)(void*, void*, int);
  const auto create = reinterpret_cast<Create>(parser.symbol("createNvOnnxParser_INTERNAL"));
  return static_cast<nvonnxparser::IParser*>(create(&network, &logger, NV_ONNX_PARSER_VERSION));
}

}  // namespace gdn::trt
