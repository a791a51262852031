/**
 * Asks matchers about the frames of a flight one by one, each on its own: no filter keeps a wrong
 * answer out and none follows from the last one. The prior is the truth, made as wrong as an
 * estimate: what comes back goes through the pose (C4) and is held against the truth.
 *
 *     deno task evaluate --only two_dates_1 --keep      (says where the work folder is)
 *     deno run -A tests/bench/matcher_frames.ts --package DIR/package --flight DIR/flight
 *       [--matchers structural,features] [--every FRAMES] [--sigma M] [--heading-sigma DEG]
 *       [--tilt-sigma DEG] [--height-sigma M] [--elsewhere] [--config JSON] [--frames]
 *
 * `--elsewhere` sets every prior to another place of the map, out of reach of the search: each fix is
 * then a wrong one.
 * `--config` overrides settings of airborne: '{"features":{"inliersMin":20}}'. `--frames` adds a line
 * of JSON for each frame. The package stands with the first case of a site.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  localFromBody,
  matrixFromQuaternion,
  monotonicNs,
  percentile,
  quaternionMultiply,
  radiansFromDegrees,
  rollPitchYaw,
  seededRandom,
} from "../../src/core/mod.ts";
import { AirborneConfigSchema } from "../../src/airborne/config.ts";
import { openFlightPackage, packageFrame } from "../../src/flight/flight_package/mod.ts";
import { openRecordedFlight } from "../../src/flight/replay/mod.ts";
import { OnnxRuntime, unmeasured } from "../../src/navigation/inference/mod.ts";
import { TileMap } from "../../src/navigation/map/mod.ts";
import {
  type CrossDomainMatcher,
  FeatureMatcher,
  type PlaceHypothesis,
  SiftExtractor,
  StructuralMatcher,
  XfeatExtractor,
} from "../../src/navigation/matcher/mod.ts";
import { PlanarPoseSolver } from "../../src/navigation/pose/mod.ts";
import { openVision, VisionFrame } from "../../src/native/vision/mod.ts";
import { readTruth } from "./flight_truth.ts";

/** What is further off is wrong, metres; and what is further off than so many of its own 95 % radii. */
const WRONG_M = 30, WRONG_R95 = 3;
/** Radius of 95 % over the sigma of one axis, two degrees of freedom. */
const R95_PER_SIGMA = Math.sqrt(-2 * Math.log(0.05));

/** Least distance of another place, metres. */
const ELSEWHERE_M = 150;

const { values } = parseArgs({
  options: {
    package: { type: "string" },
    flight: { type: "string" },
    matchers: { type: "string", default: "structural,features" },
    every: { type: "string", default: "10" },
    sigma: { type: "string", default: "8" },
    "tilt-sigma": { type: "string", default: "0.5" },
    "heading-sigma": { type: "string", default: "1" },
    "height-sigma": { type: "string", default: "2" },
    elsewhere: { type: "boolean", default: false },
    config: { type: "string", default: "{}" },
    frames: { type: "boolean", default: false },
  },
});
if (values.package === undefined || values.flight === undefined) {
  console.error("matcher_frames needs --package DIR and --flight DIR");
  Deno.exit(64);
}
const sigmaTiltRad = radiansFromDegrees(Number(values["tilt-sigma"]));
const sigmaHeadingRad = radiansFromDegrees(Number(values["heading-sigma"]));
const sigmaHeightM = Number(values["height-sigma"]), sigmaHorizontalM = Number(values.sigma);

await using resources = new AsyncDisposableStack();
const vision = resources.use(openVision());
const flightPackage = await openFlightPackage(values.package);
const localFrame = packageFrame(flightPackage.manifest);
const map = new TileMap(vision, flightPackage.tiles, localFrame);
const config = AirborneConfigSchema.parse(JSON.parse(values.config));
const solver = new PlanarPoseSolver(vision, config.pose);

const MAKE: Readonly<Record<string, () => CrossDomainMatcher | Promise<CrossDomainMatcher>>> = {
  structural: () => new StructuralMatcher(vision, map, config.structural),
  features: () =>
    new FeatureMatcher(vision, map, new SiftExtractor(vision, config.features), config.features),
  onnx: async () => {
    const runtime = new OnnxRuntime({
      config: config.inference,
      thermalState: () => unmeasured(monotonicNs(0)),
      onEvent: () => {},
    });
    const extractor = await XfeatExtractor.open({
      runtime: resources.use(runtime),
      model: { path: config.modelPath },
      config: config.onnxMatcher,
      inputScale: () => 1,
    });
    return new FeatureMatcher(vision, map, resources.use(extractor), config.onnxMatcher);
  },
};

interface Tally {
  readonly matcher: CrossDomainMatcher;
  readonly errorsM: number[];
  readonly nees: number[];
  readonly wrong: number[];
  readonly milliseconds: number[];
  readonly reasons: Map<string, number>;
}
const tallies: Tally[] = [];
for (const name of values.matchers.split(",")) {
  const matcher = await MAKE[name]();
  tallies.push({
    matcher,
    errorsM: [],
    nees: [],
    wrong: [],
    milliseconds: [],
    reasons: new Map(),
  });
}

const truth = await readTruth(`${values.flight}/truth.csv`, localFrame);
const flight = await openRecordedFlight(values.flight);
const random = seededRandom("matcher frames");
const mapVarianceM2 = flightPackage.manifest.mapRegistrationSigmaM ** 2;
let index = 0, frames = 0;
for await (const event of flight.events()) {
  if (event.kind !== "frame" || index++ % Number(values.every) !== 0) continue;
  const { exposureMidNs, jpeg, calibration, sequence } = event.frame;
  const pose = truth.find((row) => row.timeNs >= exposureMidNs);
  if (pose === undefined) continue;
  frames++;
  await using picture = await VisionFrame.decode(vision, jpeg, calibration, `frame ${sequence}`);
  const { rollRad, pitchRad, yawRad } = rollPitchYaw(pose.localFromBody);
  const believed = localFromBody({
    rollRad: rollRad + sigmaTiltRad * random.normal(),
    pitchRad: pitchRad + sigmaTiltRad * random.normal(),
    yawRad: yawRad + sigmaHeadingRad * random.normal(),
  });
  const [east, north, height] = pose.positionLocalM;
  const [priorEastM, priorNorthM] = values.elsewhere ? otherPlace(east, north) : [east, north];
  const hypothesis: PlaceHypothesis = {
    positionLocalM: [
      priorEastM + sigmaHorizontalM * random.normal(),
      priorNorthM + sigmaHorizontalM * random.normal(),
      height + sigmaHeightM * random.normal(),
    ],
    localFromCamera: matrixFromQuaternion(quaternionMultiply(believed, calibration.bodyFromCamera)),
    sigmaHorizontalM,
    sigmaHeadingRad,
    sigmaHeightM,
  };
  for (const tally of tallies) {
    const startMs = performance.now();
    const outcome = await tally.matcher.match(picture, hypothesis);
    const fix = outcome.status === "no_match" ? null : await solver.solve({
      timeNs: monotonicNs(exposureMidNs),
      correspondences: outcome.correspondences,
      guess: outcome,
      gsdM: outcome.gsdM,
      bodyFromCamera: calibration.bodyFromCamera,
      expected: {
        localFromCamera: hypothesis.localFromCamera,
        heightM: hypothesis.positionLocalM[2],
        // Nobody has learnt the mounting yet.
        sigmaTiltRad: Math.hypot(sigmaTiltRad, radiansFromDegrees(calibration.mountingSigmaDeg)),
        sigmaHeadingRad,
        sigmaHeightM,
      },
    });
    tally.milliseconds.push(performance.now() - startMs);
    const reason = outcome.status === "no_match"
      ? outcome.reason
      : fix?.status === "rejected"
      ? fix.reason
      : "fix";
    tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1);
    let errorM: number | null = null, nees: number | null = null;
    if (fix?.status === "fix") {
      const [e, n] = fix.posterior.positionLocalM;
      const c = fix.posterior.covariance;
      // What the map is known to be off by is the estimator's affair in flight, and added here.
      const ee = c[0] + mapVarianceM2, nn = c[7] + mapVarianceM2, en = c[1];
      const de = e - east, dn = n - north;
      errorM = Math.hypot(de, dn);
      nees = (nn * de * de - 2 * en * de * dn + ee * dn * dn) / (ee * nn - en * en);
      tally.errorsM.push(errorM);
      tally.nees.push(nees);
      if (errorM > WRONG_M || Math.sqrt(nees) > WRONG_R95 * R95_PER_SIGMA) {
        tally.wrong.push(sequence);
      }
    }
    if (values.frames) {
      console.log(JSON.stringify({
        matcher: tally.matcher.strategyLabel,
        sequence,
        reason,
        score: outcome.score,
        margin: outcome.margin,
        hypotheses: outcome.hypotheses,
        ties: outcome.status === "matched" ? outcome.correspondences.length : 0,
        inliers: fix?.status === "fix" ? fix.inliers : 0,
        errorM,
        nees,
      }));
    }
  }
}

/** A place of the map that no search from the true one reaches. */
function otherPlace(eastM: number, northM: number): [eastM: number, northM: number] {
  const { eastMinM, eastMaxM, northMinM, northMaxM } = map.bounds;
  for (;;) {
    const east = eastMinM + random.uniform() * (eastMaxM - eastMinM);
    const north = northMinM + random.uniform() * (northMaxM - northMinM);
    if (Math.hypot(east - eastM, north - northM) > ELSEWHERE_M) return [east, north];
  }
}

for (const { matcher, errorsM, nees, wrong, milliseconds, reasons } of tallies) {
  const at = (list: readonly number[], p: number, digits: number) =>
    percentile(list, p)?.toFixed(digits) ?? "–";
  console.log(
    `${matcher.strategyLabel}: ${errorsM.length}/${frames} fixes, ${wrong.length} wrong; error p50 ` +
      `${at(errorsM, 0.5, 2)} p95 ${at(errorsM, 0.95, 2)} max ${at(errorsM, 1, 1)} m; NEES p50 ` +
      `${at(nees, 0.5, 2)} p95 ${at(nees, 0.95, 2)}; ${at(milliseconds, 0.5, 0)}/` +
      `${at(milliseconds, 0.95, 0)} ms; ${JSON.stringify(Object.fromEntries(reasons))}`,
  );
}
