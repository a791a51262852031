// Tie points: blocks of the frame's north-up view, each found on the map around a coarse answer.
#pragma once
#include "frame.hpp"

namespace gdn {

/// A mosaic of map tiles and where it lies.
class Mosaic {
 public:
  Mosaic(const uint8_t* pixels, const uint8_t* valid, cv::Size size, const double* from_local);

  /// North-up ground in local metres, `size` pixels of `gsd_m` around `centre`.
  Ground ground(cv::Point2d centre, double gsd_m, cv::Size size) const;

 private:
  /// The part of the mosaic that a patch and `margin_px` pixels around it lie on; `m` maps from the patch.
  cv::Rect part_under(const cv::Matx23d& m, cv::Size size, int margin_px) const;

  cv::Mat pixels_, valid_;
  std::array<double, 6> from_local_;
};

/// Bounds of the ground in view, metres from the foot point, cut to `extent_max_m` each way.
cv::Rect2d footprint(const Frame& frame, const View& view, double extent_max_m);

/// Peak of a score surface to a fraction of a pixel (parabola in each axis).
cv::Point2d subpixel(const cv::Mat& scores, cv::Point at);

struct BlockSearch {
  double extent_max_m, gsd_m, search_m;
  int blocks_x, blocks_y;
};

/// Fills 6 doubles a tie point (see structural.h) and returns how many there are.
int match_blocks(const Frame& frame, const View& view, const Mosaic& mosaic, cv::Point2d foot,
                 const BlockSearch& search, double* tie_points);

}  // namespace gdn
