// Corners for the optical flow.
#pragma once
#include <opencv2/core.hpp>
#include <vector>

namespace gdn {

/// The best `count` corners within `cell`, at least 7 pixels apart, pixels of the whole picture: J. Shi
/// and C. Tomasi, "Good features to track", CVPR 1994, as cv::goodFeaturesToTrack finds them in a
/// part of a picture, in a third of its time. `cell` lies a pixel or more inside of the picture.
std::vector<cv::Point2f> corners_in(const cv::Mat& grey, const cv::Rect& cell, int count);

}  // namespace gdn
