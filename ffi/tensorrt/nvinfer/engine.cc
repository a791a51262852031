#include "engine.hpp"

#include <algorithm>

#include "memory_budget.hpp"

namespace gdn::trt {

namespace {

int32_t element_type_of(nvinfer1::DataType type, const std::string& tensor) {
  switch (type) {
    case nvinfer1::DataType::kFLOAT: return GDN_TRT_FLOAT32;
    case nvinfer1::DataType::kHALF: return GDN_TRT_FLOAT16;
    case nvinfer1::DataType::kINT8: return GDN_TRT_TYPE_INT8;
    case nvinfer1::DataType::kUINT8: return GDN_TRT_UINT8;
    case nvinfer1::DataType::kINT32: return GDN_TRT_INT32;
#if NV_TENSORRT_MAJOR >= 10
    case nvinfer1::DataType::kINT64: return GDN_TRT_INT64;
#endif
    default:
      throw Failure(GDN_TRT_DESERIALIZE_FAILED,
                    "the engine's tensor \"" + tensor + "\" has an element type that is not supported");
  }
}

int64_t context_bytes(const nvinfer1::ICudaEngine& engine) {
#if NV_TENSORRT_MAJOR > 10 || (NV_TENSORRT_MAJOR == 10 && NV_TENSORRT_MINOR >= 1)
  return engine.getDeviceMemorySizeV2();
#else
  return static_cast<int64_t>(engine.getDeviceMemorySize());
#endif
}

}  // namespace

Shape shape_of(const nvinfer1::Dims& dims) {
  return Shape(dims.d, dims.d + std::clamp(dims.nbDims, 0, nvinfer1::Dims::MAX_DIMS));
}

nvinfer1::Dims dims_of(const Shape& shape) {
  nvinfer1::Dims dims{};
  dims.nbDims = static_cast<int32_t>(shape.size());
  for (size_t i = 0; i < shape.size(); ++i) {
    dims.d[i] = static_cast<std::remove_reference_t<decltype(dims.d[0])>>(shape[i]);
  }
  return dims;
}

NvinferEngine::NvinferEngine(Span bytes, int32_t device)
    : nvidia_(Nvidia::instance()), device_(device), allocator_(nvidia_.cuda) {
  nvidia_.cuda.check(nvidia_.cuda.set_device(device), GDN_TRT_DESERIALIZE_FAILED, "no such GPU");
  runtime_.reset(nvidia_.create_runtime(log_));
  if (!runtime_) raise(GDN_TRT_DESERIALIZE_FAILED, "no runtime", recorder_, log_, nullptr);
  runtime_->setErrorRecorder(&recorder_);
  runtime_->setGpuAllocator(&allocator_);
  engine_.reset(runtime_->deserializeCudaEngine(bytes.data, bytes.bytes));
  if (!engine_) {
    raise(GDN_TRT_DESERIALIZE_FAILED, "the engine was not accepted", recorder_, log_, &allocator_);
  }
  describe();
  create_context();
  nvidia_.cuda.check(nvidia_.cuda.stream_create(&stream_, cudaStreamNonBlocking),
                     GDN_TRT_DESERIALIZE_FAILED, "no stream");
}

NvinferEngine::~NvinferEngine() {
  nvidia_.cuda.set_device(device_);
  if (stream_ != nullptr) nvidia_.cuda.stream_destroy(stream_);
}

void NvinferEngine::describe() {
  for (int32_t i = 0; i < engine_->getNbIOTensors(); ++i) {
    const char* name = engine_->getIOTensorName(i);
    TensorInfo info;
    info.name = name;
    info.is_output = engine_->getTensorIOMode(name) == nvinfer1::TensorIOMode::kOUTPUT;
    info.element_type = element_type_of(engine_->getTensorDataType(name), info.name);
    info.shape = info.min = info.max = shape_of(engine_->getTensorShape(name));
    if (engine_->getTensorLocation(name) != nvinfer1::TensorLocation::kDEVICE || info.name.size() > 255 ||
        info.shape.size() > GDN_TRT_RANK_MAX) {
      throw Failure(GDN_TRT_DESERIALIZE_FAILED,
                    "the engine's tensor \"" + info.name + "\" is a shape, or has too long a name");
    }
    if (!info.is_output) {
      info.min = shape_of(engine_->getProfileShape(name, 0, nvinfer1::OptProfileSelector::kMIN));
      info.max = shape_of(engine_->getProfileShape(name, 0, nvinfer1::OptProfileSelector::kMAX));
      if (info.min.size() != info.shape.size()) info.min = info.max = info.shape;
    }
    tensors_.push_back(info);
    buffers_.push_back(std::make_unique<DeviceBuffer>(allocator_));
  }
}

void NvinferEngine::create_context() {
  MemoryBudget::instance().require_room(context_bytes(*engine_), "the engine's scratch memory");
  context_.reset(engine_->createExecutionContext());
  if (!context_) {
    raise(GDN_TRT_DESERIALIZE_FAILED, "no execution context", recorder_, log_, &allocator_);
  }
  context_->setErrorRecorder(&recorder_);
}

Bytes NvinferEngine::serialise() {
  const std::unique_ptr<nvinfer1::IHostMemory> memory(engine_->serialize());
  if (!memory) raise(GDN_TRT_BUILD_FAILED, "the engine was not serialised", recorder_, log_, &allocator_);
  const auto* bytes = static_cast<const uint8_t*>(memory->data());
  return Bytes(bytes, bytes + memory->size());
}

void NvinferEngine::infer_shapes(std::vector<Shape>& shapes) {
  recorder_.clear();
  for (size_t i = 0; i < tensors_.size(); ++i) {
    if (tensors_[i].is_output) continue;
    if (!context_->setInputShape(tensors_[i].name.c_str(), dims_of(shapes[i]))) {
      raise(GDN_TRT_INFERENCE_FAILED, "the shape of input \"" + tensors_[i].name + "\" was not accepted",
            recorder_, log_, nullptr);
    }
  }
  for (size_t i = 0; i < tensors_.size(); ++i) {
    if (!tensors_[i].is_output) continue;
    const nvinfer1::Dims dims = context_->getTensorShape(tensors_[i].name.c_str());
    shapes[i] = shape_of(dims);
    if (dims.nbDims < 0 || is_open(shapes[i])) {
      throw Failure(GDN_TRT_INFERENCE_FAILED,
                    "the shape of output \"" + tensors_[i].name + "\" depends on the values of the inputs");
    }
  }
}

void NvinferEngine::copy(void* to, const void* from, int64_t bytes, cudaMemcpyKind kind) {
  if (bytes == 0) return;
  nvidia_.cuda.check(nvidia_.cuda.memcpy_async(to, from, static_cast<size_t>(bytes), kind, stream_),
                     GDN_TRT_INFERENCE_FAILED, "a copy to or from the GPU");
}

void NvinferEngine::infer(const std::vector<Shape>& shapes, const std::vector<uint8_t*>& data) {
  recorder_.clear();
  nvidia_.cuda.check(nvidia_.cuda.set_device(device_), GDN_TRT_INFERENCE_FAILED, "the GPU");
  std::vector<void*> rooms;
  for (size_t i = 0; i < tensors_.size(); ++i) {
    const int64_t bytes = tensor_bytes(shapes[i], tensors_[i].element_type);
    rooms.push_back(buffers_[i]->room_for(bytes));
    if (!tensors_[i].is_output) copy(rooms[i], data[i], bytes, cudaMemcpyHostToDevice);
    if (!context_->setTensorAddress(tensors_[i].name.c_str(), rooms[i])) {
      raise(GDN_TRT_INFERENCE_FAILED, "tensor \"" + tensors_[i].name + "\"", recorder_, log_, nullptr);
    }
  }
  const bool started = context_->enqueueV3(stream_);
  for (size_t i = 0; started && i < tensors_.size(); ++i) {
    const int64_t bytes = tensor_bytes(shapes[i], tensors_[i].element_type);
    if (tensors_[i].is_output) copy(data[i], rooms[i], bytes, cudaMemcpyDeviceToHost);
  }
  // Also when it did not start: the caller's buffers must not be in use when this returns.
  const cudaError_t done = nvidia_.cuda.stream_synchronize(stream_);
  if (!started) raise(GDN_TRT_INFERENCE_FAILED, "the engine did not run", recorder_, log_, &allocator_);
  nvidia_.cuda.check(done, GDN_TRT_INFERENCE_FAILED, "the engine failed on the GPU");
}

}  // namespace gdn::trt
