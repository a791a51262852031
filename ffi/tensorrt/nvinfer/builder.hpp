#pragma once
#include "backend.hpp"

namespace gdn::trt {

/// Throws GDN_TRT_BUILD_FAILED with what the parser or TensorRT reported.
PlanParts build_engine(const BuildRequest& request);

}  // namespace gdn::trt
