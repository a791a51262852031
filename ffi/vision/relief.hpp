// Heights of the ground on a grid, for ground that is not flat.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "guard.hpp"

namespace gdn {

/// Heights over the plane up = 0, metres, on a grid of the caller's own, which it keeps alive.
struct Relief {
  double west_m = 0, south_m = 0, spacing_m = 1;
  int columns = 0, rows = 0;
  const double* up_m = nullptr;  ///< row by row from the south

  /// From the doubles that cross the border: west, south, spacing, columns, rows, heights.
  static Relief from(const double* v, int64_t count) {
    require(v != nullptr && count >= 5, "a relief begins with five numbers");
    const Relief relief{v[0], v[1], v[2], static_cast<int>(std::clamp(v[3], 0.0, 1e5)),
                        static_cast<int>(std::clamp(v[4], 0.0, 1e5)), v + 5};
    require(std::isfinite(v[0]) && std::isfinite(v[1]) && std::isfinite(v[2]) && v[2] > 0,
            "the corner of a relief must be finite, its spacing positive");
    require(relief.columns >= 2 && relief.rows >= 2 &&
                static_cast<int64_t>(relief.columns) * relief.rows == count - 5,
            "a relief has at least 2 x 2 heights, as many as it says");
    for (int64_t i = 5; i < count; i++)
      require(std::isfinite(v[i]) && std::abs(v[i]) < 1e5, "a height of the relief is not finite");
    return relief;
  }

  /// Bilinear; beyond its edges the ground goes on as it is at them.
  double up(double east_m, double north_m) const {
    const double x = std::clamp((east_m - west_m) / spacing_m, 0.0, columns - 1.0);
    const double y = std::clamp((north_m - south_m) / spacing_m, 0.0, rows - 1.0);
    const int i = std::min(static_cast<int>(x), columns - 2);
    const int k = std::min(static_cast<int>(y), rows - 2);
    const double a = x - i, b = y - k;
    const double* south = up_m + static_cast<int64_t>(k) * columns + i;
    const double* north = south + columns;
    return (1 - b) * ((1 - a) * south[0] + a * south[1]) + b * ((1 - a) * north[0] + a * north[1]);
  }
};

}  // namespace gdn
