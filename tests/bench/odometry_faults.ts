/**
 * How long until an odometry that is killed, or stopped, counts as lost, and until it is ready again, at 20 frames a
 * second, `hangMs` as it is configured by default. Wall time: alone on the machine. Without a program: the reference of
 * the tests.
 *
 *     deno run -A tests/bench/odometry_faults.ts [PROGRAM VOCABULARY]
 *
 * @module
 */
import { Odometer, Okvis2ConfigSchema } from "../../src/navigation/vio/mod.ts";
import { REFERENCE_ODOMETRY } from "../support/odometry.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const [program = REFERENCE_ODOMETRY, vocabulary = ""] = Deno.args;
const config = Okvis2ConfigSchema.parse({ program, vocabulary, allowReference: true });
const odometer = await Odometer.open(config);
odometer.start({
  widthPx: 640,
  heightPx: 480,
  camera: [555, 555, 319.5, 239.5, 0, 0, 0, 0, 0],
  bodyFromCamera: [1, 0, 0, 0],
  imuNoise: [0.05, 0.002, 0.001, 1e-5, 0.1, 0.01],
  ...config,
  data: vocabulary,
});
const pixels = crypto.getRandomValues(new Uint8Array(65_536));
const picture = Uint8Array.from({ length: 640 * 480 }, (_, i) => pixels[i % 65_536]);
let timeNs = 1e9;
const feeding = setInterval(() => {
  const samples = Array.from({ length: 10 }, (_, i) => ({
    timeNs: timeNs + (i - 4) * 5e6,
    specificForceMps2: [0, 0, -9.8] as const,
    angularRateRps: [0, 0, 0] as const,
  }));
  odometer.addImu(samples);
  void odometer.addFrame({
    timeNs,
    widthPx: 640,
    heightPx: 480,
    heightM: 50,
    down: [0, 0, 1],
    pixels: picture,
  });
  timeNs += 50e6;
}, 50);
/** The process that computes, when it has lived for a while. */
async function settledWorker(): Promise<number> {
  const now = async () =>
    Number((await Deno.readTextFile(`/proc/${odometer.pid}/task/${odometer.pid}/children`)).trim());
  for (;;) {
    const before = await now();
    await pause(300);
    if (before > 0 && odometer.isReady && before === await now()) return before;
  }
}

for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
  const lost: number[] = [], ready: number[] = [];
  for (let i = 0; i < 5; i++) {
    const worker = await settledWorker();
    const beginMs = performance.now();
    Deno.kill(worker, signal);
    while (odometer.fault === "") await pause(1);
    lost.push(Math.round(performance.now() - beginMs));
    while (!odometer.isReady) await pause(1);
    ready.push(Math.round(performance.now() - beginMs));
  }
  console.log(
    `${signal} of what computes: lost after ${lost.join(", ")} ms; ready after ${
      ready.join(", ")
    } ms`,
  );
}
clearInterval(feeding);
await odometer.close();
