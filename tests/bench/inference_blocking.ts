/**
 * Whether a model that runs holds up the flight: a timer of 10 Hz, as the position output is, beside XFeat on
 * 640 × 480 pictures one after the other. Gaps between the timer's calls, with nothing else, with
 * OnnxRuntime (a thread of its own), with a plain session on the same thread, and in the whole flight loop with
 * the matcher onnx over a recorded flight.
 *
 * usage: deno run -A tests/bench/inference_blocking.ts MODEL SECONDS [FLIGHT PACKAGE]
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import {
  InferenceConfigSchema,
  OnnxRuntime,
  tensor,
  unmeasured,
} from "../../src/navigation/inference/mod.ts";
import { monotonicNs } from "../../src/core/mod.ts";

const [path, seconds, flightPath, packagePath] = Deno.args;
const DURATION_MS = 1000 * Number(seconds);
const PERIOD_MS = 100;
const SHAPE = [1, 1, 480, 640];
const picture = tensor("input", "float32", SHAPE);
for (let i = 0; i < picture.data.length; i++) picture.data[i] = (Math.sin(i / 7) + 1) / 2;

/** Gaps of the timer, and how many runs there were, while `run` is called again and again. */
async function measure(name: string, run: (() => Promise<unknown>) | null): Promise<void> {
  const gaps: number[] = [];
  let last = performance.now();
  const endMs = last + DURATION_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  }, PERIOD_MS);
  let runs = 0;
  if (run === null) await new Promise((resolve) => setTimeout(resolve, DURATION_MS));
  else for (; performance.now() < endMs; runs++) await run();
  clearInterval(timer);
  gaps.sort((a, b) => a - b);
  const at = (share: number) => gaps[Math.min(gaps.length - 1, Math.floor(share * gaps.length))];
  const ms = runs === 0 ? "" : `${(DURATION_MS / runs).toFixed(1).padStart(7)} ms a run`;
  console.log(
    `${name.padEnd(34)} gap p50 ${at(0.5).toFixed(1)}  p95 ${at(0.95).toFixed(1)}  ` +
      `max ${at(1).toFixed(1)} ms  of ${gaps.length}${ms}`,
  );
}

await measure("nothing else", null);
for (const intraOpThreads of [1, 2]) {
  await using runtime = new OnnxRuntime({
    config: InferenceConfigSchema.parse({ intraOpThreads }),
    thermalState: () => unmeasured(monotonicNs(0)),
    onEvent: () => {},
  });
  const engine = await runtime.deserializeEngine({ path });
  await measure(`OnnxRuntime, ${intraOpThreads} thread(s)`, () => runtime.infer(engine, [picture]));
}
const session = await ort.InferenceSession.create(path, { intraOpNumThreads: 1 });
const feed = new ort.Tensor("float32", picture.data as Float32Array, SHAPE);
await measure("plain session, 1 thread", () => session.run({ input: feed }));
await session.release();
if (flightPath !== undefined) {
  const { composeAirborne } = await import("../../src/airborne/compose.ts");
  const { AirborneConfigSchema } = await import("../../src/airborne/config.ts");
  const { replayFlight } = await import("../../src/airborne/replay_flight.ts");
  const flight = {
    ...{
      flightPath,
      packagePath,
      configPath: null,
      modelPath: path,
      trustFolder: null,
      recorderFolder: null,
    },
    ...{
      packageSha256: null,
      tilesFolder: null,
      thermalFolder: null,
      json: false,
      strict: true,
      irregular: false,
      groundAltitudeM: null,
      posesPath: null,
      focalLength35Mm: null,
      positionsPath: null,
      reportPath: null,
      noSyscallFilter: true,
    },
  };
  for (const matcher of ["structural", "onnx"]) {
    const config = AirborneConfigSchema.parse({ modelPath: path, strategies: { matcher } });
    await measure(`flight loop, matcher ${matcher}`, () =>
      replayFlight(
        { composeAirborne, openTileStore: () => Promise.reject(new Error("makes no tiles")) },
        flight,
        { own: config, with: () => ({ config, overridden: [] }) },
        {
          line: () => {},
          note: () => {},
          progress: () => {},
          signal: new AbortController().signal,
        },
      ));
  }
}
