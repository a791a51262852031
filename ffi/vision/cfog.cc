#include "cfog.hpp"

#include <opencv2/imgproc.hpp>
#include <vector>

#include "simd.hpp"

namespace gdn {

namespace {

constexpr int kReach = 2, kTaps = 2 * kReach + 1;

/// Cosine and sine of each orientation, and one half of a Gaussian of sigma 1 over five pixels.
struct Weights {
  float cosines[kChannels], sines[kChannels], taps[kReach + 1];

  Weights() {
    for (int k = 0; k < kChannels; k++) {
      cosines[k] = static_cast<float>(std::cos(CV_PI * k / kChannels));
      sines[k] = static_cast<float>(std::sin(CV_PI * k / kChannels));
    }
    const cv::Mat gaussian = cv::getGaussianKernel(kTaps, 1.0, CV_32F);
    for (int i = 0; i <= kReach; i++) taps[i] = gaussian.at<float>(kReach + i);
  }
};

/// A row of |gx cos + gy sin|, with two pixels mirrored at either end, smoothed along the row.
GDN_VECTORISED void smooth_row(const float* gx, const float* gy, int columns, const Weights& w,
                               float* padded, float* out) {
  const Floats8 c = at8(w.cosines), s = at8(w.sines);
  float* line = padded + kReach * kChannels;
  for (int x = 0; x < columns; x++) {
    const Floats8 v = gx[x] * c + gy[x] * s;
    at8(line, x) = v < 0 ? -v : v;
  }
  for (int i = 1; i <= kReach; i++) {
    at8(line, -i) = at8(line, cv::borderInterpolate(-i, columns, cv::BORDER_REFLECT_101));
    at8(line, columns - 1 + i) =
        at8(line, cv::borderInterpolate(columns - 1 + i, columns, cv::BORDER_REFLECT_101));
  }
  for (int x = 0; x < columns; x++) {
    at8(out, x) = w.taps[0] * at8(line, x) + w.taps[1] * (at8(line, x - 1) + at8(line, x + 1)) +
                  w.taps[2] * (at8(line, x - 2) + at8(line, x + 2));
  }
}

/// Smooths over five rows and over the circle of orientations (1 2 1).
GDN_VECTORISED void smooth_down(const float* const* rows, int columns, const Weights& w,
                                float* features, float* norm) {
  for (int x = 0; x < columns; x++) {
    const Floats8 v = w.taps[0] * at8(rows[2], x) +
                      w.taps[1] * (at8(rows[1], x) + at8(rows[3], x)) +
                      w.taps[2] * (at8(rows[0], x) + at8(rows[4], x));
    const Floats8 before = __builtin_shuffle(v, Lanes8{7, 0, 1, 2, 3, 4, 5, 6});
    const Floats8 after = __builtin_shuffle(v, Lanes8{1, 2, 3, 4, 5, 6, 7, 0});
    at8(features, x) = 0.5f * v + 0.25f * before + 0.25f * after;
  }
  squares_of_row(features, columns, norm);
  for (int x = 0; x < columns; x++) norm[x] = std::sqrt(norm[x]);
}

GDN_VECTORISED void normalise_row(float* features, const float* norm, const uint8_t* inside,
                                  int columns, float floor) {
  for (int x = 0; x < columns; x++) {
    const float gain = inside[x] != 0 ? 1 / (norm[x] + floor) : 0;
    at8(features, x) *= gain;
  }
}

/// Fewer rows are not worth the four that two threads both make.
constexpr int kRowsPerThread = 64;

/// Features before they are normalised, and their norms, of some of the rows.
void smooth_rows(const cv::Mat& gx, const cv::Mat& gy, const cv::Range& range, cv::Mat* features,
                 cv::Mat* norm) {
  static const Weights weights;
  const int columns = gx.cols, rows = gx.rows;
  // The rows that one row of the result is made of, in turn, and a line for their gradients.
  cv::Mat ring(kTaps + 1, (columns + 2 * kReach) * kChannels, CV_32F);
  const auto smoothed = [&](int row) { return ring.ptr<float>(row % kTaps); };
  int ready = std::max(0, range.start - kReach);
  for (int y = range.start; y < range.end; y++) {
    for (; ready < std::min(rows, y + kReach + 1); ready++)
      smooth_row(gx.ptr<float>(ready), gy.ptr<float>(ready), columns, weights,
                 ring.ptr<float>(kTaps), smoothed(ready));
    const float* five[kTaps];
    for (int i = 0; i < kTaps; i++)
      five[i] = smoothed(cv::borderInterpolate(y + i - kReach, rows, cv::BORDER_REFLECT_101));
    smooth_down(five, columns, weights, features->ptr<float>(y), norm->ptr<float>(y));
  }
}

}  // namespace

cv::Mat cfog(const cv::Mat& grey, const cv::Mat& valid, double floor_share) {
  cv::Mat smooth, gx, gy;
  cv::GaussianBlur(grey, smooth, cv::Size(3, 3), 0.8);
  cv::Sobel(smooth, gx, CV_32F, 1, 0, 3, 0.125);
  cv::Sobel(smooth, gy, CV_32F, 0, 1, 3, 0.125);
  const int columns = grey.cols, rows = grey.rows;
  cv::Mat features(grey.size(), CV_32FC(kChannels)), norm(grey.size(), CV_32F);
  cv::parallel_for_(cv::Range(0, rows), [&](const cv::Range& range) {
    smooth_rows(gx, gy, range, &features, &norm);
  }, std::max(1, rows / kRowsPerThread));
  cv::Mat inside;
  cv::erode(valid, inside, cv::Mat::ones(5, 5, CV_8U), cv::Point(-1, -1), 1, cv::BORDER_CONSTANT,
            cv::Scalar(0));
  // The floor follows the patch's own contrast, so that haze and exposure cancel while flat ground
  // is not blown up into structure.
  const double floor = floor_share * cv::mean(norm, inside)[0] + 1e-3;
  for (int y = 0; y < rows; y++)
    normalise_row(features.ptr<float>(y), norm.ptr<float>(y), inside.ptr(y), columns,
                  static_cast<float>(floor));
  return features;
}

}  // namespace gdn
