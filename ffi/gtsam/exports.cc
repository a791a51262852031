// The C ABI: checks what comes in, and works on the graph of this library's backend.
#include <algorithm>
#include <mutex>

#include "graph.hpp"
#include "registry.hpp"

namespace {

using gdn::require;
using namespace gdn::smoother;

using RowMajor = Eigen::Matrix<double, -1, -1, Eigen::RowMajor>;

struct Object : gdn::Counted {
  std::mutex mutex;
  Graph graph;
  template <typename... Arguments>
  explicit Object(Arguments&&... arguments) : graph(std::forward<Arguments>(arguments)...) {}
};

auto& smoothers() { return gdn::Registry<Object, gdn::HandleKind::kSmoother>::instance(); }

void require_finite(const double* numbers, int count, const char* message) {
  require(numbers != nullptr && std::all_of(numbers, numbers + count, [](double v) { return std::isfinite(v); }),
          message);
}

void require_rotation(const double* q, const char* message) {
  require(std::abs(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3] - 1) < 1e-6, message);
}

void require_transition(const gdn_transition& t) {
  require_finite(reinterpret_cast<const double*>(&t), sizeof t / sizeof(double),
                 "a transition has a number that is not finite");
  require(t.duration_s > 0, "a transition must take time");
  require_rotation(t.rotation, "a transition's rotation is not a unit quaternion");
  require(std::all_of(std::begin(t.variance), std::end(t.variance), [](double v) { return v > 0; }),
          "a transition's variances must be positive");
}

void require_observation(int32_t kind, const double* observation, const double* noise) {
  const KindSize size = size_of(kind);
  require_finite(observation, size.observation, "an observation is not finite");
  require_finite(noise, size.noise * size.noise, "a noise is not finite");
  const int rotation = kind == GDN_MEASURED_ATTITUDE ? 0
                       : kind == GDN_MEASURED_MOTION || kind == GDN_MEASURED_FIX ? 3
                                                                                 : -1;
  if (rotation >= 0) require_rotation(observation + rotation, "a measured rotation is not a unit quaternion");
}

void copy_out(const MatrixXd& from, double* out) {
  Eigen::Map<RowMajor>(out, from.rows(), from.cols()) = from;
}

}  // namespace

int64_t gdn_gtsam_live_handles(void) { return gdn::live_objects.load(); }
int32_t gdn_sizeof_gtsam_status(void) { return sizeof(gdn_gtsam_status); }
int32_t gdn_sizeof_smoother_options(void) { return sizeof(gdn_smoother_options); }
int32_t gdn_sizeof_transition(void) { return sizeof(gdn_transition); }
int32_t gdn_sizeof_smoother_report(void) { return sizeof(gdn_smoother_report); }

int32_t gdn_gtsam_status_of(gdn_gtsam_status* status, gdn_error* error) {
  return gdn::guard(error, [&] {
    require(status != nullptr, "status must be given");
    *status = backend_status();
  });
}

int32_t gdn_smoother_create(const gdn_smoother_options* options, int64_t time_ns, const double* state,
                            const double* covariance, uint64_t* smoother, gdn_error* error) {
  return gdn::guard(error, [&] {
    require(options != nullptr && smoother != nullptr, "options and smoother must be given");
    require(options->lag_s > 0 && options->lag_s < 1e3 && options->relinearise_rotation_rad > 0 &&
                options->relinearise_length_m > 0,
            "lag and thresholds must be positive");
    const gdn_gtsam_status status = backend_status();
    if (status.state != GDN_GTSAM_AVAILABLE) throw gdn::Failure(GDN_NOT_FOUND, status.reason);
    require_finite(state, GDN_NODE_NUMBERS, "a state is not finite");
    require_finite(covariance, kErrors * kErrors, "a covariance is not finite");
    require_rotation(state + 6, "the attitude is not a unit quaternion");
    require_rotation(state + 16, "the mounting is not a unit quaternion");
    Node node;
    std::copy_n(state, node.numbers.size(), node.numbers.begin());
    const MatrixXd prior = Eigen::Map<const RowMajor>(covariance, kErrors, kErrors);
    *smoother = smoothers().insert(std::make_shared<Object>(*options, time_ns, node, prior));
  });
}

int32_t gdn_smoother_add_node(uint64_t smoother, int64_t time_ns, const gdn_transition* from_previous,
                              const gdn_transition* to_next, gdn_error* error) {
  return gdn::guard(error, [&] {
    require(from_previous != nullptr, "a transition must be given");
    require_transition(*from_previous);
    if (to_next != nullptr) require_transition(*to_next);
    const auto object = smoothers().get(smoother);
    const std::lock_guard<std::mutex> lock(object->mutex);
    object->graph.add_node(time_ns, *from_previous, to_next);
  });
}

int32_t gdn_smoother_add_measurement(uint64_t smoother, int32_t kind, int64_t from_ns, int64_t time_ns,
                                     const double* observation, const double* noise, gdn_error* error) {
  return gdn::guard(error, [&] {
    require_observation(kind, observation, noise);
    const auto object = smoothers().get(smoother);
    const std::lock_guard<std::mutex> lock(object->mutex);
    object->graph.add_measurement(kind, from_ns, time_ns, observation, noise);
  });
}

int32_t gdn_smoother_remove_measurement(uint64_t smoother, int32_t kind, int64_t time_ns, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto object = smoothers().get(smoother);
    const std::lock_guard<std::mutex> lock(object->mutex);
    object->graph.remove_measurement(kind, time_ns);
  });
}

int32_t gdn_smoother_update(uint64_t smoother, gdn_smoother_report* report, gdn_error* error) {
  return gdn::guard(error, [&] {
    require(report != nullptr, "report must be given");
    const auto object = smoothers().get(smoother);
    const std::lock_guard<std::mutex> lock(object->mutex);
    *report = object->graph.update();
  });
}

int32_t gdn_smoother_node(uint64_t smoother, int64_t time_ns, double* state, double* covariance,
                          gdn_error* error) {
  return gdn::guard(error, [&] {
    require(state != nullptr && covariance != nullptr, "state and covariance must be given");
    const auto object = smoothers().get(smoother);
    const std::lock_guard<std::mutex> lock(object->mutex);
    const Node node = object->graph.state(time_ns);
    copy_out(object->graph.covariance({time_ns}), covariance);
    std::copy(node.numbers.begin(), node.numbers.end(), state);
  });
}

int32_t gdn_smoother_newest(uint64_t smoother, int64_t other_ns, double* state, double* other_state,
                            double* covariance, gdn_error* error) {
  return gdn::guard(error, [&] {
    require(state != nullptr && other_state != nullptr && covariance != nullptr,
            "states and covariance must be given");
    const auto object = smoothers().get(smoother);
    const std::lock_guard<std::mutex> lock(object->mutex);
    const Graph& graph = object->graph;
    require(other_ns != graph.newest(), "the other node must be an earlier one");
    const Node newest = graph.state(graph.newest()), other = graph.state(other_ns);
    copy_out(graph.covariance({graph.newest(), other_ns}), covariance);
    std::copy(newest.numbers.begin(), newest.numbers.end(), state);
    std::copy(other.numbers.begin(), other.numbers.end(), other_state);
  });
}

int32_t gdn_smoother_free(uint64_t smoother, gdn_error* error) {
  return gdn::guard(error, [&] { smoothers().erase(smoother); });
}
