// Masked normalised cross-correlation of channel features by FFT.
#pragma once
#include <opencv2/core.hpp>

#include "cfog.hpp"
#include "frame.hpp"

namespace gdn {

/// A map window's features, transformed once and compared with many views of the frame.
///
/// Two real planes make one complex one: orientations 0 to 3 with 4 to 7, and the window's energy with
/// its mask. The real part of a correlation of such planes is the sum of the correlations of their
/// real parts and of their imaginary parts; of a complex plane with a real one both parts stay apart.
class WindowSpectrum {
 public:
  /// `template_max` is the largest template that will be asked for: the transform is padded for it.
  WindowSpectrum(const Ground& window, cv::Size template_max);

  /// Score of each shift of the template over the window: element (y, x) has the template's corner
  /// at (x, y). NCC over all channels less their local means; where under `overlap_min`
  /// of the template's valid area lies on map the score is -1.
  cv::Mat scores(const Ground& view, double overlap_min) const;

  cv::Size size() const { return size_; }

 private:
  cv::Size size_, padded_;
  /// Transforms of pairs of columns of the features, a row each: Complex8 of four orientations of the
  /// left one and four of the right one.
  cv::Mat features_;
  /// Transforms of eight columns of energy and mask, a row each: Complex8.
  cv::Mat energy_;
};

}  // namespace gdn
