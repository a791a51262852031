/* Local features: SIFT, matching, robust homography. Pictures are 8-bit grey, row-major, without
 * padding; `valid` (may be NULL) has the picture's size and is 0 where no ground was seen. */
#ifndef GDN_VISION_FEATURES_H
#define GDN_VISION_FEATURES_H
#include "abi.h"

enum { GDN_DESCRIPTOR_LENGTH = 128 };

/* Detects at most `capacity` SIFT keypoints, strongest first: keypoints[4 * i] = x, y, size (px) and
 * angle (degrees; 0 for all with `upright`); descriptors[128 * i] = root-SIFT of length 1. */
GDN_API int32_t gdn_features_sift(const uint8_t* pixels, const uint8_t* valid, int32_t width_px,
                                  int32_t height_px, double contrast_threshold, int32_t upright,
                                  float* keypoints, float* descriptors, int32_t capacity,
                                  int32_t* count, gdn_error* error);

/* Mutual nearest neighbours of unit vectors of `length` floats (a multiple of 8) among those whose
 * positions (x, y of each, in one frame and unit for both sides) are at most `radius` apart: what is
 * known of the displacement keeps look-alikes elsewhere out. `ratio` under 1 is Lowe's test on
 * distances. `pairs` holds 2 * count_a integers (index in a, index in b), `cosines` count_a floats;
 * *count pairs are filled. */
GDN_API int32_t gdn_features_match(const float* descriptors_a, const float* positions_a,
                                   int32_t count_a, const float* descriptors_b,
                                   const float* positions_b, int32_t count_b, int32_t length,
                                   double radius, double ratio, int32_t* pairs, float* cosines,
                                   int32_t* count, gdn_error* error);

/* Homography b = H a by MAGSAC++ (OpenCV's USAC_MAGSAC), the same for the same input. points: x, y
 * pairs; `homography` 9 doubles row-major; `inlier_mask` count bytes. *inliers is 0 when there is none. */
GDN_API int32_t gdn_features_homography(const double* points_a, const double* points_b,
                                        int32_t count, double threshold_px, double confidence,
                                        int32_t iterations_max, double* homography,
                                        uint8_t* inlier_mask, int32_t* inliers, gdn_error* error);

#endif
