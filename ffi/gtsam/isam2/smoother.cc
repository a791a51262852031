// GTSAM's incremental fixed-lag smoother (iSAM2: M. Kaess et al., IJRR 31(2), 2012) over the nodes and factors of
// models.hpp.
#include <gtsam/config.h>
#include <gtsam/inference/Symbol.h>
#include <gtsam/nonlinear/NonlinearFactor.h>
#include <link.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "backend.hpp"
#include "build_info.hpp"
#include "fixed_lag.hpp"

#if GTSAM_VERSION_NUMERIC < 40200 || GTSAM_VERSION_NUMERIC >= 40300
#error "written for GTSAM 4.2"
#endif

namespace gtsam {

template <>
struct traits<gdn::smoother::Node> {
  using Node = gdn::smoother::Node;
  typedef manifold_tag structure_category;
  typedef Node ManifoldType;
  enum { dimension = gdn::smoother::kErrors };
  typedef Eigen::Matrix<double, dimension, 1> TangentVector;
  static int GetDimension(const Node&) { return dimension; }
  static TangentVector Local(const Node& from, const Node& to) { return from.local(to); }
  static Node Retract(const Node& from, const TangentVector& error) { return from.retract(error); }
  static void Print(const Node&, const std::string&) {}
  static bool Equals(const Node& a, const Node& b, double tolerance) {
    return a.local(b).norm() < tolerance;
  }
};

}  // namespace gtsam

namespace gdn::smoother {

namespace {

/// A factor of models.hpp, whitened already.
class ModelFactor : public gtsam::NoiseModelFactor {
 public:
  ModelFactor(FactorPointer factor, const gtsam::KeyVector& keys)
      : NoiseModelFactor(gtsam::noiseModel::Unit::Create(factor->size()), keys), factor_(std::move(factor)) {}

  gtsam::NonlinearFactor::shared_ptr clone() const override {
    return gtsam::NonlinearFactor::shared_ptr(new ModelFactor(*this));
  }

  gtsam::Vector unwhitenedError(
      const gtsam::Values& values,
      boost::optional<std::vector<gtsam::Matrix>&> derivatives = boost::none) const override {
    std::vector<Node> nodes;
    for (const gtsam::Key key : keys()) nodes.push_back(values.at<Node>(key));
    std::vector<const Node*> pointers;
    for (const Node& node : nodes) pointers.push_back(&node);
    Residual residual = factor_->evaluate(pointers);
    if (derivatives) *derivatives = std::move(residual.derivatives);
    return residual.value;
  }

 private:
  FactorPointer factor_;
};

constexpr int kIterations = 4;

/// Of each error: what a node may be off its point before it is linearised anew.
Error thresholds(const gdn_smoother_options& options) {
  Error out = Error::Constant(HUGE_VAL);
  out.segment<6>(kPosition).setConstant(options.relinearise_length_m);
  for (const int at : {kAttitude, kMounting}) out.segment<3>(at).setConstant(options.relinearise_rotation_rad);
  return out;
}

gtsam::ISAM2Params parameters(const Error& thresholds) {
  gtsam::FastMap<char, gtsam::Vector> by_symbol;
  by_symbol['x'] = thresholds;
  gtsam::ISAM2Params parameters;
  parameters.relinearizeThreshold = by_symbol;
  parameters.relinearizeSkip = 1;
  parameters.findUnusedFactorSlots = true;
  // Units differ: what is little of a position is much of a bias.
  parameters.optimizationParams = gtsam::ISAM2GaussNewtonParams(0);
  return parameters;
}

class GtsamSmoother : public Backend {
 public:
  explicit GtsamSmoother(const gdn_smoother_options& options)
      : thresholds_(thresholds(options)), smoother_(parameters(thresholds_)) {}

  int update(const Changes& changes, int64_t oldest_kept) override {
    gtsam::NonlinearFactorGraph graph;
    gtsam::Values values;
    Moments moments;
    gtsam::FactorIndices removed;
    for (const auto& [time, node] : changes.nodes) {
      if (keys_.empty()) first_ = time;
      const gtsam::Key key = gtsam::symbol('x', next_++);
      keys_[time] = key;
      values.insert(key, node);
      moments[key] = static_cast<double>(time - first_);
    }
    for (const FactorPointer& factor : changes.added) {
      gtsam::KeyVector keys;
      for (const int64_t time : factor->times) keys.push_back(keys_.at(time));
      graph.add(ModelFactor(factor, keys));
    }
    for (const FactorPointer& factor : changes.removed) removed.push_back(indices_.at(factor));
    const gtsam::ISAM2Result result =
        smoother_.update(graph, values, moments, removed, static_cast<double>(oldest_kept - first_));
    for (size_t i = 0; i < changes.added.size(); ++i) {
      indices_[changes.added[i]] = result.newFactorsIndices.at(i);
    }
    for (const FactorPointer& factor : changes.removed) indices_.erase(factor);
    keys_.erase(keys_.begin(), keys_.lower_bound(oldest_kept));
    for (auto at = indices_.begin(); at != indices_.end();) {
      at = at->first->times[0] < oldest_kept ? indices_.erase(at) : std::next(at);
    }
    int relinearised = 0;
    for (int i = 1, moved = count_moved(); moved > 0 && i < kIterations; ++i, moved = count_moved()) {
      relinearised += moved;
      smoother_.iterate();
    }
    return relinearised;
  }

  Node state(int64_t time) const override { return smoother_.isam().calculateEstimate<Node>(keys_.at(time)); }

  MatrixXd covariance(const std::vector<int64_t>& times) const override {
    gtsam::Ordering ordering;
    for (const int64_t time : times) ordering.push_back(keys_.at(time));
    const gtsam::ISAM2& isam = smoother_.isam();
    // Of the upper triangular root of their information.
    MatrixXd inverse;
    if (ordering.size() == 1) {
      const auto function = isam.params().getEliminationFunction();
      inverse = isam.marginalFactor(ordering[0], function)->R();
    } else {
      inverse = isam.jointBayesNet(ordering[0], ordering[1])->matrix(ordering).first;
    }
    const MatrixXd root = inverse;
    inverse.setIdentity();
    root.triangularView<Eigen::Upper>().solveInPlace(inverse);
    return inverse * inverse.transpose();
  }

 private:
  Error thresholds_;
  FixedLag smoother_;
  std::map<int64_t, gtsam::Key> keys_;
  std::map<FactorPointer, gtsam::FactorIndex> indices_;
  uint64_t next_ = 0;
  int64_t first_ = 0;

  /// Those that the next update linearises anew.
  int count_moved() const {
    const gtsam::ISAM2& isam = smoother_.isam();
    const gtsam::VectorValues& deltas = isam.getDelta();
    int count = 0;
    for (const auto& [time, key] : keys_) {
      const gtsam::Vector& delta = deltas.at(key);
      if (!delta.allFinite()) throw Failure(GDN_SMOOTHER_FAILED, "a state is not finite");
      const bool has_moved = (delta.array().abs() > thresholds_.array()).any();
      if (has_moved && isam.getFixedVariables().count(key) == 0) ++count;
    }
    return count;
  }
};

/// The version in the name of the file that was loaded: libgtsam.so.4.2.0.
int find_version(dl_phdr_info* library, size_t, void* out) {
  const char* name = std::strstr(library->dlpi_name, "/libgtsam.so");
  char file[PATH_MAX];
  if (name == nullptr || realpath(library->dlpi_name, file) == nullptr) return 0;
  const char* version = std::strstr(file, "/libgtsam.so.");
  auto* const parts = static_cast<int32_t*>(out);
  if (version != nullptr &&
      std::sscanf(version, "/libgtsam.so.%d.%d.%d", &parts[0], &parts[1], &parts[2]) < 2) {
    std::fill_n(parts, 3, 0);
  }
  return 1;
}

}  // namespace

std::unique_ptr<Backend> make_backend(const gdn_smoother_options& options) {
  return std::make_unique<GtsamSmoother>(options);
}

gdn_gtsam_status backend_status() {
  gdn_gtsam_status status{};
  status.backend = GDN_GTSAM_BACKEND_GTSAM;
  status.state = GDN_GTSAM_AVAILABLE;
  const int32_t headers[3] = {GTSAM_VERSION_MAJOR, GTSAM_VERSION_MINOR, GTSAM_VERSION_PATCH};
  std::copy_n(headers, 3, status.headers_version);
  dl_iterate_phdr(find_version, status.library_version);
  const int32_t* found = status.library_version;
  if (found[0] == 0 || (found[0] == headers[0] && found[1] == headers[1])) return status;
  status.state = GDN_GTSAM_WRONG_VERSION;
  std::snprintf(status.reason, sizeof status.reason, "it was compiled for GTSAM %d.%d, and %d.%d is installed",
                headers[0], headers[1], found[0], found[1]);
  return status;
}

}  // namespace gdn::smoother

namespace {
[[gnu::used]] const char kBuildInfo[] =
    GDN_BUILD_INFO("gtsam", GDN_GTSAM_ABI,
                   GDN_BUILT_FROM("GTSAM", GTSAM_VERSION_STRING) "," GDN_BUILT_FROM("smoother", GDN_GTSAM_SMOOTHER));
}  // namespace

uint32_t gdn_gtsam_abi_version(void) { return GDN_GTSAM_ABI; }

int32_t gdn_gtsam_build_info(char* json, int64_t capacity, int64_t* length, gdn_error* error) {
  return gdn::copy_build_info(kBuildInfo, json, capacity, length, error);
}
