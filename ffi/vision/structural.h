/* Dense structural correlation: where on a map window does a frame lie? CFOG features of the frame's
 * north-up view, masked normalised cross-correlation by FFT over rotation and scale hypotheses, then
 * blocks of the frame at fine resolution as tie points.
 *
 * A map window is a grey mosaic of map tiles with the affine map from local metres (east, north,
 * from the window's own origin) to mosaic pixels: u = a0 e + a1 n + a2, v = a3 e + a4 n + a5 (pixel
 * centres at integers). Mosaic pixels of value `0 in valid` hold no map. */
#ifndef GDN_VISION_STRUCTURAL_H
#define GDN_VISION_STRUCTURAL_H
#include "abi.h"

typedef struct gdn_structural_query {
  double local_from_camera[9]; /* predicted rotation, row-major */
  double height_m;             /* predicted height over the ground */
  double position_m[2];        /* predicted foot point, east and north from the window's origin */
  double search_radius_m;      /* how far the foot point may lie from there (gdn_structural_match) */
  double heading_half_range_rad;
  double heading_step_rad;
  double scale_half_range;     /* of the height, e.g. 0.03 */
  double scale_step;
  double coarse_gsd_m;
  double fine_gsd_m;
  double extent_max_m;         /* half side of the largest patch of the frame that is used */
  double block_search_m;       /* how far a block may lie from the coarse answer */
  int32_t blocks_x, blocks_y;
} gdn_structural_query;

typedef struct gdn_structural_answer {
  double position_m[2];   /* foot point, east and north from the window's origin */
  double heading_rad;     /* added to the predicted rotation, clockwise seen from above */
  double scale;           /* times the predicted height */
  double score;           /* best normalised correlation, -1 to 1 */
  double second_score;    /* best outside of the peak's surroundings */
  double score_sigma;     /* standard deviation of the scores elsewhere: what chance makes */
  double overlap;         /* share of the view that lay on map */
  int32_t hypotheses;
  int32_t tie_points;
} gdn_structural_answer;

/* One tie point: normalised ray x, y of the frame; east, north on the map (m from the window's
 * origin); correlation; curvature of the peak (1/px^2, smaller of both axes). */
enum { GDN_TIE_POINT_DOUBLES = 6 };

GDN_API int32_t gdn_sizeof_structural_query(void);
GDN_API int32_t gdn_sizeof_structural_answer(void);

/* `relief` (or null: flat ground) is west, south, spacing (m), columns, rows, then the ground's heights over
 * the plane that height_m counts from, row by row from the south; from the predicted foot point. Rays of
 * tie points are then those of the ground at its height. `relief_count`: of its doubles.
 *
 * Coarse search only when blocks_x * blocks_y is 0. `tie_points` holds blocks_x * blocks_y * 6
 * doubles. score is -1 when nothing could be compared (no overlap). */
GDN_API int32_t gdn_structural_match(uint64_t frame, const uint8_t* mosaic, const uint8_t* valid,
                                     int32_t mosaic_width_px, int32_t mosaic_height_px,
                                     const double* mosaic_from_local,
                                     const gdn_structural_query* query, const double* relief,
                                     int64_t relief_count, gdn_structural_answer* answer,
                                     double* tie_points, gdn_error* error);

/* The best `capacity` separate places (at least `separation_m` apart) of a coarse search, best
 * first: 5 doubles each, east, north, heading, scale, score. For searches without a prior: the foot
 * point is sought within a rectangle, `reach_m` (east, north) either way of the predicted one.
 * `scores` (columns * rows floats, row by row from north to south; or null) gets for each foot point
 * the best score of all hypotheses, -1 where nothing was compared. The points are coarse_gsd_m apart;
 * `corner_m`: the north-west one, east and north from the window's origin. */
GDN_API int32_t gdn_structural_places(uint64_t frame, const uint8_t* mosaic, const uint8_t* valid,
                                      int32_t mosaic_width_px, int32_t mosaic_height_px,
                                      const double* mosaic_from_local,
                                      const gdn_structural_query* query, const double* reach_m,
                                      double separation_m, int32_t capacity, double* places, int32_t* count,
                                      const double* corner_m, int32_t columns, int32_t rows,
                                      float* scores, gdn_error* error);

/* Ends the searches that are running, in whatever thread, with an error after the hypothesis that each
 * is at, and every later one: for a program that ends. 0 lets later searches run again. */
GDN_API int32_t gdn_structural_cancel(int32_t cancel, gdn_error* error);

#endif
