/** Which library of the smoother tests open. */
import { openGtsam } from "../../src/native/gtsam/mod.ts";
import { REPOSITORY } from "./paths.ts";

/** A plain smoother with the C ABI of the one over GTSAM. */
export const REFERENCE_SMOOTHER = `${REPOSITORY}/build/test_lib/libgdn_gtsam_reference.so`;

export function openReferenceSmoother() {
  return openGtsam(REFERENCE_SMOOTHER, { allowReference: true });
}
