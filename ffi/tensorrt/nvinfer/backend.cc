// The backend over NVIDIA's TensorRT.
#include "backend.hpp"

#include "build_info.hpp"
#include "builder.hpp"
#include "engine.hpp"
#include "jetpack.hpp"

namespace gdn::trt {

namespace {

class NvinferBackend final : public Backend {
 public:
  gdn_trt_status status() override {
    const Nvidia& nvidia = Nvidia::instance();
    gdn_trt_status status{};
    status.backend = GDN_TRT_BACKEND_TENSORRT;
    status.state = nvidia.state;
    const auto headers = version_parts(static_cast<int32_t>(NV_TENSORRT_VERSION));
    const auto library = version_parts(nvidia.infer.version);
    for (size_t i = 0; i < 3; ++i) {
      status.headers_version[i] = headers[i];
      status.library_version[i] = library[i];
    }
    const bool can_build = nvidia.state == GDN_TRT_AVAILABLE && nvidia.parser.state == GDN_TRT_AVAILABLE;
    status.can_build = can_build ? 1 : 0;
    copy_text(status.reason, nvidia.state != GDN_TRT_AVAILABLE ? nvidia.reason : nvidia.parser.reason);
    return status;
  }

  gdn_trt_device device(int32_t index) override {
    const Cuda& cuda = Nvidia::instance().cuda;
    const char* what = "the GPU does not answer";
    cuda.check(cuda.set_device(index), GDN_TRT_NOT_AVAILABLE, what);
    int major = 0, minor = 0;
    cuda.check(cuda.device_get_attribute(&major, cudaDevAttrComputeCapabilityMajor, index),
               GDN_TRT_NOT_AVAILABLE, what);
    cuda.check(cuda.device_get_attribute(&minor, cudaDevAttrComputeCapabilityMinor, index),
               GDN_TRT_NOT_AVAILABLE, what);
    size_t free = 0, total = 0;
    cuda.check(cuda.mem_get_info(&free, &total), GDN_TRT_NOT_AVAILABLE, what);
    gdn_trt_device facts{};
    facts.sm = major * 10 + minor;
    facts.memory_free_bytes = static_cast<int64_t>(free);
    facts.memory_total_bytes = static_cast<int64_t>(total);
    const JetPack jetpack = read_jetpack("");
    copy_text(facts.jetpack, jetpack.version);
    copy_text(facts.l4t, jetpack.l4t);
    return facts;
  }

  PlanParts build(const BuildRequest& request) override {
    const SharedLibrary& parser = Nvidia::instance().parser;
    if (parser.state != GDN_TRT_AVAILABLE) {
      throw Failure(GDN_TRT_NOT_AVAILABLE, "no ONNX parser: " + parser.reason);
    }
    return build_engine(request);
  }

  std::unique_ptr<Engine> load(Span bytes, int32_t device) override {
    return std::make_unique<NvinferEngine>(bytes, device);
  }
};

}  // namespace

Backend& backend() {
  static auto* const only = new NvinferBackend();
  return *only;
}

}  // namespace gdn::trt

int32_t gdn_tensorrt_build_info(char* json, int64_t capacity, int64_t* length, gdn_error* error) {
  [[gnu::used]] static const char kInfo[] = GDN_BUILD_INFO(
      "tensorrt", GDN_TENSORRT_ABI,
      GDN_BUILT_FROM("TensorRT", GDN_TEXT(NV_TENSORRT_MAJOR) "." GDN_TEXT(NV_TENSORRT_MINOR) "." GDN_TEXT(
                                     NV_TENSORRT_PATCH)));
  return gdn::copy_build_info(kInfo, json, capacity, length, error);
}
