/**
 * Measures the exhaustive search: how often is its first place, or one of its places, the right one?
 * Every frame is asked on its own, over the whole map of the package, with the attitude and height
 * of the truth made as wrong as a flight controller's.
 *
 *     deno task evaluate --only two_dates_1 --keep      (says where the work folder is)
 *     deno run -A tests/bench/place_search.ts --package DIR/package --flight DIR/flight
 *       [--every FRAMES] [--tilt-sigma DEG] [--heading-sigma DEG] [--height-sigma M]
 *       [--config JSON] [--frames]
 *
 * `--config` overrides settings of place recognition: '{"exhaustiveWidthPx":100}'. `--frames` adds a
 * line for each frame. The contrast floors and the radius of the local mean are constants of
 * ffi/vision (cfog.hpp, correlate.cc): change them there and build to measure others.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  localFromBody,
  matrixFromQuaternion,
  median,
  quaternionMultiply,
  rollPitchYaw,
  seededRandom,
} from "../../src/core/mod.ts";
import { VisionFrame } from "../../src/native/vision/mod.ts";
import { openSearchRig, SEARCH_OPTIONS } from "./search_rig.ts";

/** A place this near is the right one, metres. */
const RIGHT_M = 15;

const { values } = parseArgs({
  options: {
    ...SEARCH_OPTIONS,
    every: { type: "string", default: "10" },
    frames: { type: "boolean", default: false },
  },
});
const rig = await openSearchRig("place_search", values);
using vision = rig.vision;
const { search, reachM, truth, flight, sigmaTiltRad, sigmaHeadingRad, sigmaHeightM } = rig;
const random = seededRandom("place search");
const ranks: number[] = [], milliseconds: number[] = [];
let index = 0;
for await (const event of flight.events()) {
  if (event.kind !== "frame" || index++ % Number(values.every) !== 0) continue;
  const { exposureMidNs, jpeg, calibration, sequence } = event.frame;
  const pose = truth.find((row) => row.timeNs >= exposureMidNs);
  if (pose === undefined) continue;
  await using picture = await VisionFrame.decode(vision, jpeg, calibration, `frame ${sequence}`);
  const { rollRad, pitchRad, yawRad } = rollPitchYaw(pose.localFromBody);
  const believed = localFromBody({
    rollRad: rollRad + sigmaTiltRad * random.normal(),
    pitchRad: pitchRad + sigmaTiltRad * random.normal(),
    yawRad: yawRad + sigmaHeadingRad * random.normal(),
  });
  const heightM = pose.positionLocalM[2] + sigmaHeightM * random.normal();
  const startMs = performance.now();
  const { hypotheses } = await search.propose(picture, {
    positionLocalM: [0, 0, heightM],
    localFromCamera: matrixFromQuaternion(
      quaternionMultiply(believed, calibration.bodyFromCamera),
    ),
    sigmaHorizontalM: reachM,
    sigmaHeadingRad,
    sigmaHeightM,
  });
  milliseconds.push(performance.now() - startMs);
  const offM = hypotheses.map(({ positionLocalM: [east, north] }) =>
    Math.hypot(east - pose.positionLocalM[0], north - pose.positionLocalM[1])
  );
  ranks.push(offM.findIndex((value) => value < RIGHT_M));
  if (values.frames) {
    console.log(`frame ${sequence}: rank ${ranks.at(-1)}, first ${offM[0]?.toFixed(1)} m off`);
  }
}
const within = (count: number) => ranks.filter((rank) => rank >= 0 && rank < count).length;
console.log(
  `first place right ${within(1)}/${ranks.length}, among three ${within(3)}, ` +
    `among all ${within(Infinity)}; ${median(milliseconds)?.toFixed(0)} ms a search (median)`,
);
