// What TensorRT calls back: its log, its error recorder and its allocator of GPU memory. It calls them
// from threads of its own.
#pragma once
#include <atomic>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "nvidia.hpp"

namespace gdn::trt {

/// Keeps the first errors until they are asked for, and whether one was a failed allocation.
class Recorder final : public nvinfer1::IErrorRecorder {
 public:
  int32_t getNbErrors() const noexcept override;
  nvinfer1::ErrorCode getErrorCode(int32_t index) const noexcept override;
  ErrorDesc getErrorDesc(int32_t index) const noexcept override;
  bool hasOverflowed() const noexcept override;
  void clear() noexcept override;
  bool reportError(nvinfer1::ErrorCode code, ErrorDesc text) noexcept override;
  RefCount incRefCount() noexcept override { return ++references_; }
  RefCount decRefCount() noexcept override { return --references_; }

  std::string text() const;
  bool allocation_failed() const;

 private:
  struct Report {
    nvinfer1::ErrorCode code;
    std::string text;
  };
  static constexpr size_t kKept = 8;

  mutable std::mutex mutex_;
  std::vector<Report> errors_;
  bool overflowed_ = false;
  std::atomic<RefCount> references_{0};
};

/// Keeps the last error line: TensorRT logs some faults that it does not record.
class Log final : public nvinfer1::ILogger {
 public:
  void log(Severity severity, nvinfer1::AsciiChar const* message) noexcept override;
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::string last_error_;
};

/// GPU memory for TensorRT, counted against the budget before it is allocated.
class Allocator final : public nvinfer1::IGpuAllocator {
 public:
  explicit Allocator(const Cuda& cuda) : cuda_(cuda) {}

  void* allocate(uint64_t const size, uint64_t const alignment,
                 nvinfer1::AllocatorFlags const flags) noexcept override;
  bool deallocate(void* const memory) noexcept override;
#if NV_TENSORRT_MAJOR < 10
  void free(void* const memory) noexcept override { deallocate(memory); }
#endif

  /// Whether an allocation was refused, by the budget or by the GPU.
  bool refused() const { return refused_; }

 private:
  const Cuda& cuda_;
  std::mutex mutex_;
  std::unordered_map<void*, int64_t> sizes_;
  std::atomic<bool> refused_{false};
};

/// GPU memory of our own, counted against the budget; grows, never shrinks.
class DeviceBuffer {
 public:
  explicit DeviceBuffer(Allocator& allocator) : allocator_(allocator) {}
  ~DeviceBuffer() { allocator_.deallocate(memory_); }
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;

  /// Room for `bytes` (never null, for TensorRT wants an address for empty tensors too).
  void* room_for(int64_t bytes);

 private:
  Allocator& allocator_;
  void* memory_ = nullptr;
  int64_t size_ = 0;
};

/// Throws what was reported: GDN_OUT_OF_MEMORY where an allocation failed, else `status`.
[[noreturn]] void raise(int32_t status, const std::string& what, const Recorder& recorder,
                        const Log& log, const Allocator* allocator);

}  // namespace gdn::trt
