/* The lens model by itself. `intrinsics` are fx, fy, cx, cy (pixels), k1, k2, p1, p2, k3 (Brown-Conrady,
 * OpenCV's order); a ray is normalised: x/z, y/z in camera axes; pixel centres are at integers. */
#ifndef GDN_VISION_LENS_H
#define GDN_VISION_LENS_H
#include "abi.h"

/* The pixel that each ray is seen at: `rays` holds x, y pairs, `pixels` receives as many u, v pairs;
 * NaN beyond the radius where the model folds over. Both hold `doubles` doubles. */
GDN_API int32_t gdn_lens_project(const double* intrinsics, const double* rays, int64_t doubles,
                                 double* pixels, gdn_error* error);

/* The inverse; NaN where a pixel has no ray. */
GDN_API int32_t gdn_lens_unproject(const double* intrinsics, const double* pixels, int64_t doubles,
                                   double* rays, gdn_error* error);

#endif
