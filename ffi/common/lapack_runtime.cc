// What Debian's reference BLAS and LAPACK ask of a Fortran or C run time, so that neither libgfortran nor
// code that is not position independent is linked. Both libraries leave the handler of wrong arguments to
// whoever installs them (LAPACK Users' Guide, "XERBLA").
#include <algorithm>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {

/// Called for an argument that a routine cannot take. OpenCV and FAISS check theirs before: a fault in them.
[[noreturn]] void xerbla_(const char *routine, const int32_t *argument, size_t length) {
  std::fprintf(stderr, "%.*s: wrong argument %d\n", static_cast<int>(length), routine, *argument);
  std::abort();
}

/// The same for the C interface of BLAS.
[[noreturn]] void cblas_xerbla(int argument, const char *routine, const char *format, ...) {
  std::fprintf(stderr, "%s: wrong argument %d: ", routine, argument);
  va_list values;
  va_start(values, format);
  std::vfprintf(stderr, format, values);
  va_end(values);
  std::abort();
}

/// Fortran's `//`, by which LAPACK makes the names that it looks up block sizes for: `out` has the joint
/// length (GCC, libgfortran/intrinsics/string_intrinsics_inc.c).
void _gfortran_concat_string(size_t length, char *out, size_t length_a, const char *a,
                             size_t length_b, const char *b) {
  const size_t from_a = std::min(length, length_a);
  const size_t from_b = std::min(length - from_a, length_b);
  std::memcpy(out, a, from_a);
  std::memcpy(out + from_a, b, from_b);
  std::memset(out + from_a + from_b, ' ', length - from_a - from_b);
}

}  // extern "C"
