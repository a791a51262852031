#include "cancel.hpp"

#include "guard.hpp"
#include "structural.h"

int32_t gdn_sizeof_structural_query(void) { return sizeof(gdn_structural_query); }
int32_t gdn_sizeof_structural_answer(void) { return sizeof(gdn_structural_answer); }

int32_t gdn_structural_cancel(int32_t cancel, gdn_error* error) {
  return gdn::guard(error, [&] { gdn::searches_cancelled = cancel != 0; });
}
