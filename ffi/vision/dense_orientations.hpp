// Dense descriptors of a picture whose north is known: orientation channels, pooled over cells.
#pragma once
#include <opencv2/imgproc.hpp>
#include <vector>

namespace gdn {

constexpr int kOrientations = 8;
constexpr int kCellsPerSide = 4;
constexpr int kDenseLength = kOrientations * kCellsPerSide * kCellsPerSide;

/// |gradient| shared out between the two nearest of 8 orientations: 8 float channels.
/// `is_signed`: over 2 pi, else over pi (light-dark and dark-light edges are the same).
inline std::vector<cv::Mat> orientation_channels(const cv::Mat& grey, bool is_signed) {
  cv::Mat smooth, dx, dy;
  cv::GaussianBlur(grey, smooth, cv::Size(), 1.0);
  cv::Sobel(smooth, dx, CV_32F, 1, 0);
  cv::Sobel(smooth, dy, CV_32F, 0, 1);
  std::vector<cv::Mat> channels(kOrientations);
  for (auto& channel : channels) channel = cv::Mat::zeros(grey.size(), CV_32F);
  const float bins_per_degree = kOrientations / (is_signed ? 360.0F : 180.0F);
  for (int y = 0; y < grey.rows; ++y) {
    const float* x_row = dx.ptr<float>(y);
    const float* y_row = dy.ptr<float>(y);
    float* rows[kOrientations];
    for (int o = 0; o < kOrientations; ++o) rows[o] = channels[o].ptr<float>(y);
    for (int x = 0; x < grey.cols; ++x) {
      const float magnitude = std::sqrt(x_row[x] * x_row[x] + y_row[x] * y_row[x]);
      const float bin = cv::fastAtan2(y_row[x], x_row[x]) * bins_per_degree;
      const int low = static_cast<int>(bin);
      const float share = bin - static_cast<float>(low);
      rows[low % kOrientations][x] += magnitude * (1 - share);
      rows[(low + 1) % kOrientations][x] += magnitude * share;
    }
  }
  return channels;
}

/// Sums of each channel over cell × cell pixels around every pixel (triangle weights).
inline void pool(std::vector<cv::Mat>& channels, int cell_px) {
  for (auto& channel : channels) {
    cv::blur(channel, channel, cv::Size(cell_px, cell_px));
    cv::blur(channel, channel, cv::Size(cell_px, cell_px));
  }
}

}  // namespace gdn
