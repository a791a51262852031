#include "calibrator.hpp"

#if NV_TENSORRT_MAJOR < 11

#include <cstring>
#include <utility>

namespace gdn::trt {

Calibrator::Calibrator(Span cache, Span samples, std::vector<CalibrationInput> inputs, Allocator& allocator)
    : cache_(cache), samples_(samples), inputs_(std::move(inputs)) {
  int64_t set_bytes = 0;
  for (const CalibrationInput& input : inputs_) {
    set_bytes += input.bytes;
    buffers_.push_back(std::make_unique<DeviceBuffer>(allocator));
  }
  if (cache_.bytes > 0) return;
  if (set_bytes == 0 || samples_.bytes == 0 || samples_.bytes % static_cast<size_t>(set_bytes) != 0) {
    throw Failure(GDN_TRT_BUILD_FAILED,
                  "int8 needs a calibration cache, or samples of " + std::to_string(set_bytes) +
                      " bytes each; given: " + std::to_string(samples_.bytes) + " bytes");
  }
}

bool Calibrator::getBatch(void* bindings[], char const* names[], int32_t count) noexcept {
  try {
    const Cuda& cuda = Nvidia::instance().cuda;
    if (next_ >= static_cast<int64_t>(samples_.bytes)) return false;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      void* room = buffers_[i]->room_for(inputs_[i].bytes);
      // The null stream waits until the copy is done.
      cuda.check(cuda.memcpy_async(room, samples_.data + next_, static_cast<size_t>(inputs_[i].bytes),
                                   cudaMemcpyHostToDevice, nullptr),
                 GDN_TRT_BUILD_FAILED, "a sample");
      next_ += inputs_[i].bytes;
      for (int32_t at = 0; at < count; ++at) {
        if (inputs_[i].name == names[at]) bindings[at] = room;
      }
    }
    cuda.check(cuda.stream_synchronize(nullptr), GDN_TRT_BUILD_FAILED, "a sample");
    return true;
  } catch (...) {
    return false;  // nothing may be thrown through TensorRT; the build then fails for want of scales
  }
}

void const* Calibrator::readCalibrationCache(std::size_t& length) noexcept {
  length = cache_.bytes;
  return cache_.bytes == 0 ? nullptr : cache_.data;
}

void Calibrator::writeCalibrationCache(void const* data, std::size_t length) noexcept {
  try {
    const auto* bytes = static_cast<const uint8_t*>(data);
    written_.assign(bytes, bytes + length);
  } catch (...) {
    written_.clear();
  }
}

}  // namespace gdn::trt

#endif
