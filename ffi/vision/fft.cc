#include "fft.hpp"

#include <cmath>
#include <map>
#include <mutex>
#include <opencv2/core.hpp>
#include <utility>

namespace gdn {

namespace {

GDN_INLINE Complex8 plus(const Complex8& a, const Complex8& b) {
  return {a.re + b.re, a.im + b.im};
}
GDN_INLINE Complex8 minus(const Complex8& a, const Complex8& b) {
  return {a.re - b.re, a.im - b.im};
}
/// a + b times -i, a - b times -i.
GDN_INLINE Complex8 plus_turned(const Complex8& a, const Complex8& b) {
  return {a.re + b.im, a.im - b.re};
}
GDN_INLINE Complex8 minus_turned(const Complex8& a, const Complex8& b) {
  return {a.re - b.im, a.im + b.re};
}
GDN_INLINE Complex8 times(const Complex8& a, const float* turn) {
  return {a.re * turn[0] - a.im * turn[1], a.re * turn[1] + a.im * turn[0]};
}

template <int Radix>
GDN_INLINE void butterfly(const Complex8* a, Complex8* out);

template <>
GDN_INLINE void butterfly<2>(const Complex8* a, Complex8* out) {
  out[0] = plus(a[0], a[1]);
  out[1] = minus(a[0], a[1]);
}

template <>
GDN_INLINE void butterfly<3>(const Complex8* a, Complex8* out) {
  constexpr float half = 0.5f, root = 0.866025403784438647f;
  const Complex8 sum = plus(a[1], a[2]), difference = minus(a[1], a[2]);
  const Complex8 middle{a[0].re - half * sum.re, a[0].im - half * sum.im};
  const Complex8 side{root * difference.re, root * difference.im};
  out[0] = plus(a[0], sum);
  out[1] = plus_turned(middle, side);
  out[2] = minus_turned(middle, side);
}

template <>
GDN_INLINE void butterfly<4>(const Complex8* a, Complex8* out) {
  const Complex8 p = plus(a[0], a[2]), q = minus(a[0], a[2]);
  const Complex8 r = plus(a[1], a[3]), s = minus(a[1], a[3]);
  out[0] = plus(p, r);
  out[1] = plus_turned(q, s);
  out[2] = minus(p, r);
  out[3] = minus_turned(q, s);
}

template <>
GDN_INLINE void butterfly<5>(const Complex8* a, Complex8* out) {
  constexpr float c1 = 0.309016994374947424f, c2 = -0.809016994374947424f;
  constexpr float s1 = 0.951056516295153572f, s2 = 0.587785252292473129f;
  const Complex8 p1 = plus(a[1], a[4]), m1 = minus(a[1], a[4]);
  const Complex8 p2 = plus(a[2], a[3]), m2 = minus(a[2], a[3]);
  const Complex8 u{a[0].re + c1 * p1.re + c2 * p2.re, a[0].im + c1 * p1.im + c2 * p2.im};
  const Complex8 v{a[0].re + c2 * p1.re + c1 * p2.re, a[0].im + c2 * p1.im + c1 * p2.im};
  const Complex8 x{s1 * m1.re + s2 * m2.re, s1 * m1.im + s2 * m2.im};
  const Complex8 y{s2 * m1.re - s1 * m2.re, s2 * m1.im - s1 * m2.im};
  out[0] = {a[0].re + p1.re + p2.re, a[0].im + p1.im + p2.im};
  out[1] = plus_turned(u, x);
  out[2] = plus_turned(v, y);
  out[3] = minus_turned(v, y);
  out[4] = minus_turned(u, x);
}

template <int Radix>
GDN_INLINE void pass(const Complex8* from, Complex8* to, int length, int stride,
                     const float* twiddles) {
  const int part = length / Radix;
  for (int p = 0; p < part; p++, twiddles += 2 * (Radix - 1)) {
    for (int q = 0; q < stride; q++) {
      Complex8 a[Radix], b[Radix];
      for (int j = 0; j < Radix; j++) a[j] = from[q + stride * (p + j * part)];
      butterfly<Radix>(a, b);
      Complex8* out = to + q + stride * Radix * p;
      out[0] = b[0];
      for (int k = 1; k < Radix; k++) out[k * stride] = times(b[k], twiddles + 2 * (k - 1));
    }
  }
}

GDN_VECTORISED void run_pass(int radix, const Complex8* from, Complex8* to, int length, int stride,
                             const float* twiddles) {
  switch (radix) {
    case 2: return pass<2>(from, to, length, stride, twiddles);
    case 3: return pass<3>(from, to, length, stride, twiddles);
    case 4: return pass<4>(from, to, length, stride, twiddles);
    default: return pass<5>(from, to, length, stride, twiddles);
  }
}

}  // namespace

LineTransform::LineTransform(int length) : length_(length) {
  int rest = length, stride = 1;
  for (const int radix : {5, 3, 4, 2}) {
    for (; rest % radix == 0; rest /= radix, stride *= radix) {
      Pass pass{radix, rest, stride, {}};
      for (int p = 0; p < rest / radix; p++) {
        for (int k = 1; k < radix; k++) {
          const double angle = -2 * CV_PI * p * k / rest;
          pass.twiddles.push_back(static_cast<float>(std::cos(angle)));
          pass.twiddles.push_back(static_cast<float>(std::sin(angle)));
        }
      }
      passes_.push_back(std::move(pass));
    }
  }
  CV_Assert(length >= 1 && rest == 1);
}

const LineTransform& LineTransform::of(int length) {
  static std::mutex lock;
  // Never destroyed: a thread of OpenCV may be in it while the process ends.
  static auto& known = *new std::map<int, std::unique_ptr<const LineTransform>>;
  const std::lock_guard<std::mutex> hold(lock);
  auto& made = known[length];
  if (made == nullptr) made = std::make_unique<const LineTransform>(length);
  return *made;
}

Complex8* LineTransform::forward(Complex8* line, Complex8* scratch) const {
  for (const Pass& p : passes_) {
    run_pass(p.radix, line, scratch, p.length, p.stride, p.twiddles.data());
    std::swap(line, scratch);
  }
  return line;
}

int transform_length(int at_least) {
  int length = cv::getOptimalDFTSize(at_least);
  while (length % 8 != 0) length = cv::getOptimalDFTSize(length + 1);
  return length;
}

}  // namespace gdn
