/**
 * Measures what several frames together say of a place that one alone cannot tell: starts anywhere on
 * the map, a search a second, motion as odometry has it (scale, heading). Every frame is searched
 * once; a start is made at each of them.
 *
 *     deno run -A tests/bench/place_evidence.ts --package DIR/package --flight DIR/flight [--seconds S]
 *       [--for S] [--every S] [--within M] [--tilt-sigma DEG] [--heading-sigma DEG] [--height-sigma M] [--config JSON]
 *
 * `--within`: the start is known, with this sigma, and sought within three of them, as after a restart.
 * A line for each start and search: seconds, footprints, score, margin, and how far the place is off.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  localFromBody,
  matrixFromQuaternion,
  quaternionMultiply,
  rollPitchYaw,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import { PlaceEvidence, type PlaceScores } from "../../src/navigation/place_recognition/mod.ts";
import { VisionFrame } from "../../src/native/vision/mod.ts";
import { openSearchRig, SEARCH_OPTIONS } from "./search_rig.ts";

const { values } = parseArgs({
  options: {
    ...SEARCH_OPTIONS,
    every: { type: "string", default: "1" },
    seconds: { type: "string", default: "90" },
    from: { type: "string", default: "0" },
    for: { type: "string", default: "30" },
    within: { type: "string", default: "0" },
  },
});
const rig = await openSearchRig("place_evidence", values);
using vision = rig.vision;
const { search, reachM, truth, flight, sigmaTiltRad, sigmaHeadingRad, sigmaHeightM } = rig;
const random = seededRandom("place evidence");

interface Searched {
  readonly timeS: number;
  readonly positionM: Vector3;
  readonly scores: PlaceScores;
  readonly footprintM: number;
}
const searched: Searched[] = [];
let lastS = -Infinity, firstNs = NaN;
// Errors that stay: of attitude and height.
const [roll, pitch, yaw] = [sigmaTiltRad, sigmaTiltRad, sigmaHeadingRad].map((sigma) =>
  sigma * random.normal()
);
const heightErrorM = sigmaHeightM * random.normal();
const startMs = performance.now();
for await (const event of flight.events()) {
  if (event.kind !== "frame") continue;
  const { exposureMidNs, jpeg, calibration, sequence } = event.frame;
  if (Number.isNaN(firstNs)) firstNs = exposureMidNs;
  const timeS = (exposureMidNs - firstNs) * 1e-9;
  if (timeS > Number(values.seconds)) break;
  if (timeS < lastS + Number(values.every) - 0.01 || timeS < Number(values.from)) continue;
  const pose = truth.find((row) => row.timeNs >= exposureMidNs);
  if (pose === undefined) continue;
  lastS = timeS;
  await using picture = await VisionFrame.decode(vision, jpeg, calibration, `frame ${sequence}`);
  const { rollRad, pitchRad, yawRad } = rollPitchYaw(pose.localFromBody);
  const believed = localFromBody({
    rollRad: rollRad + roll,
    pitchRad: pitchRad + pitch,
    yawRad: yawRad + yaw,
  });
  const heightM = pose.positionLocalM[2] + heightErrorM;
  const { scores } = await search.propose(picture, {
    positionLocalM: [0, 0, heightM],
    localFromCamera: matrixFromQuaternion(quaternionMultiply(believed, calibration.bodyFromCamera)),
    sigmaHorizontalM: reachM,
    sigmaHeadingRad,
    sigmaHeightM,
  });
  const { widthPx, heightPx, fxPx } = calibration;
  searched.push({
    timeS,
    positionM: pose.positionLocalM,
    scores: scores!,
    footprintM: heightM * Math.sqrt(widthPx * heightPx) / fxPx,
  });
}
console.log(
  `# ${searched.length} searches, ${
    ((performance.now() - startMs) / searched.length).toFixed(0)
  } ms each, ` +
    `${searched[0].scores.columns} × ${searched[0].scores.rows} of ${
      searched[0].scores.gsdM.toFixed(2)
    } m`,
);

/** Odometry: scale and heading are wrong by as much. */
function moved(a: Searched, b: Searched): [number, number] {
  const east = b.positionM[0] - a.positionM[0], north = b.positionM[1] - a.positionM[1];
  const scale = 1.01, c = Math.cos(yaw), s = Math.sin(yaw);
  return [scale * (c * east + s * north), scale * (c * north - s * east)];
}

const withinM = Number(values.within);

/** What is searched when the start is known to `--within`. */
function part({ scores, positionM }: Searched): PlaceScores {
  if (withinM === 0) return scores;
  const { westM, northM, gsdM, columns, rows } = scores;
  const eastM = positionM[0] + withinM * random.normal();
  const middleM = positionM[1] + withinM * random.normal();
  const side = 2 * Math.ceil(3 * withinM / gsdM) + 1;
  const left = Math.round((eastM - westM) / gsdM) - (side - 1) / 2;
  const top = Math.round((northM - middleM) / gsdM) - (side - 1) / 2;
  const cells = Float32Array.from({ length: side * side }, (_, i) => {
    const x = left + i % side, y = top + Math.floor(i / side);
    return x < 0 || y < 0 || x >= columns || y >= rows ? -1 : scores.scores[y * columns + x];
  });
  const corner = { westM: westM + left * gsdM, northM: northM - top * gsdM };
  return { ...corner, gsdM, columns: side, rows: side, scores: cells };
}

for (let start = 0; start < searched.length - 3; start++) {
  const first = searched[start];
  const evidence = new PlaceEvidence(part(first));
  for (let i = start; i < searched.length; i++) {
    const at = searched[i];
    if (at.timeS - first.timeS > Number(values.for)) break;
    const motion: [number, number] = i === start ? [0, 0] : moved(searched[i - 1], at);
    if (i > start) {
      evidence.add(at.scores, motion, Math.min(1, Math.hypot(...motion) / at.footprintM));
    }
    const place = evidence.best(0.25 * at.positionM[2]);
    const offM = Math.hypot(place.eastM - at.positionM[0], place.northM - at.positionM[1]);
    console.log(
      [
        first.timeS.toFixed(0),
        (at.timeS - first.timeS).toFixed(1),
        evidence.footprints.toFixed(2),
        place.score.toFixed(3),
        place.margin.toFixed(3),
        offM.toFixed(1),
      ].join(" "),
    );
  }
}
