// iSAM2 whose oldest variables are marginalised: GTSAM's fixed-lag smoother, which lives in gtsam_unstable; where that
// is not installed, the same steps on iSAM2 itself.
#pragma once
#include <gtsam/nonlinear/ISAM2.h>

#include <map>

#if !defined(GDN_GTSAM_WITHOUT_UNSTABLE) && __has_include(<gtsam_unstable/nonlinear/IncrementalFixedLagSmoother.h>)
#define GDN_GTSAM_UNSTABLE 1
#define GDN_GTSAM_SMOOTHER "IncrementalFixedLagSmoother"
#include <gtsam_unstable/nonlinear/IncrementalFixedLagSmoother.h>
#else
#define GDN_GTSAM_UNSTABLE 0
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
#if GDN_GTSAM_UNSTABLE
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
