// OpenCV's own lens model, for the test of ours: reads lines of 11 numbers (fx fy cx cy k1 k2 p1 p2 k3,
// x y) and answers each with 4: the pixel of the ray (x, y) by cv::projectPoints, and the ray of that
// pixel by cv::undistortPoints.
#include <cstdio>
#include <opencv2/calib3d.hpp>
#include <vector>

int main() {
  double v[11];
  for (;;) {
    for (double& value : v) {
      if (std::scanf("%lf", &value) != 1) return 0;
    }
    const cv::Matx33d intrinsics(v[0], 0, v[2], 0, v[1], v[3], 0, 0, 1);
    const std::vector<double> distortion(v + 4, v + 9);
    const std::vector<cv::Point3d> points{{v[9], v[10], 1}};
    const cv::Vec3d none(0, 0, 0);
    std::vector<cv::Point2d> pixels, rays;
    cv::projectPoints(points, none, none, intrinsics, distortion, pixels);
    const cv::TermCriteria to_the_end(cv::TermCriteria::COUNT + cv::TermCriteria::EPS, 500, 1e-14);
    cv::undistortPoints(pixels, rays, intrinsics, distortion, cv::noArray(), cv::noArray(),
                        to_the_end);
    std::printf("%.17g %.17g %.17g %.17g\n", pixels[0].x, pixels[0].y, rays[0].x, rays[0].y);
  }
}
