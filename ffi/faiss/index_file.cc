#include "index_file.hpp"

#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "descriptor_storage.hpp"
#include "guard.hpp"

namespace gdn {
namespace {

constexpr int32_t kDimensionMax = 65536;
constexpr int32_t kSearchWidthMax = 100000;
constexpr int32_t kNeighboursMin = 2, kNeighboursMax = 256;
// The least m, 2, has 30 levels: FAISS stops where a level has less than 1e-9 of all descriptors.
constexpr size_t kLevelsMax = 64;

void check(bool condition, const char* message) {
  if (!condition) throw BadData(message);
}

// Gives the bytes of a file in order, and never more than there are.
class IndexFile {
 public:
  IndexFile(const uint8_t* bytes, size_t size) : at_(bytes), left_(size) {}

  bool at_end() const { return left_ == 0; }

  template <typename Value>
  Value value() {
    static_assert(std::is_trivially_copyable_v<Value>);
    Value result;
    fill(&result, sizeof result);
    return result;
  }

  template <typename Value>
  std::vector<Value> values(size_t count) {
    check(count <= left_ / sizeof(Value), "the file ends too early");
    std::vector<Value> result(count);
    fill(result.data(), count * sizeof(Value));
    return result;
  }

  // A length, which must be `count`, and so many values.
  template <typename Value>
  std::vector<Value> array(size_t count, const char* wrong) {
    check(value<uint64_t>() == count, wrong);
    return values<Value>(count);
  }

 private:
  void fill(void* out, size_t size) {
    check(size <= left_, "the file ends too early");
    if (size == 0) return;
    std::memcpy(out, at_, size);
    at_ += size;
    left_ -= size;
  }

  const uint8_t* at_;
  size_t left_;
};

struct Header {
  int32_t dimension;
  int64_t count;
};

// What each of the three nested indices begins with.
Header read_header(IndexFile& file, const char (&kind)[5], const char* wrong) {
  const auto found = file.value<std::array<char, 4>>();
  check(std::memcmp(found.data(), kind, found.size()) == 0, wrong);
  Header header;
  header.dimension = file.value<int32_t>();
  header.count = file.value<int64_t>();
  file.value<int64_t>();  // Unused by FAISS.
  file.value<int64_t>();
  check(file.value<uint8_t>() == 1, "the index is not trained");
  check(file.value<int32_t>() == faiss::METRIC_INNER_PRODUCT, "the index is not for inner products");
  check(header.dimension >= 1 && header.dimension <= kDimensionMax, "its dimension is out of range");
  check(header.count >= 0 && header.count <= std::numeric_limits<int32_t>::max(),
        "its number of descriptors is out of range");
  return header;
}

void require_same(const Header& outer, const Header& inner) {
  check(outer.dimension == inner.dimension && outer.count == inner.count,
        "the parts of the index do not agree");
}

// Neighbours of a node: 2 m on level 0, m on every other, laid out level after level.
void check_levels(const faiss::HNSW& hnsw) {
  const auto& cumulative = hnsw.cum_nneighbor_per_level;
  const int32_t level_0 = cumulative[1], m = level_0 / 2;
  bool sound = cumulative[0] == 0 && level_0 % 2 == 0 && m >= kNeighboursMin && m <= kNeighboursMax;
  for (size_t level = 1; sound && level + 1 < cumulative.size(); ++level) {
    sound = cumulative[level + 1] == level_0 + static_cast<int32_t>(level) * m;
  }
  check(sound, "the numbers of neighbours are damaged");
  check(std::all_of(hnsw.assign_probas.begin(), hnsw.assign_probas.end(),
                    [](double share) { return share >= 0 && share <= 1; }),
        "the shares of the levels are damaged");
}

// Where each node's neighbours begin, and how many there are in all.
size_t check_offsets(const faiss::HNSW& hnsw) {
  const auto level_count = static_cast<int>(hnsw.cum_nneighbor_per_level.size()) - 1;
  size_t offset = 0;
  for (size_t i = 0; i < hnsw.levels.size(); ++i) {
    const int levels = hnsw.levels[i];
    check(levels >= 1 && levels <= level_count, "the level of a node is out of range");
    check(hnsw.offsets[i] == offset, "the table of neighbours is damaged");
    offset += static_cast<size_t>(hnsw.cum_nneighbor_per_level[levels]);
  }
  check(hnsw.offsets.back() == offset, "the table of neighbours is damaged");
  return offset;
}

void check_entry(const faiss::HNSW& hnsw) {
  const auto count = static_cast<int64_t>(hnsw.levels.size());
  const int64_t entry = hnsw.entry_point;
  check(entry >= -1 && entry < count && (entry < 0) == (count == 0),
        "the node that searches begin at is not there");
  const int highest =
      count == 0 ? 0 : *std::max_element(hnsw.levels.begin(), hnsw.levels.end());
  check(hnsw.max_level == highest - 1, "the highest level is another");
  check(count == 0 || hnsw.levels[entry] == highest,
        "the node that searches begin at is not on the highest level");
}

void check_neighbours(const faiss::HNSW& hnsw) {
  const auto count = static_cast<int64_t>(hnsw.levels.size());
  for (int64_t i = 0; i < count; ++i) {
    for (int level = 0; level < hnsw.levels[i]; ++level) {
      size_t begin = 0, end = 0;
      hnsw.neighbor_range(i, level, &begin, &end);
      for (size_t slot = begin; slot < end; ++slot) {
        const int64_t neighbour = hnsw.neighbors[slot];
        check(neighbour >= -1 && neighbour < count && (neighbour < 0 || hnsw.levels[neighbour] > level),
              "a neighbour is not there");
      }
    }
  }
}

int32_t width(IndexFile& file) {
  const auto nodes = file.value<int32_t>();
  check(nodes >= 1 && nodes <= kSearchWidthMax, "the width of a search is out of range");
  return nodes;
}

faiss::HNSW read_graph(IndexFile& file, size_t count) {
  faiss::HNSW hnsw;
  const auto levels = file.value<uint64_t>();
  check(levels >= 1 && levels <= kLevelsMax, "the number of levels is out of range");
  hnsw.assign_probas = file.values<double>(levels);
  const char* const wrong = "an array of the graph has another length";
  hnsw.cum_nneighbor_per_level = file.array<int>(levels + 1, wrong);
  check_levels(hnsw);
  hnsw.levels = file.array<int>(count, wrong);
  hnsw.offsets = file.array<size_t>(count + 1, wrong);
  hnsw.neighbors = file.array<int>(check_offsets(hnsw), wrong);
  hnsw.entry_point = file.value<int32_t>();
  hnsw.max_level = file.value<int32_t>();
  hnsw.efConstruction = width(file);
  hnsw.efSearch = width(file);
  hnsw.upper_beam = file.value<int32_t>();
  // More than one is another search, with memory of its own; FAISS writes 1.
  check(hnsw.upper_beam == 1, "the search of the upper levels is another");
  check_entry(hnsw);
  check_neighbours(hnsw);
  return hnsw;
}

std::unique_ptr<DescriptorStorage> read_vectors(IndexFile& file, const Header& outer) {
  const Header header = read_header(file, "IxFI", "the index holds no flat vectors");
  require_same(outer, header);
  const auto floats = static_cast<size_t>(header.count) * static_cast<size_t>(header.dimension);
  auto storage = std::make_unique<DescriptorStorage>(header.dimension);
  check(file.value<uint64_t>() == floats, "the vectors have another length");
  storage->codes = file.values<uint8_t>(floats * sizeof(float));
  storage->ntotal = header.count;
  // Not a number is neither better nor worse than another: no order would be right.
  const float* values = storage->get_xb();
  check(std::all_of(values, values + floats, [](float value) { return std::isfinite(value); }),
        "the vectors of the index are not finite");
  return storage;
}

}  // namespace

std::unique_ptr<faiss::IndexIDMap2> decode_index(const uint8_t* bytes, size_t size) {
  IndexFile file(bytes, size);
  const Header outer = read_header(file, "IxM2", "the index is not of type IDMap2");
  const Header inner = read_header(file, "IHNf", "the index holds no HNSW graph over flat vectors");
  require_same(outer, inner);
  const auto count = static_cast<size_t>(outer.count);
  auto graph = std::make_unique<faiss::IndexHNSWFlat>();
  graph->d = outer.dimension;
  graph->ntotal = outer.count;
  graph->is_trained = true;
  graph->metric_type = faiss::METRIC_INNER_PRODUCT;
  graph->hnsw = read_graph(file, count);
  graph->storage = read_vectors(file, outer).release();
  graph->own_fields = true;
  auto map = std::make_unique<faiss::IndexIDMap2>();
  map->d = outer.dimension;
  map->ntotal = outer.count;
  map->is_trained = true;
  map->metric_type = faiss::METRIC_INNER_PRODUCT;
  map->id_map = file.array<faiss::Index::idx_t>(count, "the ids have another length");
  check(file.at_end(), "something follows the index");
  map->index = graph.release();
  map->own_fields = true;
  return map;
}

}  // namespace gdn
