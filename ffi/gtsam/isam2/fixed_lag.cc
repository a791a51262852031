#include "fixed_lag.hpp"

#include <algorithm>
#include <set>

namespace gdn::smoother {

#ifdef GDN_GTSAM_UNSTABLE

const gtsam::ISAM2& FixedLag::isam() const { return smoother_.getISAM2(); }

gtsam::ISAM2Result FixedLag::update(const gtsam::NonlinearFactorGraph& factors, const gtsam::Values& values,
                                    const Moments& moments, const gtsam::FactorIndices& removed,
                                    double oldest_kept) {
  double newest = oldest_kept;
  for (const auto* all : {&smoother_.timestamps(), &moments}) {
    for (const auto& [key, moment] : *all) newest = std::max(newest, moment);
  }
  smoother_.smootherLag() = newest - oldest_kept;
  smoother_.update(factors, values, moments, removed);
  return smoother_.getISAM2Result();
}

gtsam::ISAM2Result FixedLag::iterate() {
  smoother_.update();
  return smoother_.getISAM2Result();
}

#else

namespace {

/// Variables at and below `clique` whose conditional depends on `key`.
void gather_dependent(gtsam::Key key, const gtsam::ISAM2Clique::shared_ptr& clique, std::set<gtsam::Key>* found) {
  const auto& conditional = *clique->conditional();
  if (std::find(conditional.beginParents(), conditional.endParents(), key) == conditional.endParents()) return;
  found->insert(conditional.beginFrontals(), conditional.endFrontals());
  for (const auto& child : clique->children) gather_dependent(key, child, found);
}

}  // namespace

const gtsam::ISAM2& FixedLag::isam() const { return smoother_; }

gtsam::ISAM2Result FixedLag::update(const gtsam::NonlinearFactorGraph& factors, const gtsam::Values& values,
                                    const Moments& moments, const gtsam::FactorIndices& removed,
                                    double oldest_kept) {
  moments_.insert(moments.begin(), moments.end());
  gtsam::KeyVector oldest;
  for (const auto& [key, moment] : moments_) {
    if (moment < oldest_kept) oldest.push_back(key);
  }
  gtsam::ISAM2UpdateParams parameters;
  if (!oldest.empty()) parameters = ordering(oldest);
  parameters.removeFactorIndices = removed;
  const gtsam::ISAM2Result result = smoother_.update(factors, values, parameters);
  if (oldest.empty()) return result;
  smoother_.marginalizeLeaves(gtsam::FastList<gtsam::Key>(oldest.begin(), oldest.end()));
  for (const gtsam::Key key : oldest) moments_.erase(key);
  return result;
}

gtsam::ISAM2Result FixedLag::iterate() { return smoother_.update(); }

/// Only leaves can be marginalised: `oldest` is eliminated first, together with all that depends on it, and with what
/// stands before it in its clique.
gtsam::ISAM2UpdateParams FixedLag::ordering(const gtsam::KeyVector& oldest) const {
  gtsam::FastMap<gtsam::Key, int> groups;
  for (const auto& [key, moment] : moments_) groups[key] = 1;
  for (const gtsam::Key key : oldest) groups[key] = 0;
  std::set<gtsam::Key> anew;
  for (const gtsam::Key key : oldest) {
    const auto& clique = smoother_[key];
    for (const auto& child : clique->children) gather_dependent(key, child, &anew);
    const auto& conditional = *clique->conditional();
    const auto place = std::find(conditional.beginFrontals(), conditional.endFrontals(), key);
    const auto is_younger = [&](gtsam::Key before) { return groups.at(before) > 0; };
    if (std::any_of(conditional.beginFrontals(), place, is_younger)) {
      anew.insert(conditional.beginFrontals(), conditional.endFrontals());
    }
  }
  gtsam::ISAM2UpdateParams parameters;
  parameters.constrainedKeys = groups;
  parameters.extraReelimKeys = gtsam::FastList<gtsam::Key>(anew.begin(), anew.end());
  return parameters;
}

#endif

}  // namespace gdn::smoother
