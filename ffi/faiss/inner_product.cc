#include "inner_product.hpp"

#include <cstring>

namespace {

constexpr std::size_t kLanes = 8;
constexpr std::size_t kSums = 4;

// The compiler's own vectors: AVX, SSE or NEON registers, whatever there is. CMakeLists.txt forbids
// it to fuse the multiplication with the addition, which would round otherwise where it can.
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float))));

}  // namespace

#if defined(__x86_64__)
__attribute__((target_clones("avx2", "default")))
#endif
float gdn::inner_product(const float* left, const float* right, std::size_t count) {
  Lanes sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums * kLanes <= count; i += kSums * kLanes) {
    for (std::size_t s = 0; s < kSums; ++s) {
      Lanes a, b;
      std::memcpy(&a, left + i + s * kLanes, sizeof a);
      std::memcpy(&b, right + i + s * kLanes, sizeof b);
      sums[s] += a * b;
    }
  }
  const Lanes lanes = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  float sum = ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
              ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
  for (; i < count; ++i) sum += left[i] * right[i];
  return sum;
}
