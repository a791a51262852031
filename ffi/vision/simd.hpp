// Eight floats side by side: one AVX register, or two of SSE2 or NEON. A pixel of CFOG has eight
// orientations, so that the inner loops need no shuffling.
#pragma once
#include <cstdint>

/// Compiled a second time for AVX2 and FMA, chosen when the library is loaded. Elsewhere the
/// processor's own baseline (NEON on arm64) is what there is.
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define GDN_VECTORISED __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define GDN_VECTORISED
#endif
#define GDN_INLINE inline __attribute__((always_inline))

// About passing vectors between functions: whatever takes or returns one here is inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace gdn {

/// Of any alignment that floats have.
typedef float Floats8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float Floats4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef double Doubles4 __attribute__((vector_size(32), aligned(8), may_alias));
typedef int32_t Lanes8 __attribute__((vector_size(32)));

GDN_INLINE Floats8& at8(float* values, int64_t index = 0) {
  return reinterpret_cast<Floats8*>(values)[index];
}
GDN_INLINE const Floats8& at8(const float* values, int64_t index = 0) {
  return reinterpret_cast<const Floats8*>(values)[index];
}

/// Eight doubles; halves, because GCC 12 takes a vector of eight of them apart to convert it.
struct Doubles8 {
  Doubles4 low, high;

  GDN_INLINE Doubles8& operator+=(const Doubles8& other) {
    low += other.low;
    high += other.high;
    return *this;
  }
  GDN_INLINE Doubles8& operator-=(const Doubles8& other) {
    low -= other.low;
    high -= other.high;
    return *this;
  }
};

GDN_INLINE Doubles8 widened(const Floats8& v) {
  const auto* halves = reinterpret_cast<const Floats4*>(&v);
  return {__builtin_convertvector(halves[0], Doubles4),
          __builtin_convertvector(halves[1], Doubles4)};
}
GDN_INLINE Floats8 narrowed(const Doubles8& v) {
  const Floats4 low = __builtin_convertvector(v.low, Floats4);
  const Floats4 high = __builtin_convertvector(v.high, Floats4);
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
}

/// Sums of lanes 0 to 3 in each of them, and of lanes 4 to 7.
GDN_INLINE Floats8 sums_of_halves(Floats8 v) {
  v += __builtin_shuffle(v, Lanes8{2, 3, 0, 1, 6, 7, 4, 5});
  return v + __builtin_shuffle(v, Lanes8{1, 0, 3, 2, 5, 4, 7, 6});
}
GDN_INLINE float sum_of(Floats8 v) {
  const Floats8 halves = sums_of_halves(v);
  return halves[0] + halves[4];
}

/// Lane i is the sum of the lanes of v[i].
GDN_INLINE Floats8 sums_of(const Floats8* v) {
  constexpr Lanes8 even = {0, 8, 2, 10, 4, 12, 6, 14}, odd = {1, 9, 3, 11, 5, 13, 7, 15};
  constexpr Lanes8 low = {0, 1, 8, 9, 4, 5, 12, 13}, high = {2, 3, 10, 11, 6, 7, 14, 15};
  constexpr Lanes8 first = {0, 1, 2, 3, 8, 9, 10, 11}, second = {4, 5, 6, 7, 12, 13, 14, 15};
  Floats8 pairs[4], fours[2];
  for (int i = 0; i < 4; i++)
    pairs[i] = __builtin_shuffle(v[2 * i], v[2 * i + 1], even) +
               __builtin_shuffle(v[2 * i], v[2 * i + 1], odd);
  for (int i = 0; i < 2; i++)
    fours[i] = __builtin_shuffle(pairs[2 * i], pairs[2 * i + 1], low) +
               __builtin_shuffle(pairs[2 * i], pairs[2 * i + 1], high);
  return __builtin_shuffle(fours[0], fours[1], first) +
         __builtin_shuffle(fours[0], fours[1], second);
}

/// Square sums of the eight floats of each pixel.
GDN_INLINE void squares_of_row(const float* pixels, int columns, float* out) {
  int x = 0;
  for (; x + 8 <= columns; x += 8) {
    Floats8 squares[8];
    for (int i = 0; i < 8; i++) squares[i] = at8(pixels, x + i) * at8(pixels, x + i);
    at8(out + x) = sums_of(squares);
  }
  for (; x < columns; x++) out[x] = sum_of(at8(pixels, x) * at8(pixels, x));
}

}  // namespace gdn
