// Channel features of orientated gradients (CFOG): Ye, Bruzzone, Shan, Bovolo, Zhu, "Fast and robust
// matching for multimodal remote sensing image registration", IEEE TGRS 57(11), 2019.
#pragma once
#include <opencv2/core.hpp>

namespace gdn {

constexpr int kChannels = 8;

/// Dense features of a grey patch: CV_32FC(8), one channel per orientation, 0 where `valid` is 0 or
/// less than two pixels from such a place. Each pixel's vector has length norm / (norm + floor), floor
/// being `floor_share` of the patch's mean norm: a low one sharpens (tie points), a high one lets
/// strong structure speak louder than texture (search; measured: see src/navigation/matcher/README.md).
cv::Mat cfog(const cv::Mat& grey, const cv::Mat& valid, double floor_share);

constexpr double kFloorTiePoints = 0.5;
constexpr double kFloorSearch = 3.0;

}  // namespace gdn
