// Nodes in the order of time, with the transition between each two; what a call adds waits for the next update.
#pragma once
#include <map>

#include "backend.hpp"
#include "guard.hpp"

namespace gdn::smoother {

class Graph {
 public:
  Graph(const gdn_smoother_options& options, int64_t time, const Node& node, const MatrixXd& covariance);
  void add_node(int64_t time, const gdn_transition& from_previous, const gdn_transition* to_next);
  void add_measurement(int32_t kind, int64_t from, int64_t time, const double* observation,
                       const double* noise);
  void remove_measurement(int32_t kind, int64_t time);
  gdn_smoother_report update();
  /// Of a node that an update has solved for.
  Node state(int64_t time) const;
  MatrixXd covariance(const std::vector<int64_t>& times) const;
  int64_t newest() const { return nodes_.rbegin()->first; }

 private:
  struct Place {
    Node guess;
    /// From the node before; none of the oldest.
    std::shared_ptr<const Transition> transition;
    bool solved = false;
  };

  int64_t lag_ns_;
  std::unique_ptr<Backend> backend_;
  std::map<int64_t, Place> nodes_;
  /// By the moment at which they end, and their kind.
  std::map<std::pair<int64_t, int32_t>, FactorPointer> measurements_;
  Changes changes_;
  bool failed_ = false;

  void require_usable() const;
  void remove(const FactorPointer& factor);
  const Place& at(int64_t time, const char* message) const;
  Node current(int64_t time) const;
};

}  // namespace gdn::smoother
