// iSAM2 whose oldest variables are marginalised. GTSAM's own fixed-lag smoother, which lives in gtsam_unstable, does not
// eliminate a variable anew that stands behind younger ones in its clique; such a one is no leaf, and once it is
// marginalised all the same the next update throws (4.2, every 16 s of a flight). With GDN_GTSAM_UNSTABLE it is used
// nevertheless, for tests.
#pragma once
#include <gtsam/nonlinear/ISAM2.h>

#include <map>

#ifdef GDN_GTSAM_UNSTABLE
#define GDN_GTSAM_SMOOTHER "IncrementalFixedLagSmoother"
#include <gtsam_unstable/nonlinear/IncrementalFixedLagSmoother.h>
#else
#define GDN_GTSAM_SMOOTHER "ISAM2"
#endif

namespace gdn::smoother {

/// Of variables, in nanoseconds; whole ones, so that nothing is rounded (a double holds those of 104 days).
using Moments = std::map<gtsam::Key, double>;

class FixedLag {
 public:
  explicit FixedLag(const gtsam::ISAM2Params& parameters) : smoother_(make(parameters)) {}

  const gtsam::ISAM2& isam() const;
  /// Solves, then marginalises the variables before `oldest_kept`. `moments`: of the new variables.
  gtsam::ISAM2Result update(const gtsam::NonlinearFactorGraph& factors, const gtsam::Values& values,
                            const Moments& moments, const gtsam::FactorIndices& removed, double oldest_kept);
  /// Once more, at what was linearised anew.
  gtsam::ISAM2Result iterate();

 private:
#ifdef GDN_GTSAM_UNSTABLE
  using Smoother = gtsam::IncrementalFixedLagSmoother;
  static Smoother make(const gtsam::ISAM2Params& parameters) { return Smoother(0, parameters); }
#else
  using Smoother = gtsam::ISAM2;
  static Smoother make(const gtsam::ISAM2Params& parameters) { return Smoother(parameters); }
  Moments moments_;
  gtsam::ISAM2UpdateParams ordering(const gtsam::KeyVector& oldest) const;
#endif
  Smoother smoother_;
};

}  // namespace gdn::smoother
