#include "blocks.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "cfog.hpp"
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
  cv::Mat source;  // never pixels_ itself, which is the caller's memory
  if (shrink > 1.3) {
    // The kernel grows with sigma: an absurd height must not stop the flight for minutes.
    const double sigma = std::min(32.0, 0.5 * std::sqrt(shrink * shrink - 1));
    cv::GaussianBlur(pixels_, source, cv::Size(0, 0), sigma);
  } else {
    source = pixels_;
  }
  Ground out;
  cv::warpAffine(source, out.pixels, m, size, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                 cv::BORDER_CONSTANT, cv::Scalar(0));
  cv::warpAffine(valid_, out.valid, m, size, cv::INTER_NEAREST | cv::WARP_INVERSE_MAP,
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

/// Dot products of an interleaved block with the map at every shift; plain loops that the compiler
/// turns into vector code (a pixel is 8 floats).
__attribute__((target_clones("avx2,fma", "default"))) float dot(const float* a, const float* b,
                                                                  int n) {
  float lanes[16] = {0};
  for (int i = 0; i + 16 <= n; i += 16)
    for (int k = 0; k < 16; k++) lanes[k] += a[i + k] * b[i + k];
  float sum = 0;
  for (float lane : lanes) sum += lane;
  for (int i = n & ~15; i < n; i++) sum += a[i] * b[i];
  return sum;
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

/// Summed-area table of the squares of all channels.
cv::Mat summed_energy(const std::vector<cv::Mat>& channels) {
  cv::Mat energy = cv::Mat::zeros(channels[0].size(), CV_32F), table;
  for (const cv::Mat& channel : channels) energy += channel.mul(channel);
  cv::integral(energy, table, CV_64F);
  return table;
}

double energy_within(const cv::Mat& table, const cv::Rect& r) {
  return table.at<double>(r.y + r.height, r.x + r.width) - table.at<double>(r.y, r.x + r.width) -
         table.at<double>(r.y + r.height, r.x) + table.at<double>(r.y, r.x);
}

/// NCC of one block over (2r + 1)^2 shifts; the map patch has r pixels more on every side.
void score_block(const cv::Mat& view, const cv::Mat& map, const cv::Mat& map_table, int radius,
                 Block* block) {
  const int width = block->rect.width * kChannels;
  cv::Mat block_pixels = view(cv::Rect(block->rect.x * kChannels, block->rect.y, width,
                                       block->rect.height)).clone();
  // The mean of each channel over the block carries no position: take it off.
  for (int k = 0; k < kChannels; k++) {
    double sum = 0;
    for (int y = 0; y < block_pixels.rows; y++)
      for (int x = k; x < width; x += kChannels) sum += block_pixels.at<float>(y, x);
    const float mean = static_cast<float>(sum / block->rect.area());
    for (int y = 0; y < block_pixels.rows; y++)
      for (int x = k; x < width; x += kChannels) block_pixels.at<float>(y, x) -= mean;
  }
  const double energy = block_pixels.dot(block_pixels);
  if (energy < 1e-3 * block->rect.area()) return;
  const int side = 2 * radius + 1;
  cv::Mat scores(side, side, CV_32F, cv::Scalar(-1));
  for (int dy = 0; dy < side; dy++) {
    for (int dx = 0; dx < side; dx++) {
      double numerator = 0;
      const double map_energy =
          energy_within(map_table, block->rect + cv::Point(dx, dy));
      for (int y = 0; y < block->rect.height; y++) {
        const float* a = block_pixels.ptr<float>(y);
        const float* b =
            map.ptr<float>(block->rect.y + y + dy) + (block->rect.x + dx) * kChannels;
        numerator += dot(a, b, width);
      }
      if (map_energy > 1e-3 * block->rect.area())
        scores.at<float>(dy, dx) = static_cast<float>(numerator / std::sqrt(energy * map_energy));
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
      camera.unproject(camera.width * (i + 0.5) / search.blocks_x - 0.5,
                       camera.height * (j + 0.5) / search.blocks_y - 0.5, &x, &y);
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

}  // namespace

int match_blocks(const Frame& frame, const View& view, const Mosaic& mosaic, cv::Point2d foot,
                 const BlockSearch& search, double* tie_points) {
  const cv::Rect2d box = footprint(frame, view, search.extent_max_m);
  const cv::Size size(std::max(32, cvRound(box.width / search.gsd_m)),
                      std::max(32, cvRound(box.height / search.gsd_m)));
  require(size.width <= 4096 && size.height <= 4096, "the view is larger than 4096 fine pixels");
  const cv::Point2d centre(box.x + box.width / 2, box.y + box.height / 2);
  const int radius = std::max(2, static_cast<int>(std::ceil(search.search_m / search.gsd_m)));
  const Ground seen = rectify(frame, view, centre, search.gsd_m, size);
  const Ground map = mosaic.ground(foot + centre, search.gsd_m,
                                   {size.width + 2 * radius, size.height + 2 * radius});
  const cv::Mat view_features = interleave(cfog(seen.pixels, seen.valid, kFloorTiePoints));
  const std::vector<cv::Mat> map_channels = cfog(map.pixels, map.valid, kFloorTiePoints);
  const cv::Mat map_features = interleave(map_channels);
  const cv::Mat map_energy = summed_energy(map_channels);
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
    const auto ray = transpose_times(view.local_from_camera, east, north, -view.height_m);
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
