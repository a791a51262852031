// NVIDIA's libraries as this process has them: TensorRT, its ONNX parser and CUDA's runtime, all opened
// at run time. The headers of 8.6 to 11.1 are told apart by NV_TENSORRT_MAJOR alone.
#pragma once
#include <NvInfer.h>
#include <NvOnnxParser.h>
#include <cuda_runtime_api.h>

#include <string>

#include "backend.hpp"
#include "shared_library.hpp"

namespace gdn::trt {

/// The functions of CUDA's runtime that are used.
struct Cuda {
  decltype(&cudaGetErrorString) get_error_string = nullptr;
  decltype(&cudaSetDevice) set_device = nullptr;
  decltype(&cudaDeviceGetAttribute) device_get_attribute = nullptr;
  decltype(&cudaMemGetInfo) mem_get_info = nullptr;
  cudaError_t (*malloc)(void**, size_t) = nullptr;  // cudaMalloc is overloaded in C++
  decltype(&cudaFree) free = nullptr;
  decltype(&cudaMemcpyAsync) memcpy_async = nullptr;
  decltype(&cudaStreamCreateWithFlags) stream_create = nullptr;
  decltype(&cudaStreamDestroy) stream_destroy = nullptr;
  decltype(&cudaStreamSynchronize) stream_synchronize = nullptr;

  /// Throws `status` with CUDA's own text unless `result` is cudaSuccess.
  void check(cudaError_t result, int32_t status, const char* what) const;
};

struct Nvidia {
  SharedLibrary infer, parser, runtime;
  Cuda cuda;
  /// GDN_TRT_AVAILABLE: engines can be loaded. Building wants the parser too.
  int32_t state = GDN_TRT_ABSENT;
  std::string reason;

  /// Opened the first time; never closed, for threads of TensorRT may outlive everything else.
  static Nvidia& instance();

  nvinfer1::IRuntime* create_runtime(nvinfer1::ILogger& logger) const;
  nvinfer1::IBuilder* create_builder(nvinfer1::ILogger& logger) const;
  nvonnxparser::IParser* create_parser(nvinfer1::INetworkDefinition& network,
                                       nvinfer1::ILogger& logger) const;
};

}  // namespace gdn::trt
