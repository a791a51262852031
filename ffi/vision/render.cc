#include "render.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "lens.hpp"
#include "registry.hpp"
#include "relief.hpp"

namespace {

constexpr int kLevelsMax = 6;
constexpr int kPosesMax = 16;
/// Pixels that share one choice of level: the distance to the ground changes little among them.
constexpr int kSpanPx = 16;
/// What a pixel that looks over the horizon shows.
constexpr float kSky = 205.0f;

struct Camera : gdn::Counted {
  int width, height;
  double focal;
  float corner2 = 0;        ///< square of the longest ray's horizontal part
  std::vector<float> rays;  ///< x, y at z = 1 for every pixel
};

struct Level {
  int width, height;
  std::vector<uint8_t> pixels;
};

struct Ground : gdn::Counted {
  int channels;
  double west, north, gsd;
  std::vector<Level> levels;
  std::vector<double> relief;  ///< as it came; empty: flat
};

/// A ray meets rising ground after so many steps, each to the height under the last: it gains a digit at
/// each where slope times the ray's tangent is a tenth, and at half of 1 still 5 mm of 100 m.
constexpr int kReliefSteps = 14;

Level halved(const Level& from, int channels) {
  Level to{(from.width + 1) / 2, (from.height + 1) / 2, {}};
  to.pixels.resize(static_cast<size_t>(to.width) * to.height * channels);
  for (int y = 0; y < to.height; ++y) {
    const int y0 = 2 * y, y1 = std::min(2 * y + 1, from.height - 1);
    for (int x = 0; x < to.width; ++x) {
      const int x0 = 2 * x, x1 = std::min(2 * x + 1, from.width - 1);
      for (int c = 0; c < channels; ++c) {
        auto at = [&](int px, int py) {
          return from.pixels[(static_cast<size_t>(py) * from.width + px) * channels + c];
        };
        to.pixels[(static_cast<size_t>(y) * to.width + x) * channels + c] =
            static_cast<uint8_t>((at(x0, y0) + at(x1, y0) + at(x0, y1) + at(x1, y1) + 2) / 4);
      }
    }
  }
  return to;
}

/// Mirror at the outer edges of the border pixels: ... 1 0 | 0 1 2 ... n-1 | n-1 n-2 ...
inline int mirrored(int i, int n) {
  const int period = 2 * n;
  i %= period;
  if (i < 0) i += period;
  return i < n ? i : period - 1 - i;
}

/// The ray's hit in pixels of the full ground, as a ratio of two linear forms of (x, y, 1).
struct Projection {
  float u[3], v[3], w[3];
  float height;  ///< of the camera over the ground, metres

  Projection(const double* pose, const Ground& ground) {
    const double *p = pose, *r = pose + 3;
    for (int i = 0; i < 12; ++i) gdn::require(std::isfinite(pose[i]), "a pose is not finite");
    gdn::require(p[2] > 0, "the camera is not above the ground");
    const double u0 = (p[0] - ground.west) / ground.gsd - 0.5;
    const double v0 = (ground.north - p[1]) / ground.gsd - 0.5;
    const double scale = p[2] / ground.gsd;
    for (int i = 0; i < 3; ++i) {
      const double down = -r[6 + i];
      w[i] = static_cast<float>(down);
      u[i] = static_cast<float>(u0 * down + scale * r[i]);
      v[i] = static_cast<float>(v0 * down - scale * r[3 + i]);
    }
    height = static_cast<float>(p[2]);
  }
};

int level_for(const Projection& p, float x, float y, double focal, const Ground& ground) {
  const float down = p.w[0] * x + p.w[1] * y + p.w[2];
  if (down < 1e-3f) return static_cast<int>(ground.levels.size()) - 1;
  // Footprint of a pixel on the ground: geometric mean of its two sides.
  const float length = std::sqrt(x * x + y * y + 1);
  const float range = p.height * length / down;
  const float side = range / static_cast<float>(focal) * std::sqrt(length / down) / length;
  const float octaves = std::log2(side / static_cast<float>(ground.gsd));
  return std::clamp(static_cast<int>(std::lround(octaves)), 0,
                    static_cast<int>(ground.levels.size()) - 1);
}

template <int C>
inline void sample(const Level& level, float u, float v, float* sum) {
  // Floor by hand: std::floor is a function call on the x86-64 baseline.
  int x0 = static_cast<int>(u), y0 = static_cast<int>(v);
  x0 -= u < static_cast<float>(x0);
  y0 -= v < static_cast<float>(y0);
  const float a = u - static_cast<float>(x0), b = v - static_cast<float>(y0);
  int x1 = x0 + 1, y1 = y0 + 1;
  if (x0 < 0 || y0 < 0 || x1 >= level.width || y1 >= level.height) {
    x0 = mirrored(x0, level.width);
    x1 = mirrored(x1, level.width);
    y0 = mirrored(y0, level.height);
    y1 = mirrored(y1, level.height);
  }
  const uint8_t* top = level.pixels.data() + static_cast<size_t>(y0) * level.width * C;
  const uint8_t* bottom = level.pixels.data() + static_cast<size_t>(y1) * level.width * C;
  for (int c = 0; c < C; ++c) {
    const float t0 = top[x0 * C + c], t1 = top[x1 * C + c];
    const float b0 = bottom[x0 * C + c], b1 = bottom[x1 * C + c];
    const float upper = t0 + a * (t1 - t0), lower = b0 + a * (b1 - b0);
    sum[c] += upper + b * (lower - upper);
  }
}

/// Sums the moments of the exposure into `row` (width * C floats).
template <int C>
void accumulate_row(const Camera& camera, const Ground& ground, const Projection& p, int y,
                    float* row) {
  const float* rays = camera.rays.data() + static_cast<size_t>(y) * camera.width * 2;
  for (int x0 = 0; x0 < camera.width; x0 += kSpanPx) {
    const int x1 = std::min(camera.width, x0 + kSpanPx);
    const int chosen = level_for(p, rays[2 * x0], rays[2 * x0 + 1], camera.focal, ground);
    const Level& level = ground.levels[chosen];
    const float shrink = 1.0f / static_cast<float>(1 << chosen);
    const float shift = 0.5f * shrink - 0.5f;
    for (int x = x0; x < x1; ++x) {
      const float rx = rays[2 * x], ry = rays[2 * x + 1];
      const float down = p.w[0] * rx + p.w[1] * ry + p.w[2];
      if (down < 0.02f) {
        for (int c = 0; c < C; ++c) row[x * C + c] += kSky;
        continue;
      }
      const float inverse = shrink / down;
      const float u = (p.u[0] * rx + p.u[1] * ry + p.u[2]) * inverse + shift;
      const float v = (p.v[0] * rx + p.v[1] * ry + p.v[2]) * inverse + shift;
      sample<C>(level, u, v, row + x * C);
    }
  }
}

/// The same over ground with relief.
template <int C>
void accumulate_relief_row(const Camera& camera, const Ground& ground, const gdn::Relief& relief,
                           const double* pose, int y, float* row) {
  const float* rays = camera.rays.data() + static_cast<size_t>(y) * camera.width * 2;
  const double *p = pose, *r = pose + 3;
  const double over = std::max(1.0, p[2] - relief.up(p[0], p[1]));
  const double flat[12] = {p[0], p[1], over, r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8]};
  const Projection footprint(flat, ground);
  for (int x = 0; x < camera.width; ++x) {
    const double rx = rays[2 * x], ry = rays[2 * x + 1];
    const double down = -(r[6] * rx + r[7] * ry + r[8]);
    if (down < 0.02) {
      for (int c = 0; c < C; ++c) row[x * C + c] += kSky;
      continue;
    }
    const double east = (r[0] * rx + r[1] * ry + r[2]) / down;
    const double north = (r[3] * rx + r[4] * ry + r[5]) / down;
    double drop = over;
    for (int i = 0; i < kReliefSteps; ++i)
      drop = p[2] - relief.up(p[0] + east * drop, p[1] + north * drop);
    const int chosen = level_for(footprint, rays[2 * x], rays[2 * x + 1], camera.focal, ground);
    const float shrink = 1.0f / static_cast<float>(1 << chosen);
    const auto u = static_cast<float>((p[0] + east * drop - ground.west) / ground.gsd - 0.5);
    const auto v = static_cast<float>((ground.north - p[1] - north * drop) / ground.gsd - 0.5);
    sample<C>(ground.levels[chosen], (u + 0.5f) * shrink - 0.5f, (v + 0.5f) * shrink - 0.5f,
              row + x * C);
  }
}

struct Look {
  float gain, vignetting, noise, noise_per_level;
};

/// Light to grey levels: gain, vignetting, noise (sum of four uniform bytes: nearly normal).
template <int C>
void develop_row(const Camera& camera, const Look& look, int y, int moments, uint64_t seed,
                 const float* row, uint8_t* out) {
  const float* rays = camera.rays.data() + static_cast<size_t>(y) * camera.width * 2;
  uint64_t s = (seed + static_cast<uint64_t>(y) * 0x9e3779b97f4a7c15ull) | 1;
  s ^= s >> 31;
  s *= 0xbf58476d1ce4e5b9ull;
  s |= 1;
  uint32_t drawn = 0;
  const float fall = look.vignetting / camera.corner2, share = look.gain / moments;
  for (int x = 0; x < camera.width; ++x) {
    const float rx = rays[2 * x], ry = rays[2 * x + 1];
    const float light = share * (1 - fall * (rx * rx + ry * ry));
    for (int c = 0; c < C; ++c) {
      // One draw of 64 bits serves two samples.
      if (drawn ^= 1) {
        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
      }
      const uint32_t h = static_cast<uint32_t>(drawn ? s >> 32 : s);
      const int bytes = (h & 255) + ((h >> 8) & 255) + ((h >> 16) & 255) + (h >> 24);
      const float value = row[x * C + c] * light;
      const float sigma = look.noise + look.noise_per_level * value;
      const float noisy = value + (bytes - 510) * sigma * (1.0f / 147.8f);
      out[x * C + c] = static_cast<uint8_t>(std::clamp(noisy + 0.5f, 0.0f, 255.0f));
    }
  }
}

template <int C>
void render(const Camera& camera, const Ground& ground, const double* poses, int pose_count,
            const Look& look, uint64_t seed, uint8_t* pixels) {
  std::vector<float> row(static_cast<size_t>(camera.width) * C);
  std::vector<Projection> moments;
  gdn::Relief relief;
  const bool is_flat = ground.relief.empty();
  if (!is_flat)
    relief = gdn::Relief::from(ground.relief.data(), static_cast<int64_t>(ground.relief.size()));
  for (int i = 0; is_flat && i < pose_count; ++i) moments.emplace_back(poses + 12 * i, ground);
  for (int y = 0; y < camera.height; ++y) {
    std::fill(row.begin(), row.end(), 0.0f);
    for (const Projection& p : moments) accumulate_row<C>(camera, ground, p, y, row.data());
    for (int i = 0; !is_flat && i < pose_count; ++i)
      accumulate_relief_row<C>(camera, ground, relief, poses + 12 * i, y, row.data());
    develop_row<C>(camera, look, y, pose_count, seed, row.data(),
                   pixels + static_cast<size_t>(y) * camera.width * C);
  }
}

auto& cameras() { return gdn::Registry<Camera, gdn::HandleKind::kRenderCamera>::instance(); }
auto& grounds() { return gdn::Registry<Ground, gdn::HandleKind::kRenderGround>::instance(); }

}  // namespace

int32_t gdn_render_camera_create(const double* intrinsics, int32_t width_px, int32_t height_px,
                                 uint64_t* camera, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto lens = gdn::Lens::from(intrinsics);
    gdn::require(width_px > 0 && height_px > 0 && width_px <= 20000 && height_px <= 20000,
                 "a camera has 1 to 20000 pixels a side");
    const auto made = std::make_shared<Camera>();
    made->width = width_px;
    made->height = height_px;
    made->focal = std::sqrt(lens.fx * lens.fy);
    made->rays.resize(static_cast<size_t>(width_px) * height_px * 2);
    float* ray = made->rays.data();
    for (int y = 0; y < height_px; ++y) {
      for (int x = 0; x < width_px; ++x, ray += 2) {
        double rx, ry;
        gdn::require(lens.unproject(x, y, &rx, &ry), "the lens model folds over inside the picture");
        ray[0] = static_cast<float>(rx);
        ray[1] = static_cast<float>(ry);
        made->corner2 = std::max(made->corner2, ray[0] * ray[0] + ray[1] * ray[1]);
      }
    }
    *camera = cameras().insert(made);
  });
}

int32_t gdn_render_camera_free(uint64_t camera, gdn_error* error) {
  return gdn::guard(error, [&] { cameras().erase(camera); });
}

int32_t gdn_render_ground_create(const uint8_t* pixels, int32_t width_px, int32_t height_px,
                                 int32_t channels, const double* corner_m, double gsd_m,
                                 uint64_t* ground, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(pixels != nullptr && width_px > 0 && height_px > 0, "the ground has no pixels");
    gdn::require(channels == 1 || channels == 3, "channels must be 1 (grey) or 3 (RGB)");
    gdn::require(gsd_m > 0, "the ground sample distance must be positive");
    const auto made = std::make_shared<Ground>();
    made->channels = channels;
    made->west = corner_m[0];
    made->north = corner_m[1];
    made->gsd = gsd_m;
    const size_t bytes = static_cast<size_t>(width_px) * height_px * channels;
    made->levels.push_back({width_px, height_px, std::vector<uint8_t>(pixels, pixels + bytes)});
    while (static_cast<int>(made->levels.size()) < kLevelsMax &&
           std::min(made->levels.back().width, made->levels.back().height) > 16) {
      made->levels.push_back(halved(made->levels.back(), channels));
    }
    *ground = grounds().insert(made);
  });
}

int32_t gdn_render_ground_relief(uint64_t ground, const double* relief, int64_t count,
                                 gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto kept = grounds().get(ground);
    gdn::Relief::from(relief, count);
    kept->relief.assign(relief, relief + count);
  });
}

int32_t gdn_render_ground_free(uint64_t ground, gdn_error* error) {
  return gdn::guard(error, [&] { grounds().erase(ground); });
}

int32_t gdn_render_view(uint64_t camera, uint64_t ground, const double* poses, int32_t pose_count,
                        const double* look, uint64_t noise_seed, uint8_t* pixels,
                        int64_t pixels_bytes, gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto camera_kept = cameras().get(camera);
    const auto ground_kept = grounds().get(ground);
    const Camera& seen_by = *camera_kept;
    const Ground& seen = *ground_kept;
    gdn::require(pose_count >= 1 && pose_count <= kPosesMax, "an exposure has 1 to 16 moments");
    gdn::require(pixels_bytes ==
                     static_cast<int64_t>(seen_by.width) * seen_by.height * seen.channels,
                 "the pixel buffer does not have the picture's size");
    const Look how{static_cast<float>(look[0]), static_cast<float>(look[1]),
                   static_cast<float>(look[2]), static_cast<float>(look[3])};
    if (seen.channels == 1) {
      render<1>(seen_by, seen, poses, pose_count, how, noise_seed, pixels);
    } else {
      render<3>(seen_by, seen, poses, pose_count, how, noise_seed, pixels);
    }
  });
}
