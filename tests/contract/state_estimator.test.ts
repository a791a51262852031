import assert from "node:assert/strict";
import { LocalFrame } from "../../src/core/mod.ts";
import { gtsamStatus, openGtsam } from "../../src/native/gtsam/mod.ts";
import { Eskf, isam2 } from "../../src/navigation/state_estimator/mod.ts";
import { openReferenceSmoother } from "../support/gtsam.ts";
import { isRequired } from "../support/tensorrt.ts";
import { stateEstimatorSuite } from "./state_estimator_suite.ts";

const frame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });
const options = { localFrame: frame };

stateEstimatorSuite("eskf", () => new Eskf(options));

const reference = openReferenceSmoother();
stateEstimatorSuite("isam2 on the reference", () => isam2(reference, options));

const { state, reason } = gtsamStatus();
if (state === "available") {
  const gtsam = openGtsam();
  stateEstimatorSuite("isam2 on GTSAM", () => isam2(gtsam, options));
} else {
  Deno.test({
    name: `isam2 on GTSAM passes the suite (skipped: GTSAM is ${state})`,
    ignore: !isRequired("gtsam"),
    fn: () => assert.fail(reason),
  });
}
