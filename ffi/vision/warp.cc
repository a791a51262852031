#include "warp.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "guard.hpp"

namespace {

constexpr int kSamplesPerSideMax = 8;
constexpr int kSideMaxPx = 32768;

struct Position {
  double x, y;
};

/// A source picture, perhaps reduced by an integer factor; positions are those of the full picture.
struct Source {
  cv::Mat pixels;
  cv::Mat mask;  // empty: all valid
  int width, height, reduction;
};

bool on_picture(const Source& s, Position p) {
  return p.x >= -0.5 && p.x <= s.width - 0.5 && p.y >= -0.5 && p.y <= s.height - 0.5;
}

/// Adds one bilinear sample to `sum`; false where the source has no picture.
template <int Channels>
bool add_sample(const Source& s, Position p, double* sum) {
  if (!on_picture(s, p)) return false;
  const double k = s.reduction;
  const double x = std::clamp((p.x + 0.5) / k - 0.5, 0.0, s.pixels.cols - 1.0);
  const double y = std::clamp((p.y + 0.5) / k - 0.5, 0.0, s.pixels.rows - 1.0);
  const int x0 = static_cast<int>(x), y0 = static_cast<int>(y);
  const int x1 = std::min(x0 + 1, s.pixels.cols - 1), y1 = std::min(y0 + 1, s.pixels.rows - 1);
  const double fx = x - x0, fy = y - y0;
  double weights[4] = {(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy};
  double total = 1;
  if (!s.mask.empty()) {
    const uint8_t* m0 = s.mask.ptr(y0);
    const uint8_t* m1 = s.mask.ptr(y1);
    const bool valid[4] = {m0[x0] != 0, m0[x1] != 0, m1[x0] != 0, m1[x1] != 0};
    total = 0;
    for (int i = 0; i < 4; ++i) {
      if (!valid[i]) weights[i] = 0;
      total += weights[i];
    }
    if (total < 0.5) return false;
  }
  const uint8_t* r0 = s.pixels.ptr(y0);
  const uint8_t* r1 = s.pixels.ptr(y1);
  for (int c = 0; c < Channels; ++c) {
    sum[c] += (weights[0] * r0[x0 * Channels + c] + weights[1] * r0[x1 * Channels + c] +
               weights[2] * r1[x0 * Channels + c] + weights[3] * r1[x1 * Channels + c]) /
              total;
  }
  return true;
}

int sample_count(double footprint) {
  return std::isfinite(footprint)
             ? std::clamp(static_cast<int>(std::ceil(footprint - 1e-6)), 1, kSamplesPerSideMax)
             : 1;
}

/// The map is `source_of(x, y) -> Position`, defined between pixels too.
template <int Channels, typename Map>
void paint_pixel(const Source& s, const Map& source_of, int x, int y, uint8_t* out, uint8_t* cover) {
  const Position centre = source_of(x, y);
  double sum[Channels] = {};
  int count = 0;
  if (std::isfinite(centre.x) && std::isfinite(centre.y) && on_picture(s, centre)) {
    const Position right = source_of(x + 0.5, y), left = source_of(x - 0.5, y);
    const Position below = source_of(x, y + 0.5), above = source_of(x, y - 0.5);
    const int nx = sample_count(std::hypot(right.x - left.x, right.y - left.y) / s.reduction);
    const int ny = sample_count(std::hypot(below.x - above.x, below.y - above.y) / s.reduction);
    for (int j = 0; j < ny; ++j) {
      for (int i = 0; i < nx; ++i) {
        const Position p = source_of(x + (i + 0.5) / nx - 0.5, y + (j + 0.5) / ny - 0.5);
        if (std::isfinite(p.x) && std::isfinite(p.y)) count += add_sample<Channels>(s, p, sum);
      }
    }
  }
  *cover = count > 0 ? 255 : 0;
  for (int c = 0; c < Channels; ++c) {
    out[c] = count > 0 ? static_cast<uint8_t>(std::lround(sum[c] / count)) : 0;
  }
}

template <typename Map>
void paint(const Source& s, const Map& source_of, int channels, int width, int height, uint8_t* out,
           uint8_t* cover) {
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(y) * width + x;
      if (channels == 1) {
        paint_pixel<1>(s, source_of, x, y, out + at, cover + at);
      } else {
        paint_pixel<3>(s, source_of, x, y, out + at * 3, cover + at);
      }
    }
  }
}

struct HomographyMap {
  const double* h;
  Position operator()(double x, double y) const {
    const double w = h[6] * x + h[7] * y + h[8];
    // Behind the camera (or on its horizon) nothing is seen.
    if (!(w * h[8] > 0)) return {NAN, NAN};
    return {(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w};
  }
};

struct GridMap {
  const double* knots;
  int columns, rows, step;
  Position operator()(double x, double y) const {
    const double gx = x / step, gy = y / step;
    // The outermost cells also serve the half pixel beyond them.
    const int cx = std::clamp(static_cast<int>(std::floor(gx)), 0, columns - 2);
    const int cy = std::clamp(static_cast<int>(std::floor(gy)), 0, rows - 2);
    const double fx = gx - cx, fy = gy - cy;
    const double* a = knots + 2 * (static_cast<ptrdiff_t>(cy) * columns + cx);
    const double* b = a + 2 * columns;
    const auto blend = [&](int i) {
      return (1 - fy) * ((1 - fx) * a[i] + fx * a[2 + i]) + fy * ((1 - fx) * b[i] + fx * b[2 + i]);
    };
    return {blend(0), blend(1)};
  }
};

/// How many source pixels a destination pixel spans at least, over a coarse raster of the picture.
template <typename Map>
double footprint_min(const Map& source_of, int width, int height) {
  double smallest = INFINITY;
  for (int j = 0; j <= 4; ++j) {
    for (int i = 0; i <= 4; ++i) {
      const double x = (width - 1) * i / 4.0, y = (height - 1) * j / 4.0;
      const Position p = source_of(x, y), r = source_of(x + 1, y), b = source_of(x, y + 1);
      const double span = std::min(std::hypot(r.x - p.x, r.y - p.y), std::hypot(b.x - p.x, b.y - p.y));
      if (std::isfinite(span)) smallest = std::min(smallest, span);
    }
  }
  return std::isfinite(smallest) ? smallest : 1;
}

/// Mean over blocks of k×k pixels; the last blocks repeat the picture's edge.
cv::Mat reduce(const cv::Mat& picture, int k) {
  const int right = (k - picture.cols % k) % k, bottom = (k - picture.rows % k) % k;
  cv::Mat padded, out;
  cv::copyMakeBorder(picture, padded, 0, bottom, 0, right, cv::BORDER_REPLICATE);
  cv::resize(padded, out, cv::Size(padded.cols / k, padded.rows / k), 0, 0, cv::INTER_AREA);
  return out;
}

Source make_source(const uint8_t* pixels, int width, int height, int channels, const uint8_t* mask,
                   double footprint) {
  Source s{cv::Mat(height, width, channels == 1 ? CV_8UC1 : CV_8UC3, const_cast<uint8_t*>(pixels)),
           cv::Mat(), width, height, 1};
  if (mask != nullptr) s.mask = cv::Mat(height, width, CV_8UC1, const_cast<uint8_t*>(mask));
  // A mask keeps its sharp edge only at full size: the samples then lie further apart instead.
  if (footprint > kSamplesPerSideMax && mask == nullptr) {
    const int smaller_side = std::min(width, height);
    s.reduction = std::clamp(static_cast<int>(footprint / 2), 1, std::max(1, smaller_side));
    if (s.reduction > 1) s.pixels = reduce(s.pixels, s.reduction);
  }
  return s;
}

void check_sizes(const uint8_t* source, int sw, int sh, int channels, int dw, int dh,
                 const uint8_t* destination, const uint8_t* coverage) {
  gdn::require(source != nullptr && destination != nullptr && coverage != nullptr,
               "source, destination and coverage must not be null");
  gdn::require(channels == 1 || channels == 3, "channels must be 1 (grey) or 3 (RGB)");
  gdn::require(sw > 0 && sh > 0 && sw <= kSideMaxPx && sh <= kSideMaxPx,
               "the source must have 1 to 32768 pixels a side");
  gdn::require(dw > 0 && dh > 0 && dw <= kSideMaxPx && dh <= kSideMaxPx,
               "the destination must have 1 to 32768 pixels a side");
}

}  // namespace

int32_t gdn_warp_homography(const uint8_t* source, int32_t source_width_px, int32_t source_height_px,
                            int32_t channels, const uint8_t* source_mask,
                            const double* source_from_destination, int32_t destination_width_px,
                            int32_t destination_height_px, uint8_t* destination, uint8_t* coverage,
                            gdn_error* error) {
  return gdn::guard(error, [&] {
    check_sizes(source, source_width_px, source_height_px, channels, destination_width_px,
                destination_height_px, destination, coverage);
    gdn::require(source_from_destination != nullptr, "the homography must not be null");
    double h[9];
    for (int i = 0; i < 9; ++i) {
      h[i] = source_from_destination[i];
      gdn::require(std::isfinite(h[i]), "the homography must be finite");
    }
    gdn::require(h[8] != 0, "the homography must map the destination's first pixel");
    const HomographyMap map{h};
    const Source s = make_source(source, source_width_px, source_height_px, channels, source_mask,
                                 footprint_min(map, destination_width_px, destination_height_px));
    paint(s, map, channels, destination_width_px, destination_height_px, destination, coverage);
  });
}

int32_t gdn_warp_grid(const uint8_t* source, int32_t source_width_px, int32_t source_height_px,
                      int32_t channels, const uint8_t* source_mask, const double* knots,
                      int32_t knot_columns, int32_t knot_rows, int32_t step_px,
                      int32_t destination_width_px, int32_t destination_height_px,
                      uint8_t* destination, uint8_t* coverage, gdn_error* error) {
  return gdn::guard(error, [&] {
    check_sizes(source, source_width_px, source_height_px, channels, destination_width_px,
                destination_height_px, destination, coverage);
    gdn::require(knots != nullptr, "the knots must not be null");
    gdn::require(knot_columns >= 2 && knot_rows >= 2 && step_px >= 1,
                 "a grid has at least 2x2 knots and a step of 1 pixel");
    gdn::require(static_cast<int64_t>(knot_columns - 1) * step_px >= destination_width_px - 1 &&
                     static_cast<int64_t>(knot_rows - 1) * step_px >= destination_height_px - 1,
                 "the knots do not reach the destination's last pixel");
    const GridMap map{knots, knot_columns, knot_rows, step_px};
    const Source s = make_source(source, source_width_px, source_height_px, channels, source_mask,
                                 footprint_min(map, destination_width_px, destination_height_px));
    paint(s, map, channels, destination_width_px, destination_height_px, destination, coverage);
  });
}
