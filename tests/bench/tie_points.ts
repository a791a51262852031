/**
 * How wrong tie points are, over many grounds: the residuals of the matcher's correspondences under the
 * camera's true pose. From them follow what the pose (C4) may take for a tie point's own error and for
 * what neighbours share, what fixes over one ground have in common, and whether the pose's covariance
 * holds.
 *
 *     deno run -A tests/bench/tie_points.ts [--frames N] [--seeds 1,2,3] [--sites 1,2,4] [--data DIR]
 *       [--sigma M] [--elsewhere]
 *
 * Of a ground: *bias*, the mean over its frames (what a map is off by in the matcher's eyes, light and
 * shadows included); *shift*, the spread of the frames' means about it, 1 sigma of an axis; *within*,
 * the spread of the tie points in a frame; *fix*, mean squared error of the pose's position over its
 * variance, horizontally, less the bias: 2 is expected; *false*, poses over 10 m and 3 sigma off, with a
 * prior of `--sigma` and a map registered to 1.3 m.
 * A seed may be that of a special ground (orchards:1). With `--elsewhere` every prior is a place 120 m
 * from the true one: each pose is then a false one.
 * The last line is the semivariogram of the tie points in a frame, m² of an axis, by their distance in
 * tenths of the height.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  BODY_FROM_NADIR_CAMERA,
  LocalFrame,
  localFromBody,
  type Matrix3,
  matrixFromQuaternion,
  monotonicNs,
  quaternionMultiply,
  radiansFromDegrees,
  type Random,
  seededRandom,
  tileFromWgs,
  type Vector3,
} from "../../src/core/mod.ts";
import { AirborneConfigSchema } from "../../src/airborne/config.ts";
import { TileMap, type TileSource } from "../../src/navigation/map/mod.ts";
import { StructuralMatcher } from "../../src/navigation/matcher/mod.ts";
import { PlanarPoseSolver } from "../../src/navigation/pose/mod.ts";
import {
  encodeJpeg,
  openVision,
  type RayAndGround,
  RenderCamera,
  VisionFrame,
} from "../../src/native/vision/mod.ts";
import {
  CAMERA_LOOK,
  type GroundSource,
  GroundWindow,
  mapTile,
  openProcedural,
  PictureGround,
  readRasterFile,
} from "../../src/workstation/simulation/mod.ts";

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "12" },
    seeds: { type: "string", default: "1,2,3,4,5,6,7,8" },
    sites: { type: "string", default: "1,2,4" },
    sigma: { type: "string", default: "5" },
    elsewhere: { type: "boolean", default: false },
    data: { type: "string", default: "../shared/data/two_dates" },
  },
});
const CENTRE = { latitudeDeg: 48, longitudeDeg: 11, heightM: 0 };
const ZOOM = 18, REACH_M = 150, GSD_M = 0.5;
const CAMERA = {
  ...{ widthPx: 1280, heightPx: 960, fxPx: 1108.5, fyPx: 1108.5, cxPx: 639.5, cyPx: 479.5 },
  distortion: [0, 0, 0, 0, 0] as [number, number, number, number, number],
};
/** 1 sigma of what is believed of a frame: place, height, tilt and heading. */
const SIGMA_M = Number(values.sigma),
  ELSEWHERE_M = values.elsewhere ? 120 : 0,
  SIGMA_HEIGHT_M = 1,
  SIGMA_TILT_RAD = radiansFromDegrees(0.4);
const SIGMA_HEADING_RAD = radiansFromDegrees(0.7);
const MAP_SIGMA_M = 1.3, FALSE_M = 10, FALSE_SIGMAS = 3;
/** Residuals beyond are no tie points of this place, metres. */
const OUTLIER_M = 8;

const vision = openVision();
const config = AirborneConfigSchema.parse({});
const solver = new PlanarPoseSolver(vision, config.pose);
const BINS = 12;
const variogram = Array.from({ length: BINS }, () => ({ sum: 0, count: 0 }));

interface Residual {
  readonly atM: readonly [number, number];
  readonly offM: readonly [number, number];
}

/** Where each ray meets the ground by the true pose, and what the map says. */
function residualsOf(ties: readonly RayAndGround[], at: Vector3, r: Matrix3): Residual[] {
  return ties.map(({ rayX, rayY, eastM, northM }): Residual => {
    const down = -(r[6] * rayX + r[7] * rayY + r[8]);
    const east = at[0] + at[2] * (r[0] * rayX + r[1] * rayY + r[2]) / down;
    const north = at[1] + at[2] * (r[3] * rayX + r[4] * rayY + r[5]) / down;
    return { atM: [eastM, northM], offM: [eastM - east, northM - north] };
  }).filter(({ offM }) => Math.hypot(...offM) < OUTLIER_M);
}

/** Tiles painted as they are asked for. */
function tilesOf(ground: GroundSource): TileSource {
  const frame = new LocalFrame(ground.origin);
  const edgeM = 4 * REACH_M;
  const [west, east] = [[-edgeM, edgeM], [edgeM, -edgeM]].map(([e, n]) =>
    tileFromWgs(frame.wgsFromLocal([e, n, 0]), ZOOM)
  );
  return {
    zoom: ZOOM,
    tileBounds: { xMin: west.x, xMax: east.x + 1, yMin: west.y, yMax: east.y + 1 },
    hasTile: () => true,
    readTileJpeg: async (x, y) =>
      await encodeJpeg(vision, await mapTile(ground, frame, { zoom: ZOOM, x, y }), 88),
  };
}

interface FrameResult {
  readonly residuals: readonly Residual[];
  readonly heightM: number;
  /** Of the pose: error, and covariance [ee, en, nn]. */
  readonly fix: {
    readonly errorM: readonly [number, number];
    readonly covariance: readonly [number, number, number];
  } | null;
}

async function lookOnce(
  random: Random,
  ground: { readonly window: GroundWindow; readonly matcher: StructuralMatcher },
): Promise<FrameResult | null> {
  const place = () => REACH_M * (2 * random.uniform() - 1);
  const at: Vector3 = [place(), place(), 90 + 50 * random.uniform()];
  const attitude = {
    rollRad: 0.05 * random.normal(),
    pitchRad: 0.05 * random.normal(),
    yawRad: 2 * Math.PI * random.uniform(),
  };
  const cameraOf = (of: typeof attitude) =>
    matrixFromQuaternion(quaternionMultiply(localFromBody(of), BODY_FROM_NADIR_CAMERA));
  const moments = [{ positionLocalM: at, localFromCamera: cameraOf(attitude) }];
  const under = await ground.window.under(moments, () => Promise.resolve());
  using camera = new RenderCamera(vision, CAMERA);
  const look = { ...CAMERA_LOOK, gain: 1, noiseSeed: BigInt(random.integer(2 ** 31)) };
  const jpeg = await encodeJpeg(vision, await camera.view(under, moments, look), 88);
  const calibration = {
    ...{ id: "ideal", bodyFromCamera: BODY_FROM_NADIR_CAMERA, mountingSigmaDeg: 0.1 },
    ...CAMERA,
  };
  await using frame = await VisionFrame.decode(vision, jpeg, calibration, "frame");
  const believed = cameraOf({
    rollRad: attitude.rollRad + SIGMA_TILT_RAD * random.normal(),
    pitchRad: attitude.pitchRad + SIGMA_TILT_RAD * random.normal(),
    yawRad: attitude.yawRad + SIGMA_HEADING_RAD * random.normal(),
  });
  const heightM = at[2] + SIGMA_HEIGHT_M * random.normal();
  const match = await ground.matcher.match(frame, {
    positionLocalM: [
      at[0] + ELSEWHERE_M + SIGMA_M * random.normal(),
      at[1] + SIGMA_M * random.normal(),
      heightM,
    ],
    localFromCamera: believed,
    sigmaHorizontalM: SIGMA_M,
    sigmaHeadingRad: SIGMA_HEADING_RAD,
    sigmaHeightM: SIGMA_HEIGHT_M,
  });
  if (match.status === "no_match") return null;
  const pose = await solver.solve({
    timeNs: monotonicNs(0),
    correspondences: match.correspondences,
    guess: match,
    gsdM: match.gsdM,
    bodyFromCamera: BODY_FROM_NADIR_CAMERA,
    expected: {
      localFromCamera: believed,
      heightM,
      sigmaTiltRad: SIGMA_TILT_RAD,
      sigmaHeadingRad: SIGMA_HEADING_RAD,
      sigmaHeightM: SIGMA_HEIGHT_M,
    },
  });
  const residuals = residualsOf(match.correspondences, at, moments[0].localFromCamera);
  if (pose.status !== "fix") return { residuals, heightM: at[2], fix: null };
  const { positionLocalM: [e, n], covariance: c } = pose.posterior;
  const fix = { errorM: [e - at[0], n - at[1]], covariance: [c[0], c[1], c[7]] } as const;
  return { residuals, heightM: at[2], fix };
}

function isFalse({ errorM: [e, n], covariance: [ee, en, nn] }: NonNullable<FrameResult["fix"]>) {
  const variance = (ee + nn) / 2 + Math.hypot((ee - nn) / 2, en) + MAP_SIGMA_M ** 2;
  return Math.hypot(e, n) > Math.max(FALSE_M, FALSE_SIGMAS * Math.sqrt(variance));
}

const meanOf = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
const rmsOf = (list: readonly number[]) => Math.sqrt(meanOf(list.map((x) => x * x)));

function addToVariogram({ residuals, heightM }: FrameResult): void {
  residuals.forEach((a, i) => {
    for (const b of residuals.slice(0, i)) {
      const apart = Math.hypot(a.atM[0] - b.atM[0], a.atM[1] - b.atM[1]) / heightM;
      const bin = variogram[Math.min(BINS - 1, Math.floor(10 * apart))];
      bin.sum += ((a.offM[0] - b.offM[0]) ** 2 + (a.offM[1] - b.offM[1]) ** 2) / 4;
      bin.count++;
    }
  });
}

async function measure(name: string, map: GroundSource, world: GroundSource): Promise<void> {
  const random = seededRandom(name), count = Number(values.frames);
  using window = new GroundWindow(world, { vision, intrinsics: CAMERA, gsdM: GSD_M });
  const tiles = new TileMap(vision, tilesOf(map), new LocalFrame(CENTRE));
  const matcher = new StructuralMatcher(vision, tiles, config.structural);
  const frames: FrameResult[] = [];
  for (let i = 0; i < count; i++) {
    const frame = await lookOnce(random.fork(`${i}`), { window, matcher });
    if (frame !== null) frames.push(frame);
  }
  const wrong = frames.filter(({ fix }) => fix !== null && isFalse(fix)).length;
  const verdict = `${frames.length}/${count} matched, ${wrong} false`;
  const seen = frames.filter(({ residuals }) => residuals.length >= 8);
  if (seen.length === 0) return console.log(`${name.padEnd(24)} ${verdict}`);
  seen.forEach(addToVariogram);
  const shifts = seen.map(({ residuals }) =>
    [0, 1].map((axis) => meanOf(residuals.map(({ offM }) => offM[axis])))
  );
  const bias = [0, 1].map((axis) => meanOf(shifts.map((shift) => shift[axis])));
  const within = rmsOf(
    frames.flatMap(({ residuals }, i) =>
      residuals.flatMap(({ offM }) => [offM[0] - shifts[i][0], offM[1] - shifts[i][1]])
    ),
  );
  const nees = seen.flatMap(({ fix }) => {
    if (fix === null) return [];
    const [e, n] = [fix.errorM[0] - bias[0], fix.errorM[1] - bias[1]];
    const [ee, en, nn] = fix.covariance;
    return [(nn * e * e - 2 * en * e * n + ee * n * n) / (ee * nn - en * en)];
  });
  const spread = rmsOf(shifts.flatMap((shift) => [shift[0] - bias[0], shift[1] - bias[1]]));
  console.log(
    `${name.padEnd(24)} ${verdict}; bias ${bias[0].toFixed(2)} ` +
      `${bias[1].toFixed(2)} m; shift ${spread.toFixed(2)} m; within ${within.toFixed(2)} m; ` +
      `fix ${nees.length === 0 ? "–" : meanOf(nees).toFixed(2)}`,
  );
}

for (const site of values.sites.split(",").filter((text) => text !== "")) {
  const ground = async (name: string) =>
    new PictureGround({
      name,
      picture: await readRasterFile(`${values.data}/site_${site}/${name}.png`),
      centre: CENTRE,
      gsdM: 0.5,
    });
  await measure(`site ${site}`, await ground("map"), await ground("world"));
}
for (const seed of values.seeds.split(",").filter((text) => text !== "")) {
  const ground = (season: "map" | "world") => openProcedural({ seed, centre: CENTRE, season });
  await measure(`procedural ${seed}`, ground("map"), ground("world"));
}
console.log(
  `semivariogram: ${variogram.map(({ sum, count }) => (sum / count).toFixed(2)).join(" ")}`,
);
vision[Symbol.dispose]();
