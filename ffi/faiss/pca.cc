// Principal axes for descriptors that are too long for an index (FAISS's PCAMatrix).
#include <faiss/VectorTransform.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "faiss.h"
#include "guard.hpp"

extern "C" void openblas_set_num_threads(int threads);

namespace {

constexpr int32_t dimension_max = 65536;

void require_shape(const float* descriptors, int64_t floats, int64_t count, int32_t dimension,
                   int32_t axis_count, int64_t axes_floats) {
  gdn::require(descriptors != nullptr, "descriptors must be given");
  gdn::require(dimension >= 1 && dimension <= dimension_max, "dimension must be in [1, 65536]");
  gdn::require(axis_count >= 1 && axis_count <= dimension, "axis_count must be in [1, dimension]");
  gdn::require(count >= 1 && floats == count * dimension,
               "the descriptors do not have count * dimension floats");
  gdn::require(axes_floats == static_cast<int64_t>(axis_count) * dimension,
               "the axes do not have axis_count * dimension floats");
}

}  // namespace

int32_t gdn_pca_train(const float* descriptors, int64_t descriptor_floats, int64_t count,
                      int32_t dimension, int32_t axis_count, float* mean, float* axes,
                      int64_t axes_floats, float* variances, gdn_error* error) {
  return gdn::guard(error, [&] {
    require_shape(descriptors, descriptor_floats, count, dimension, axis_count, axes_floats);
    gdn::require(mean != nullptr && axes != nullptr && variances != nullptr,
                 "mean, axes and variances must be given");
    gdn::require(count > axis_count, "axes need more descriptors than there are axes");
    // One thread: the sums, and so the last bits, must not depend on the number of cores.
    openblas_set_num_threads(1);
    omp_set_num_threads(1);
    faiss::PCAMatrix pca(dimension, axis_count);
    // The caller decides how many descriptors it learns from.
    pca.max_points_per_d = static_cast<size_t>(count);
    pca.train(count, descriptors);
    gdn::require(pca.A.size() >= static_cast<size_t>(axes_floats) &&
                     pca.mean.size() == static_cast<size_t>(dimension),
                 "the descriptors have no principal axes");
    std::copy_n(pca.mean.begin(), dimension, mean);
    std::copy_n(pca.A.begin(), axes_floats, axes);
    std::fill_n(variances, dimension, 0.0F);
    std::copy_n(pca.eigenvalues.begin(),
                std::min<size_t>(pca.eigenvalues.size(), static_cast<size_t>(dimension)), variances);
  });
}

int32_t gdn_pca_project(const float* descriptors, int64_t descriptor_floats, int64_t count,
                        int32_t dimension, const float* mean, const float* axes,
                        int64_t axes_floats, int32_t axis_count, float* out, gdn_error* error) {
  return gdn::guard(error, [&] {
    require_shape(descriptors, descriptor_floats, count, dimension, axis_count, axes_floats);
    gdn::require(mean != nullptr && axes != nullptr && out != nullptr,
                 "mean, axes and out must be given");
    // Plain sums, the same for one descriptor as for many: what is stored and what is asked with must
    // be projected alike.
    std::vector<float> x(static_cast<size_t>(dimension));
    for (int64_t row = 0; row < count; ++row) {
      std::transform(mean, mean + dimension, descriptors + row * dimension, x.begin(),
                     [](float middle, float value) { return value - middle; });
      float* const y = out + row * axis_count;
      double squares = 0;
      for (int32_t axis = 0; axis < axis_count; ++axis) {
        const float* const a = axes + static_cast<int64_t>(axis) * dimension;
        // Eight sums side by side, which the compiler turns into vectors.
        float sums[8] = {};
        int32_t i = 0;
        for (; i + 8 <= dimension; i += 8) {
          for (int32_t j = 0; j < 8; ++j) sums[j] += a[i + j] * x[i + j];
        }
        double sum = 0;
        for (; i < dimension; ++i) sum += static_cast<double>(a[i]) * x[i];
        for (const float part : sums) sum += part;
        y[axis] = static_cast<float>(sum);
        squares += sum * sum;
      }
      if (squares > 0) {
        const double scale = 1 / std::sqrt(squares);
        for (int32_t axis = 0; axis < axis_count; ++axis) {
          y[axis] = static_cast<float>(y[axis] * scale);
        }
      }
    }
  });
}
