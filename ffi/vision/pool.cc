// A frame takes and frees hundreds of buffers of a quarter to several megabytes, most of them inside of
// OpenCV. glibc gives blocks of that size back to the system (munmap, or trimming a thread's heap),
// and each is then paid for anew, page fault by page fault: measured, three quarters of a frame's time.
// The pool becomes OpenCV's default allocator when the library is loaded, so that its temporaries come
// from here as well.
#include "pool.hpp"

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <opencv2/core.hpp>
#include <vector>

namespace gdn {

namespace {

/// Smaller blocks stay in malloc's own lists; larger ones belong to work of seconds, not to a frame.
constexpr size_t kPooledMin = size_t{32} << 10, kPooledMax = size_t{16} << 20;
/// Whatever a sanitizer watches must come from malloc and go back to it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kPools = false;
#else
constexpr bool kPools = true;
#endif

bool is_pooled(size_t bytes) { return kPools && bytes >= kPooledMin && bytes <= kPooledMax; }

/// The next of four sizes per octave: a patch that grows by some pixels finds the same block again.
size_t size_class(size_t bytes) {
  size_t octave = kPooledMin;
  while (octave * 2 <= bytes) octave *= 2;
  const size_t step = octave / 4;
  return (bytes + step - 1) / step * step;
}

/// Free blocks by size; the least recently used one goes first when there are too many.
class Pool {
 public:
  void* take(size_t bytes) {
    const size_t size = size_class(bytes);
    {
      const std::lock_guard<std::mutex> hold(lock_);
      const auto kept = free_.find(size);
      if (kept != free_.end() && !kept->second.empty()) {
        void* block = kept->second.back().block;
        kept->second.pop_back();
        bytes_ -= size;
        return block;
      }
    }
    return cv::fastMalloc(size);
  }

  void give(void* block, size_t bytes) {
    const size_t size = size_class(bytes);
    std::vector<void*> dropped;
    {
      const std::lock_guard<std::mutex> hold(lock_);
      free_[size].push_back({block, ++turn_});
      bytes_ += size;
      while (bytes_ > kPoolBytesMax) dropped.push_back(drop_oldest());
    }
    for (void* old : dropped) cv::fastFree(old);
  }

  size_t bytes() {
    const std::lock_guard<std::mutex> hold(lock_);
    return bytes_;
  }

 private:
  struct Kept {
    void* block;
    uint64_t turn;  // when it was given back
  };

  void* drop_oldest() {
    auto oldest = free_.end();
    for (auto at = free_.begin(); at != free_.end(); ++at) {
      if (at->second.empty()) continue;
      if (oldest == free_.end() || at->second.front().turn < oldest->second.front().turn)
        oldest = at;
    }
    void* block = oldest->second.front().block;
    oldest->second.pop_front();
    bytes_ -= oldest->first;
    return block;
  }

  std::mutex lock_;
  std::map<size_t, std::deque<Kept>> free_;  // by size, each oldest first
  size_t bytes_ = 0;
  uint64_t turn_ = 0;
};

/// Never destroyed: OpenCV's threads may free a cv::Mat while the process ends.
Pool& pool() {
  static Pool& the = *new Pool;
  return the;
}

/// cv::Mat's buffers from the pool; otherwise what OpenCV's own allocator does (matrix.cpp).
class PooledAllocator : public cv::MatAllocator {
 public:
  cv::UMatData* allocate(int dims, const int* sizes, int type, void* data, size_t* step,
                         cv::AccessFlag, cv::UMatUsageFlags) const override {
    size_t bytes = CV_ELEM_SIZE(type);
    for (int i = dims - 1; i >= 0; i--) {
      if (step != nullptr) {
        if (data != nullptr && step[i] != cv::Mat::AUTO_STEP) {
          CV_Assert(bytes <= step[i]);
          bytes = step[i];
        } else {
          step[i] = bytes;
        }
      }
      bytes *= sizes[i];
    }
    auto made = std::make_unique<cv::UMatData>(this);
    if (data != nullptr) {
      made->flags |= cv::UMatData::USER_ALLOCATED;
    } else {
      data = is_pooled(bytes) ? pool().take(bytes) : cv::fastMalloc(bytes);
    }
    made->data = made->origdata = static_cast<uchar*>(data);
    made->size = bytes;
    return made.release();
  }

  bool allocate(cv::UMatData* data, cv::AccessFlag, cv::UMatUsageFlags) const override {
    return data != nullptr;
  }

  void deallocate(cv::UMatData* data) const override {
    if (data == nullptr) return;
    CV_Assert(data->urefcount == 0 && data->refcount == 0);
    if (!(data->flags & cv::UMatData::USER_ALLOCATED)) {
      if (is_pooled(data->size)) {
        pool().give(data->origdata, data->size);
      } else {
        cv::fastFree(data->origdata);
      }
      data->origdata = nullptr;
    }
    delete data;
  }
};

const bool installed = [] {
  cv::Mat::setDefaultAllocator(new PooledAllocator);
  return true;
}();

}  // namespace

size_t pooled_bytes() { return pool().bytes(); }

}  // namespace gdn
