/** Which libraries of the smoother tests open. */
import { existsSync } from "node:fs";
import { hasNativeLibrary, nativeLibraryPath } from "../../src/core/mod.ts";
import { type GtsamLibrary, openGtsam } from "../../src/native/gtsam/mod.ts";
import {
  Eskf,
  type EskfOptions,
  isam2,
  type StateEstimator,
} from "../../src/navigation/state_estimator/mod.ts";
import { REPOSITORY } from "./paths.ts";

const TEST_LIBRARIES = `${REPOSITORY}/build/test_lib`;
/** GTSAM without gtsam_unstable; built where GTSAM is installed. */
const WITHOUT_UNSTABLE = `${TEST_LIBRARIES}/libgdn_gtsam_isam2.so`;
/** GTSAM's pre-integration as a program; built where GTSAM is installed. */
export const GTSAM_PREINTEGRATION = `${TEST_LIBRARIES}/gdn_gtsam_preintegration`;

/** A plain smoother with the C ABI of the one over GTSAM. */
export function openReferenceSmoother(): GtsamLibrary {
  return openGtsam(`${TEST_LIBRARIES}/libgdn_gtsam_reference.so`, { allowReference: true });
}

/** The reference, and what was built over GTSAM where that is installed. */
export function openSmoothers(): readonly (readonly [string, GtsamLibrary])[] {
  const built = [["GTSAM", nativeLibraryPath("gtsam")], ["iSAM2 alone", WITHOUT_UNSTABLE]] as const;
  return [
    ["the reference", openReferenceSmoother()],
    ...built.flatMap(([name, path]) => existsSync(path) ? [[name, openGtsam(path)] as const] : []),
  ];
}

/** `eskf`; `isam2` where GDN_TEST_ESTIMATOR asks for it (`deno task campaign --only estimator`), on GTSAM if it is there. */
export function testedEstimator(options: EskfOptions): StateEstimator {
  if (Deno.env.get("GDN_TEST_ESTIMATOR") !== "isam2") return new Eskf(options);
  return isam2(hasNativeLibrary("gtsam") ? openGtsam() : openReferenceSmoother(), options);
}
