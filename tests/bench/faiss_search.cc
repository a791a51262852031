// The rival of faiss_search.ts: the same searches, by FAISS itself, without Deno.
// Arguments: index file, queries (float32), k, efSearch. Each line on stdin is one round over all
// queries, one at a time; its answer is the mean in microseconds, of the
// clock and of the processor, and a sum of the ids.
#include <faiss/IndexHNSW.h>
#include <faiss/IndexIDMap.h>
#include <faiss/index_io.h>
#include <omp.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

int main(int, char** argv) {
  omp_set_num_threads(1);
  const std::unique_ptr<faiss::Index> index(faiss::read_index(argv[1]));
  auto* map = dynamic_cast<faiss::IndexIDMap2*>(index.get());
  dynamic_cast<faiss::IndexHNSW*>(map->index)->hnsw.efSearch = std::atoi(argv[4]);
  const int k = std::atoi(argv[3]);
  std::ifstream file(argv[2], std::ios::binary | std::ios::ate);
  std::vector<float> queries(static_cast<size_t>(file.tellg()) / sizeof(float));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(queries.data()), queries.size() * sizeof(float));
  const size_t count = queries.size() / map->d;
  std::vector<faiss::Index::idx_t> ids(k);
  std::vector<float> scores(k);
  std::string line;
  while (std::getline(std::cin, line)) {
    // The other program has had the caches meanwhile: once untimed.
    for (size_t i = 0; i < count; ++i) {
      map->search(1, queries.data() + i * map->d, k, scores.data(), ids.data());
    }
    long long sum = 0;
    const std::clock_t cpu = std::clock();
    const auto begin = std::chrono::steady_clock::now();
    for (size_t i = 0; i < count; ++i) {
      map->search(1, queries.data() + i * map->d, k, scores.data(), ids.data());
      for (const auto id : ids) sum += id;
    }
    const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - begin;
    const double cpu_spent = 1e6 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
    std::printf("%.3f %.3f %lld\n", spent.count() / count, cpu_spent / count, sum);
    std::fflush(stdout);
  }
}
