#include "correlate.hpp"

namespace gdn {

namespace {

cv::Mat spectrum(const cv::Mat& plane, cv::Size padded) {
  cv::Mat padded_plane = cv::Mat::zeros(padded, CV_32F);
  plane.copyTo(padded_plane(cv::Rect(0, 0, plane.cols, plane.rows)));
  cv::Mat out;
  cv::dft(padded_plane, out, 0, plane.rows);
  return out;
}

cv::Mat inverse(const cv::Mat& product, cv::Size rows_needed) {
  cv::Mat out;
  cv::dft(product, out, cv::DFT_INVERSE | cv::DFT_SCALE | cv::DFT_REAL_OUTPUT, 0);
  return out(cv::Rect(0, 0, rows_needed.width, rows_needed.height));
}

void add_product(const cv::Mat& a, const cv::Mat& b, cv::Mat* sum) {
  cv::Mat product;
  cv::mulSpectrums(a, b, product, 0, true);
  if (sum->empty()) {
    *sum = product;
  } else {
    *sum += product;
  }
}

}  // namespace

WindowSpectrum::WindowSpectrum(const Ground& window, cv::Size template_max)
    : size_(window.pixels.size()),
      // Circular wrap reaches only shifts where the template would leave the window, which nobody
      // reads: no padding beyond the window itself is needed.
      padded_(cv::getOptimalDFTSize(std::max(size_.width, template_max.width)),
              cv::getOptimalDFTSize(std::max(size_.height, template_max.height))) {
  std::vector<cv::Mat> channels = cfog(window.pixels, window.valid);
  cv::Mat valid;
  window.valid.convertTo(valid, CV_32F, 1.0 / 255);
  cv::Mat energy = cv::Mat::zeros(size_, CV_32F);
  for (auto& channel : channels) {
    // Without the window's own mean (over the map, not over its holes).
    channel -= cv::mean(channel, window.valid)[0];
    channel = channel.mul(valid);
    energy += channel.mul(channel);
    channels_.push_back(spectrum(channel, padded_));
  }
  energy_ = spectrum(energy, padded_);
  valid_ = spectrum(valid, padded_);
}

cv::Mat WindowSpectrum::scores(const Ground& view, double overlap_min) const {
  const cv::Size shifts(size_.width - view.pixels.cols + 1, size_.height - view.pixels.rows + 1);
  require(shifts.width > 0 && shifts.height > 0, "the view is larger than the map window");
  std::vector<cv::Mat> channels = cfog(view.pixels, view.valid);
  cv::Mat mask;
  view.valid.convertTo(mask, CV_32F, 1.0 / 255);
  const double area = cv::sum(mask)[0];
  if (area < 64) return cv::Mat(shifts, CV_32F, cv::Scalar(-1));
  cv::Mat numerator_spectrum, denominator_spectrum, overlap_spectrum;
  double energy = 0;
  for (int k = 0; k < kChannels; k++) {
    cv::Mat centred = channels[k] - cv::mean(channels[k], view.valid)[0];
    centred = centred.mul(mask);
    energy += centred.dot(centred);
    add_product(channels_[k], spectrum(centred, padded_), &numerator_spectrum);
  }
  const cv::Mat mask_spectrum = spectrum(mask, padded_);
  add_product(energy_, mask_spectrum, &denominator_spectrum);
  add_product(valid_, mask_spectrum, &overlap_spectrum);
  const cv::Mat numerator = inverse(numerator_spectrum, shifts);
  const cv::Mat denominator = inverse(denominator_spectrum, shifts);
  const cv::Mat overlap = inverse(overlap_spectrum, shifts);
  cv::Mat scores(shifts, CV_32F);
  for (int y = 0; y < shifts.height; y++) {
    const float* n = numerator.ptr<float>(y);
    const float* d = denominator.ptr<float>(y);
    const float* o = overlap.ptr<float>(y);
    float* s = scores.ptr<float>(y);
    for (int x = 0; x < shifts.width; x++) {
      const double share = o[x] / area;
      // A view that lies partly off the map is compared by the part that lies on it.
      // Its correlation counts by the square root of that part: small parts agree by chance.
      const double bound = std::sqrt(std::max(1e-9, d[x] * energy));
      s[x] = share < overlap_min || d[x] < 1e-3 * energy ? -1.0f
                                                          : static_cast<float>(n[x] / bound);
    }
  }
  return scores;
}

}  // namespace gdn
