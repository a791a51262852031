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
/** GTSAM's own fixed-lag smoother; built where gtsam_unstable is installed. */
const UNSTABLE = `${TEST_LIBRARIES}/libgdn_gtsam_unstable.so`;
/** GTSAM's pre-integration as a program; built where GTSAM is installed. */
export const GTSAM_PREINTEGRATION = `${TEST_LIBRARIES}/gdn_gtsam_preintegration`;

/** A plain smoother with the C ABI of the one over GTSAM. */
export function openReferenceSmoother(): GtsamLibrary {
  return openGtsam(`${TEST_LIBRARIES}/libgdn_gtsam_reference.so`, { allowReference: true });
}

/** GTSAM's own marginalises nodes that are no leaves, and fails for it now and then. */
export const FAILING_SMOOTHER = "gtsam_unstable";

/** The reference, and what was built over GTSAM where that is installed. */
export function openSmoothers(): readonly (readonly [string, GtsamLibrary])[] {
  const built = [["GTSAM", nativeLibraryPath("gtsam")], [FAILING_SMOOTHER, UNSTABLE]] as const;
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
