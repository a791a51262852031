#include "cfog.hpp"

#include <opencv2/imgproc.hpp>

namespace gdn {

namespace {

/// |gx cos + gy sin| for each orientation.
std::vector<cv::Mat> orientated_gradients(const cv::Mat& grey) {
  cv::Mat smooth, gx, gy;
  cv::GaussianBlur(grey, smooth, cv::Size(3, 3), 0.8);
  cv::Sobel(smooth, gx, CV_32F, 1, 0, 3, 0.125);
  cv::Sobel(smooth, gy, CV_32F, 0, 1, 3, 0.125);
  std::vector<cv::Mat> channels(kChannels);
  for (int k = 0; k < kChannels; k++) {
    const float c = static_cast<float>(std::cos(CV_PI * k / kChannels));
    const float s = static_cast<float>(std::sin(CV_PI * k / kChannels));
    channels[k].create(grey.size(), CV_32F);
    for (int row = 0; row < grey.rows; row++) {
      const float* x = gx.ptr<float>(row);
      const float* y = gy.ptr<float>(row);
      float* out = channels[k].ptr<float>(row);
      for (int i = 0; i < grey.cols; i++) out[i] = std::abs(x[i] * c + y[i] * s);
    }
  }
  return channels;
}

/// Smooths in space (Gaussian) and over the circle of orientations (1 2 1).
std::vector<cv::Mat> smoothed(const std::vector<cv::Mat>& raw) {
  std::vector<cv::Mat> blurred(kChannels), out(kChannels);
  for (int k = 0; k < kChannels; k++)
    cv::GaussianBlur(raw[k], blurred[k], cv::Size(5, 5), 1.0);
  for (int k = 0; k < kChannels; k++) {
    const cv::Mat& before = blurred[(k + kChannels - 1) % kChannels];
    const cv::Mat& after = blurred[(k + 1) % kChannels];
    out[k] = 0.5 * blurred[k] + 0.25 * before + 0.25 * after;
  }
  return out;
}

}  // namespace

std::vector<cv::Mat> cfog(const cv::Mat& grey, const cv::Mat& valid, double floor_share) {
  std::vector<cv::Mat> channels = smoothed(orientated_gradients(grey));
  cv::Mat inside;
  cv::erode(valid, inside, cv::Mat::ones(5, 5, CV_8U), cv::Point(-1, -1), 1,
            cv::BORDER_CONSTANT, cv::Scalar(0));
  cv::Mat squares = cv::Mat::zeros(grey.size(), CV_32F);
  for (const auto& channel : channels) squares += channel.mul(channel);
  cv::Mat norm;
  cv::sqrt(squares, norm);
  // The floor follows the patch's own contrast, so that haze and exposure cancel while flat ground
  // is not blown up into structure.
  const double floor = floor_share * cv::mean(norm, inside)[0] + 1e-3;
  cv::Mat gain = 1.0 / (norm + floor);
  gain.setTo(0, inside == 0);
  for (auto& channel : channels) channel = channel.mul(gain);
  return channels;
}

cv::Mat interleave(const std::vector<cv::Mat>& channels) {
  cv::Mat merged;
  cv::merge(channels, merged);
  return merged.reshape(1);
}

}  // namespace gdn
