#include "corners.hpp"

#include <algorithm>
#include <cmath>

#include "simd.hpp"

namespace gdn {

namespace {

constexpr int kDistanceMinPx = 7;
/// Of the best corner's response.
constexpr float kShareMin = 0.02f;

/// Products of the Sobel gradients of a row: whole numbers that a float holds, nine of them as well.
GDN_VECTORISED void products_of_row(const uint8_t* above, const uint8_t* row, const uint8_t* below,
                                    int columns, float* __restrict xx, float* __restrict xy,
                                    float* __restrict yy) {
  for (int x = 0; x < columns; x++) {
    const int dx = above[x + 1] + 2 * row[x + 1] + below[x + 1] - above[x - 1] - 2 * row[x - 1] -
                   below[x - 1];
    const int dy = below[x - 1] + 2 * below[x] + below[x + 1] - above[x - 1] - 2 * above[x] -
                   above[x + 1];
    xx[x] = static_cast<float>(dx * dx);
    xy[x] = static_cast<float>(dx * dy);
    yy[x] = static_cast<float>(dy * dy);
  }
}

GDN_VECTORISED void add_three(const float* a, const float* b, const float* c, int columns,
                              float* out) {
  for (int x = 0; x < columns; x++) out[x] = a[x] + b[x] + c[x];
}

/// Smaller eigenvalue of the matrix of sums over three columns; a float lies before and after each row.
GDN_VECTORISED void eigenvalues_of_row(const float* xx, const float* xy, const float* yy,
                                       int columns, float* out) {
  for (int x = 0; x < columns; x++) {
    const float a = 0.5f * (xx[x - 1] + xx[x] + xx[x + 1]);
    const float b = xy[x - 1] + xy[x] + xy[x + 1];
    const float c = 0.5f * (yy[x - 1] + yy[x] + yy[x + 1]);
    out[x] = a + c - std::sqrt((a - c) * (a - c) + b * b);
  }
}

/// The smaller eigenvalue at each pixel of the cell; sums mirror the cell at its edges.
cv::Mat eigenvalues(const cv::Mat& grey, const cv::Rect& cell) {
  const int columns = cell.width, rows = cell.height;
  cv::Mat products[3], sums(3, columns + 2, CV_32F), out(rows, columns, CV_32F);
  for (auto& plane : products) plane.create(rows, columns, CV_32F);
  for (int y = 0; y < rows; y++) {
    const auto* row = grey.ptr<uint8_t>(cell.y + y) + cell.x;
    products_of_row(row - grey.step, row, row + grey.step, columns, products[0].ptr<float>(y),
                    products[1].ptr<float>(y), products[2].ptr<float>(y));
  }
  for (int y = 0; y < rows; y++) {
    const int before = y == 0 ? 1 : y - 1, after = y == rows - 1 ? rows - 2 : y + 1;
    for (int i = 0; i < 3; i++) {
      float* sum = sums.ptr<float>(i) + 1;
      add_three(products[i].ptr<float>(before), products[i].ptr<float>(y),
                products[i].ptr<float>(after), columns, sum);
      sum[-1] = sum[1];
      sum[columns] = sum[columns - 2];
    }
    eigenvalues_of_row(sums.ptr<float>(0) + 1, sums.ptr<float>(1) + 1, sums.ptr<float>(2) + 1,
                       columns, out.ptr<float>(y));
  }
  return out;
}

struct Peak {
  float value;
  cv::Point at;
};

/// A row's values over `least` that nothing around is larger than; 0 elsewhere.
GDN_VECTORISED void peaks_of_row(const float* above, const float* row, const float* below,
                                 int columns, float least, float* out) {
  for (int x = 1; x < columns - 1; x++) {
    const float sides = std::max(row[x - 1], row[x + 1]);
    const float over = std::max(std::max(above[x - 1], above[x]), above[x + 1]);
    const float under = std::max(std::max(below[x - 1], below[x]), below[x + 1]);
    const float around = std::max(std::max(sides, over), under);
    out[x] = (row[x] > least) & (row[x] >= around) ? row[x] : 0;
  }
}

}  // namespace

std::vector<cv::Point2f> corners_in(const cv::Mat& grey, const cv::Rect& cell, int count) {
  CV_Assert(cell.width >= 3 && cell.height >= 3 && cell.x >= 1 && cell.y >= 1 &&
            cell.br().x < grey.cols && cell.br().y < grey.rows);
  const cv::Mat values = eigenvalues(grey, cell);
  double largest = 0;
  cv::minMaxLoc(values, nullptr, &largest);
  const float least = static_cast<float>(largest) * kShareMin;
  std::vector<Peak> peaks;
  std::vector<float> row(cell.width);
  for (int y = 1; y < cell.height - 1; y++) {
    peaks_of_row(values.ptr<float>(y - 1), values.ptr<float>(y), values.ptr<float>(y + 1),
                 cell.width, least, row.data());
    for (int x = 1; x < cell.width - 1; x++)
      if (row[x] > 0) peaks.push_back({row[x], {x, y}});
  }
  // Of equal ones the later.
  std::sort(peaks.begin(), peaks.end(), [](const Peak& a, const Peak& b) {
    if (a.value != b.value) return a.value > b.value;
    return a.at.y != b.at.y ? a.at.y > b.at.y : a.at.x > b.at.x;
  });
  std::vector<cv::Point2f> found;
  for (const Peak& peak : peaks) {
    if (static_cast<int>(found.size()) >= count) break;
    const cv::Point2f at(peak.at + cell.tl());
    const bool apart = std::all_of(found.begin(), found.end(), [&](const cv::Point2f& other) {
      const cv::Point2f d = at - other;
      return d.dot(d) >= kDistanceMinPx * kDistanceMinPx;
    });
    if (apart) found.push_back(at);
  }
  return found;
}

}  // namespace gdn
