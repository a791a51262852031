#include "vlad.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <random>

#include "dense_orientations.hpp"
#include "guard.hpp"
#include "principal_axes.hpp"

namespace {

using gdn::dot;
using gdn::normalise;
using gdn::require;

double squared_distance(const float* a, const float* b, int length) {
  return std::max(0.0F, dot(a, a, length) - 2 * dot(a, b, length) + dot(b, b, length));
}

/// Index of the nearest word of every sample: argmax s·w - |w|²/2.
std::vector<int> nearest_words(const cv::Mat& samples, const cv::Mat& words) {
  std::vector<float> half_norms(words.rows);
  for (int w = 0; w < words.rows; ++w) {
    half_norms[w] = dot(words.ptr<float>(w), words.ptr<float>(w), words.cols) / 2;
  }
  std::vector<int> nearest(samples.rows);
  for (int i = 0; i < samples.rows; ++i) {
    const float* sample = samples.ptr<float>(i);
    float best = 0;
    for (int w = 0; w < words.rows; ++w) {
      const float likeness = dot(sample, words.ptr<float>(w), samples.cols) - half_norms[w];
      if (w == 0 || likeness > best) {
        best = likeness;
        nearest[i] = w;
      }
    }
  }
  return nearest;
}

/// k-means++ (Arthur and Vassilvitskii, 2007): each next word is drawn by its squared distance.
void seed_words(const cv::Mat& samples, cv::Mat& words, std::mt19937_64& random) {
  // std::uniform_real_distribution differs between standard libraries; this does not.
  const auto uniform = [&] { return static_cast<double>(random() >> 11) / 9007199254740992.0; };
  std::vector<double> distances(samples.rows, 1e30);
  int chosen = static_cast<int>(uniform() * samples.rows);
  for (int w = 0;; ++w) {
    samples.row(chosen).copyTo(words.row(w));
    if (w + 1 == words.rows) return;
    double total = 0;
    for (int i = 0; i < samples.rows; ++i) {
      distances[i] = std::min(distances[i], squared_distance(samples.ptr<float>(i),
                                                             words.ptr<float>(w), samples.cols));
      total += distances[i];
    }
    double left = uniform() * total;
    chosen = samples.rows - 1;
    for (int i = 0; i < samples.rows; ++i) {
      left -= distances[i];
      if (left <= 0) {
        chosen = i;
        break;
      }
    }
  }
}

void move_words(const cv::Mat& samples, const std::vector<int>& nearest, cv::Mat& words) {
  cv::Mat sums = cv::Mat::zeros(words.size(), CV_64F);
  std::vector<int> counts(words.rows, 0);
  for (int i = 0; i < samples.rows; ++i) {
    const float* sample = samples.ptr<float>(i);
    double* sum = sums.ptr<double>(nearest[i]);
    for (int d = 0; d < samples.cols; ++d) sum[d] += sample[d];
    ++counts[nearest[i]];
  }
  for (int w = 0; w < words.rows; ++w) {
    if (counts[w] == 0) continue;  // an empty word stays where it is
    for (int d = 0; d < samples.cols; ++d) {
      words.at<float>(w, d) = static_cast<float>(sums.at<double>(w, d) / counts[w]);
    }
  }
}

/// The flattest support that is described: 4 grey levels of mean |gradient| (Sobel: 8 per level).
constexpr float kFlatSum = gdn::kCellsPerSide * gdn::kCellsPerSide * 4.0F;

}  // namespace

int32_t gdn_vlad_dense(const uint8_t* pixels, const uint8_t* valid, int32_t width_px,
                       int32_t height_px, int32_t step_px, int32_t cell_px, int32_t is_signed,
                       float* descriptors, int32_t capacity, int32_t* count, gdn_error* error) {
  return gdn::guard(error, [&] {
    require(pixels != nullptr && width_px >= 16 && height_px >= 16 && width_px <= 4096 &&
                height_px <= 4096,
            "a picture to describe must have 16 to 4096 pixels a side");
    require(step_px >= 1 && cell_px >= 2 && cell_px <= 256, "step_px >= 1, cell_px in [2, 256]");
    const cv::Mat grey(height_px, width_px, CV_8UC1, const_cast<uint8_t*>(pixels));
    auto channels = gdn::orientation_channels(grey, is_signed != 0);
    gdn::pool(channels, cell_px);
    cv::Mat missing;
    if (valid != nullptr) {
      cv::Mat mask(height_px, width_px, CV_8UC1, const_cast<uint8_t*>(valid));
      cv::integral(mask == 0, missing, CV_32S);
    }
    const int half = cell_px * gdn::kCellsPerSide / 2;
    int filled = 0;
    for (int y = half; y + half < height_px; y += step_px) {
      for (int x = half; x + half < width_px; x += step_px) {
        if (!missing.empty()) {
          const int absent = missing.at<int>(y + half, x + half) -
                             missing.at<int>(y - half, x + half) -
                             missing.at<int>(y + half, x - half) +
                             missing.at<int>(y - half, x - half);
          if (absent != 0) continue;
        }
        require(filled < capacity, "the descriptors do not fit their buffer");
        float* out = descriptors + static_cast<int64_t>(filled) * gdn::kDenseLength;
        float sum = 0;
        for (int cy = 0, i = 0; cy < gdn::kCellsPerSide; ++cy) {
          for (int cx = 0; cx < gdn::kCellsPerSide; ++cx) {
            const int py = y - half + cell_px * cy + cell_px / 2;
            const int px = x - half + cell_px * cx + cell_px / 2;
            for (int o = 0; o < gdn::kOrientations; ++o, ++i) {
              out[i] = channels[o].at<float>(py, px);
              sum += out[i];
            }
          }
        }
        if (sum < kFlatSum) continue;
        for (int i = 0; i < gdn::kDenseLength; ++i) out[i] = std::sqrt(out[i] / sum);
        ++filled;
      }
    }
    *count = filled;
  });
}

int32_t gdn_vlad_kmeans(const float* samples, int32_t sample_count, int32_t dimension,
                        int32_t word_count, int32_t iterations, uint64_t seed, float* words,
                        gdn_error* error) {
  return gdn::guard(error, [&] {
    require(dimension >= 1 && word_count >= 1 && iterations >= 0, "sizes must be positive");
    require(sample_count >= word_count, "there must be at least as many samples as words");
    const cv::Mat data(sample_count, dimension, CV_32F, const_cast<float*>(samples));
    cv::Mat centres(word_count, dimension, CV_32F, words);
    std::mt19937_64 random(seed);
    seed_words(data, centres, random);
    for (int i = 0; i < iterations; ++i) move_words(data, nearest_words(data, centres), centres);
  });
}

int32_t gdn_vlad_aggregate(const float* descriptors, int32_t count, int32_t dimension,
                           const float* words, int32_t word_count, double power, float* vlad,
                           gdn_error* error) {
  return gdn::guard(error, [&] {
    require(count >= 0 && dimension >= 1 && word_count >= 1, "sizes must be positive");
    require(power > 0 && power <= 1, "power must be in (0, 1]");
    const int length = dimension * word_count;
    std::fill_n(vlad, length, 0.0F);
    if (count == 0) return;
    const cv::Mat data(count, dimension, CV_32F, const_cast<float*>(descriptors));
    const cv::Mat centres(word_count, dimension, CV_32F, const_cast<float*>(words));
    const auto nearest = nearest_words(data, centres);
    for (int i = 0; i < count; ++i) {
      const float* sample = data.ptr<float>(i);
      const float* word = centres.ptr<float>(nearest[i]);
      float* sum = vlad + static_cast<int64_t>(nearest[i]) * dimension;
      for (int d = 0; d < dimension; ++d) sum[d] += sample[d] - word[d];
    }
    for (int w = 0; w < word_count; ++w) normalise(vlad + static_cast<int64_t>(w) * dimension, dimension);
    const auto exponent = static_cast<float>(power);
    for (int i = 0; i < length; ++i) {
      vlad[i] = std::copysign(std::pow(std::abs(vlad[i]), exponent), vlad[i]);
    }
    normalise(vlad, length);
  });
}

int32_t gdn_vlad_principal_axes(const float* samples, int32_t sample_count, int32_t length,
                                int32_t axis_count, float* mean, float* axes, float* variances,
                                gdn_error* error) {
  return gdn::guard(error, [&] {
    require(sample_count >= 1 && length >= 1, "sizes must be positive");
    require(sample_count <= 4096, "at most 4096 samples: the time grows with their cube");
    std::vector<double> all;
    gdn::principal_axes(samples, sample_count, length, axis_count, mean, axes, &all);
    std::copy_n(all.begin(), axis_count, variances);
  });
}

int32_t gdn_vlad_project(const float* vector, int32_t length, const float* mean, const float* axes,
                         int32_t axis_count, float* out, gdn_error* error) {
  return gdn::guard(error, [&] {
    require(length >= 1 && axis_count >= 1, "sizes must be positive");
    gdn::project(vector, length, mean, axes, axis_count, out);
  });
}
