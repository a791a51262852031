/* C ABI of libgdn_faiss: HNSW graphs over float32 descriptors, inner product; principal axes.
 *
 * Calls on one index may run at the same time: searches share, everything that changes the index
 * waits for them. */
#ifndef GDN_FAISS_H
#define GDN_FAISS_H
#include "abi.h"

struct gdn_hnsw_params {
  int32_t dimension;       /* floats per descriptor, at least 1 */
  int32_t m;               /* neighbours per node, 2..256 */
  int32_t ef_construction; /* width of the search while building, at least 1 */
  int32_t ef_search;       /* width of later searches, at least 1 */
};

struct gdn_hnsw_info {
  int64_t count; /* descriptors in the index */
  int32_t dimension;
  int32_t m;
  int32_t ef_construction;
  int32_t ef_search;
};

GDN_API uint32_t gdn_faiss_abi_version(void);
/* Indices alive now: 0 at the end of a clean run. */
GDN_API int64_t gdn_faiss_live_handles(void);
/* What this library was built from: a JSON text without a terminator, `length` bytes of UTF-8:
 * {"name", "abiVersion", "compiler", "flags", "builtFrom": {name: version}}. 4096 bytes suffice. */
GDN_API int32_t gdn_faiss_build_info(char* json, int64_t capacity, int64_t* length, gdn_error* error);
GDN_API int32_t gdn_sizeof_hnsw_params(void);
GDN_API int32_t gdn_sizeof_hnsw_info(void);

/* An empty index. */
GDN_API int32_t gdn_hnsw_create(const gdn_hnsw_params* params, uint64_t* handle, gdn_error* error);

/* Adds `count` descriptors of `dimension` floats each, with their ids. With one thread the graph
 * depends on the input alone; more threads build faster and differ from run to run. */
GDN_API int32_t gdn_hnsw_add(uint64_t handle, const float* descriptors, int64_t descriptor_floats,
                             const int64_t* ids, int64_t count, int32_t threads, gdn_error* error);

/* The k best of each query, best first: ids (-1 where fewer were found) and inner products. Each
 * query is one row of `queries`; `ids` and `scores` hold query_count * k values. */
GDN_API int32_t gdn_hnsw_search(uint64_t handle, const float* queries, int64_t query_floats,
                                int64_t query_count, int32_t k, int64_t* ids, float* scores,
                                gdn_error* error);

/* As gdn_hnsw_search, but every stored descriptor is compared: what a search should have found. */
GDN_API int32_t gdn_hnsw_search_exact(uint64_t handle, const float* queries, int64_t query_floats,
                                      int64_t query_count, int32_t k, int64_t* ids, float* scores,
                                      gdn_error* error);

GDN_API int32_t gdn_hnsw_set_ef_search(uint64_t handle, int32_t ef_search, gdn_error* error);
GDN_API int32_t gdn_hnsw_info_of(uint64_t handle, gdn_hnsw_info* info, gdn_error* error);

/* `path` is UTF-8 of `path_bytes` bytes without a terminator. */
GDN_API int32_t gdn_hnsw_write(uint64_t handle, const char* path, int64_t path_bytes,
                               gdn_error* error);
/* From the `size` bytes of such a file: the caller has read them, and knows whose they are. What is no HNSW
 * inner-product index fails with GDN_BAD_DATA. */
GDN_API int32_t gdn_hnsw_decode(const uint8_t* bytes, int64_t size, uint64_t* handle,
                                gdn_error* error);

/* Principal axes of `count` descriptors of `dimension` floats: `mean` (dimension floats), `axes`
 * (axis_count rows of dimension floats, of length 1, the axis that tells most first) and `variances`
 * (dimension floats: along every axis there is, the kept ones first). count > axis_count. */
GDN_API int32_t gdn_pca_train(const float* descriptors, int64_t descriptor_floats, int64_t count,
                              int32_t dimension, int32_t axis_count, float* mean, float* axes,
                              int64_t axes_floats, float* variances, gdn_error* error);

/* out = axes * (descriptor - mean) for each of `count` descriptors, scaled to length 1; what lies on
 * the mean itself stays 0. `out` holds count * axis_count floats. */
GDN_API int32_t gdn_pca_project(const float* descriptors, int64_t descriptor_floats, int64_t count,
                                int32_t dimension, const float* mean, const float* axes,
                                int64_t axes_floats, int32_t axis_count, float* out,
                                gdn_error* error);

GDN_API int32_t gdn_hnsw_free(uint64_t handle, gdn_error* error);

#endif
