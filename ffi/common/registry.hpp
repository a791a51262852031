// Handles by number: a freed, foreign or invented handle is an error, never a dangling pointer.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "guard.hpp"

namespace gdn {

/// What handles may stand for, in all libraries. The kind is part of the handle, so that a handle of
/// another kind, or of another library, is never taken for one of this kind.
enum class HandleKind : uint64_t {
  kFrame = 1,
  kRenderCamera = 2,
  kRenderGround = 3,
  kHnswIndex = 4,
  kServiceManager = 5,
  kTensorRtPlan = 6,
  kTensorRtEngine = 7,
  kSerialLine = 8,
  kCamera = 9,
  kSmoother = 10,
};

/// Objects alive now in this library: also those that were freed while a call still uses them.
inline std::atomic<int64_t> live_objects{0};

/// Base of everything that a handle may stand for.
struct Counted {
  Counted() { ++live_objects; }
  ~Counted() { --live_objects; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
};

template <typename T, HandleKind kind>
class Registry {
  static_assert(std::is_base_of_v<Counted, T>, "what handles stand for is counted");

 public:
  /// The one of this library. Never destroyed: a call in flight at process exit must still find it.
  static Registry& instance() {
    static auto* const registry = new Registry();
    return *registry;
  }

  /// A handle that is never given out twice.
  uint64_t insert(std::shared_ptr<T> object) {
    std::lock_guard<std::mutex> lock(mutex_);
    const uint64_t handle = (static_cast<uint64_t>(kind) << kKindShift) | next_++;
    objects_.emplace(handle, std::move(object));
    return handle;
  }

  /// The object stays alive as long as the pointer is kept, whoever frees the handle meanwhile.
  std::shared_ptr<T> get(uint64_t handle) {
    std::lock_guard<std::mutex> lock(mutex_);
    return find(handle)->second;
  }

  /// The object dies here, or when the last call in flight lets go of it.
  void erase(uint64_t handle) {
    std::shared_ptr<T> last;  // declared first: the object dies after the lock is given back
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = find(handle);
    last = std::move(found->second);
    objects_.erase(found);
  }

 private:
  static constexpr int kKindShift = 48;

  Registry() = default;

  auto find(uint64_t handle) {
    const auto found = objects_.find(handle);
    if (found != objects_.end()) return found;
    throw InvalidArgument(handle >> kKindShift == static_cast<uint64_t>(kind) || handle == 0
                              ? "the handle is not open"
                              : "the handle is of another kind");
  }

  std::mutex mutex_;
  std::unordered_map<uint64_t, std::shared_ptr<T>> objects_;
  uint64_t next_ = 1;
};

}  // namespace gdn
