// host_probe library NAME VERSION SYMBOL…   prints state, version and reason, one a line
// host_probe jetpack ROOT                   prints JetPack and Jetson Linux, one a line
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "jetpack.hpp"
#include "shared_library.hpp"

int main(int count, char** values) {
  if (count >= 4 && std::strcmp(values[1], "library") == 0) {
    gdn::trt::LibraryWish wish{{values[2]}, {}, "getInferLibVersion", std::atoi(values[3])};
    for (int i = 4; i < count; ++i) wish.symbols.emplace_back(values[i]);
    const auto library = gdn::trt::open_shared_library(wish);
    std::cout << library.state << '\n'
              << gdn::trt::version_text(library.version) << '\n'
              << library.reason << '\n';
    return 0;
  }
  if (count == 3 && std::strcmp(values[1], "jetpack") == 0) {
    const auto jetpack = gdn::trt::read_jetpack(values[2]);
    std::cout << jetpack.version << '\n' << jetpack.l4t << '\n';
    return 0;
  }
  return 64;
}
