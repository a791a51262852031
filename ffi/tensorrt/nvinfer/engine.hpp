// A loaded engine of TensorRT.
#pragma once
#include <memory>
#include <vector>

#include "observers.hpp"

namespace gdn::trt {

class NvinferEngine final : public Engine {
 public:
  NvinferEngine(Span bytes, int32_t device);
  ~NvinferEngine() override;

  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  Bytes serialise() override;
  void infer_shapes(std::vector<Shape>& shapes) override;
  void infer(const std::vector<Shape>& shapes, const std::vector<uint8_t*>& data) override;

 private:
  void describe();
  void create_context();
  void copy(void* to, const void* from, int64_t bytes, cudaMemcpyKind kind);

  const Nvidia& nvidia_;
  int32_t device_;
  // Declared in the order in which they may die last: TensorRT's objects use what stands above them.
  Log log_;
  Recorder recorder_;
  Allocator allocator_;
  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
  std::vector<TensorInfo> tensors_;
  std::vector<std::unique_ptr<DeviceBuffer>> buffers_;
  cudaStream_t stream_ = nullptr;
};

Shape shape_of(const nvinfer1::Dims& dims);
nvinfer1::Dims dims_of(const Shape& shape);

}  // namespace gdn::trt
