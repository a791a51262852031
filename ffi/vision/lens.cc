#include "lens.h"

#include <limits>

#include "lens.hpp"

namespace {

/// Calls `map(x, y, out)` for every pair; a pair that it says no to becomes NaN.
template <typename Map>
void map_pairs(const double* in, int64_t doubles, double* out, Map&& map) {
  gdn::require(doubles >= 0 && doubles % 2 == 0, "points must be given in pairs");
  gdn::require(doubles == 0 || (in != nullptr && out != nullptr), "the points are missing");
  for (int64_t i = 0; i < doubles; i += 2) {
    if (map(in[i], in[i + 1], out + i)) continue;
    out[i] = out[i + 1] = std::numeric_limits<double>::quiet_NaN();
  }
}

}  // namespace

int32_t gdn_lens_project(const double* intrinsics, const double* rays, int64_t doubles,
                         double* pixels, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto lens = gdn::Lens::from(intrinsics);
    map_pairs(rays, doubles, pixels, [&](double x, double y, double* pixel) {
      lens.project(x, y, pixel, pixel + 1);
      return lens.is_unfolded(x, y);
    });
  });
}

int32_t gdn_lens_unproject(const double* intrinsics, const double* pixels, int64_t doubles,
                           double* rays, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto lens = gdn::Lens::from(intrinsics);
    map_pairs(pixels, doubles, rays, [&](double u, double v, double* ray) {
      return lens.unproject(u, v, ray, ray + 1);
    });
  });
}
