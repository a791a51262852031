/* Camera pose from rays and ground points over flat ground. */
#ifndef GDN_VISION_POSE_H
#define GDN_VISION_POSE_H
#include "abi.h"

/* What is known apart from the picture: the rotation and height around which the answer is sought.
 * Sigmas are 1 sigma; the picture's own answer (anchor) is given without this knowledge. */
typedef struct gdn_pose_query {
  double position_m[3];        /* start: position of the camera */
  double local_from_camera[9]; /* start and expectation, row-major */
  double expected_height_m;
  double sigma_height_m;
  double sigma_tilt_rad;
  double sigma_heading_rad;
  double threshold_rad;        /* inlier bound on a ray */
  double noise_rad;            /* a point's own error */
  double smooth_rad;           /* error that neighbouring points share (relief, map distortion) */
  double smooth_length_m;      /* distance over which they share it */
} gdn_pose_query;

typedef struct gdn_pose_answer {
  double position_m[3];          /* most probable pose, expectation included */
  double local_from_camera[9];
  double covariance[36];         /* of it: (position m, rotation error in camera axes rad) */
  double anchor_position_m[3];   /* what picture and map say on their own */
  double anchor_local_from_camera[9];
  double anchor_covariance[36];  /* R_true = R Exp(error); weak directions have large variances */
  double residual_rms_rad;       /* of the inliers at the most probable pose */
  int32_t inliers;               /* 0: no pose */
  int32_t points;
} gdn_pose_answer;

GDN_API int32_t gdn_sizeof_pose_query(void);
GDN_API int32_t gdn_sizeof_pose_answer(void);

/* Generalised least squares over the inliers of a redescending estimate. `points`: 5 doubles each,
 * normalised ray x, y; ground east, north, up (m). The points' errors have covariance
 * noise^2 I + smooth^2 exp(-distance / length). */
GDN_API int32_t gdn_pose_solve(const double* points, int32_t count, const gdn_pose_query* query,
                               gdn_pose_answer* answer, uint8_t* inlier, gdn_error* error);

/* PnP without a guess: cv::solvePnPRansac with USAC_MAGSAC, then refinement. `points` as above.
 * Out: position (3), local-from-camera (9, row-major), the count of inliers and one byte a point;
 * *inliers is 0 when no pose was found. */
GDN_API int32_t gdn_pose_ransac(const double* points, int32_t count, double threshold_rad,
                                double* pose, int32_t* inliers, uint8_t* inlier, gdn_error* error);

#endif
