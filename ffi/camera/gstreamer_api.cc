#include "gstreamer_api.hpp"

#include <dlfcn.h>
#include <stdlib.h>

#include <mutex>
#include <string>

#include "guard.hpp"

namespace gdn::camera::gst {
namespace {

constexpr const char kPackages[] =
    "sudo apt-get install libgstreamer-plugins-base1.0-0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good "
    "gstreamer1.0-libav";

[[noreturn]] void absent(const std::string& what) {
  throw Failure(GDN_NOT_FOUND, "GStreamer cannot be used: " + what + "; " + kPackages);
}

/// Never closed: plug-ins have threads of their own.
void* open_library(const char* name) {
  void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) absent(dlerror());
  return library;
}

Api find() {
  // A desktop's settings say whether there is a proxy. Where they cannot be read, as behind Landlock, the
  // library that asks for them ends the process (g_error).
  setenv("GIO_USE_PROXY_RESOLVER", "dummy", 1);
  setenv("GSETTINGS_BACKEND", "memory", 1);
  // It needs the others, so their symbols are found through it.
  void* library = open_library("libgstapp-1.0.so.0");
  Api api{};
#define GDN_FIND(result, name, parameters)                                        \
  api.name = reinterpret_cast<decltype(api.name)>(dlsym(library, #name));         \
  if (api.name == nullptr) absent("it has no " #name);
  GDN_GSTREAMER_FUNCTIONS(GDN_FIND)
#undef GDN_FIND
  return api;
}

}  // namespace

const Api& load() {
  static const Api api = find();  // tried again where it has thrown
  return api;
}

const Api& ready() {
  const Api& api = load();
  static std::mutex lock;
  static bool done = false;
  const std::lock_guard<std::mutex> alone(lock);
  if (done) return api;
  // Its plug-ins are looked at in this process: the filter of system calls starts no other.
  api.gst_registry_fork_set_enabled(0);
  Error* error = nullptr;
  if (!api.gst_init_check(nullptr, nullptr, &error)) {
    const std::string text = error == nullptr ? "it does not start" : error->message;
    if (error != nullptr) api.g_error_free(error);
    throw Failure(GDN_LIBRARY_FAILURE, "GStreamer: " + text);
  }
  done = true;
  return api;
}

}  // namespace gdn::camera::gst
