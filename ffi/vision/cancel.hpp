#ifndef GDN_VISION_CANCEL_HPP
#define GDN_VISION_CANCEL_HPP
#include <atomic>

namespace gdn {
/// Set by a program that ends: searches take seconds.
inline std::atomic<bool> searches_cancelled{false};
}  // namespace gdn

#endif
