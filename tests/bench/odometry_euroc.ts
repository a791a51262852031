/**
 * The odometry child alone over a sequence in EuRoC's form: the error of its positions against the truth.
 *
 *     deno run -A tests/bench/odometry_euroc.ts --pictures DIR,… --imu FILE --truth FILE --program FILE
 *         --vocabulary DIR [--from S] [--seconds S]
 *
 * Pictures are named by their time in nanoseconds (`…_0.jpg` is of the left camera, `…_1.jpg` is left out). Camera and
 * mounting are those of V1_01's left one.
 *
 * @module
 */
import { parseArgs } from "node:util";
import sharp from "sharp";
import type { Vector3 } from "../../src/core/mod.ts";
import type { OdometryImu } from "../../src/native/okvis2/mod.ts";
import { Odometer, Okvis2ConfigSchema } from "../../src/navigation/vio/mod.ts";

const { values } = parseArgs({
  options: {
    pictures: { type: "string", default: "" },
    imu: { type: "string", default: "" },
    truth: { type: "string", default: "" },
    program: { type: "string", default: "" },
    vocabulary: { type: "string", default: "" },
    from: { type: "string", default: "0" },
    seconds: { type: "string", default: "1000" },
  },
});
const WIDTH_PX = 752, HEIGHT_PX = 480;
/** Times lose less than a microsecond as numbers that count from here. */
const EPOCH = 1403715272000000000n;

const nanoseconds = (text: string) => Number(BigInt(text) - EPOCH);

async function rows(path: string): Promise<number[][]> {
  const lines = (await Deno.readTextFile(path)).trim().split("\n").slice(1);
  return lines.map((line) => {
    const [time, ...numbers] = line.trim().split(",");
    return [nanoseconds(time), ...numbers.map(Number)];
  });
}

async function pictures(): Promise<Map<number, string>> {
  const found: [number, string][] = [];
  for (const folder of values.pictures.split(",")) {
    for await (const { name } of Deno.readDir(folder)) {
      const time = /^(\d{19})(_0)?\.(png|jpg)$/.exec(name)?.[1];
      if (time !== undefined) found.push([nanoseconds(time), `${folder}/${name}`]);
    }
  }
  return new Map(found.toSorted(([a], [b]) => a - b));
}

/** Root mean square after the best turn about the vertical and shift; with `scales` the best scale, too. */
function error(pairs: readonly (readonly [Vector3, Vector3])[], scales: boolean) {
  const mean = (side: 0 | 1) =>
    [0, 1, 2].map((axis) => pairs.reduce((sum, pair) => sum + pair[side][axis], 0) / pairs.length);
  const [a, b] = [mean(0), mean(1)];
  const centred = pairs.map(([p, q]) => [p.map((v, i) => v - a[i]), q.map((v, i) => v - b[i])]);
  let dot = 0, cross = 0, own = 0, up = 0;
  for (const [p, q] of centred) {
    dot += p[0] * q[0] + p[1] * q[1];
    cross += p[0] * q[1] - p[1] * q[0];
    own += p[0] ** 2 + p[1] ** 2 + p[2] ** 2;
    up += p[2] * q[2];
  }
  const yaw = Math.atan2(cross, dot), sin = Math.sin(yaw), cos = Math.cos(yaw);
  const scale = scales ? (Math.hypot(dot, cross) + up) / own : 1;
  const sum = centred.reduce((sum, [p, q]) => {
    const x = scale * (cos * p[0] - sin * p[1]), y = scale * (sin * p[0] + cos * p[1]);
    return sum + (x - q[0]) ** 2 + (y - q[1]) ** 2 + (scale * p[2] - q[2]) ** 2;
  }, 0);
  return {
    scale: Number(scale.toFixed(3)),
    rmseM: Number(Math.sqrt(sum / pairs.length).toFixed(3)),
  };
}

const config = Okvis2ConfigSchema.parse({
  program: values.program,
  vocabulary: values.vocabulary,
  hangMs: 20_000,
});
const odometer = await Odometer.open({ ...config, spares: 0 });
odometer.start({
  widthPx: WIDTH_PX,
  heightPx: HEIGHT_PX,
  camera: [
    458.654,
    457.296,
    367.215,
    248.375,
    -0.28340811,
    0.07395907,
    1.9359e-4,
    1.76187114e-5,
    0,
  ],
  bodyFromCamera: [0.71230146, -0.00770718, 0.01049932, 0.70175280],
  imuNoise: [0.02, 0.002, 0.02, 2e-4, 0.1, 0.03],
  ...config,
  data: values.vocabulary,
});
while (!odometer.isReady) await new Promise((resolve) => setTimeout(resolve, 10));
const samples: OdometryImu[] = (await rows(values.imu)).map(([timeNs, p, q, r, x, y, z]) => ({
  timeNs,
  specificForceMps2: [x, y, z],
  angularRateRps: [p, q, r],
}));
const truth = await rows(values.truth);
const pairs: (readonly [Vector3, Vector3])[] = [], busyMs: number[] = [];
const asked = { frames: 0, wayM: 0 };
let beginNs = -1, before: Vector3 | null = null;
for (const [timeNs, path] of await pictures()) {
  if (beginNs < 0) beginNs = timeNs;
  const atS = (timeNs - beginNs) * 1e-9;
  if (atS < Number(values.from) || atS > Number(values.seconds)) continue;
  const past = samples.findIndex((sample) => sample.timeNs > timeNs + 25e6);
  odometer.addImu(samples.splice(0, past < 0 ? samples.length : past));
  const pixels = new Uint8Array(await sharp(path).greyscale().raw().toBuffer());
  const frame = { timeNs, widthPx: WIDTH_PX, heightPx: HEIGHT_PX, heightM: 0, pixels };
  const answer = await odometer.addFrame({ ...frame, down: [0, 0, 1] });
  asked.frames++;
  const [, x, y, z] = truth.find((row) => row[0] >= timeNs) ?? truth[0];
  if (before !== null) asked.wayM += Math.hypot(x - before[0], y - before[1], z - before[2]);
  before = [x, y, z];
  if (answer === null || answer.quality === "initialising" || answer.quality === "lost") continue;
  busyMs.push(answer.busyMs);
  pairs.push([answer.positionM, before]);
}
await odometer.close();
busyMs.sort((a, b) => a - b);
console.log(JSON.stringify({
  ...asked,
  answered: pairs.length,
  rigid: error(pairs, false),
  similar: error(pairs, true),
  busyMs: [0.5, 0.95].map((share) => Math.round(busyMs[Math.floor(share * (busyMs.length - 1))])),
}));
