/**
 * `isam2`: the estimator whose state is a fixed-lag smoother's (GTSAM's iSAM2 through ffi/gtsam). Gates, trust in GPS,
 * witnesses, labels and doubts are those of `eskf`, and judge by the smoother's state; between two measurements the
 * filter carries it on.
 *
 * @module
 */
import type { GtsamLibrary } from "../../native/gtsam/mod.ts";
import type { StateEstimator } from "./contract.ts";
import { Eskf } from "./eskf.ts";
import type { EskfOptions } from "./eskf_options.ts";
import { FixedLagSmoother } from "./fixed_lag_smoother.ts";

export function isam2(
  library: GtsamLibrary,
  options: Omit<EskfOptions, "smoother">,
): StateEstimator {
  return new Eskf({
    ...options,
    smoother: {
      label: "isam2",
      create: (parts) => new FixedLagSmoother({ library, ...parts }),
    },
  });
}
