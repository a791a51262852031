// Masked normalised cross-correlation of channel features by FFT.
#pragma once
#include <opencv2/core.hpp>
#include <vector>

#include "cfog.hpp"
#include "frame.hpp"

namespace gdn {

/// A map window's features, transformed once and compared with many views of the frame.
class WindowSpectrum {
 public:
  /// `search` is the largest template that will be asked for: the transform is padded for it.
  WindowSpectrum(const Ground& window, cv::Size template_max);

  /// Score of each shift of the template over the window: element (y, x) has the template's corner
  /// at (x, y). NCC over all channels less their local means; where under `overlap_min`
  /// of the template's valid area lies on map the score is -1.
  cv::Mat scores(const Ground& view, double overlap_min) const;

  cv::Size size() const { return size_; }

 private:
  cv::Size size_, padded_;
  std::vector<cv::Mat> channels_;
  cv::Mat energy_, valid_;
};

}  // namespace gdn
