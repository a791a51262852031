// OKVIS2 behind the C ABI of the odometry child: S. Leutenegger, "OKVIS2: Realtime Scalable Visual-Inertial SLAM with
// Loop Closure", arXiv:2202.09199. One camera, without loop closures: what is wanted is the motion between frames.
//
// It has no public covariance: has_covariance stays 0. It begins at rest (its prior of the velocity is 0, 0.3 m/s).
#include <glog/logging.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <okvis/ThreadedSlam.hpp>
#include <okvis/cameras/PinholeCamera.hpp>
#include <okvis/cameras/RadialTangentialDistortion8.hpp>

#include "../odometry.h"
#include "guard.hpp"

namespace {

using Camera = okvis::cameras::PinholeCamera<okvis::cameras::RadialTangentialDistortion8>;

// Its times are unsigned seconds, and it subtracts from them.
constexpr int64_t kOffsetNs = 1000000000000;
// Its answer comes from a thread of its own, just after the optimisation has ended.
constexpr std::chrono::milliseconds kAnswer(100);
constexpr double kGravity = 9.80665;

okvis::Time time_of(int64_t time_ns) {
  const int64_t shifted = time_ns + kOffsetNs;
  return okvis::Time(static_cast<uint32_t>(shifted / 1000000000), static_cast<uint32_t>(shifted % 1000000000));
}

int64_t nanoseconds_of(const okvis::Time& time) { return int64_t{time.sec} * 1000000000 + time.nsec - kOffsetNs; }

void add_camera(const gdn_odometry_start& start, okvis::ViParameters& parameters) {
  const double* c = start.camera;
  const okvis::cameras::RadialTangentialDistortion8 lens(c[4], c[5], c[6], c[7], c[8], 0, 0, 0);
  const auto camera = std::make_shared<Camera>(start.width, start.height, c[0], c[1], c[2], c[3], lens);
  camera->initialiseUndistortMaps();
  camera->initialiseCameraAwarenessMaps();
  const double* q = start.body_from_camera;
  // The IMU is taken to be where the camera is.
  const auto mounting = std::make_shared<const okvis::kinematics::Transformation>(
      Eigen::Vector3d::Zero(), Eigen::Quaterniond(q[0], q[1], q[2], q[3]).normalized());
  okvis::cameras::NCameraSystem::CameraType type;
  type.isColour = false;
  parameters.nCameraSystem.addCamera(mounting, camera, okvis::cameras::NCameraSystem::RadialTangential8, true, type);
  parameters.camera.timestamp_tolerance = 0.005;
  parameters.camera.sync_cameras = {0};
  parameters.camera.image_delay = 0;
  parameters.camera.online_calibration = {};
  parameters.camera.online_calibration.sigma_r = 0.001;
  parameters.camera.online_calibration.sigma_alpha = 0.005;
}

// Values that are not given are those of upstream's config/euroc.yaml.
okvis::ViParameters parameters_of(const gdn_odometry_start& start) {
  okvis::ViParameters parameters;
  add_camera(start, parameters);
  auto& imu = parameters.imu;
  imu.use = true;
  imu.T_BS = okvis::kinematics::Transformation::Identity();
  imu.a_max = 176;
  imu.g_max = 25;
  imu.sigma_a_c = start.force_noise;
  imu.sigma_g_c = start.rate_noise;
  imu.sigma_aw_c = start.force_bias_walk;
  imu.sigma_gw_c = start.rate_bias_walk;
  imu.sigma_ba = start.force_bias_sigma;
  imu.sigma_bg = start.rate_bias_sigma;
  imu.g0 = imu.a0 = Eigen::Vector3d::Zero();
  imu.g = kGravity;
  auto& frontend = parameters.frontend;
  // Weaker corners (5) are more, but over real ground they cost tracks and time.
  frontend.detection_threshold = 30;
  frontend.absolute_threshold = 50;
  frontend.matching_threshold = 60;
  frontend.octaves = 0;
  frontend.max_num_keypoints = start.keypoints;
  frontend.keyframe_overlap = 0.6;
  frontend.use_cnn = false;
  frontend.parallelise_detection = true;
  frontend.num_matching_threads = start.threads;
  auto& estimator = parameters.estimator;
  estimator.num_keyframes = 5;
  estimator.num_loop_closure_frames = 0;
  estimator.num_imu_frames = 3;
  estimator.do_loop_closures = false;
  estimator.do_final_ba = false;
  estimator.enforce_realtime = false;
  estimator.realtime_min_iterations = 3;
  estimator.realtime_max_iterations = 10;
  estimator.realtime_time_limit = 0.035;
  estimator.realtime_num_threads = start.threads;
  estimator.full_graph_iterations = 15;
  estimator.full_graph_num_threads = 1;
  parameters.output.display_matches = false;
  parameters.output.display_overhead = false;
  return parameters;
}

class Odometry {
 public:
  Odometry(const gdn_odometry_start& start, gdn_odometry_sink sink, void* context)
      : sink_(sink), context_(context), parameters_(parameters_of(start)), slam_(parameters_, start.data) {
    slam_.setBlocking(false);
    slam_.setOptimisedGraphCallback([this](const okvis::State& state, const okvis::TrackingState& tracking,
                                           std::shared_ptr<const okvis::AlignedMap<okvis::StateId, okvis::State>>,
                                           std::shared_ptr<const okvis::MapPointVector>) { keep(state, tracking); });
  }

  void add_imu(const gdn_odometry_imu& sample) {
    slam_.addImuMeasurement(time_of(sample.time_ns), Eigen::Map<const Eigen::Vector3d>(sample.force),
                            Eigen::Map<const Eigen::Vector3d>(sample.rate));
  }

  void add_frame(const gdn_odometry_frame& frame, const uint8_t* pixels) {
    const auto begin = std::chrono::steady_clock::now();
    // It queues the picture: a copy of its own.
    const cv::Mat picture = cv::Mat(frame.height, frame.width, CV_8U, const_cast<uint8_t*>(pixels)).clone();
    slam_.addImages(time_of(frame.time_ns), {{0, picture}});
    gdn_odometry_state answer{};
    answer.time_ns = frame.time_ns;
    answer.attitude[0] = 1;
    // The second call finds no frame, and waits for the end of the optimisation.
    if (slam_.processFrame()) {
      slam_.processFrame();
      take(frame.time_ns, answer);
    }
    const std::chrono::duration<double, std::milli> busy = std::chrono::steady_clock::now() - begin;
    answer.busy_ms = busy.count();
    sink_(context_, &answer);
  }

 private:
  // By its publishing thread.
  void keep(const okvis::State& state, const okvis::TrackingState& tracking) {
    gdn_odometry_state kept{};
    kept.time_ns = nanoseconds_of(state.timestamp);
    Eigen::Map<Eigen::Vector3d>(kept.position) = state.T_WS.r();
    const Eigen::Quaterniond q = state.T_WS.q();
    const double numbers[] = {q.w(), q.x(), q.y(), q.z()};
    std::copy(numbers, numbers + 4, kept.attitude);
    Eigen::Map<Eigen::Vector3d>(kept.velocity) = state.v_W;
    Eigen::Map<Eigen::Vector3d>(kept.rate_bias) = state.b_g;
    Eigen::Map<Eigen::Vector3d>(kept.force_bias) = state.b_a;
    kept.quality = tracking.trackingQuality == okvis::TrackingQuality::Good       ? GDN_ODOMETRY_GOOD
                   : tracking.trackingQuality == okvis::TrackingQuality::Marginal ? GDN_ODOMETRY_MARGINAL
                                                                                  : GDN_ODOMETRY_LOST;
    const std::lock_guard<std::mutex> lock(mutex_);
    kept_ = kept;
    has_kept_.notify_all();
  }

  // Without an answer of its own the frame stays one without a pose.
  void take(int64_t time_ns, gdn_odometry_state& answer) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (has_kept_.wait_for(lock, kAnswer, [&] { return kept_.time_ns == time_ns; })) answer = kept_;
  }

  const gdn_odometry_sink sink_;
  void* const context_;
  std::mutex mutex_;
  std::condition_variable has_kept_;
  gdn_odometry_state kept_{};
  okvis::ViParameters parameters_;
  okvis::ThreadedSlam slam_;
};

// DBoW2 throws strings.
template <typename Body>
int32_t guarded(gdn_error* error, Body&& body) {
  return gdn::guard(error, [&] {
    try {
      body();
    } catch (const std::string& text) {
      throw gdn::Failure(GDN_LIBRARY_FAILURE, text);
    }
  });
}

}  // namespace

int32_t gdn_odometry_backend(void) { return GDN_ODOMETRY_OKVIS2; }
const char* gdn_odometry_version(void) { return "OKVIS2 " GDN_OKVIS2_VERSION; }

int32_t gdn_odometry_create(const gdn_odometry_start* start, gdn_odometry_sink sink, void* context, void** odometry,
                            gdn_error* error) {
  return guarded(error, [&] {
    FLAGS_logtostderr = true;
    FLAGS_minloglevel = google::GLOG_ERROR;
    if (!google::IsGoogleLoggingInitialized()) google::InitGoogleLogging("gdn_okvis2");
    *odometry = new Odometry(*start, sink, context);
  });
}

int32_t gdn_odometry_add_imu(void* odometry, const gdn_odometry_imu* sample, gdn_error* error) {
  return guarded(error, [&] { static_cast<Odometry*>(odometry)->add_imu(*sample); });
}

int32_t gdn_odometry_add_frame(void* odometry, const gdn_odometry_frame* frame, const uint8_t* pixels,
                               gdn_error* error) {
  return guarded(error, [&] { static_cast<Odometry*>(odometry)->add_frame(*frame, pixels); });
}

void gdn_odometry_free(void* odometry) { delete static_cast<Odometry*>(odometry); }
