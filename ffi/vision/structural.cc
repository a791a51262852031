#include "structural.h"

#include <algorithm>
#include <mutex>
#include <opencv2/imgproc.hpp>

#include "blocks.hpp"
#include "cancel.hpp"
#include "correlate.hpp"
#include "search_limits.hpp"

namespace {

using gdn::Frame;
using gdn::Ground;
using gdn::Mosaic;
using gdn::View;

constexpr double kOverlapMin = 0.5;
/// Bounds of one search's memory and time: the window's features take some 80 bytes a pixel.
constexpr double kWindowPixelsMax = 8e6;

struct Place {
  cv::Point2d foot;
  double heading, scale, score;
};

struct Hypothesis {
  double heading, scale;
  cv::Point2d centre;  // of the view's patch, metres from the foot point
  cv::Size size;
  cv::Mat scores;
  std::vector<Place> peaks;
};

/// Rotation predicted, turned clockwise (seen from above) by `heading`.
gdn::Matrix3 turned(const gdn::Matrix3& r, double heading) {
  const double c = std::cos(heading), s = std::sin(heading);
  // Clockwise from above: east' = c e + s n, north' = -s e + c n.
  return {c * r[0] + s * r[3], c * r[1] + s * r[4], c * r[2] + s * r[5],
          -s * r[0] + c * r[3], -s * r[1] + c * r[4], -s * r[2] + c * r[5],
          r[6], r[7], r[8]};
}

std::vector<double> grid(double half_range, double step) {
  const int n = step > 0 ? static_cast<int>(std::floor(half_range / step + 1e-9)) : 0;
  std::vector<double> out;
  for (int i = -n; i <= n; i++) out.push_back(i * step);
  return out;
}

std::vector<Hypothesis> hypotheses(const Frame& frame, const gdn_structural_query& q) {
  std::vector<Hypothesis> all;
  const gdn::Matrix3 r = gdn::matrix3(q.local_from_camera);
  for (double heading : grid(q.heading_half_range_rad, q.heading_step_rad)) {
    for (double scale : grid(q.scale_half_range, q.scale_step)) {
      const View view{turned(r, heading), q.height_m * (1 + scale)};
      const cv::Rect2d box = gdn::footprint(frame, view, q.extent_max_m);
      Hypothesis h{heading, 1 + scale, {box.x + box.width / 2, box.y + box.height / 2}, {}, {}, {}};
      h.size = {std::max(16, cvRound(box.width / q.coarse_gsd_m)),
                std::max(16, cvRound(box.height / q.coarse_gsd_m))};
      all.push_back(h);
    }
  }
  return all;
}

/// The map around every hypothesis' predicted place, and where its corner lies.
struct Search {
  Ground window;
  cv::Point2d corner;  // west and north edge, metres from the window's origin
};

Search search_window(const std::vector<Hypothesis>& all, const Mosaic& mosaic,
                     const gdn_structural_query& q, cv::Size2d reach_m) {
  double west = 1e9, east = -1e9, south = 1e9, north = -1e9;
  for (const auto& h : all) {
    const double half_e = h.size.width * q.coarse_gsd_m / 2 + reach_m.width;
    const double half_n = h.size.height * q.coarse_gsd_m / 2 + reach_m.height;
    west = std::min(west, q.position_m[0] + h.centre.x - half_e);
    east = std::max(east, q.position_m[0] + h.centre.x + half_e);
    south = std::min(south, q.position_m[1] + h.centre.y - half_n);
    north = std::max(north, q.position_m[1] + h.centre.y + half_n);
  }
  // Compared as doubles: what does not fit an int must not become one.
  gdn::require((east - west) / q.coarse_gsd_m <= kWindowPixelsMax &&
                   (north - south) / q.coarse_gsd_m <= kWindowPixelsMax,
               "the search is larger than 8 million pixels");
  const cv::Size size(static_cast<int>(std::ceil((east - west) / q.coarse_gsd_m)) + 1,
                      static_cast<int>(std::ceil((north - south) / q.coarse_gsd_m)) + 1);
  // Two sides that fit may have a product that does not fit an int.
  gdn::require(static_cast<int64_t>(size.width) * size.height <= kWindowPixelsMax,
               "the search is larger than 8 million pixels");
  const cv::Point2d centre(west + size.width * q.coarse_gsd_m / 2,
                           north - size.height * q.coarse_gsd_m / 2);
  return {mosaic.ground(centre, q.coarse_gsd_m, size), {west, north}};
}

/// Scores every hypothesis, each handed to `finish` as soon as it is scored (from several threads).
template <typename Finish>
void score_all(const Frame& frame, const Search& search, const gdn_structural_query& q,
               const gdn::Relief* relief, std::vector<Hypothesis>* all, const Finish& finish) {
  cv::Size largest(0, 0);
  for (const auto& h : *all) {
    largest.width = std::max(largest.width, h.size.width);
    largest.height = std::max(largest.height, h.size.height);
  }
  const gdn::WindowSpectrum spectrum(search.window, largest);
  const gdn::Matrix3 r = gdn::matrix3(q.local_from_camera);
  std::mutex lock;
  std::string fault;
  cv::parallel_for_(cv::Range(0, static_cast<int>(all->size())), [&](const cv::Range& range) {
    for (int i = range.start; i < range.end; i++) {
      if (gdn::searches_cancelled) continue;
      try {
        Hypothesis& h = (*all)[i];
        const View view{turned(r, h.heading), q.height_m * h.scale, relief};
        const Ground ground = gdn::rectify(frame, view, h.centre, q.coarse_gsd_m, h.size);
        h.scores = spectrum.scores(ground, kOverlapMin);
        finish(&h);
      } catch (const std::exception& e) {
        const std::lock_guard<std::mutex> hold(lock);
        fault = e.what();
      }
    }
  });
  if (!fault.empty()) throw std::runtime_error(fault);
  if (gdn::searches_cancelled) throw std::runtime_error("the search was cancelled");
}

/// Foot point of a score's element, metres from the window's origin.
cv::Point2d foot(const Hypothesis& h, const Search& search, double gsd_m, cv::Point2d at) {
  return {search.corner.x + (at.x + h.size.width / 2.0) * gsd_m - h.centre.x,
          search.corner.y - (at.y + h.size.height / 2.0) * gsd_m - h.centre.y};
}

/// The foot point must lie within the search radius of the prediction.
void restrict_to_radius(const Search& search, const gdn_structural_query& q, Hypothesis* h) {
  // A radius of whole pixels ends on pixels: rounding must not choose which of them belong to it.
  const double radius_m = q.search_radius_m + 1e-6 * q.coarse_gsd_m;
  for (int y = 0; y < h->scores.rows; y++) {
    float* row = h->scores.ptr<float>(y);
    for (int x = 0; x < h->scores.cols; x++) {
      const cv::Point2d p = foot(*h, search, q.coarse_gsd_m, cv::Point2d(x, y));
      const double e = p.x - q.position_m[0], n = p.y - q.position_m[1];
      if (e * e + n * n > radius_m * radius_m) row[x] = -1;
    }
  }
}

/// The foot point must lie within a rectangle around the prediction.
void restrict_to_rectangle(const Search& search, const gdn_structural_query& q, cv::Size2d reach_m,
                           Hypothesis* h) {
  const cv::Point2d first = foot(*h, search, q.coarse_gsd_m, cv::Point2d(0, 0));
  const double gsd_m = q.coarse_gsd_m;
  for (int y = 0; y < h->scores.rows; y++) {
    float* row = h->scores.ptr<float>(y);
    const bool is_row = std::abs(first.y - y * gsd_m - q.position_m[1]) <= reach_m.height + 1e-6 * gsd_m;
    for (int x = 0; x < h->scores.cols; x++) {
      if (!is_row || std::abs(first.x + x * gsd_m - q.position_m[0]) > reach_m.width + 1e-6 * gsd_m)
        row[x] = -1;
    }
  }
}

/// Best remaining place; then everything within `separation_m` of it is struck out.
bool take_best(const Search& search, const gdn_structural_query& q, double separation_m,
               std::vector<Hypothesis>* all, Place* best) {
  best->score = -1;
  for (size_t i = 0; i < all->size(); i++) {
    double value = 0;
    cv::Point at;
    cv::minMaxLoc((*all)[i].scores, nullptr, &value, nullptr, &at);
    if (value <= best->score) continue;
    const Hypothesis& h = (*all)[i];
    *best = {foot(h, search, q.coarse_gsd_m, gdn::subpixel(h.scores, at)), h.heading, h.scale,
             value};
  }
  if (best->score <= -1) return false;
  for (auto& h : *all) {
    for (int y = 0; y < h.scores.rows; y++) {
      float* row = h.scores.ptr<float>(y);
      for (int x = 0; x < h.scores.cols; x++) {
        const cv::Point2d p = foot(h, search, q.coarse_gsd_m, cv::Point2d(x, y));
        const double e = p.x - best->foot.x, n = p.y - best->foot.y;
        if (e * e + n * n < separation_m * separation_m) row[x] = -1;
      }
    }
  }
  return true;
}

/// Keeps the hypothesis' best separate peaks and lets its scores go: hundreds of headings over a
/// whole map are gigabytes of scores.
void keep_peaks(const Search& search, const gdn_structural_query& q, double separation_m,
                int capacity, Hypothesis* h) {
  const int reach = static_cast<int>(std::ceil(std::min(separation_m / q.coarse_gsd_m, 1e5)));
  while (static_cast<int>(h->peaks.size()) < capacity) {
    double value = 0;
    cv::Point at;
    cv::minMaxLoc(h->scores, nullptr, &value, nullptr, &at);
    if (value <= -1) break;
    const cv::Point2d peak = gdn::subpixel(h->scores, at);
    h->peaks.push_back({foot(*h, search, q.coarse_gsd_m, peak), h->heading, h->scale, value});
    const cv::Rect around = cv::Rect(at.x - reach - 1, at.y - reach - 1, 2 * reach + 3,
                                     2 * reach + 3) &
                            cv::Rect(0, 0, h->scores.cols, h->scores.rows);
    for (int y = around.y; y < around.y + around.height; y++) {
      for (int x = around.x; x < around.x + around.width; x++) {
        if (std::hypot(x - peak.x, y - peak.y) * q.coarse_gsd_m < separation_m ||
            (x == at.x && y == at.y))
          h->scores.at<float>(y, x) = -1;
      }
    }
  }
  h->scores.release();
}

/// The points at which the best score of all hypotheses is asked for.
struct ScoreGrid {
  cv::Point2d corner;  // the north-west point, metres from the window's origin
  cv::Mat scores;
};

void check_grid(const double* corner_m, int32_t columns, int32_t rows) {
  gdn::require(corner_m != nullptr && std::isfinite(corner_m[0]) && std::isfinite(corner_m[1]) &&
                   columns > 0 && rows > 0 &&
                   static_cast<int64_t>(columns) * rows <= kWindowPixelsMax,
               "the grid of scores needs a corner, and has at most 8 million points");
}

/// Takes over what the hypothesis scores better than those before it: each element at its nearest point.
void take_scores(const Search& search, const gdn_structural_query& q, const Hypothesis& h,
                 ScoreGrid* grid) {
  const cv::Point2d first = foot(h, search, q.coarse_gsd_m, cv::Point2d(0, 0));
  const double left = std::round((first.x - grid->corner.x) / q.coarse_gsd_m);
  const double top = std::round((grid->corner.y - first.y) / q.coarse_gsd_m);
  if (!(std::abs(left) < 1e8 && std::abs(top) < 1e8)) return;
  const cv::Rect placed(static_cast<int>(left), static_cast<int>(top), h.scores.cols,
                        h.scores.rows);
  const cv::Rect common = placed & cv::Rect(0, 0, grid->scores.cols, grid->scores.rows);
  if (common.empty()) return;
  cv::Mat to = grid->scores(common);
  cv::max(to, h.scores(common - placed.tl()), to);
}

/// The best separate places among the peaks of all hypotheses, best first.
std::vector<Place> best_places(const std::vector<Hypothesis>& all, double separation_m,
                               int capacity) {
  std::vector<Place> peaks, places;
  for (const auto& h : all) peaks.insert(peaks.end(), h.peaks.begin(), h.peaks.end());
  std::stable_sort(peaks.begin(), peaks.end(),
                   [](const Place& a, const Place& b) { return a.score > b.score; });
  for (const Place& peak : peaks) {
    if (static_cast<int>(places.size()) >= capacity) break;
    const bool apart = std::all_of(places.begin(), places.end(), [&](const Place& place) {
      return cv::norm(place.foot - peak.foot) >= separation_m;
    });
    if (apart) places.push_back(peak);
  }
  return places;
}

/// Standard deviation of the scores that are left (those around the peak are struck out).
double spread(const std::vector<Hypothesis>& all) {
  double sum = 0, squares = 0;
  int64_t count = 0;
  for (const auto& h : all) {
    for (int y = 0; y < h.scores.rows; y++) {
      const float* row = h.scores.ptr<float>(y);
      for (int x = 0; x < h.scores.cols; x++) {
        if (row[x] <= -1) continue;
        sum += row[x];
        squares += row[x] * row[x];
        count++;
      }
    }
  }
  if (count < 16) return 0;
  const double mean = sum / count;
  return std::sqrt(std::max(0.0, squares / count - mean * mean));
}

}  // namespace

int32_t gdn_structural_match(uint64_t frame_handle, const uint8_t* mosaic_pixels,
                             const uint8_t* valid, int32_t mosaic_width_px,
                             int32_t mosaic_height_px, const double* mosaic_from_local,
                             const gdn_structural_query* query, const double* relief_values,
                             int64_t relief_count, gdn_structural_answer* answer,
                             double* tie_points, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::check_search(*query);
    gdn::Relief kept;
    if (relief_values != nullptr) kept = gdn::Relief::from(relief_values, relief_count);
    const gdn::Relief* relief = relief_values == nullptr ? nullptr : &kept;
    const auto frame_kept = gdn::frame_of(frame_handle);
    const Frame& frame = *frame_kept;
    const Mosaic mosaic(mosaic_pixels, valid, {mosaic_width_px, mosaic_height_px},
                        mosaic_from_local);
    std::vector<Hypothesis> all = hypotheses(frame, *query);
    *answer = gdn_structural_answer{};
    answer->hypotheses = static_cast<int32_t>(all.size());
    answer->score = answer->second_score = -1;
    const Search search =
        search_window(all, mosaic, *query, {query->search_radius_m, query->search_radius_m});
    answer->overlap = cv::mean(search.window.valid)[0] / 255;
    score_all(frame, search, *query, relief, &all,
              [&](Hypothesis* h) { restrict_to_radius(search, *query, h); });
    Place best{}, second{};
    const double separation = 8 * query->coarse_gsd_m;
    if (!take_best(search, *query, separation, &all, &best)) return;
    answer->score_sigma = spread(all);
    take_best(search, *query, separation, &all, &second);
    answer->position_m[0] = best.foot.x;
    answer->position_m[1] = best.foot.y;
    answer->heading_rad = best.heading;
    answer->scale = best.scale;
    answer->score = best.score;
    answer->second_score = second.score;
    if (query->blocks_x * query->blocks_y == 0) return;
    const View view{turned(gdn::matrix3(query->local_from_camera), best.heading),
                    query->height_m * best.scale, relief};
    answer->tie_points = gdn::match_blocks(
        frame, view, mosaic, best.foot,
        {query->extent_max_m, query->fine_gsd_m, query->block_search_m, query->blocks_x,
         query->blocks_y},
        tie_points);
  });
}

int32_t gdn_structural_places(uint64_t frame_handle, const uint8_t* mosaic_pixels,
                              const uint8_t* valid, int32_t mosaic_width_px,
                              int32_t mosaic_height_px, const double* mosaic_from_local,
                              const gdn_structural_query* query, const double* reach_m,
                              double separation_m, int32_t capacity, double* places, int32_t* count,
                              const double* corner_m, int32_t columns, int32_t rows, float* scores,
                              gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::check_search(*query);
    const auto frame_kept = gdn::frame_of(frame_handle);
    const Frame& frame = *frame_kept;
    const Mosaic mosaic(mosaic_pixels, valid, {mosaic_width_px, mosaic_height_px},
                        mosaic_from_local);
    std::vector<Hypothesis> all = hypotheses(frame, *query);
    gdn::require(std::isfinite(reach_m[0]) && std::isfinite(reach_m[1]) && reach_m[0] >= 0 &&
                     reach_m[1] >= 0,
                 "the reach of a search must be finite and not negative");
    const cv::Size2d reach(reach_m[0], reach_m[1]);
    const Search search = search_window(all, mosaic, *query, reach);
    gdn::require(capacity >= 0 && capacity <= 1000 && separation_m >= 0,
                 "capacity must be in [0, 1000], the separation not negative");
    ScoreGrid grid;
    if (scores != nullptr) {
      check_grid(corner_m, columns, rows);
      grid = {{corner_m[0], corner_m[1]}, cv::Mat(rows, columns, CV_32F, scores)};
      grid.scores.setTo(-1);
    }
    std::mutex lock;
    score_all(frame, search, *query, nullptr, &all, [&](Hypothesis* h) {
      restrict_to_rectangle(search, *query, reach, h);
      if (scores != nullptr) {
        const std::lock_guard<std::mutex> hold(lock);
        take_scores(search, *query, *h, &grid);
      }
      keep_peaks(search, *query, separation_m, capacity, h);
    });
    *count = 0;
    for (const Place& place : best_places(all, separation_m, capacity)) {
      double* out = places + 5 * *count;
      out[0] = place.foot.x;
      out[1] = place.foot.y;
      out[2] = place.heading;
      out[3] = place.scale;
      out[4] = place.score;
      ++*count;
    }
  });
}
