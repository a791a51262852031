// How much GPU memory the engines of this process hold, and the limit that is checked before anything
// is allocated.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>

#include "backend.hpp"

namespace gdn::trt {

class MemoryBudget {
 public:
  static MemoryBudget& instance() {
    static auto* const budget = new MemoryBudget();
    return *budget;
  }

  void set_limit(int64_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    limit_ = bytes;
  }

  int64_t used() {
    std::lock_guard<std::mutex> lock(mutex_);
    return used_;
  }

  /// False, and nothing is counted, when the limit would be passed.
  bool try_take(int64_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!fits(bytes)) return false;
    used_ += bytes;
    return true;
  }

  void give_back(int64_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    used_ -= bytes;
  }

  /// Throws GDN_OUT_OF_MEMORY when `bytes` more would pass the limit.
  void require_room(int64_t bytes, const char* what) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (fits(bytes)) return;
    throw Failure(GDN_OUT_OF_MEMORY,
                  std::string(what) + " needs " + std::to_string(bytes) + " bytes of GPU memory; of the budget of " +
                      std::to_string(limit_) + " bytes " + std::to_string(used_) + " are in use");
  }

 private:
  bool fits(int64_t bytes) const { return limit_ == 0 || bytes <= limit_ - used_; }

  std::mutex mutex_;
  int64_t limit_ = 0, used_ = 0;
};

/// Bytes that count against the budget as long as this lives.
class BudgetShare {
 public:
  BudgetShare(int64_t bytes, const char* what) : bytes_(bytes) {
    if (MemoryBudget::instance().try_take(bytes)) return;
    MemoryBudget::instance().require_room(bytes, what);
    throw Failure(GDN_OUT_OF_MEMORY, std::string(what) + ": the budget of GPU memory is used up");
  }
  ~BudgetShare() { MemoryBudget::instance().give_back(bytes_); }
  BudgetShare(const BudgetShare&) = delete;
  BudgetShare& operator=(const BudgetShare&) = delete;

 private:
  int64_t bytes_;
};

}  // namespace gdn::trt
