#include "correlate.hpp"

#include <opencv2/imgproc.hpp>

#include "fft.hpp"

namespace gdn {

namespace {

/// Radius of the neighbourhood whose mean is taken off, pixels (measured: 14 beats 0, 4, 8 and 24).
constexpr int kLocalMeanRadius = 14;
constexpr int kPairsPerThread = 32;
constexpr int kComplexFloats = sizeof(Complex8) / sizeof(float);

GDN_VECTORISED void add_row(const float* features, int columns, Doubles8* sums) {
  for (int x = 0; x < columns; x++) sums[x] += widened(at8(features, x));
}

GDN_VECTORISED void subtract_row(const float* features, int columns, Doubles8* sums) {
  for (int x = 0; x < columns; x++) sums[x] -= widened(at8(features, x));
}

/// Features of a row less their means over the neighbourhood, from the sums over its rows. `inverse_area`:
/// of what is valid in the neighbourhood. Fills each pixel's energy and returns their sum.
GDN_VECTORISED double centre_row(const float* features, const Doubles8* sums, const float* inverse_area,
                                 const float* mask, int columns, float* out, float* energy) {
  Doubles8 box = {};
  for (int x = 0; x < std::min(columns, kLocalMeanRadius); x++) box += sums[x];
  for (int x = 0; x < columns; x++) {
    if (x + kLocalMeanRadius < columns) box += sums[x + kLocalMeanRadius];
    if (x > kLocalMeanRadius) box -= sums[x - kLocalMeanRadius - 1];
    const Floats8 mean = narrowed(box) * inverse_area[x];
    at8(out, x) = (at8(features, x) - mean) * mask[x];
  }
  squares_of_row(out, columns, energy);
  double total = 0;
  for (int x = 0; x < columns; x++) total += energy[x];
  return total;
}

struct Centred {
  cv::Mat features, energy;  // CV_32FC(8), CV_32F
  double total = 0;          // of the energy
};

/// Features less their local mean over valid ground (which they are 0 beyond): what tells places apart
/// is where structure is, not that a wood has more of it than a field.
Centred centred(const cv::Mat& features, const cv::Mat& mask) {
  const int side = 2 * kLocalMeanRadius + 1, rows = features.rows, columns = features.cols;
  cv::Mat area;
  cv::boxFilter(mask, area, CV_32F, cv::Size(side, side), cv::Point(-1, -1), false,
                cv::BORDER_CONSTANT);
  const cv::Mat inverse_area = 1 / cv::max(area, 1e-3 * side * side);
  Centred out{cv::Mat(features.size(), features.type()), cv::Mat(features.size(), CV_32F)};
  cv::Mat sums = cv::Mat::zeros(1, columns * kChannels, CV_64F);
  for (int y = -kLocalMeanRadius; y < rows; y++) {
    const int entering = y + kLocalMeanRadius, leaving = y - kLocalMeanRadius - 1;
    if (entering < rows) add_row(features.ptr<float>(entering), columns, sums.ptr<Doubles8>());
    if (leaving >= 0) subtract_row(features.ptr<float>(leaving), columns, sums.ptr<Doubles8>());
    if (y < 0) continue;
    out.total += centre_row(features.ptr<float>(y), sums.ptr<Doubles8>(), inverse_area.ptr<float>(y),
                            mask.ptr<float>(y), columns, out.features.ptr<float>(y),
                            out.energy.ptr<float>(y));
  }
  return out;
}

/// Two lines of a transform's length; cv::Mat's, so that they come from the pool.
class Lines {
 public:
  explicit Lines(int length)
      : transform_(LineTransform::of(length)),
        floats_(2, length * kComplexFloats, CV_32F),
        line_(reinterpret_cast<Complex8*>(floats_.ptr<float>(0))),
        scratch_(reinterpret_cast<Complex8*>(floats_.ptr<float>(1))) {}

  Complex8* line() { return line_; }
  const Complex8* forward() { return transform_.forward(line_, scratch_); }
  void clear_from(int index) {
    std::fill(reinterpret_cast<float*>(line_ + index),
              reinterpret_cast<float*>(line_ + transform_.length()), 0.0f);
  }

 private:
  const LineTransform& transform_;
  cv::Mat floats_;
  Complex8 *line_, *scratch_;
};

/// Two rows of features as one line: orientations 0 to 3 are real, 4 to 7 imaginary.
GDN_VECTORISED void load_rows(const float* upper, const float* lower, int columns, Complex8* line) {
  for (int x = 0; x < columns; x++) {
    const Floats8 a = at8(upper, x), b = lower == nullptr ? Floats8{} : at8(lower, x);
    line[x].re = __builtin_shuffle(a, b, Lanes8{0, 1, 2, 3, 8, 9, 10, 11});
    line[x].im = __builtin_shuffle(a, b, Lanes8{4, 5, 6, 7, 12, 13, 14, 15});
  }
}

/// Transforms along the rows, turned: row x holds for each pair of rows of the features a Complex8.
cv::Mat rows_transformed(const cv::Mat& features, int length) {
  const int pairs = (features.rows + 1) / 2;
  cv::Mat out(length, pairs * kComplexFloats, CV_32F);
  cv::parallel_for_(cv::Range(0, pairs), [&](const cv::Range& range) {
    Lines lines(length);
    for (int pair = range.start; pair < range.end; pair++) {
      const int y = 2 * pair;
      load_rows(features.ptr<float>(y),
                y + 1 < features.rows ? features.ptr<float>(y + 1) : nullptr, features.cols,
                lines.line());
      lines.clear_from(features.cols);
      const Complex8* done = lines.forward();
      for (int x = 0; x < length; x++) out.ptr<Complex8>(x)[pair] = done[x];
    }
  }, std::max(1, pairs / kPairsPerThread));
  return out;
}

/// Two columns of what `rows_transformed` made as one line.
GDN_VECTORISED void load_columns(const Complex8* left, const Complex8* right, int pairs,
                                 Complex8* line) {
  constexpr Lanes8 upper = {0, 1, 2, 3, 8, 9, 10, 11}, lower = {4, 5, 6, 7, 12, 13, 14, 15};
  for (int pair = 0; pair < pairs; pair++) {
    const Complex8 a = left[pair], b = right[pair];
    line[2 * pair] = {__builtin_shuffle(a.re, b.re, upper), __builtin_shuffle(a.im, b.im, upper)};
    line[2 * pair + 1] = {__builtin_shuffle(a.re, b.re, lower),
                          __builtin_shuffle(a.im, b.im, lower)};
  }
}

/// Transforms of columns x and x + 1; below the features' last row there are zeros.
const Complex8* column_pair(const cv::Mat& rows, int x, Lines* lines) {
  const int pairs = rows.cols / kComplexFloats;
  load_columns(rows.ptr<Complex8>(x), rows.ptr<Complex8>(x + 1), pairs, lines->line());
  lines->clear_from(2 * pairs);
  return lines->forward();
}

/// A complex plane; without `im` it is real.
struct Plane {
  cv::Mat re, im;
};

/// Eight rows as one line; beyond the last row they are zero.
void load_eight_rows(const Plane& plane, int row, Complex8* line) {
  const int columns = plane.re.cols;
  std::fill(line, line + columns, Complex8{});
  for (int i = 0; i < std::min(8, plane.re.rows - row); i++) {
    const float* re = plane.re.ptr<float>(row + i);
    for (int x = 0; x < columns; x++) line[x].re[i] = re[x];
    if (plane.im.empty()) continue;
    const float* im = plane.im.ptr<float>(row + i);
    for (int x = 0; x < columns; x++) line[x].im[i] = im[x];
  }
}

/// Transforms along the rows, their first `columns` elements.
Plane rows_transformed(const Plane& plane, int length, int columns) {
  Plane out{cv::Mat(plane.re.rows, columns, CV_32F), cv::Mat(plane.re.rows, columns, CV_32F)};
  Lines lines(length);
  for (int row = 0; row < plane.re.rows; row += 8) {
    load_eight_rows(plane, row, lines.line());
    lines.clear_from(plane.re.cols);
    const Complex8* done = lines.forward();
    for (int i = 0; i < std::min(8, plane.re.rows - row); i++) {
      float *re = out.re.ptr<float>(row + i), *im = out.im.ptr<float>(row + i);
      for (int x = 0; x < columns; x++) {
        re[x] = done[x].re[i];
        im[x] = done[x].im[i];
      }
    }
  }
  return out;
}

/// Transforms of columns x to x + 7; below the last row there are zeros.
const Complex8* eight_columns(const Plane& rows, int x, Lines* lines) {
  for (int y = 0; y < rows.re.rows; y++)
    lines->line()[y] = {at8(rows.re.ptr<float>(y) + x), at8(rows.im.ptr<float>(y) + x)};
  lines->clear_from(rows.re.rows);
  return lines->forward();
}

void put_eight_columns(const Complex8* line, int x, Plane* plane) {
  for (int y = 0; y < plane->re.rows; y++) {
    at8(plane->re.ptr<float>(y) + x) = line[y].re;
    at8(plane->im.ptr<float>(y) + x) = line[y].im;
  }
}

struct Scale {
  double area, energy;  // of the template
  double overlap_min;
  double transform;     // the sums' elements times this are what they should be
};

cv::Mat ratios(const cv::Mat& products, const cv::Mat& energies, const cv::Mat& overlaps,
               const Scale& scale) {
  cv::Mat scores(products.size(), CV_32F);
  for (int y = 0; y < scores.rows; y++) {
    const float* p = products.ptr<float>(y);
    const float* e = energies.ptr<float>(y);
    const float* o = overlaps.ptr<float>(y);
    float* s = scores.ptr<float>(y);
    for (int x = 0; x < scores.cols; x++) {
      const double energy = e[x] * scale.transform;
      const double share = o[x] * scale.transform / scale.area;
      // A view that lies partly off the map is compared by the part that lies on it.
      // Its correlation counts by the square root of that part: small parts agree by chance.
      const double bound = std::sqrt(std::max(1e-9, energy * scale.energy));
      s[x] = share < scale.overlap_min || energy < 1e-3 * scale.energy
                 ? -1.0f
                 : static_cast<float>(p[x] * scale.transform / bound);
    }
  }
  return scores;
}

// A forward transform of numbers whose real and imaginary parts are exchanged is the inverse
// transform with its parts exchanged: products are made, and read in the end, in that order.

/// Sum over the orientations of a times the conjugate of b, for both columns of a pair.
GDN_VECTORISED void multiply_features(const Complex8* a, const Complex8* b, int length, int lane,
                                      Complex8* products) {
  for (int y = 0; y < length; y++) {
    const Floats8 re = sums_of_halves(a[y].re * b[y].re + a[y].im * b[y].im);
    const Floats8 im = sums_of_halves(a[y].im * b[y].re - a[y].re * b[y].im);
    products[y].re[lane] = im[0];
    products[y].re[lane + 1] = im[4];
    products[y].im[lane] = re[0];
    products[y].im[lane + 1] = re[4];
  }
}

GDN_VECTORISED void multiply_planes(const Complex8* a, const Complex8* b, int length,
                                    Complex8* products) {
  for (int y = 0; y < length; y++)
    products[y] = {a[y].im * b[y].re - a[y].re * b[y].im, a[y].re * b[y].re + a[y].im * b[y].im};
}

}  // namespace

WindowSpectrum::WindowSpectrum(const Ground& window, cv::Size template_max)
    : size_(window.pixels.size()),
      // Circular wrap reaches only shifts where the template would leave the window, which nobody
      // reads: no padding beyond the window itself is needed.
      padded_(transform_length(std::max(size_.width, template_max.width)),
              transform_length(std::max(size_.height, template_max.height))),
      features_(padded_.width / 2, padded_.height * kComplexFloats, CV_32F),
      energy_(padded_.width / 8, padded_.height * kComplexFloats, CV_32F) {
  cv::Mat mask;
  window.valid.convertTo(mask, CV_32F, 1.0 / 255);
  const Centred map = centred(cfog(window.pixels, window.valid, kFloorSearch), mask);
  const cv::Mat feature_rows = rows_transformed(map.features, padded_.width);
  const Plane energy_rows =
      rows_transformed({map.energy, mask}, padded_.width, padded_.width);
  cv::parallel_for_(cv::Range(0, padded_.width / 8), [&](const cv::Range& range) {
    Lines lines(padded_.height);
    const auto copy = [&](const Complex8* done, Complex8* to) {
      std::copy(done, done + padded_.height, to);
    };
    for (int block = range.start; block < range.end; block++) {
      for (int pair = 4 * block; pair < 4 * block + 4; pair++)
        copy(column_pair(feature_rows, 2 * pair, &lines), features_.ptr<Complex8>(pair));
      copy(eight_columns(energy_rows, 8 * block, &lines), energy_.ptr<Complex8>(block));
    }
  });
}

cv::Mat WindowSpectrum::scores(const Ground& view, double overlap_min) const {
  const cv::Size shifts(size_.width - view.pixels.cols + 1, size_.height - view.pixels.rows + 1);
  require(shifts.width > 0 && shifts.height > 0, "the view is larger than the map window");
  cv::Mat mask;
  view.valid.convertTo(mask, CV_32F, 1.0 / 255);
  const double area = cv::sum(mask)[0];
  if (area < 64) return cv::Mat(shifts, CV_32F, cv::Scalar(-1));
  const Centred seen = centred(cfog(view.pixels, view.valid, kFloorSearch), mask);
  const cv::Mat feature_rows = rows_transformed(seen.features, padded_.width);
  const Plane mask_rows = rows_transformed({mask, {}}, padded_.width, padded_.width);
  const auto plane = [&] {
    return Plane{cv::Mat(shifts.height, padded_.width, CV_32F),
                 cv::Mat(shifts.height, padded_.width, CV_32F)};
  };
  Plane features = plane(), energy = plane();
  Lines lines(padded_.height), products(padded_.height);
  for (int x = 0; x < padded_.width; x += 8) {
    for (int i = 0; i < 8; i += 2)
      multiply_features(features_.ptr<Complex8>((x + i) / 2),
                        column_pair(feature_rows, x + i, &lines), padded_.height, i,
                        products.line());
    put_eight_columns(products.forward(), x, &features);
    multiply_planes(energy_.ptr<Complex8>(x / 8), eight_columns(mask_rows, x, &lines),
                    padded_.height, products.line());
    put_eight_columns(products.forward(), x, &energy);
  }
  features = rows_transformed(features, padded_.width, shifts.width);
  energy = rows_transformed(energy, padded_.width, shifts.width);
  return ratios(features.im, energy.im, energy.re,
                {area, seen.total, overlap_min, 1.0 / padded_.area()});
}

}  // namespace gdn
