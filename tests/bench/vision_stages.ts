/**
 * The native pieces of a frame's turn, one after the other, by one or several builds of libgdn_vision
 * in turns: processor time of all threads, page faults aside, and how far the answers differ from
 * those of the first build.
 *
 * usage: deno run -A tests/bench/vision_stages.ts [LIBRARY…]
 *
 * @module
 */
import process from "node:process";
import { radiansFromDegrees } from "../../src/core/mod.ts";
import { nativeLibraryPath } from "../../src/core/native_library.ts";
import {
  encodeJpeg,
  matchStructure,
  openVision,
  type Picture,
  RenderCamera,
  RenderGround,
  type StructuralQuery,
  trackFrames,
  VisionFrame,
  type VisionLibrary,
} from "../../src/native/vision/mod.ts";
import {
  CALIBRATION,
  cameraRotation,
  type CameraStand,
  GROUND_GSD_M,
  paintedGround,
  PictureMap,
} from "../unit/vision_scene.ts";

const TURNS = 7;
const HEIGHT_M = 160;
/** The lens of the tests with four times the pixels: that of the demo flight. */
const CAMERA = {
  ...CALIBRATION,
  widthPx: 1280,
  heightPx: 960,
  fxPx: 2 * CALIBRATION.fxPx,
  fyPx: 2 * CALIBRATION.fyPx,
  cxPx: 2 * CALIBRATION.cxPx + 0.5,
  cyPx: 2 * CALIBRATION.cyPx + 0.5,
};

/** What the demo's matcher asks at that height. */
const SEARCH = {
  searchRadiusM: 20,
  headingHalfRangeRad: radiansFromDegrees(2.5),
  headingStepRad: radiansFromDegrees(2.5),
  scaleHalfRange: 0.03,
  scaleStep: 0.03,
  coarseGsdM: 1.23,
  fineGsdM: 0.615,
  extentMaxM: 185,
  blockSearchM: 4.3,
};

/** A piece's answer as numbers. */
type Piece = (vision: VisionLibrary) => Promise<number[]>;

function stand(eastM: number, headingDeg: number): CameraStand {
  return {
    positionLocalM: [eastM, 10, HEIGHT_M],
    attitude: { rollDeg: 3, pitchDeg: -2, headingDeg },
  };
}

async function pictures(vision: VisionLibrary, ground: Picture, stands: readonly CameraStand[]) {
  const halfM = ground.widthPx * GROUND_GSD_M / 2;
  using world = new RenderGround(vision, ground, {
    westM: -halfM,
    northM: halfM,
    gsdM: GROUND_GSD_M,
  });
  using camera = new RenderCamera(vision, CAMERA);
  return await Promise.all(stands.map(async ({ positionLocalM, attitude }) => {
    const poses = [{ positionLocalM, localFromCamera: cameraRotation(attitude) }];
    const look = { gain: 1, vignetting: 0.1, noise: 2, noisePerLevel: 0.01, noiseSeed: 1n };
    return await encodeJpeg(vision, await camera.view(world, poses, look), 90);
  }));
}

function query(change: Partial<StructuralQuery>): StructuralQuery {
  const { positionLocalM: [eastM, northM, heightM], attitude } = stand(0, 30);
  const localFromCamera = cameraRotation(attitude);
  return {
    ...{ localFromCamera, heightM, eastM: eastM + 4, northM: northM - 3, ...SEARCH },
    ...{ blocksX: 6, blocksY: 5, ...change },
  };
}

/** The frames live in the library that made them. */
async function pieces(
  vision: VisionLibrary,
  ground: Picture,
  jpegs: readonly Uint8Array<ArrayBuffer>[],
): Promise<Record<string, Piece> & AsyncDisposable> {
  const decode = (jpeg: Uint8Array<ArrayBuffer>) =>
    VisionFrame.decode(vision, jpeg, CAMERA, "bench");
  const [from, to] = await Promise.all(jpegs.map(decode));
  const map = new PictureMap(ground).mosaic();
  const match = (change: Partial<StructuralQuery>) => async () => {
    const { tiePoints, ...answer } = await matchStructure(vision, from, map, query(change));
    return [...Object.values(answer), ...tiePoints.flatMap((tie) => Object.values(tie))];
  };
  const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;
  return {
    decode: async () => {
      await using frame = await decode(jpegs[0]);
      return Object.values(frame.quality());
    },
    tracks: async () => {
      const { count, pairs } = await trackFrames(vision, from, to, [...identity], 300);
      return [count, ...pairs.subarray(0, 4 * count)];
    },
    "search, 9 hypotheses": match({ blocksX: 0, blocksY: 0 }),
    "search, 1 hypothesis": match({
      ...{ blocksX: 0, blocksY: 0, headingHalfRangeRad: 0, scaleHalfRange: 0 },
    }),
    "search and 30 blocks": match({}),
    [Symbol.asyncDispose]: async () => {
      await from.close();
      await to.close();
    },
  };
}

/** Largest difference of two answers; NaN where they are of different length. */
function difference(a: readonly number[], b: readonly number[]): number {
  return a.length !== b.length ? NaN : Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}

async function main(paths: readonly string[]): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const ground = paintedGround("bench");
  const libraries = paths.map((path) => stack.use(openVision(path)));
  const jpegs = await pictures(libraries[0], ground, [stand(0, 30), stand(4, 31)]);
  const builds: (Record<string, Piece> & AsyncDisposable)[] = [];
  for (const vision of libraries) builds.push(stack.use(await pieces(vision, ground, jpegs)));
  console.log("piece".padEnd(24) + "CPU ms / wall ms of each build, difference of the answers");
  for (const name of Object.keys(builds[0])) {
    const answers: number[][] = [], cpu: number[][] = [], wall: number[][] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      for (const [i, build] of builds.entries()) {
        const before = process.cpuUsage(), beginMs = performance.now();
        answers[i] = await build[name](libraries[i]);
        (wall[i] ??= []).push(performance.now() - beginMs);
        const { user, system } = process.cpuUsage(before);
        (cpu[i] ??= []).push((user + system) / 1e3);
      }
    }
    const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];
    const figures = builds.map((_, i) =>
      `${median(cpu[i]).toFixed(1).padStart(8)} /${median(wall[i]).toFixed(1).padStart(7)}` +
      (i === 0 ? "" : `  ${difference(answers[0], answers[i]).toExponential(1)}`)
    );
    console.log(name.padEnd(24) + figures.join(""));
  }
}

if (import.meta.main) await main(Deno.args.length > 0 ? Deno.args : [nativeLibraryPath("vision")]);
