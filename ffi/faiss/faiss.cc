#include "faiss.h"

#include <faiss/IndexHNSW.h>
#include <faiss/IndexIDMap.h>
#include <faiss/index_io.h>
#include <omp.h>

#include <memory>
#include <shared_mutex>
#include <string>
#include <utility>

#include "build_info.hpp"
#include "descriptor_storage.hpp"
#include "eigen_version.hpp"
#include "index_file.hpp"
#include "registry.hpp"

#define GDN_FAISS_ABI 4

namespace {

// An IDMap2 that owns an HNSW graph that owns its vectors.
struct HnswIndex : gdn::Counted {
  std::unique_ptr<faiss::IndexIDMap2> map;
  faiss::IndexHNSWFlat* graph = nullptr;
  mutable std::shared_mutex mutex;

  HnswIndex(std::unique_ptr<faiss::IndexIDMap2> owner, faiss::IndexHNSWFlat* inner)
      : map(std::move(owner)), graph(inner) {}
};

auto& registry() {
  return gdn::Registry<HnswIndex, gdn::HandleKind::kHnswIndex>::instance();
}

// OpenMP's thread count belongs to the calling thread, and Deno's pool threads are shared.
struct ThreadCount {
  const int before = omp_get_max_threads();
  explicit ThreadCount(int threads) { omp_set_num_threads(threads); }
  ~ThreadCount() { omp_set_num_threads(before); }
};

std::string path_of(const char* path, int64_t path_bytes) {
  gdn::require(path != nullptr && path_bytes > 0 && path_bytes < 4096, "the path is empty or too long");
  return std::string(path, static_cast<size_t>(path_bytes));
}

struct SearchCall {
  const float* queries;
  int64_t query_floats, query_count;
  int32_t k;
  int64_t* ids;
  float* scores;
};

// Searches the part of the index that `part` names, and turns positions into ids.
template <typename Part>
void search_with(uint64_t handle, const SearchCall& call, Part&& part) {
  const auto index = registry().get(handle);
  gdn::require(call.queries != nullptr && call.ids != nullptr && call.scores != nullptr,
               "queries, ids and scores must be given");
  gdn::require(call.query_count >= 1 && call.k >= 1, "query_count and k must be at least 1");
  gdn::require(call.query_floats == call.query_count * index->map->d,
               "the queries do not have query_count * dimension floats");
  const ThreadCount scope(1);
  std::shared_lock<std::shared_mutex> lock(index->mutex);
  // One query at a time: for many at once an exact search would go through BLAS, whose sums (and so
  // the order of near ties) depend on how many there are.
  for (int64_t i = 0; i < call.query_count; ++i) {
    part(*index).search(1, call.queries + i * index->map->d, call.k, call.scores + i * call.k,
                        reinterpret_cast<faiss::Index::idx_t*>(call.ids + i * call.k));
  }
  const auto& id_map = index->map->id_map;
  for (int64_t i = 0; i < call.query_count * call.k; ++i) {
    if (call.ids[i] >= 0) call.ids[i] = id_map.at(static_cast<size_t>(call.ids[i]));
  }
}

}  // namespace

uint32_t gdn_faiss_abi_version(void) { return GDN_FAISS_ABI; }

int32_t gdn_faiss_build_info(char* json, int64_t capacity, int64_t* length, gdn_error* error) {
  [[gnu::used]] static constexpr char kInfo[] = GDN_BUILD_INFO(
      "faiss", GDN_FAISS_ABI,
      GDN_BUILT_FROM("FAISS", GDN_TEXT(FAISS_VERSION_MAJOR) "." GDN_TEXT(FAISS_VERSION_MINOR) "."
                              GDN_TEXT(FAISS_VERSION_PATCH)) "," GDN_BUILT_FROM_EIGEN);
  return gdn::copy_build_info(kInfo, json, capacity, length, error);
}

int64_t gdn_faiss_live_handles(void) { return gdn::live_objects.load(); }
int32_t gdn_sizeof_hnsw_params(void) { return sizeof(gdn_hnsw_params); }
int32_t gdn_sizeof_hnsw_info(void) { return sizeof(gdn_hnsw_info); }

int32_t gdn_hnsw_create(const gdn_hnsw_params* params, uint64_t* handle, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(params != nullptr && handle != nullptr, "params and handle must be given");
    gdn::require(params->dimension >= 1 && params->dimension <= 65536, "dimension must be in [1, 65536]");
    gdn::require(params->m >= 2 && params->m <= 256, "m must be in [2, 256]");
    gdn::require(params->ef_construction >= 1, "ef_construction must be at least 1");
    gdn::require(params->ef_search >= 1, "ef_search must be at least 1");
    auto graph = std::make_unique<faiss::IndexHNSWFlat>(params->dimension, params->m,
                                                        faiss::METRIC_INNER_PRODUCT);
    delete std::exchange(graph->storage, nullptr);
    graph->storage = new gdn::DescriptorStorage(params->dimension);
    graph->hnsw.efConstruction = params->ef_construction;
    graph->hnsw.efSearch = params->ef_search;
    auto map = std::make_unique<faiss::IndexIDMap2>(graph.get());
    graph.release();
    map->own_fields = true;
    auto* inner = static_cast<faiss::IndexHNSWFlat*>(map->index);
    *handle = registry().insert(std::make_shared<HnswIndex>(std::move(map), inner));
  });
}

int32_t gdn_hnsw_add(uint64_t handle, const float* descriptors, int64_t descriptor_floats,
                     const int64_t* ids, int64_t count, int32_t threads, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto index = registry().get(handle);
    gdn::require(count >= 0 && threads >= 1, "count and threads must not be negative");
    if (count == 0) return;
    gdn::require(descriptors != nullptr && ids != nullptr, "descriptors and ids must be given");
    gdn::require(descriptor_floats == count * index->map->d,
                 "the descriptors do not have count * dimension floats");
    const ThreadCount scope(threads);
    std::unique_lock<std::shared_mutex> lock(index->mutex);
    static_assert(sizeof(faiss::Index::idx_t) == sizeof(int64_t));
    index->map->add_with_ids(count, descriptors, reinterpret_cast<const faiss::Index::idx_t*>(ids));
  });
}

int32_t gdn_hnsw_search(uint64_t handle, const float* queries, int64_t query_floats,
                        int64_t query_count, int32_t k, int64_t* ids, float* scores,
                        gdn_error* error) {
  return gdn::guard(error, [&] {
    search_with(handle, {queries, query_floats, query_count, k, ids, scores},
                [](const HnswIndex& index) -> const faiss::Index& { return *index.graph; });
  });
}

int32_t gdn_hnsw_search_exact(uint64_t handle, const float* queries, int64_t query_floats,
                              int64_t query_count, int32_t k, int64_t* ids, float* scores,
                              gdn_error* error) {
  return gdn::guard(error, [&] {
    search_with(handle, {queries, query_floats, query_count, k, ids, scores},
                [](const HnswIndex& index) -> const faiss::Index& { return *index.graph->storage; });
  });
}

int32_t gdn_hnsw_set_ef_search(uint64_t handle, int32_t ef_search, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto index = registry().get(handle);
    gdn::require(ef_search >= 1, "ef_search must be at least 1");
    std::unique_lock<std::shared_mutex> lock(index->mutex);
    index->graph->hnsw.efSearch = ef_search;
  });
}

int32_t gdn_hnsw_info_of(uint64_t handle, gdn_hnsw_info* info, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto index = registry().get(handle);
    gdn::require(info != nullptr, "info must be given");
    std::shared_lock<std::shared_mutex> lock(index->mutex);
    auto& hnsw = index->graph->hnsw;
    info->count = index->map->ntotal;
    info->dimension = static_cast<int32_t>(index->map->d);
    // Level 0 has twice as many neighbours as the levels above it, which have m.
    info->m = hnsw.nb_neighbors(1);
    info->ef_construction = hnsw.efConstruction;
    info->ef_search = hnsw.efSearch;
  });
}

int32_t gdn_hnsw_write(uint64_t handle, const char* path, int64_t path_bytes, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto index = registry().get(handle);
    const std::string file = path_of(path, path_bytes);
    std::shared_lock<std::shared_mutex> lock(index->mutex);
    faiss::write_index(index->map.get(), file.c_str());
  });
}

int32_t gdn_hnsw_decode(const uint8_t* bytes, int64_t size, uint64_t* handle, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(handle != nullptr, "handle must be given");
    gdn::require(size >= 0 && (bytes != nullptr || size == 0), "bytes must be given");
    auto map = gdn::decode_index(bytes, static_cast<size_t>(size));
    auto* graph = static_cast<faiss::IndexHNSWFlat*>(map->index);
    *handle = registry().insert(std::make_shared<HnswIndex>(std::move(map), graph));
  });
}

int32_t gdn_hnsw_free(uint64_t handle, gdn_error* error) {
  return gdn::guard(error, [&] { registry().erase(handle); });
}
