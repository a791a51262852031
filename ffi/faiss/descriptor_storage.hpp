// The vectors of an index, compared by our inner product instead of FAISS's.
#pragma once
#include <faiss/IndexFlat.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "inner_product.hpp"

namespace gdn {

// In a file it is FAISS's own IndexFlat: any FAISS reads it.
struct DescriptorStorage : faiss::IndexFlatIP {
  explicit DescriptorStorage(faiss::Index::idx_t dimension) : faiss::IndexFlatIP(dimension) {}

  faiss::FlatCodesDistanceComputer* get_FlatCodesDistanceComputer() const override {
    return new Comparison(*this);
  }

  // Compares everything; of equal ones the first is better.
  void search(idx_t n, const float* x, idx_t k, float* distances, idx_t* labels,
              const faiss::SearchParameters* = nullptr) const override {
    const auto wanted = static_cast<std::size_t>(std::min(k, ntotal));
    std::vector<std::pair<float, idx_t>> all(static_cast<std::size_t>(ntotal));
    for (idx_t query = 0; query < n; ++query) {
      for (idx_t i = 0; i < ntotal; ++i) {
        all[i] = {-inner_product(x + query * d, get_xb() + i * d, d), i};
      }
      std::partial_sort(all.begin(), all.begin() + wanted, all.end());
      for (idx_t i = 0; i < k; ++i) {
        const bool found = static_cast<std::size_t>(i) < wanted;
        distances[query * k + i] = found ? -all[i].first : -std::numeric_limits<float>::max();
        labels[query * k + i] = found ? all[i].second : -1;
      }
    }
  }

 private:
  struct Comparison : faiss::FlatCodesDistanceComputer {
    const DescriptorStorage& storage;
    const float* query = nullptr;

    explicit Comparison(const DescriptorStorage& of)
        : FlatCodesDistanceComputer(of.codes.data(), of.code_size), storage(of) {}

    void set_query(const float* x) override { query = x; }
    float distance_to_code(const uint8_t* code) override {
      return inner_product(query, reinterpret_cast<const float*>(code), storage.d);
    }
    float symmetric_dis(idx_t i, idx_t j) override {
      return inner_product(storage.get_xb() + i * storage.d, storage.get_xb() + j * storage.d,
                           storage.d);
    }
  };
};

}  // namespace gdn
