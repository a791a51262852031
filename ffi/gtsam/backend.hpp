// What a backend of the smoother does; graph.hpp keeps the order of nodes and checks what comes in.
#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "models.hpp"

#define GDN_GTSAM_ABI 2

namespace gdn::smoother {

using FactorPointer = std::shared_ptr<const Factor>;

/// What has been added since the last update.
struct Changes {
  std::vector<std::pair<int64_t, Node>> nodes;
  std::vector<FactorPointer> added, removed;
};

class Backend {
 public:
  virtual ~Backend() = default;
  /// Solves, then marginalises all nodes before `oldest_kept`. Returns how many were linearised anew.
  virtual int update(const Changes& changes, int64_t oldest_kept) = 0;
  virtual Node state(int64_t time) const = 0;
  /// Of the errors of these nodes (one, or two different ones), in this order.
  virtual MatrixXd covariance(const std::vector<int64_t>& times) const = 0;
};

std::unique_ptr<Backend> make_backend(const gdn_smoother_options& options);
gdn_gtsam_status backend_status();

}  // namespace gdn::smoother
