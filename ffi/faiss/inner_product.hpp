// The inner product that every search and every build of a graph spends its time in.
#pragma once
#include <cstddef>

namespace gdn {

// Sum of left[i] * right[i]. Debian's FAISS is compiled for the oldest processors and adds one float
// at a time; this adds 32 side by side, in an order that is the same on every machine, so that the
// result is as well, to the last bit.
float inner_product(const float* left, const float* right, std::size_t count);

}  // namespace gdn
