/* Place descriptors: dense orientation histograms, k-means words, VLAD, projection. */
#ifndef GDN_VISION_VLAD_H
#define GDN_VISION_VLAD_H
#include "abi.h"

/* Dense descriptors at every `step_px`, north-up: 4 × 4 cells of `cell_px` with 8 orientations each
 * (over 2 pi with `is_signed`, else over pi: blind to a change of contrast), root-normalised, 128
 * floats each. Points whose support touches `valid` = 0 (may be NULL) or is flat are left out. */
GDN_API int32_t gdn_vlad_dense(const uint8_t* pixels, const uint8_t* valid, int32_t width_px,
                               int32_t height_px, int32_t step_px, int32_t cell_px,
                               int32_t is_signed, float* descriptors, int32_t capacity,
                               int32_t* count, gdn_error* error);

/* k-means++ and Lloyd; the same for the same input and seed. words: word_count × dimension. */
GDN_API int32_t gdn_vlad_kmeans(const float* samples, int32_t sample_count, int32_t dimension,
                                int32_t word_count, int32_t iterations, uint64_t seed,
                                float* words, gdn_error* error);

/* VLAD (Jégou et al., CVPR 2010) with intra-normalisation (Arandjelović and Zisserman, CVPR 2013),
 * signed power and L2 norm. vlad: word_count × dimension; all zero when count is 0. */
GDN_API int32_t gdn_vlad_aggregate(const float* descriptors, int32_t count, int32_t dimension,
                                   const float* words, int32_t word_count, double power,
                                   float* vlad, gdn_error* error);

/* Principal axes of samples (sample_count × length): mean (length), axes (axis_count × length) and
 * their variances (axis_count), largest first. axis_count <= min(sample_count, length); axes
 * that the samples do not span are zero. */
GDN_API int32_t gdn_vlad_principal_axes(const float* samples, int32_t sample_count, int32_t length,
                                        int32_t axis_count, float* mean, float* axes,
                                        float* variances, gdn_error* error);

/* out = L2-normalised axes · (vector - mean); axes: axis_count × length. */
GDN_API int32_t gdn_vlad_project(const float* vector, int32_t length, const float* mean,
                                 const float* axes, int32_t axis_count, float* out,
                                 gdn_error* error);

#endif
