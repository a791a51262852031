#include "frame.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <opencv2/imgproc.hpp>

#include "frame.hpp"
#include "image.h"
#include "simd.hpp"

namespace gdn {

namespace {
auto& frames() { return Registry<Frame, HandleKind::kFrame>::instance(); }

constexpr int kLevels = 5;
constexpr double kTangentMax = 2.2;  // rays flatter than 65 degrees off nadir are not used

const cv::Mat& level_for(const Frame& frame, double source_gsd_m, double gsd_m, int* shift) {
  int level = 0;
  while (level + 1 < static_cast<int>(frame.levels.size()) &&
         source_gsd_m * (2 << level) <= gsd_m * 1.2) {
    level++;
  }
  *shift = level;
  return frame.levels[level];
}
}  // namespace

std::shared_ptr<Frame> frame_of(uint64_t handle) { return frames().get(handle); }

namespace {

/// What is off the picture, for the row of maps below; what is on it is not under -0.5.
constexpr float kOff = -1;

/// Rows of a north-up patch under a view: its pixels' places in the picture.
struct Rows {
  const Camera& camera;
  const View& view;
  double west_m, gsd_m;    // of the first column's centre
  double shrink, radius2;  // of the pyramid's level; of the lens
};

/// Fills one row of cv::remap's maps. Nothing in it branches, so that it becomes vector code.
GDN_VECTORISED void map_row(const Rows& rows, double north, int columns, float* map_x,
                            float* map_y) {
  const Camera camera = rows.camera;
  const Matrix3 r = rows.view.local_from_camera;
  const double height = rows.view.height_m, right = camera.width - 2, bottom = camera.height - 2;
  const double reach2 = kTangentMax * kTangentMax * height * height - north * north;
  const double west = rows.west_m, gsd = rows.gsd_m, shrink = rows.shrink, radius2 = rows.radius2;
  for (int column = 0; column < columns; column++) {
    const double east = west + column * gsd;
    const auto ray = transpose_times(r, east, north, -height);
    const double x = ray[0] / ray[2], y = ray[1] / ray[2];
    double u = 0, v = 0;
    camera.project(x, y, &u, &v);
    const bool seen = (east * east <= reach2) & (ray[2] > 0.05 * height) &
                      (x * x + y * y <= radius2) & (u >= 1) & (v >= 1) & (u <= right) &
                      (v <= bottom);
    // Pixel centres are at integers at every level: (u + 0.5) * shrink - 0.5.
    map_x[column] = seen ? static_cast<float>((u + 0.5) * shrink - 0.5) : kOff;
    map_y[column] = seen ? static_cast<float>((v + 0.5) * shrink - 0.5) : kOff;
  }
}

/// The same over relief, where each pixel's ground has a height of its own. Slopes that hide others are
/// not looked for: cameras look down.
void map_relief_row(const Rows& rows, double north, int columns, float* map_x, float* map_y) {
  const Camera& camera = rows.camera;
  for (int column = 0; column < columns; column++) {
    const double east = rows.west_m + column * rows.gsd_m;
    const double drop = rows.view.height_m - rows.view.relief->up(east, north);
    const auto ray = transpose_times(rows.view.local_from_camera, east, north, -drop);
    const double x = ray[0] / ray[2], y = ray[1] / ray[2];
    double u = 0, v = 0;
    camera.project(x, y, &u, &v);
    const bool seen = drop > 0 && std::hypot(east, north) <= kTangentMax * drop &&
                      ray[2] > 0.05 * drop && x * x + y * y <= rows.radius2 && u >= 1 && v >= 1 &&
                      u <= camera.width - 2 && v <= camera.height - 2;
    map_x[column] = seen ? static_cast<float>((u + 0.5) * rows.shrink - 0.5) : kOff;
    map_y[column] = seen ? static_cast<float>((v + 0.5) * rows.shrink - 0.5) : kOff;
  }
}

}  // namespace

Ground rectify(const Frame& frame, const View& view, cv::Point2d centre_m, double gsd_m,
               cv::Size size) {
  const Camera& camera = frame.camera;
  int shift = 0;
  const cv::Mat& source = level_for(frame, view.height_m / camera.fx, gsd_m, &shift);
  const double west = centre_m.x + (0.5 - size.width / 2.0) * gsd_m;
  const Rows rows{camera, view, west, gsd_m, 1.0 / (1 << shift),
                  camera.radius_max() * camera.radius_max()};
  cv::Mat map_x(size, CV_32F), map_y(size, CV_32F);
  Ground ground{cv::Mat(), cv::Mat(size, CV_8U)};
  for (int row = 0; row < size.height; row++) {
    const double north = centre_m.y - (row + 0.5 - size.height / 2.0) * gsd_m;
    const auto* x = map_x.ptr<float>(row);
    auto* valid = ground.valid.ptr<uint8_t>(row);
    const auto map = view.relief == nullptr ? map_row : map_relief_row;
    map(rows, north, size.width, map_x.ptr<float>(row), map_y.ptr<float>(row));
    for (int column = 0; column < size.width; column++) valid[column] = x[column] > -0.75f ? 255 : 0;
  }
  cv::remap(source, ground.pixels, map_x, map_y, cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  return ground;
}

}  // namespace gdn

namespace {

void require_size(const gdn::Camera& camera, int width, int height) {
  if (width == camera.width && height == camera.height) return;
  throw gdn::BadData("the picture has " + std::to_string(width) + "x" + std::to_string(height) +
                     " pixels, the camera's calibration " + std::to_string(camera.width) + "x" +
                     std::to_string(camera.height));
}

/// With its pyramid.
uint64_t keep_frame(const std::shared_ptr<gdn::Frame>& frame, const cv::Mat& grey) {
  frame->levels.push_back(grey);
  while (static_cast<int>(frame->levels.size()) < gdn::kLevels &&
         std::min(frame->levels.back().cols, frame->levels.back().rows) >= 64) {
    const cv::Mat& above = frame->levels.back();
    cv::Mat half;
    // Even sizes only, so that every level keeps the same pixel geometry.
    const cv::Rect even(0, 0, above.cols & ~1, above.rows & ~1);
    cv::resize(above(even), half, cv::Size(even.width / 2, even.height / 2), 0, 0, cv::INTER_AREA);
    frame->levels.push_back(half);
  }
  return gdn::frames().insert(frame);
}

}  // namespace

int32_t gdn_frame_decode(const uint8_t* jpeg, int64_t jpeg_bytes, const double* camera,
                         uint64_t* handle, gdn_error* error) {
  *handle = 0;
  return gdn::guard(error, [&] {
    const auto frame = std::make_shared<gdn::Frame>();
    frame->camera = gdn::Camera::from(camera);
    int32_t width = 0, height = 0;
    gdn_error fault{};
    if (gdn_jpeg_size(jpeg, jpeg_bytes, &width, &height, &fault) != GDN_OK)
      throw gdn::BadData(fault.message);
    require_size(frame->camera, width, height);
    cv::Mat grey(height, width, CV_8U);
    if (gdn_jpeg_decode(jpeg, jpeg_bytes, 1, 1, grey.data, static_cast<int64_t>(width) * height,
                        &fault) != GDN_OK)
      throw gdn::BadData(fault.message);
    *handle = keep_frame(frame, grey);
  });
}

int32_t gdn_frame_from_grey(const uint8_t* pixels, int64_t pixels_bytes, const double* camera,
                            uint64_t* handle, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto frame = std::make_shared<gdn::Frame>();
    frame->camera = gdn::Camera::from(camera);
    const int width = frame->camera.width, height = frame->camera.height;
    if (pixels_bytes != static_cast<int64_t>(width) * height)
      throw gdn::BadData("the picture has " + std::to_string(pixels_bytes) + " pixels, the camera's calibration " +
                         std::to_string(width) + "x" + std::to_string(height));
    cv::Mat grey(height, width, CV_8U);
    std::memcpy(grey.data, pixels, static_cast<size_t>(pixels_bytes));
    *handle = keep_frame(frame, grey);
  });
}

int32_t gdn_frame_free(uint64_t handle, gdn_error* error) {
  return gdn::guard(error, [&] { gdn::frames().erase(handle); });
}

int32_t gdn_frame_rectify(uint64_t handle, const double* local_from_camera, double height_m,
                          double centre_east_m, double centre_north_m, double gsd_m,
                          int32_t width_px, int32_t height_px, uint8_t* pixels, uint8_t* mask,
                          gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(height_m > 0 && gsd_m > 0 && std::isfinite(height_m) && std::isfinite(gsd_m) &&
                     std::isfinite(centre_east_m) && std::isfinite(centre_north_m),
                 "height and ground sample distance must be positive, the centre finite");
    gdn::require(width_px > 0 && height_px > 0 && width_px <= 8192 && height_px <= 8192,
                 "the patch must have 1 to 8192 pixels a side");
    const gdn::View view{gdn::matrix3(local_from_camera), height_m};
    const auto frame = gdn::frame_of(handle);
    const gdn::Ground ground = gdn::rectify(*frame, view, {centre_east_m, centre_north_m}, gsd_m,
                                            {width_px, height_px});
    ground.pixels.copyTo(cv::Mat(height_px, width_px, CV_8U, pixels));
    ground.valid.copyTo(cv::Mat(height_px, width_px, CV_8U, mask));
  });
}

int32_t gdn_frame_quality(uint64_t handle, double* mean, double* sharpness, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto frame = gdn::frame_of(handle);
    const cv::Mat& quarter = frame->levels[std::min<size_t>(2, frame->levels.size() - 1)];
    cv::Mat laplacian;
    cv::Laplacian(quarter, laplacian, CV_32F);
    cv::Scalar average, deviation;
    cv::meanStdDev(laplacian, average, deviation);
    *mean = cv::mean(quarter)[0];
    *sharpness = deviation[0] * deviation[0];
  });
}
