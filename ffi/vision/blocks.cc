#include "blocks.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <opencv2/imgproc.hpp>

#include "cfog.hpp"
#include "simd.hpp"
#include "structural.h"

namespace gdn {

namespace {
/// Neighbouring blocks share some ground: larger blocks err less.
constexpr double kBlockOverlap = 1.5;
}  // namespace

Mosaic::Mosaic(const uint8_t* pixels, const uint8_t* valid, cv::Size size,
               const double* from_local) {
  require(size.width > 0 && size.height > 0, "the map window has no pixels");
  pixels_ = cv::Mat(size, CV_8U, const_cast<uint8_t*>(pixels));
  valid_ = cv::Mat(size, CV_8U, const_cast<uint8_t*>(valid));
  for (int i = 0; i < 6; i++) {
    require(std::isfinite(from_local[i]), "the map window's affine map is not finite");
    from_local_[i] = from_local[i];
  }
}

cv::Rect Mosaic::part_under(const cv::Matx23d& m, cv::Size size, int margin_px) const {
  double x0 = 1e9, x1 = -1e9, y0 = 1e9, y1 = -1e9;
  for (int i = 0; i < 4; i++) {
    const cv::Vec2d at = m * cv::Vec3d(i % 2 * size.width, i / 2 * size.height, 1);
    x0 = std::min(x0, at[0]), x1 = std::max(x1, at[0]);
    y0 = std::min(y0, at[1]), y1 = std::max(y1, at[1]);
  }
  // Cut as doubles: what does not fit an int must not become one.
  const auto cut = [&](double value, int bound) {
    return static_cast<int>(std::clamp(value, 0.0, static_cast<double>(bound)));
  };
  const int left = cut(std::floor(x0) - margin_px, pixels_.cols);
  const int top = cut(std::floor(y0) - margin_px, pixels_.rows);
  return {left, top, cut(std::ceil(x1) + margin_px, pixels_.cols) - left,
          cut(std::ceil(y1) + margin_px, pixels_.rows) - top};
}

Ground Mosaic::ground(cv::Point2d centre, double gsd_m, cv::Size size) const {
  const auto& a = from_local_;
  const double pixels_per_metre = std::sqrt(std::abs(a[0] * a[4] - a[1] * a[3]));
  require(pixels_per_metre > 0, "the map window's affine map is singular");
  // Average away what is finer than the patch will hold, on the part of the mosaic that is asked
  // for, then sample.
  const double shrink = pixels_per_metre * gsd_m;
  // Mosaic pixel of patch pixel (x, y).
  const double e0 = centre.x + (0.5 - size.width / 2.0) * gsd_m;
  const double n0 = centre.y - (0.5 - size.height / 2.0) * gsd_m;
  cv::Matx23d m(a[0] * gsd_m, -a[1] * gsd_m, a[0] * e0 + a[1] * n0 + a[2],
                a[3] * gsd_m, -a[4] * gsd_m, a[3] * e0 + a[4] * n0 + a[5]);
  // The kernel grows with sigma: an absurd height must not stop the flight for minutes.
  const double sigma = shrink > 1.3 ? std::min(32.0, 0.5 * std::sqrt(shrink * shrink - 1)) : 0;
  const cv::Rect part = part_under(m, size, static_cast<int>(std::ceil(3 * sigma)) + 2);
  if (part.empty()) return {cv::Mat::zeros(size, CV_8U), cv::Mat::zeros(size, CV_8U)};
  m(0, 2) -= part.x;
  m(1, 2) -= part.y;
  cv::Mat source = pixels_(part);
  if (sigma > 0) {
    cv::Mat smooth;  // never pixels_ itself, which is the caller's memory
    // Isolated: the integer arithmetic of a whole picture; it errs in the margin, which nothing reads.
    cv::GaussianBlur(source, smooth, cv::Size(0, 0), sigma, 0,
                     cv::BORDER_DEFAULT | cv::BORDER_ISOLATED);
    source = smooth;
  }
  Ground out;
  cv::warpAffine(source, out.pixels, m, size, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                 cv::BORDER_CONSTANT, cv::Scalar(0));
  cv::warpAffine(valid_(part), out.valid, m, size, cv::INTER_NEAREST | cv::WARP_INVERSE_MAP,
                 cv::BORDER_CONSTANT, cv::Scalar(0));
  return out;
}

cv::Rect2d footprint(const Frame& frame, const View& view, double extent_max_m) {
  const Camera& camera = frame.camera;
  double west = 1e9, east = -1e9, south = 1e9, north = -1e9;
  for (int i = 0; i <= 8; i++) {
    for (int k = 0; k <= 8; k++) {
      if (i != 0 && i != 8 && k != 0 && k != 8) continue;
      double x = 0, y = 0;
      camera.unproject(1 + (camera.width - 3) * i / 8.0, 1 + (camera.height - 3) * k / 8.0, &x, &y);
      const auto ray = times(view.local_from_camera, x, y, 1);
      const double down = std::max(-ray[2], 0.05);
      const double e = std::clamp(ray[0] / down * view.height_m, -extent_max_m, extent_max_m);
      const double n = std::clamp(ray[1] / down * view.height_m, -extent_max_m, extent_max_m);
      west = std::min(west, e), east = std::max(east, e);
      south = std::min(south, n), north = std::max(north, n);
    }
  }
  return {west, south, std::max(1e-3, east - west), std::max(1e-3, north - south)};
}

cv::Point2d subpixel(const cv::Mat& scores, cv::Point at) {
  cv::Point2d peak(at);
  const float* row = scores.ptr<float>(at.y);
  if (at.x > 0 && at.x + 1 < scores.cols && row[at.x - 1] > -1 && row[at.x + 1] > -1) {
    const double bend = row[at.x - 1] - 2.0 * row[at.x] + row[at.x + 1];
    if (bend < -1e-9) peak.x += std::clamp((row[at.x - 1] - row[at.x + 1]) / (2 * bend), -0.5, 0.5);
  }
  if (at.y > 0 && at.y + 1 < scores.rows) {
    const double up = scores.at<float>(at.y - 1, at.x), down = scores.at<float>(at.y + 1, at.x);
    const double bend = up - 2.0 * row[at.x] + down;
    if (up > -1 && down > -1 && bend < -1e-9)
      peak.y += std::clamp((up - down) / (2 * bend), -0.5, 0.5);
  }
  return peak;
}

namespace {

/// Products of a block of features with the map at `Shifts` shifts along the row, summed over
/// `rows` rows of `columns` pixels; added to `sums`.
template <int Shifts>
GDN_INLINE void add_products(const float* block, int64_t block_stride, const float* map,
                             int64_t map_stride, cv::Size size, double* sums) {
  Floats8 lanes[Shifts] = {};
  for (int y = 0; y < size.height; y++, block += block_stride, map += map_stride) {
    for (int x = 0; x < size.width; x++) {
      const Floats8 pixel = at8(block, x);
      for (int i = 0; i < Shifts; i++) lanes[i] += pixel * at8(map, x + i);
    }
  }
  for (int i = 0; i < Shifts; i++) sums[i] += sum_of(lanes[i]);
}

/// As many shifts at a time as AVX2 has registers for.
constexpr int kShiftsMax = 8;
/// Float sums run over so many rows before they are added as doubles.
constexpr int kRowsMax = 8;

GDN_VECTORISED void add_products(int shifts, const float* block, int64_t block_stride,
                                 const float* map, int64_t map_stride, cv::Size size,
                                 double* sums) {
  switch (shifts) {
    case 1: return add_products<1>(block, block_stride, map, map_stride, size, sums);
    case 2: return add_products<2>(block, block_stride, map, map_stride, size, sums);
    case 3: return add_products<3>(block, block_stride, map, map_stride, size, sums);
    case 4: return add_products<4>(block, block_stride, map, map_stride, size, sums);
    case 5: return add_products<5>(block, block_stride, map, map_stride, size, sums);
    case 6: return add_products<6>(block, block_stride, map, map_stride, size, sums);
    case 7: return add_products<7>(block, block_stride, map, map_stride, size, sums);
    default: return add_products<8>(block, block_stride, map, map_stride, size, sums);
  }
}

/// Sums of the products of `block` (CV_32FC(8)) with the map at `count` shifts along the row, the first
/// of them at `corner`.
std::vector<double> products_along_row(const cv::Mat& block, const cv::Mat& map, cv::Point corner,
                                       int count) {
  std::vector<double> sums(count, 0.0);
  const auto stride = [](const cv::Mat& m) { return static_cast<int64_t>(m.step1()); };
  for (int y = 0; y < block.rows; y += kRowsMax) {
    const cv::Size size(block.cols, std::min(kRowsMax, block.rows - y));
    for (int i = 0; i < count; i += kShiftsMax)
      add_products(std::min(kShiftsMax, count - i), block.ptr<float>(y), stride(block),
                   map.ptr<float>(corner.y + y) + (corner.x + i) * kChannels, stride(map), size,
                   &sums[i]);
  }
  return sums;
}

struct Block {
  int column, row;    // in the grid of blocks
  cv::Rect rect;      // in the view's patch
  cv::Mat scores;     // NCC at each shift, element (r, r) is no shift; empty: no structure
  cv::Point2d shift;  // found, pixels, map against view
  double score = -1, curvature = 0;
};

double curvature_at(const cv::Mat& scores, cv::Point at) {
  if (at.x < 1 || at.y < 1 || at.x + 2 > scores.cols || at.y + 2 > scores.rows) return 0;
  const double c = scores.at<float>(at);
  const double xx = 2 * c - scores.at<float>(at.y, at.x - 1) - scores.at<float>(at.y, at.x + 1);
  const double yy = 2 * c - scores.at<float>(at.y - 1, at.x) - scores.at<float>(at.y + 1, at.x);
  return std::min(xx, yy);
}

GDN_VECTORISED void energy_of_row(const float* features, int columns, float* energy) {
  squares_of_row(features, columns, energy);
}

/// Summed-area table of the squares of all channels.
cv::Mat summed_energy(const cv::Mat& features) {
  cv::Mat energy(features.size(), CV_32F), table;
  for (int y = 0; y < features.rows; y++)
    energy_of_row(features.ptr<float>(y), features.cols, energy.ptr<float>(y));
  cv::integral(energy, table, CV_64F);
  return table;
}

double energy_within(const cv::Mat& table, const cv::Rect& r) {
  return table.at<double>(r.y + r.height, r.x + r.width) - table.at<double>(r.y, r.x + r.width) -
         table.at<double>(r.y + r.height, r.x) + table.at<double>(r.y, r.x);
}

GDN_VECTORISED void add_row(const float* features, int columns, Doubles8* sum) {
  Doubles8 own = {};
  for (int x = 0; x < columns; x++) own += widened(at8(features, x));
  *sum += own;
}

GDN_INLINE Floats8 mean_of(Doubles8 sum, double count) {
  sum.low /= count;
  sum.high /= count;
  return narrowed(sum);
}

GDN_VECTORISED void subtract(const float* features, const Floats8* mean, int columns, float* out) {
  for (int x = 0; x < columns; x++) at8(out, x) = at8(features, x) - *mean;
}

/// A block of the view's features less the mean of each channel, which carries no position.
cv::Mat centred(const cv::Mat& features) {
  Doubles8 sum = {};
  for (int y = 0; y < features.rows; y++) add_row(features.ptr<float>(y), features.cols, &sum);
  const Floats8 mean = mean_of(sum, static_cast<double>(features.total()));
  cv::Mat out(features.size(), features.type());
  for (int y = 0; y < features.rows; y++)
    subtract(features.ptr<float>(y), &mean, features.cols, out.ptr<float>(y));
  return out;
}

/// NCC of one block over (2r + 1)^2 shifts; the map patch has r pixels more on every side.
void score_block(const cv::Mat& view, const cv::Mat& map, const cv::Mat& map_table, int radius,
                 Block* block) {
  const cv::Mat pixels = centred(view(block->rect));
  const double energy = pixels.dot(pixels);
  if (energy < 1e-3 * block->rect.area()) return;
  const int side = 2 * radius + 1;
  cv::Mat scores(side, side, CV_32F, cv::Scalar(-1));
  for (int dy = 0; dy < side; dy++) {
    const std::vector<double> products =
        products_along_row(pixels, map, block->rect.tl() + cv::Point(0, dy), side);
    for (int dx = 0; dx < side; dx++) {
      const double map_energy =
          energy_within(map_table, block->rect + cv::Point(dx, dy));
      if (map_energy > 1e-3 * block->rect.area())
        scores.at<float>(dy, dx) =
            static_cast<float>(products[dx] / std::sqrt(energy * map_energy));
    }
  }
  block->scores = scores;
}

/// The block's scores with its neighbours': what is near on the ground is displaced alike, so their
/// votes settle which of a block's peaks is meant.
cv::Mat with_neighbours(const std::vector<Block>& blocks, const Block& block) {
  cv::Mat sum = cv::Mat::zeros(block.scores.size(), CV_32F);
  double weights = 0;
  for (const Block& other : blocks) {
    const int dx = std::abs(other.column - block.column), dy = std::abs(other.row - block.row);
    if (dx > 1 || dy > 1 || other.scores.empty()) continue;
    const double weight = 1.0 / ((1 + dx) * (1 + dy));
    sum += weight * other.scores;
    weights += weight;
  }
  return sum / weights;
}

void find_peak(const cv::Mat& scores, Block* block) {
  double best = 0;
  cv::Point at;
  cv::minMaxLoc(scores, nullptr, &best, nullptr, &at);
  // A peak on the rim is no peak.
  if (best <= 0 || at.x == 0 || at.y == 0 || at.x == scores.cols - 1 || at.y == scores.rows - 1)
    return;
  const cv::Point2d peak = subpixel(scores, at);
  block->shift = {peak.x - scores.cols / 2, peak.y - scores.rows / 2};
  block->score = best;
  block->curvature = curvature_at(scores, at);
}

/// Squares of ground around a grid of the picture's pixels: together about the picture's area.
std::vector<Block> lay_out(const Frame& frame, const View& view, cv::Point2d centre,
                           cv::Size size, const BlockSearch& search) {
  const Camera& camera = frame.camera;
  const double area_m2 = (view.height_m * camera.width / camera.fx) *
                         (view.height_m * camera.height / camera.fy);
  const int side = std::max(
      16, cvRound(std::sqrt(area_m2 * kBlockOverlap / (search.blocks_x * search.blocks_y)) /
                  search.gsd_m));
  const cv::Rect patch(0, 0, size.width, size.height);
  std::vector<Block> blocks;
  for (int j = 0; j < search.blocks_y; j++) {
    for (int i = 0; i < search.blocks_x; i++) {
      double x = 0, y = 0;
      if (!camera.unproject(camera.width * (i + 0.5) / search.blocks_x - 0.5,
                            camera.height * (j + 0.5) / search.blocks_y - 0.5, &x, &y))
        continue;
      const auto ray = times(view.local_from_camera, x, y, 1);
      if (-ray[2] < 0.2) continue;
      const double east = ray[0] / -ray[2] * view.height_m;
      const double north = ray[1] / -ray[2] * view.height_m;
      const int column = cvRound((east - centre.x) / search.gsd_m + size.width / 2.0);
      const int row = cvRound((centre.y - north) / search.gsd_m + size.height / 2.0);
      Block block;
      block.column = i;
      block.row = j;
      block.rect = cv::Rect(column - side / 2, row - side / 2, side, side);
      if ((block.rect & patch) == block.rect) blocks.push_back(block);
    }
  }
  return blocks;
}

/// Two pieces of work at the same time, where there are two processors.
template <typename One, typename Other>
void both(const One& one, const Other& other) {
  std::array<std::exception_ptr, 2> faults;
  cv::parallel_for_(cv::Range(0, 2), [&](const cv::Range& range) {
    for (int i = range.start; i < range.end; i++) {
      try {
        i == 0 ? one() : other();
      } catch (...) {
        faults[i] = std::current_exception();
      }
    }
  });
  for (const auto& fault : faults)
    if (fault != nullptr) std::rethrow_exception(fault);
}

}  // namespace

int match_blocks(const Frame& frame, const View& view, const Mosaic& mosaic, cv::Point2d foot,
                 const BlockSearch& search, double* tie_points) {
  const cv::Rect2d box = footprint(frame, view, search.extent_max_m);
  const cv::Size size(std::max(32, cvRound(box.width / search.gsd_m)),
                      std::max(32, cvRound(box.height / search.gsd_m)));
  require(size.width <= 4096 && size.height <= 4096, "the view is larger than 4096 fine pixels");
  const cv::Point2d centre(box.x + box.width / 2, box.y + box.height / 2);
  const int radius = std::max(2, static_cast<int>(std::ceil(search.search_m / search.gsd_m)));
  Ground seen, map;
  cv::Mat view_features, map_features, map_energy;
  both([&] {
    seen = rectify(frame, view, centre, search.gsd_m, size);
    view_features = cfog(seen.pixels, seen.valid, kFloorTiePoints);
  }, [&] {
    map = mosaic.ground(foot + centre, search.gsd_m,
                        {size.width + 2 * radius, size.height + 2 * radius});
    map_features = cfog(map.pixels, map.valid, kFloorTiePoints);
    map_energy = summed_energy(map_features);
  });
  std::vector<Block> blocks = lay_out(frame, view, centre, size, search);
  blocks.erase(std::remove_if(blocks.begin(), blocks.end(),
                              [&](const Block& block) {
                                const cv::Rect on_map = block.rect + cv::Point(radius, radius);
                                return cv::mean(seen.valid(block.rect))[0] < 0.8 * 255 ||
                                       cv::mean(map.valid(on_map))[0] < 0.8 * 255;
                              }),
               blocks.end());
  cv::parallel_for_(cv::Range(0, static_cast<int>(blocks.size())), [&](const cv::Range& range) {
    for (int i = range.start; i < range.end; i++)
      score_block(view_features, map_features, map_energy, radius, &blocks[i]);
  });
  int count = 0;
  for (Block& block : blocks) {
    if (block.scores.empty()) continue;
    find_peak(with_neighbours(blocks, block), &block);
    if (block.score <= 0) continue;
    const double x = block.rect.x + block.rect.width / 2.0 - size.width / 2.0;
    const double y = block.rect.y + block.rect.height / 2.0 - size.height / 2.0;
    const double east = centre.x + x * search.gsd_m, north = centre.y - y * search.gsd_m;
    const auto ray = transpose_times(view.local_from_camera, east, north,
                                     view.up(east, north) - view.height_m);
    double* out = tie_points + GDN_TIE_POINT_DOUBLES * count++;
    out[0] = ray[0] / ray[2];
    out[1] = ray[1] / ray[2];
    out[2] = foot.x + east + block.shift.x * search.gsd_m;
    out[3] = foot.y + north - block.shift.y * search.gsd_m;
    out[4] = block.score;
    out[5] = block.curvature;
  }
  return count;
}

}  // namespace gdn
