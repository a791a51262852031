// Eigen's version for build_info.hpp.
#pragma once
#include <Eigen/Core>

#include "build_info.hpp"

#define GDN_BUILT_FROM_EIGEN                                                              \
  GDN_BUILT_FROM("Eigen", GDN_TEXT(EIGEN_WORLD_VERSION) "." GDN_TEXT(EIGEN_MAJOR_VERSION) "." \
                              GDN_TEXT(EIGEN_MINOR_VERSION))
