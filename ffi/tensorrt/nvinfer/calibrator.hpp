// INT8 scales from samples of the caller, or from the cache of an earlier calibration. TensorRT 11 has
// no calibration any more: there the model itself says what is quantised.
#pragma once
#include <memory>
#include <vector>

#include "observers.hpp"

namespace gdn::trt {

#if NV_TENSORRT_MAJOR < 11

/// One input of the network at its calibration shape.
struct CalibrationInput {
  std::string name;
  int64_t bytes = 0;
};

class Calibrator final : public nvinfer1::IInt8EntropyCalibrator2 {
 public:
  /// `samples`: whole sets of all inputs, one after the other; both spans outlive this.
  Calibrator(Span cache, Span samples, std::vector<CalibrationInput> inputs, Allocator& allocator);

  int32_t getBatchSize() const noexcept override { return 1; }
  bool getBatch(void* bindings[], char const* names[], int32_t count) noexcept override;
  void const* readCalibrationCache(std::size_t& length) noexcept override;
  void writeCalibrationCache(void const* data, std::size_t length) noexcept override;

  const Bytes& written() const { return written_; }

 private:
  Span cache_, samples_;
  std::vector<CalibrationInput> inputs_;
  std::vector<std::unique_ptr<DeviceBuffer>> buffers_;
  int64_t next_ = 0;
  Bytes written_;
};

#endif

}  // namespace gdn::trt
