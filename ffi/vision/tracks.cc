#include "tracks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

#include "corners.hpp"
#include "frame.hpp"

namespace {

using gdn::Frame;

/// Half the picture's width is enough for 0.1 px and four times as fast.
constexpr int kLevel = 1;
constexpr double kScale = 1 << kLevel;
/// Levels of the optical flow above that one.
constexpr int kFlowLevels = 3;

const cv::Mat& picture(const Frame& frame) {
  return frame.levels[std::min<size_t>(kLevel, frame.levels.size() - 1)];
}

double scale_of(const Frame& frame) { return frame.levels.size() > kLevel ? kScale : 1.0; }

/// Corners spread over the picture: the best of each cell of a grid.
std::vector<cv::Point2f> corners(const cv::Mat& grey, int count) {
  constexpr int cells_x = 8, cells_y = 6, border = 8;
  const int per_cell = std::max(1, count / (cells_x * cells_y));
  std::vector<cv::Point2f> all;
  if (grey.cols < 2 * border + 3 * cells_x || grey.rows < 2 * border + 3 * cells_y) return all;
  std::array<std::vector<cv::Point2f>, cells_x * cells_y> found;
  const auto edge = [](int side, int cell, int cells) {
    return border + (side - 2 * border) * cell / cells;
  };
  cv::parallel_for_(cv::Range(0, cells_x * cells_y), [&](const cv::Range& range) {
    for (int i = range.start; i < range.end; i++) {
      const int cx = i % cells_x, cy = i / cells_x;
      const cv::Point from(edge(grey.cols, cx, cells_x), edge(grey.rows, cy, cells_y));
      const cv::Point to(edge(grey.cols, cx + 1, cells_x), edge(grey.rows, cy + 1, cells_y));
      found[i] = gdn::corners_in(grey, cv::Rect(from, to), per_cell);
    }
  });
  for (const auto& cell : found) all.insert(all.end(), cell.begin(), cell.end());
  return all;
}

/// Made once a frame, with its derivatives; headers of the frame's own.
std::vector<cv::Mat> flow_pyramid(Frame& frame, cv::Size window) {
  const std::lock_guard<std::mutex> hold(frame.tracked_lock);
  if (frame.flow_pyramid.empty())
    cv::buildOpticalFlowPyramid(picture(frame), frame.flow_pyramid, window, kFlowLevels);
  return frame.flow_pyramid;
}

cv::Point2f predict(const Frame& from, const Frame& to, const double* h, cv::Point2f pixel) {
  const double s = scale_of(from);
  double x = 0, y = 0, u = 0, v = 0;
  if (!from.camera.unproject((pixel.x + 0.5) * s - 0.5, (pixel.y + 0.5) * s - 0.5, &x, &y))
    return pixel;
  const double w = h[6] * x + h[7] * y + h[8];
  if (!(std::abs(w) > 1e-6)) return pixel;
  to.camera.project((h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w, &u, &v);
  return {static_cast<float>((u + 0.5) / s - 0.5), static_cast<float>((v + 0.5) / s - 0.5)};
}

}  // namespace

int32_t gdn_frames_track(uint64_t from_handle, uint64_t to_handle, const double* predicted,
                         int32_t capacity, double* pairs, int32_t* count, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto from_kept = gdn::frame_of(from_handle), to_kept = gdn::frame_of(to_handle);
    const Frame &from = *from_kept, &to = *to_kept;
    *count = 0;
    std::vector<cv::Point2f> start, guess, kept;
    const cv::Mat& to_picture = picture(to);
    for (const auto& p : corners(picture(from), capacity)) {
      const cv::Point2f q = predict(from, to, predicted, p);
      if (q.x < 4 || q.y < 4 || q.x > to_picture.cols - 5 || q.y > to_picture.rows - 5) continue;
      start.push_back(p);
      guess.push_back(q);
    }
    if (start.empty()) return;
    const cv::Size window(21, 21);
    const cv::TermCriteria stop(cv::TermCriteria::COUNT + cv::TermCriteria::EPS, 20, 0.01);
    const auto from_pyramid = flow_pyramid(*from_kept, window);
    const auto to_pyramid = flow_pyramid(*to_kept, window);
    std::vector<uint8_t> forward, backward;
    std::vector<float> residual;
    std::vector<cv::Point2f> back = start;
    cv::calcOpticalFlowPyrLK(from_pyramid, to_pyramid, start, guess, forward, residual, window,
                             kFlowLevels, stop, cv::OPTFLOW_USE_INITIAL_FLOW, 1e-3);
    cv::calcOpticalFlowPyrLK(to_pyramid, from_pyramid, guess, back, backward, residual, window, 1,
                             stop, cv::OPTFLOW_USE_INITIAL_FLOW, 1e-3);
    const double s = scale_of(from);
    for (size_t i = 0; i < start.size() && *count < capacity; i++) {
      if (!forward[i] || !backward[i] || cv::norm(back[i] - start[i]) > 0.5) continue;
      double* pair = pairs + 4 * *count;
      // Where the lens model folds over there is no ray.
      if (from.camera.unproject((start[i].x + 0.5) * s - 0.5, (start[i].y + 0.5) * s - 0.5, pair,
                                pair + 1) &&
          to.camera.unproject((guess[i].x + 0.5) * s - 0.5, (guess[i].y + 0.5) * s - 0.5, pair + 2,
                              pair + 3)) {
        ++*count;
      }
    }
  });
}

namespace {

/// MAGSAC of OpenCV 4.6 means pixels: in rays it now and then keeps a third of the inliers only.
constexpr double kPixels = 1000;

using Vector6 = cv::Vec<double, 6>;
using Matrix6 = cv::Matx<double, 6, 6>;

cv::Matx33d rotation(const Vector6& m) {
  cv::Matx33d r;
  cv::Rodrigues(cv::Vec3d(m[3], m[4], m[5]), r);
  return r;
}

/// Ray in `to` of a ray in `from` under motion m (t, rotation vector).
cv::Vec2d transfer(const Vector6& m, const cv::Matx33d& r, const cv::Vec3d& n, double x, double y) {
  const cv::Vec3d ray(x, y, 1);
  const double along = n.dot(ray);
  const cv::Vec3d p = r.t() * (ray - cv::Vec3d(m[0], m[1], m[2]) * along);
  return {p[0] / p[2], p[1] / p[2]};
}

/// Gauss-Newton with Huber weights; numeric derivatives (6 parameters, a few hundred tracks).
/// False where the tracks do not tell the motion (all along one line, say).
bool refine(const std::vector<cv::Vec4d>& tracks, const cv::Vec3d& n, double scale, Vector6* m,
            Matrix6* information, double* sum_of_squares) {
  double& squares = *sum_of_squares;
  for (int iteration = 0; iteration < 8; iteration++) {
    Matrix6 a = Matrix6::zeros();
    Vector6 b = Vector6::zeros();
    squares = 0;
    constexpr double step = 1e-6;
    std::array<Vector6, 6> nudged;
    std::array<cv::Matx33d, 6> nudged_r;
    for (int k = 0; k < 6; k++) {
      nudged[k] = *m;
      nudged[k][k] += step;
      nudged_r[k] = rotation(nudged[k]);
    }
    const cv::Matx33d r = rotation(*m);
    for (const auto& t : tracks) {
      const cv::Vec2d at = transfer(*m, r, n, t[0], t[1]);
      const cv::Vec2d e(t[2] - at[0], t[3] - at[1]);
      const double norm = cv::norm(e);
      const double weight = norm <= scale ? 1 : scale / norm;
      squares += weight * norm * norm;
      cv::Matx<double, 2, 6> j;
      for (int k = 0; k < 6; k++) {
        const cv::Vec2d d = (transfer(nudged[k], nudged_r[k], n, t[0], t[1]) - at) / step;
        j(0, k) = d[0];
        j(1, k) = d[1];
      }
      a += weight * (j.t() * j);
      b += weight * (j.t() * e);
    }
    *information = a;
    for (int k = 0; k < 6; k++) a(k, k) *= 1 + 1e-9;
    Vector6 delta;
    if (!cv::solve(a, b, delta, cv::DECOMP_CHOLESKY)) return false;
    *m += delta;
    const double length = cv::norm(delta);
    if (!std::isfinite(length)) return false;
    if (length < 1e-9) break;
  }
  return std::isfinite(squares);
}

}  // namespace

int32_t gdn_planar_motion(const double* pairs, int32_t count, const double* normal,
                          const double* guess, double threshold, double* motion,
                          double* covariance, double* result, gdn_error* error) {
  return gdn::guard(error, [&] {
    std::fill(result, result + 4, 0.0);
    result[1] = count;
    const auto finite = [](const double* v, int n) {
      return std::all_of(v, v + n, [](double x) { return std::isfinite(x); });
    };
    gdn::require(threshold > 0 && std::isfinite(threshold) && finite(normal, 3) && finite(guess, 6),
                 "normal and guess must be finite, the bound positive");
    if (count < 8) return;
    gdn::require(finite(pairs, 4 * count), "a track is not finite");
    std::vector<cv::Point2d> from, to;
    for (int i = 0; i < count; i++) {
      from.emplace_back(pairs[4 * i] * kPixels, pairs[4 * i + 1] * kPixels);
      to.emplace_back(pairs[4 * i + 2] * kPixels, pairs[4 * i + 3] * kPixels);
    }
    cv::Mat mask;
    cv::setRNGSeed(1);
    const cv::Mat h = cv::findHomography(from, to, cv::USAC_MAGSAC, threshold * kPixels, mask, 2000,
                                         0.999);
    if (h.empty()) return;
    std::vector<cv::Vec4d> inliers;
    double x0 = 9, x1 = -9, y0 = 9, y1 = -9;
    for (int i = 0; i < count; i++) {
      if (!mask.at<uint8_t>(i)) continue;
      const cv::Vec4d pair(pairs + 4 * i);
      inliers.push_back(pair);
      x0 = std::min(x0, pair[0]), x1 = std::max(x1, pair[0]);
      y0 = std::min(y0, pair[1]), y1 = std::max(y1, pair[1]);
    }
    if (inliers.size() < 8) return;
    Vector6 m(guess[0], guess[1], guess[2], guess[3], guess[4], guess[5]);
    Matrix6 information;
    double squares = 0;
    if (!refine(inliers, {normal[0], normal[1], normal[2]}, threshold / 2, &m, &information,
                &squares))
      return;
    const double variance = squares / std::max(1.0, 2.0 * inliers.size() - 6);
    bool done = false;
    const Matrix6 inverse = information.inv(cv::DECOMP_CHOLESKY, &done);
    if (!done) return;
    result[0] = static_cast<double>(inliers.size());
    for (int i = 0; i < 6; i++) {
      motion[i] = m[i];
      for (int k = 0; k < 6; k++) covariance[6 * i + k] = variance * inverse(i, k);
    }
    result[2] = std::sqrt(squares / inliers.size());
    result[3] = (x1 - x0) * (y1 - y0);
  });
}
