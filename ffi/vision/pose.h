/* Camera pose from rays and ground points: USAC_MAGSAC for the inliers, then a robust refinement of
 * all six degrees of freedom. */
#ifndef GDN_VISION_POSE_H
#define GDN_VISION_POSE_H
#include "abi.h"

/* `points`: 5 doubles each: normalised ray x, y; ground east, north, up (m). `guess`: position (3),
 * then local-from-camera row-major (9). `threshold_rad`: inlier bound on a ray. `sigma_floor_rad`:
 * the least error that a ray is believed to have.
 * Out: `pose` like guess; `covariance` 6x6 of (position m, rotation error in camera axes, rad:
 * R_true = R Exp(error)), from the inliers' geometry and their residuals; `result` 5 doubles:
 * inliers, rms residual (rad), sigma used (rad), condition (largest over smallest eigenvalue of the
 * scaled information), points; `inlier` one byte a point. No inliers: result[0] is 0. */
GDN_API int32_t gdn_pose_solve(const double* points, int32_t count, const double* guess,
                               double threshold_rad, double sigma_floor_rad, double* pose,
                               double* covariance, double* result, uint8_t* inlier,
                               gdn_error* error);

#endif
