/* Frame-to-frame tracks (pyramidal KLT) and the motion of a camera over flat ground. */
#ifndef GDN_VISION_TRACKS_H
#define GDN_VISION_TRACKS_H
#include "abi.h"

/* Tracks corners of `from` into `to`. `predicted` is a row-major 3x3 homography in normalised rays
 * (to from from): where the tracker starts to look. Fills `pairs` with 4 doubles a track: normalised
 * rays x, y in `from`, then in `to`; at most `capacity` tracks. A track that does not return to
 * within half a pixel when tracked backwards is dropped. */
GDN_API int32_t gdn_frames_track(uint64_t from, uint64_t to, const double* predicted,
                                 int32_t capacity, double* pairs, int32_t* count,
                                 gdn_error* error);

/* Motion of the camera over a plane, from tracks: rays obey to ~ R^T (from - t (n . from)), with the
 * translation t in units of the camera's distance from the plane, in the axes of `from`, R
 * from-from-to, n the plane's unit normal towards the ground in the axes of `from`.
 * In: `guess` holds t (3) and the rotation vector of R (3). Out: `motion` likewise, `covariance`
 * 6x6 row-major, `result` 4 doubles: inliers, tracks, rms residual in rays, share of the picture
 * that the inliers span. Inliers come from a USAC_MAGSAC homography; there are 0 where the tracks do
 * not tell the motion, and `motion` and `covariance` then stay as they were. */
GDN_API int32_t gdn_planar_motion(const double* pairs, int32_t count, const double* normal,
                                  const double* guess, double threshold, double* motion,
                                  double* covariance, double* result, gdn_error* error);

#endif
