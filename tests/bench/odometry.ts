/**
 * Odometry alone over a simulated flight: no fixes and no GPS after the first second. What the estimator makes of it
 * at the end, the motions themselves against the truth, and what they cost.
 *
 *     deno run -A tests/bench/odometry.ts --flight FLIGHT [--vio planar_klt|okvis2] [--program FILE] [--vocabulary DIR]
 *         [--seconds 60] [--every 1]
 *
 * `--every N`: of the pictures each Nth. Without --program `okvis2` runs the reference of the tests.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import {
  LocalFrame,
  ManualClock,
  rotate,
  rotationVectorFromQuaternion,
} from "../../src/core/mod.ts";
import { quaternionConjugate, quaternionMultiply, type Vector3 } from "../../src/core/mod.ts";
import { AirborneConfigSchema } from "../../src/airborne/config.ts";
import { Locator } from "../../src/airborne/locator.ts";
import { Navigator } from "../../src/airborne/navigator.ts";
import { SensorFeed } from "../../src/airborne/sensor_feed.ts";
import { openRecordedFlight } from "../../src/flight/replay/mod.ts";
import { Eskf } from "../../src/navigation/state_estimator/mod.ts";
import type { VioOutput, VioStrategy } from "../../src/navigation/vio/mod.ts";
import { PlanarKlt, PlanarKltConfigSchema } from "../../src/navigation/vio/mod.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import { openOkvis2, REFERENCE_ODOMETRY } from "../support/odometry.ts";
import { readTruth, type TruthRow } from "./flight_truth.ts";

const { values } = parseArgs({
  options: {
    flight: { type: "string", default: "" },
    vio: { type: "string", default: "planar_klt" },
    program: { type: "string", default: REFERENCE_ODOMETRY },
    vocabulary: { type: "string", default: "" },
    seconds: { type: "string", default: "60" },
    every: { type: "string", default: "1" },
  },
});

/** Utime and stime of a process, milliseconds. */
async function processorMs(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

async function workerOf(pid: number): Promise<number> {
  return Number(
    (await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`)).trim().split(" ")[0],
  );
}

/** Linear between the rows of the truth. */
function truthAt(truth: readonly TruthRow[], timeNs: number): TruthRow {
  const i = Math.max(1, truth.findIndex((row) => row.timeNs >= timeNs));
  const [a, b] = [truth[i - 1], truth[i]];
  const share = (timeNs - a.timeNs) / (b.timeNs - a.timeNs);
  const positionLocalM = a.positionLocalM.map((value, axis) =>
    value + share * (b.positionLocalM[axis] - value)
  ) as unknown as TruthRow["positionLocalM"];
  return { ...(share < 0.5 ? a : b), timeNs, positionLocalM };
}

const minus = (a: Vector3, b: Vector3): Vector3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[list.length >> 1] ?? NaN;

/** The motions of one source, put together from the truth at its first one. */
class Chain {
  #start: TruthRow | null = null;
  #atNs = 0;
  #position: Vector3 = [0, 0, 0];
  #attitude = [1, 0, 0, 0] as TruthRow["localFromBody"];
  distanceM = 0;
  errorM = 0;
  breaks = 0;
  readonly scales: number[] = [];
  readonly turnErrorsRad: number[] = [];

  take({ motion }: VioOutput, truth: readonly TruthRow[]): void {
    if (motion === null) return;
    const from = truthAt(truth, motion.fromNs), to = truthAt(truth, motion.toNs);
    if (this.#start === null || motion.fromNs !== this.#atNs) {
      // What was missed is bridged by the truth: the drift so far stays.
      if (this.#start !== null) this.breaks++;
      const before = this.#start === null
        ? [0, 0, 0] as const
        : minus(this.#position, truthAt(truth, this.#atNs).positionLocalM);
      this.#start ??= from;
      this.#position = minus(from.positionLocalM, [-before[0], -before[1], -before[2]]);
      this.#attitude = from.localFromBody;
    }
    this.#position = minus(
      this.#position,
      rotate(this.#attitude, motion.translationM.map((v) => -v) as unknown as Vector3),
    );
    this.#attitude = quaternionMultiply(this.#attitude, motion.rotationFromTo);
    this.#atNs = motion.toNs;
    const step = Math.hypot(...minus(to.positionLocalM, from.positionLocalM));
    this.distanceM += step;
    if (step > 0.05) this.scales.push(Math.hypot(...motion.translationM) / step);
    const turn = quaternionMultiply(quaternionConjugate(from.localFromBody), to.localFromBody);
    this.turnErrorsRad.push(Math.hypot(...rotationVectorFromQuaternion(
      quaternionMultiply(quaternionConjugate(turn), motion.rotationFromTo),
    )));
    this.errorM = Math.hypot(...minus(this.#position, to.positionLocalM));
  }
}

async function main(): Promise<void> {
  using vision = openVision();
  const flight = await openRecordedFlight(values.flight, { checkPictures: false });
  const { description } = flight;
  const config = AirborneConfigSchema.parse({});
  const { takeoff } = description;
  if (takeoff === null) throw new Error("the flight has no take-off");
  const localFrame = new LocalFrame({ ...takeoff, heightM: description.groundHeightM });
  const truth = await readTruth(`${values.flight}/truth.csv`, localFrame);
  const estimator = new Eskf({ config: config.eskf, localFrame });
  estimator.setTakeoffOrigin(
    { positionLocalM: localFrame.localFromWgs(takeoff) },
    takeoff.sigmaHorizontalM,
    takeoff.sigmaVerticalM,
  );
  const opened = values.vio === "planar_klt" ? null : await openOkvis2(vision, {
    program: values.program,
    vocabulary: values.vocabulary,
    allowReference: values.program === REFERENCE_ODOMETRY,
  });
  const vio: VioStrategy = opened?.vio ?? new PlanarKlt(vision, PlanarKltConfigSchema.parse({}));
  const nobody = () => Promise.reject(new Error("no map"));
  await using navigator = new Navigator({
    vision,
    estimator,
    vio,
    locator: new Locator({
      recogniser: {
        strategyLabel: "none",
        propose: () => Promise.resolve({ method: "prior", hypotheses: [] }),
      },
      matcher: { strategyLabel: "none", match: nobody, refine: nobody },
      solver: { solve: nobody },
    }, { rerank: 1, refineResidualPx: 1 }),
    localFrame,
    mapBounds: { eastMinM: -1e5, eastMaxM: 1e5, northMinM: -1e5, northMaxM: 1e5 },
    terrain: null,
    config: config.navigator,
    priorSigmaMaxM: config.placeRecognition.priorSigmaMaxM,
  });
  const sensors = new SensorFeed(estimator, localFrame, description, navigator);
  const clock = new ManualClock({ startUtc: new Date(description.startUtc) });
  const chains: Record<string, Chain> = {};
  const states: Record<string, number> = {}, reasons: Record<string, number> = {};
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  let frames = 0, started = false;
  let firstErrorM: Vector3 | null = null, end = "";
  let worker = 0, workerMs = 0;
  for await (const event of flight.events()) {
    if (event.receivedNs > 1e9 * Number(values.seconds)) break;
    clock.set(event.receivedNs);
    if (event.kind !== "frame") {
      sensors.feed(event);
      continue;
    }
    if (event.frame.sequence % Number(values.every) !== 0) continue;
    const beginMs = performance.now();
    const outcome = await navigator.processFrame(event.frame);
    if (outcome === null) continue;
    frames++;
    // The child starts with the first frame; a replay does not wait for it, and a bench must.
    if (!started && opened !== null) {
      started = true;
      while (!opened.odometer.isReady) await new Promise((resolve) => setTimeout(resolve, 20));
      worker = await workerOf(opened.odometer.pid);
    } else {
      latencies.push(performance.now() - beginMs);
    }
    const { vio: seen, estimate } = outcome;
    states[seen.state] = (states[seen.state] ?? 0) + 1;
    if (seen.reason !== "") reasons[seen.reason] = (reasons[seen.reason] ?? 0) + 1;
    (chains[seen.source ?? values.vio] ??= new Chain()).take(seen, truth);
    const error = minus(estimate.positionLocalM, truthAt(truth, estimate.timeNs).positionLocalM);
    // From there on nothing tells the place.
    if (estimate.timeNs > 1.5e9) firstErrorM ??= error;
    end = firstErrorM === null ? "" : `${Math.hypot(...minus(error, firstErrorM)).toFixed(2)} m`;
  }
  if (worker !== 0) workerMs = await processorMs(worker).catch(() => NaN);
  const used = process.cpuUsage(cpu);
  console.log(JSON.stringify(
    {
      flight: values.flight.split("/").at(-1),
      vio: opened === null ? "planar_klt" : opened.odometer.version,
      frames,
      estimatorDrift: end,
      chains: Object.fromEntries(
        Object.entries(chains).map(([name, chain]) => [name, {
          distanceM: Math.round(chain.distanceM),
          errorM: Number(chain.errorM.toFixed(2)),
          drift: `${(100 * chain.errorM / chain.distanceM).toFixed(2)} %`,
          breaks: chain.breaks,
          scaleMedian: Number(median(chain.scales).toFixed(4)),
          turnErrorMedianRad: Number(median(chain.turnErrorsRad).toFixed(5)),
        }]),
      ),
      states,
      reasons: Object.fromEntries(
        Object.entries(reasons).toSorted((a, b) => b[1] - a[1]).slice(0, 6),
      ),
      latencyMsMedian: Number(median(latencies).toFixed(1)),
      processorMsPerFrame: Number(
        ((used.user + used.system) / 1000 / frames).toFixed(1),
      ),
      childMsPerFrame: Number((workerMs / frames).toFixed(1)),
    },
    null,
    1,
  ));
}

await main();
