// Principal axes of descriptors, and descriptors along them: for place descriptors (vision) and for the
// descriptor index (faiss).
//
// The eigenvectors come from Eigen (MPL 2.0): the same code on every processor, in one thread, where
// OpenBLAS chooses its code by processor; and not by Jacobi's method, as OpenCV's do.
#pragma once
#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "guard.hpp"

namespace gdn {

/// Own sums instead of BLAS: its order of additions changes with the number of threads and with the
/// processor, and a package must be the same whoever makes it.
inline float dot(const float* a, const float* b, int length) {
  constexpr int kLanes = 16;
  float lanes[kLanes] = {};
  int i = 0;
  for (; i + kLanes <= length; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  }
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  for (; i < length; ++i) sum += a[i] * b[i];
  return sum;
}

/// L2-normalises in place; a zero vector stays zero.
inline void normalise(float* values, int length) {
  double sum = 0;
  for (int i = 0; i < length; ++i) sum += static_cast<double>(values[i]) * values[i];
  if (!(sum > 0)) return;
  const auto scale = static_cast<float>(1 / std::sqrt(sum));
  for (int i = 0; i < length; ++i) values[i] *= scale;
}

/// Subtracts the mean of `count` rows of `length` floats from each, in place.
inline void subtract_mean(float* rows, int count, int length, float* mean) {
  std::vector<double> sums(static_cast<size_t>(length), 0.0);
  for (int i = 0; i < count; ++i) {
    for (int d = 0; d < length; ++d) sums[d] += rows[static_cast<int64_t>(i) * length + d];
  }
  for (int d = 0; d < length; ++d) mean[d] = static_cast<float>(sums[d] / count);
  for (int i = 0; i < count; ++i) {
    for (int d = 0; d < length; ++d) rows[static_cast<int64_t>(i) * length + d] -= mean[d];
  }
}

/// Products of every pair of rows, divided by `divisor`.
inline Eigen::MatrixXd products(const std::vector<float>& rows, int count, int length,
                                double divisor) {
  Eigen::MatrixXd out(count, count);
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j <= i; ++j) {
      out(i, j) = out(j, i) = dot(&rows[static_cast<int64_t>(i) * length],
                                  &rows[static_cast<int64_t>(j) * length], length) /
                              divisor;
    }
  }
  return out;
}

/// The sign of an axis is nobody's choice: its largest component is positive.
inline void fix_sign(float* axis, int length) {
  const float* largest = std::max_element(
      axis, axis + length, [](float a, float b) { return std::abs(a) < std::abs(b); });
  if (*largest < 0) std::transform(axis, axis + length, axis, [](float v) { return -v; });
}

/// Principal axes of `count` samples of `length` floats: `mean` (length), `axes` (axis_count rows of
/// length floats, each of length 1, largest variance first; zero where the samples span no more) and
/// the `variances` along all there are (min(count, length)).
///
/// Of fewer samples than floats the axes come from the eigenvectors of the samples' own products
/// (M. Turk, A. Pentland, J. Cognitive Neuroscience 1991), else from those of the covariance.
inline void principal_axes(const float* samples, int count, int length, int axis_count, float* mean,
                           float* axes, std::vector<double>* variances) {
  const int size = std::min(count, length);
  require(axis_count >= 1 && axis_count <= size, "there are at most min(samples, length) axes");
  std::vector<float> centred(samples, samples + static_cast<int64_t>(count) * length);
  subtract_mean(centred.data(), count, length, mean);
  const bool by_samples = count <= length;
  std::vector<float> columns;
  if (!by_samples) {
    columns.resize(centred.size());
    for (int i = 0; i < count; ++i) {
      for (int d = 0; d < length; ++d)
        columns[static_cast<int64_t>(d) * count + i] = centred[static_cast<int64_t>(i) * length + d];
    }
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solved(
      by_samples ? products(centred, count, length, count)
                 : products(columns, length, count, count));
  require(solved.info() == Eigen::Success, "the samples have no principal axes");
  variances->resize(static_cast<size_t>(size));
  for (int a = 0; a < size; ++a) {
    (*variances)[a] = std::max(0.0, solved.eigenvalues()(size - 1 - a));
  }
  std::fill_n(axes, static_cast<int64_t>(axis_count) * length, 0.0F);
  for (int a = 0; a < axis_count; ++a) {
    // Below this an axis is rounding: it stays zero.
    if (!((*variances)[a] > 1e-9 * (*variances)[0])) continue;
    const auto vector = solved.eigenvectors().col(size - 1 - a);
    float* axis = axes + static_cast<int64_t>(a) * length;
    for (int i = 0; i < size; ++i) {
      const auto weight = static_cast<float>(vector(i));
      if (!by_samples) {
        axis[i] = weight;
        continue;
      }
      const float* sample = &centred[static_cast<int64_t>(i) * length];
      for (int d = 0; d < length; ++d) axis[d] += weight * sample[d];
    }
    normalise(axis, length);
    fix_sign(axis, length);
  }
}

/// out = axes * (vector - mean), of length 1; `axes` holds axis_count rows of `length` floats.
inline void project(const float* vector, int length, const float* mean, const float* axes,
                    int axis_count, float* out) {
  std::vector<float> centred(vector, vector + length);
  for (int i = 0; i < length; ++i) centred[i] -= mean[i];
  for (int a = 0; a < axis_count; ++a) {
    out[a] = dot(axes + static_cast<int64_t>(a) * length, centred.data(), length);
  }
  normalise(out, axis_count);
}

}  // namespace gdn
