// What a structural search may be asked for.
#pragma once
#include <cmath>

#include "guard.hpp"
#include "structural.h"

namespace gdn {

constexpr double kHypothesesMax = 4096;

/// How many steps a range takes either way; 0 without a step.
inline double steps(double half_range, double step) { return step > 0 ? half_range / step : 0; }

inline void check_search(const gdn_structural_query& q) {
  for (const double value :
       {q.height_m, q.position_m[0], q.position_m[1], q.search_radius_m, q.heading_half_range_rad,
        q.heading_step_rad, q.scale_half_range, q.scale_step, q.coarse_gsd_m, q.fine_gsd_m,
        q.extent_max_m, q.block_search_m})
    require(std::isfinite(value), "a number of the search is not finite");
  require(q.height_m > 0 && q.coarse_gsd_m > 0 && q.fine_gsd_m > 0 && q.extent_max_m > 0,
          "height, ground sample distances and extent must be positive");
  require(q.search_radius_m >= 0 && q.heading_half_range_rad >= 0 && q.scale_half_range >= 0 &&
              q.scale_half_range < 0.9,
          "search ranges must not be negative");
  require((2 * steps(q.heading_half_range_rad, q.heading_step_rad) + 1) *
                  (2 * steps(q.scale_half_range, q.scale_step) + 1) <=
              kHypothesesMax,
          "at most 4096 hypotheses");
  require(q.extent_max_m / q.coarse_gsd_m <= 8192 && q.extent_max_m / q.fine_gsd_m <= 8192 &&
              q.block_search_m >= 0 && q.block_search_m / q.fine_gsd_m <= 512,
          "the view has at most 8192 pixels each way, a block is sought over at most 512");
  require(q.blocks_x >= 0 && q.blocks_y >= 0 && q.blocks_x <= 64 && q.blocks_y <= 64,
          "at most 64 blocks a side");
}

}  // namespace gdn
