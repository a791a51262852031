#include "features.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/calib3d.hpp>
#include <opencv2/features2d.hpp>

#include "guard.hpp"
#include "simd.hpp"

namespace {

using gdn::require;

/// Root-SIFT (Arandjelović and Zisserman, CVPR 2012): L1-normalise, then the square root.
void root_normalise(float* descriptor) {
  float sum = 0;
  for (int i = 0; i < GDN_DESCRIPTOR_LENGTH; ++i) sum += descriptor[i];
  if (!(sum > 0)) return;
  for (int i = 0; i < GDN_DESCRIPTOR_LENGTH; ++i) descriptor[i] = std::sqrt(descriptor[i] / sum);
}

cv::Mat picture(const uint8_t* pixels, int32_t width, int32_t height) {
  require(pixels != nullptr, "the picture has no pixels");
  require(width >= 16 && height >= 16 && width <= 20000 && height <= 20000,
          "a picture must have 16 to 20000 pixels a side");
  return cv::Mat(height, width, CV_8UC1, const_cast<uint8_t*>(pixels));
}

/// Squared distances of unit vectors from their products: |a - b|² = 2 - 2 a·b.
struct Neighbour {
  int index = -1;
  float best = 4, second = 4;
  GDN_INLINE void offer(int candidate, float distance) {
    if (distance < best) {
      second = best;
      best = distance;
      index = candidate;
    } else if (distance < second) {
      second = distance;
    }
  }
};

struct Side {
  const float* descriptors;
  const float* positions;
  int count;
};

/// The nearest two within the radius, for every row of both sides. `order`: the rows of b by their x, so
/// that only a strip of them is looked at.
GDN_VECTORISED void neighbours(const Side& a, const Side& b, const int* order, int length,
                               float radius, Neighbour* from_a, Neighbour* from_b) {
  const float squared_radius = radius * radius;
  const auto x_of = [&](int row) { return b.positions[2 * row]; };
  for (int i = 0; i < a.count; ++i) {
    const float x = a.positions[2 * i], y = a.positions[2 * i + 1];
    const float* row = a.descriptors + static_cast<int64_t>(i) * length;
    const int* first = std::partition_point(order, order + b.count,
                                            [&](int each) { return x_of(each) < x - radius; });
    for (const int* at = first; at != order + b.count && x_of(*at) <= x + radius; ++at) {
      const int j = *at;
      const float dx = x_of(j) - x, dy = b.positions[2 * j + 1] - y;
      if (!(dx * dx + dy * dy <= squared_radius)) continue;
      const float* other = b.descriptors + static_cast<int64_t>(j) * length;
      gdn::Floats8 sums = {};
      for (int k = 0; k < length / 8; ++k) sums += gdn::at8(row, k) * gdn::at8(other, k);
      const float distance = std::max(0.0F, 2 - 2 * gdn::sum_of(sums));
      from_a[i].offer(j, distance);
      from_b[j].offer(i, distance);
    }
  }
}

}  // namespace

int32_t gdn_features_sift(const uint8_t* pixels, const uint8_t* valid, int32_t width_px,
                          int32_t height_px, double contrast_threshold, int32_t upright,
                          float* keypoints, float* descriptors, int32_t capacity, int32_t* count,
                          gdn_error* error) {
  return gdn::guard(error, [&] {
    require(capacity > 0, "capacity must be positive");
    require(contrast_threshold > 0 && contrast_threshold < 1, "contrast_threshold must be in (0, 1)");
    const cv::Mat image = picture(pixels, width_px, height_px);
    const cv::Mat mask =
        valid == nullptr ? cv::Mat() : picture(valid, width_px, height_px);
    // One more than asked: OpenCV keeps ties of the last response.
    auto sift = cv::SIFT::create(capacity, 3, contrast_threshold);
    std::vector<cv::KeyPoint> points;
    sift->detect(image, points, mask);
    if (upright != 0) {
      for (auto& point : points) point.angle = 0;
      // Upright, the several orientations of one point are one point.
      points.erase(std::unique(points.begin(), points.end(),
                               [](const auto& a, const auto& b) {
                                 return a.pt == b.pt && a.size == b.size;
                               }),
                   points.end());
    }
    std::stable_sort(points.begin(), points.end(),
                     [](const auto& a, const auto& b) { return a.response > b.response; });
    if (points.size() > static_cast<size_t>(capacity)) points.resize(capacity);
    cv::Mat rows;
    if (!points.empty()) sift->compute(image, points, rows);
    const int found = std::min<int>(capacity, static_cast<int>(points.size()));
    for (int i = 0; i < found; ++i) {
      const auto& point = points[i];
      const float values[4] = {point.pt.x, point.pt.y, point.size, point.angle};
      std::copy(values, values + 4, keypoints + 4 * i);
      float* out = descriptors + static_cast<int64_t>(GDN_DESCRIPTOR_LENGTH) * i;
      std::copy_n(rows.ptr<float>(i), GDN_DESCRIPTOR_LENGTH, out);
      root_normalise(out);
    }
    *count = found;
  });
}

int32_t gdn_features_match(const float* descriptors_a, const float* positions_a, int32_t count_a,
                           const float* descriptors_b, const float* positions_b, int32_t count_b,
                           int32_t length, double radius, double ratio, int32_t* pairs,
                           float* cosines, int32_t* count, gdn_error* error) {
  return gdn::guard(error, [&] {
    require(count_a >= 0 && count_b >= 0 && count_a <= 100000 && count_b <= 100000,
            "at most 100000 descriptors a side");
    require(length >= 8 && length <= 4096 && length % 8 == 0,
            "length must be a multiple of 8, at most 4096");
    require(radius > 0, "radius must be positive");
    require(ratio > 0 && ratio <= 1, "ratio must be in (0, 1]");
    *count = 0;
    for (int i = 0; i < 2 * count_a; ++i) require(std::isfinite(positions_a[i]), "positions must be finite");
    for (int i = 0; i < 2 * count_b; ++i) require(std::isfinite(positions_b[i]), "positions must be finite");
    std::vector<Neighbour> from_a(count_a), from_b(count_b);
    std::vector<int> order(count_b);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int i, int j) { return positions_b[2 * i] < positions_b[2 * j]; });
    neighbours({descriptors_a, positions_a, count_a}, {descriptors_b, positions_b, count_b},
               order.data(), length, static_cast<float>(std::min(radius, 1e9)), from_a.data(),
               from_b.data());
    const auto squared_ratio = static_cast<float>(ratio * ratio);
    for (int i = 0; i < count_a; ++i) {
      const Neighbour& n = from_a[i];
      if (n.index < 0 || from_b[n.index].index != i) continue;
      if (ratio < 1 && n.best >= squared_ratio * n.second) continue;
      pairs[2 * *count] = i;
      pairs[2 * *count + 1] = n.index;
      cosines[*count] = 1 - n.best / 2;
      ++*count;
    }
  });
}

int32_t gdn_features_homography(const double* points_a, const double* points_b, int32_t count,
                                double threshold_px, double confidence, int32_t iterations_max,
                                double* homography, uint8_t* inlier_mask, int32_t* inliers,
                                gdn_error* error) {
  return gdn::guard(error, [&] {
    require(count >= 0 && count <= 1000000, "at most 1000000 correspondences");
    require(threshold_px > 0, "threshold_px must be positive");
    require(confidence > 0 && confidence < 1, "confidence must be in (0, 1)");
    require(iterations_max > 0, "iterations_max must be positive");
    for (int i = 0; i < 2 * count; ++i) {
      require(std::isfinite(points_a[i]) && std::isfinite(points_b[i]), "points must be finite");
    }
    *inliers = 0;
    std::fill(inlier_mask, inlier_mask + count, 0);
    std::fill(homography, homography + 9, 0);
    if (count < 4) return;
    const cv::Mat a(count, 1, CV_64FC2, const_cast<double*>(points_a));
    const cv::Mat b(count, 1, CV_64FC2, const_cast<double*>(points_b));
    cv::Mat mask;
    const cv::Mat h =
        cv::findHomography(a, b, cv::USAC_MAGSAC, threshold_px, mask, iterations_max, confidence);
    if (h.empty() || mask.total() != static_cast<size_t>(count)) return;
    std::copy_n(h.ptr<double>(), 9, homography);
    std::copy_n(mask.ptr<uint8_t>(), count, inlier_mask);
    *inliers = cv::countNonZero(mask);
  });
}
