// Handles by number: a freed or invented handle is an error, never a dangling pointer.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "guard.hpp"

namespace gdn {

template <typename T>
class Registry {
 public:
  uint64_t insert(std::shared_ptr<T> object) {
    std::lock_guard<std::mutex> lock(mutex_);
    const uint64_t handle = next_++;
    objects_.emplace(handle, std::move(object));
    return handle;
  }

  std::shared_ptr<T> get(uint64_t handle) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = objects_.find(handle);
    require(found != objects_.end(), "the handle is not open");
    return found->second;
  }

  // The object dies here, or when the last call in flight lets go of it.
  void erase(uint64_t handle) {
    std::shared_ptr<T> last;
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = objects_.find(handle);
    require(found != objects_.end(), "the handle is not open");
    last = std::move(found->second);
    objects_.erase(found);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<uint64_t, std::shared_ptr<T>> objects_;
  uint64_t next_ = 1;
};

}  // namespace gdn
