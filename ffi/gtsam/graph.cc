#include "graph.hpp"

#include <algorithm>

namespace gdn::smoother {

Graph::Graph(const gdn_smoother_options& options, int64_t time, const Node& node,
             const MatrixXd& covariance)
    : lag_ns_(static_cast<int64_t>(options.lag_s * 1e9)), backend_(make_backend(options)) {
  nodes_[time].guess = node;
  changes_.nodes.emplace_back(time, node);
  changes_.added.push_back(std::make_shared<Prior>(time, node, covariance));
}

void Graph::require_usable() const {
  if (failed_) throw Failure(GDN_SMOOTHER_FAILED, "the smoother has failed before");
}

const Graph::Place& Graph::at(int64_t time, const char* message) const {
  const auto found = nodes_.find(time);
  require(found != nodes_.end(), message);
  return found->second;
}

Node Graph::current(int64_t time) const {
  const Place& place = nodes_.at(time);
  return place.solved ? backend_->state(time) : place.guess;
}

void Graph::add_node(int64_t time, const gdn_transition& from_previous, const gdn_transition* to_next) {
  require_usable();
  const auto next = nodes_.upper_bound(time);
  require(next != nodes_.begin(), "there is no node before");
  const auto previous = std::prev(next);
  require(previous->first != time, "there is a node of that moment already");
  require((next == nodes_.end()) == (to_next == nullptr), "a node before the newest leads to the next, and only it");
  auto transition = std::make_shared<Transition>(previous->first, time, from_previous);
  std::shared_ptr<const Transition> onwards;
  if (to_next != nullptr) onwards = std::make_shared<Transition>(time, next->first, *to_next);

  const Node guess = transition->predict(current(previous->first));
  changes_.nodes.emplace_back(time, guess);
  changes_.added.push_back(transition);
  if (onwards != nullptr) {
    remove(next->second.transition);
    changes_.added.push_back(onwards);
    next->second.transition = onwards;
  }
  nodes_[time] = {guess, std::move(transition), false};
}

/// What waits for the next update has never been there.
void Graph::remove(const FactorPointer& factor) {
  auto& waiting = changes_.added;
  const auto found = std::find(waiting.begin(), waiting.end(), factor);
  if (found != waiting.end()) waiting.erase(found);
  else changes_.removed.push_back(factor);
}

void Graph::add_measurement(int32_t kind, int64_t from, int64_t time, const double* observation,
                            const double* noise) {
  require_usable();
  at(time, "there is no node of that moment");
  at(from, "there is no node where the measurement begins");
  require((kind == GDN_MEASURED_MOTION) == (from < time), "a motion begins earlier than it ends, and only it");
  const FactorPointer factor = std::make_shared<Measurement>(kind, from, time, observation, noise);
  require(measurements_.emplace(std::make_pair(time, kind), factor).second, "there is one of that kind already");
  changes_.added.push_back(factor);
}

void Graph::remove_measurement(int32_t kind, int64_t time) {
  require_usable();
  const auto found = measurements_.find({time, kind});
  require(found != measurements_.end(), "there is no measurement of that kind at that moment");
  remove(found->second);
  measurements_.erase(found);
}

gdn_smoother_report Graph::update() {
  require_usable();
  gdn_smoother_report report{};
  // Two nodes stay at least: the newest, and the one that it comes from.
  const int64_t before_newest = nodes_.size() > 1 ? std::next(nodes_.rbegin())->first : newest();
  const int64_t oldest_kept = std::min(newest() - lag_ns_, before_newest);
  failed_ = true;
  report.relinearised = backend_->update(changes_, oldest_kept);
  failed_ = false;
  changes_ = {};
  for (auto& [time, place] : nodes_) place.solved = true;
  nodes_.erase(nodes_.begin(), nodes_.lower_bound(oldest_kept));
  nodes_.begin()->second.transition.reset();
  for (auto at = measurements_.begin(); at != measurements_.end();) {
    at = at->second->times[0] < oldest_kept ? measurements_.erase(at) : std::next(at);
  }
  report.oldest_ns = nodes_.begin()->first;
  report.newest_ns = newest();
  report.nodes = static_cast<int32_t>(nodes_.size());
  return report;
}

Node Graph::state(int64_t time) const {
  require_usable();
  require(at(time, "there is no node of that moment").solved, "the node waits for an update");
  return backend_->state(time);
}

MatrixXd Graph::covariance(const std::vector<int64_t>& times) const {
  require_usable();
  for (const int64_t time : times) {
    require(at(time, "there is no node of that moment").solved, "the node waits for an update");
  }
  MatrixXd covariance = backend_->covariance(times);
  if (!covariance.allFinite() || !(covariance.diagonal().minCoeff() > 0)) {
    throw Failure(GDN_SMOOTHER_FAILED, "a covariance is not positive definite");
  }
  return covariance;
}

}  // namespace gdn::smoother
