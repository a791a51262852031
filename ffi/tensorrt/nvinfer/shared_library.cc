#include "shared_library.hpp"

#include <dlfcn.h>
#include <elf.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "tensorrt.h"

namespace gdn::trt {

namespace {

std::string last_dl_error() {
  const char* message = dlerror();
  return message == nullptr ? "no reason given" : message;
}

// The dynamic loader maps a file that is cut short and dies of SIGBUS, uncatchably: so a file whose
// segments or section headers lie beyond its end is refused before. What is no 64-bit ELF file is left to
// the loader, which says so.
bool is_cut_short(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return false;
  const auto size = static_cast<uint64_t>(file.tellg());
  Elf64_Ehdr header{};
  file.seekg(0);
  if (size < sizeof header || !file.read(reinterpret_cast<char*>(&header), sizeof header)) return false;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) return false;
  if (header.e_shoff + uint64_t{header.e_shnum} * header.e_shentsize > size) return true;
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    if (!file.read(reinterpret_cast<char*>(&segment), sizeof segment)) return true;
    if (segment.p_type == PT_LOAD && segment.p_offset + segment.p_filesz > size) return true;
  }
  return false;
}

// Where the loader looks for a bare name first, as far as that can be told from outside.
std::vector<std::string> places_of(const std::string& name) {
  if (name.find('/') != std::string::npos) return {name};
  std::vector<std::string> places;
  const char* listed = std::getenv("LD_LIBRARY_PATH");
  std::istringstream folders(std::string(listed == nullptr ? "" : listed) +
                             ":/usr/local/cuda/lib64:/usr/lib/aarch64-linux-gnu:/usr/lib/x86_64-linux-gnu:"
                             "/usr/lib64:/usr/lib:/usr/local/lib");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty()) places.push_back(folder + "/" + name);
  }
  return places;
}

SharedLibrary refuse(void* handle, int32_t state, const std::string& reason, int32_t version) {
  dlclose(handle);
  SharedLibrary refused;
  refused.state = state;
  refused.reason = reason;
  refused.version = version;
  return refused;
}

}  // namespace

void* SharedLibrary::symbol(const std::string& name) const {
  return handle == nullptr ? nullptr : dlsym(handle, name.c_str());
}

std::vector<int32_t> version_parts(int32_t version) {
  const int32_t major_unit = version >= 100000 ? 10000 : 1000;
  return {version / major_unit, version % major_unit / 100, version % 100};
}

std::string version_text(int32_t version) {
  const auto parts = version_parts(version);
  return std::to_string(parts[0]) + "." + std::to_string(parts[1]) + "." + std::to_string(parts[2]);
}

SharedLibrary open_shared_library(const LibraryWish& wish) {
  SharedLibrary library;
  std::string reasons;
  std::string opened;
  for (const std::string& name : wish.names) {
    for (const std::string& place : places_of(name)) {
      if (!is_cut_short(place)) continue;
      library.state = GDN_TRT_ABSENT;
      library.reason = place + " is cut short: install it again";
      return library;
    }
    library.handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    opened = name;
    if (library.handle != nullptr) break;
    reasons += (reasons.empty() ? "" : "; ") + last_dl_error();
  }
  if (library.handle == nullptr) {
    library.state = GDN_TRT_ABSENT;
    library.reason = reasons;
    return library;
  }
  if (!wish.version_symbol.empty()) {
    using VersionOf = int32_t (*)();
    const auto version_of = reinterpret_cast<VersionOf>(library.symbol(wish.version_symbol));
    if (version_of == nullptr) {
      return refuse(library.handle, GDN_TRT_WRONG_VERSION,
                    opened + " has no " + wish.version_symbol + ": it is no TensorRT", 0);
    }
    library.version = version_of();
    if (library.version != wish.version) {
      return refuse(library.handle, GDN_TRT_WRONG_VERSION,
                    opened + " is version " + version_text(library.version) +
                        ", this program was built for " + version_text(wish.version),
                    library.version);
    }
  }
  for (const std::string& name : wish.symbols) {
    if (library.symbol(name) != nullptr) continue;
    return refuse(library.handle, GDN_TRT_WRONG_VERSION, opened + " has no " + name, library.version);
  }
  library.state = GDN_TRT_AVAILABLE;
  return library;
}

}  // namespace gdn::trt
