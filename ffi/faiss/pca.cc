// Principal axes for descriptors that are too long for an index.
#include <algorithm>
#include <vector>

#include "faiss.h"
#include "principal_axes.hpp"

namespace {

constexpr int32_t dimension_max = 65536;
constexpr int64_t count_max = 1 << 24;

void require_shape(const float* descriptors, int64_t floats, int64_t count, int32_t dimension,
                   int32_t axis_count, int64_t axes_floats) {
  gdn::require(descriptors != nullptr, "descriptors must be given");
  gdn::require(dimension >= 1 && dimension <= dimension_max, "dimension must be in [1, 65536]");
  gdn::require(axis_count >= 1 && axis_count <= dimension, "axis_count must be in [1, dimension]");
  gdn::require(count >= 1 && count <= count_max && floats == count * dimension,
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
    std::vector<double> all;
    gdn::principal_axes(descriptors, static_cast<int>(count), dimension, axis_count, mean, axes,
                        &all);
    std::fill_n(variances, dimension, 0.0F);
    std::copy(all.begin(), all.end(), variances);
  });
}

int32_t gdn_pca_project(const float* descriptors, int64_t descriptor_floats, int64_t count,
                        int32_t dimension, const float* mean, const float* axes,
                        int64_t axes_floats, int32_t axis_count, float* out, gdn_error* error) {
  return gdn::guard(error, [&] {
    require_shape(descriptors, descriptor_floats, count, dimension, axis_count, axes_floats);
    gdn::require(mean != nullptr && axes != nullptr && out != nullptr,
                 "mean, axes and out must be given");
    for (int64_t row = 0; row < count; ++row) {
      gdn::project(descriptors + row * dimension, dimension, mean, axes, axis_count,
                   out + row * axis_count);
    }
  });
}
