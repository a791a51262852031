# arm64 on another machine: Debian's cross compiler, and Debian's arm64 packages unpacked at GDN_SYSROOT
# (tasks/compile/sysroot.ts).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES GDN_SYSROOT)
set(CMAKE_SYSROOT ${GDN_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
# Debian's alternatives of BLAS and LAPACK are links that only an installation makes.
add_link_options(-Wl,-rpath-link,${GDN_SYSROOT}/usr/lib/aarch64-linux-gnu/openblas-pthread)
