#include "observers.hpp"

#include <algorithm>

#include "memory_budget.hpp"

namespace gdn::trt {

int32_t Recorder::getNbErrors() const noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int32_t>(errors_.size());
}

nvinfer1::ErrorCode Recorder::getErrorCode(int32_t index) const noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto i = static_cast<size_t>(index);
  return i < errors_.size() ? errors_[i].code : nvinfer1::ErrorCode::kINVALID_ARGUMENT;
}

Recorder::ErrorDesc Recorder::getErrorDesc(int32_t index) const noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto i = static_cast<size_t>(index);
  return i < errors_.size() ? errors_[i].text.c_str() : "";
}

bool Recorder::hasOverflowed() const noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  return overflowed_;
}

void Recorder::clear() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  errors_.clear();
  overflowed_ = false;
}

bool Recorder::reportError(nvinfer1::ErrorCode code, ErrorDesc text) noexcept {
  try {
    std::lock_guard<std::mutex> lock(mutex_);
    if (errors_.capacity() < kKept) errors_.reserve(kKept);  // texts that were handed out stay in place
    if (errors_.size() == kKept) overflowed_ = true;
    else errors_.push_back({code, text == nullptr ? "" : text});
  } catch (...) {
    return true;  // nothing may be thrown through TensorRT
  }
  return true;
}

std::string Recorder::text() const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::string all;
  for (const Report& report : errors_) all += (all.empty() ? "" : "; ") + report.text;
  return all;
}

bool Recorder::allocation_failed() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::any_of(errors_.begin(), errors_.end(), [](const Report& report) {
    return report.code == nvinfer1::ErrorCode::kFAILED_ALLOCATION;
  });
}

void Log::log(Severity severity, nvinfer1::AsciiChar const* message) noexcept {
  if (severity > Severity::kERROR || message == nullptr) return;
  try {
    std::lock_guard<std::mutex> lock(mutex_);
    last_error_ = message;
  } catch (...) {
    return;  // nothing may be thrown through TensorRT
  }
}

std::string Log::text() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return last_error_;
}

void* Allocator::allocate(uint64_t const size, uint64_t const /*alignment*/,
                          nvinfer1::AllocatorFlags const /*flags*/) noexcept {
  // cudaMalloc aligns to 256 bytes, the most that TensorRT asks for.
  const auto bytes = static_cast<int64_t>(size);
  if (bytes <= 0) return nullptr;
  if (!MemoryBudget::instance().try_take(bytes)) {
    refused_ = true;
    return nullptr;
  }
  void* memory = nullptr;
  if (cuda_.malloc(&memory, size) == cudaSuccess) {
    try {
      std::lock_guard<std::mutex> lock(mutex_);
      sizes_.emplace(memory, bytes);
      return memory;
    } catch (...) {
      cuda_.free(memory);
    }
  }
  MemoryBudget::instance().give_back(bytes);
  refused_ = true;
  return nullptr;
}

bool Allocator::deallocate(void* const memory) noexcept {
  if (memory == nullptr) return true;
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = sizes_.find(memory);
  if (found == sizes_.end()) return false;
  MemoryBudget::instance().give_back(found->second);
  sizes_.erase(found);
  return cuda_.free(memory) == cudaSuccess;
}

void* DeviceBuffer::room_for(int64_t bytes) {
  const int64_t wanted = std::max<int64_t>(bytes, 1);
  if (wanted <= size_) return memory_;
  MemoryBudget::instance().require_room(wanted - size_, "a tensor");
  allocator_.deallocate(memory_);
  memory_ = nullptr;
  size_ = 0;
  memory_ = allocator_.allocate(static_cast<uint64_t>(wanted), 256, 0);
  if (memory_ == nullptr) {
    throw Failure(GDN_OUT_OF_MEMORY, "a tensor of " + std::to_string(wanted) + " bytes does not fit the GPU");
  }
  size_ = wanted;
  return memory_;
}

void raise(int32_t status, const std::string& what, const Recorder& recorder, const Log& log,
           const Allocator* allocator) {
  std::string reason = recorder.text();
  if (reason.empty()) reason = log.text();
  if (reason.empty()) reason = "TensorRT gave no reason";
  const bool memory = recorder.allocation_failed() || (allocator != nullptr && allocator->refused());
  throw Failure(memory ? GDN_OUT_OF_MEMORY : status, what + ": " + reason);
}

}  // namespace gdn::trt
