/**
 * Odometry alone over a simulated flight: no fixes, and GPS only where the flight has it. What the estimator makes of it
 * at the end, the motions themselves against the truth, and what they cost.
 *
 *     deno run -A tests/bench/odometry.ts --flight FLIGHT [--vio planar_klt|okvis2] [--program FILE] [--vocabulary DIR]
 *         [--from 0] [--seconds 60] [--every 1] [--settings JSON]
 *
 * `--from`: of the pictures those from that second on; the sensors are heard from the flight's begin on. `--every N`:
 * of the pictures each Nth. `--settings`: of okvis2, as the configuration has them. Without --program
 * `okvis2` runs the reference of the tests. `answers`: what the child says by itself, before any gate.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { LocalFrame, rotate, rotationVectorFromQuaternion } from "../../src/core/mod.ts";
import {
  type MonotonicNs,
  quaternionConjugate,
  quaternionMultiply,
  type Vector3,
} from "../../src/core/mod.ts";
import type { OdometryState } from "../../src/native/okvis2/mod.ts";
import { mahalanobisSquared } from "../unit/vision_scene.ts";
import { AirborneConfigSchema } from "../../src/airborne/config.ts";
import { Locator } from "../../src/airborne/locator.ts";
import { type FrameOutcome, Navigator } from "../../src/airborne/navigator.ts";
import { SensorFeed } from "../../src/airborne/sensor_feed.ts";
import { openRecordedFlight } from "../../src/flight/replay/mod.ts";
import { Eskf } from "../../src/navigation/state_estimator/mod.ts";
import type { VioMotion, VioStrategy } from "../../src/navigation/vio/mod.ts";
import { PlanarKlt, PlanarKltConfigSchema } from "../../src/navigation/vio/mod.ts";
import { openVision, type VisionLibrary } from "../../src/native/vision/mod.ts";
import { openOkvis2, REFERENCE_ODOMETRY } from "../support/odometry.ts";
import { readTruth, type TruthRow } from "./flight_truth.ts";

const { values } = parseArgs({
  options: {
    flight: { type: "string", default: "" },
    vio: { type: "string", default: "planar_klt" },
    program: { type: "string", default: REFERENCE_ODOMETRY },
    vocabulary: { type: "string", default: "" },
    from: { type: "string", default: "0" },
    seconds: { type: "string", default: "60" },
    settings: { type: "string", default: "{}" },
    every: { type: "string", default: "1" },
  },
});

const FROM_NS = 1e9 * Number(values.from);

/** Utime and stime of a process, milliseconds. */
async function processorMs(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** The most memory that a process has had, MiB. */
async function memoryMib(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
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
const quantile = (list: readonly number[], share: number) =>
  list.toSorted((a, b) => a - b)[Math.floor(share * (list.length - 1))] ?? NaN;
const median = (list: readonly number[]) => quantile(list, 0.5);

type Motion =
  & Pick<VioMotion, "fromNs" | "toNs" | "translationM" | "rotationFromTo">
  & Partial<Pick<VioMotion, "covariance">>;

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
  /** Of six numbers. */
  readonly nees: number[] = [];

  take(motion: Motion, truth: readonly TruthRow[]): void {
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
    const turnError = rotationVectorFromQuaternion(
      quaternionMultiply(quaternionConjugate(turn), motion.rotationFromTo),
    );
    this.turnErrorsRad.push(Math.hypot(...turnError));
    if (motion.covariance !== undefined) {
      const moved = rotate(
        quaternionConjugate(from.localFromBody),
        minus(to.positionLocalM, from.positionLocalM),
      );
      const error = [...minus(motion.translationM, moved), ...turnError];
      this.nees.push(mahalanobisSquared(error, motion.covariance));
    }
    this.errorM = Math.hypot(...minus(this.#position, to.positionLocalM));
  }
}

type Child = Awaited<ReturnType<typeof openOkvis2>>;

/** null: planar_klt alone. */
function openChild(vision: VisionLibrary): Promise<Child | null> {
  if (values.vio === "planar_klt") return Promise.resolve(null);
  return openOkvis2(vision, {
    program: values.program,
    vocabulary: values.vocabulary,
    ...JSON.parse(values.settings),
    allowReference: values.program === REFERENCE_ODOMETRY,
  });
}

/** A navigator without a map. */
function navigatorOver(
  parts: {
    readonly vision: VisionLibrary;
    readonly estimator: Eskf;
    readonly vio: VioStrategy;
    readonly localFrame: LocalFrame;
  },
): Navigator {
  const { navigator, placeRecognition } = AirborneConfigSchema.parse({});
  const nobody = () => Promise.reject(new Error("no map"));
  return new Navigator({
    ...parts,
    locator: new Locator({
      recogniser: {
        strategyLabel: "none",
        propose: () => Promise.resolve({ method: "prior", hypotheses: [] }),
      },
      matcher: { strategyLabel: "none", match: nobody, refine: nobody },
      solver: { solve: nobody },
    }, { rerank: 1, refineResidualPx: 1 }),
    mapBounds: { eastMinM: -1e5, eastMaxM: 1e5, northMinM: -1e5, northMaxM: 1e5 },
    terrain: null,
    config: navigator,
    priorSigmaMaxM: placeRecognition.priorSigmaMaxM,
  });
}

/** What the flight came to. */
class Tally {
  readonly #truth: readonly TruthRow[];
  readonly #chains: Record<string, Chain> = {};
  readonly #states: Record<string, number> = {};
  readonly #reasons: Record<string, number> = {};
  readonly latencies: number[] = [];
  readonly busyMs: number[] = [];
  #frames = 0;
  #firstErrorM: Vector3 | null = null;
  #driftM = NaN;

  constructor(truth: readonly TruthRow[]) {
    this.#truth = truth;
  }

  take({ vio, estimate }: FrameOutcome): void {
    this.#frames++;
    this.#states[vio.state] = (this.#states[vio.state] ?? 0) + 1;
    if (vio.reason !== "") this.#reasons[vio.reason] = (this.#reasons[vio.reason] ?? 0) + 1;
    if (vio.motion !== null) this.#chain(vio.source ?? values.vio).take(vio.motion, this.#truth);
    const error = minus(
      estimate.positionLocalM,
      truthAt(this.#truth, estimate.timeNs).positionLocalM,
    );
    // From there on nothing tells the place.
    if (estimate.timeNs > FROM_NS + 1.5e9) this.#firstErrorM ??= error;
    if (this.#firstErrorM !== null) this.#driftM = Math.hypot(...minus(error, this.#firstErrorM));
  }

  /** Of the child, whatever becomes of it. */
  answer(from: OdometryState, to: OdometryState): void {
    const bodyFromWorld = quaternionConjugate(from.worldFromBody);
    this.#chain("answers").take({
      fromNs: from.timeNs as MonotonicNs,
      toNs: to.timeNs as MonotonicNs,
      translationM: rotate(bodyFromWorld, minus(to.positionM, from.positionM)),
      rotationFromTo: quaternionMultiply(bodyFromWorld, to.worldFromBody),
      ...(to.covariance === null ? {} : { covariance: to.covariance }),
    }, this.#truth);
  }

  #chain(source: string): Chain {
    return this.#chains[source] ??= new Chain();
  }

  report(name: string, processorMs: number, childMs: number, childMib: number) {
    const chains = Object.entries(this.#chains).map(([source, chain]) => [source, {
      distanceM: Math.round(chain.distanceM),
      errorM: Number(chain.errorM.toFixed(2)),
      drift: `${(100 * chain.errorM / chain.distanceM).toFixed(2)} %`,
      breaks: chain.breaks,
      scaleMedian: Number(median(chain.scales).toFixed(4)),
      turnErrorMedianRad: Number(median(chain.turnErrorsRad).toFixed(5)),
      neesMedian: Number(median(chain.nees).toFixed(2)),
      neesMean: Number((chain.nees.reduce((a, b) => a + b, 0) / chain.nees.length).toFixed(1)),
    }]);
    const most = Object.entries(this.#reasons).toSorted((a, b) => b[1] - a[1]).slice(0, 6);
    return {
      flight: values.flight.split("/").at(-1),
      vio: name,
      frames: this.#frames,
      estimatorDriftM: Number(this.#driftM.toFixed(2)),
      chains: Object.fromEntries(chains),
      states: this.#states,
      reasons: Object.fromEntries(most),
      latencyMs: [0.5, 0.95].map((share) => Math.round(quantile(this.latencies, share))),
      childBusyMs: [0.5, 0.95].map((share) => Math.round(quantile(this.busyMs, share))),
      processorMsPerFrame: Number((processorMs / this.#frames).toFixed(1)),
      childMsPerFrame: Number((childMs / this.#frames).toFixed(1)),
      childMib,
    };
  }
}

/** Each answer of the child, and the pairs of those that follow each other. */
function hearAnswers({ odometer }: Child, tally: Tally): void {
  const ask = odometer.addFrame.bind(odometer);
  let last: OdometryState | null = null;
  odometer.addFrame = async (frame) => {
    const answer = await ask(frame);
    const has = answer !== null && answer.quality !== "initialising" && answer.quality !== "lost";
    if (answer !== null) tally.busyMs.push(answer.busyMs);
    if (has && last !== null) tally.answer(last, answer);
    last = has ? answer : null;
    return answer;
  };
}

async function main(): Promise<void> {
  using vision = openVision();
  const flight = await openRecordedFlight(values.flight, { checkPictures: false });
  const { description } = flight;
  const { takeoff, groundHeightM } = description;
  if (takeoff === null) throw new Error("the flight has no take-off");
  const localFrame = new LocalFrame({ ...takeoff, heightM: groundHeightM });
  const { eskf } = AirborneConfigSchema.parse({});
  const estimator = new Eskf({ config: eskf, localFrame });
  const origin = { positionLocalM: localFrame.localFromWgs(takeoff) };
  estimator.setTakeoffOrigin(origin, takeoff.sigmaHorizontalM, takeoff.sigmaVerticalM);
  const child = await openChild(vision);
  const vio = child?.vio ?? new PlanarKlt(vision, PlanarKltConfigSchema.parse({}));
  await using navigator = navigatorOver({ vision, estimator, vio, localFrame });
  const sensors = new SensorFeed(estimator, localFrame, description, navigator);
  const tally = new Tally(await readTruth(`${values.flight}/truth.csv`, localFrame));
  if (child !== null) hearAnswers(child, tally);
  const cpu = process.cpuUsage();
  let worker = 0;
  for await (const event of flight.events()) {
    if (event.receivedNs > 1e9 * Number(values.seconds)) break;
    if (event.kind !== "frame") {
      sensors.feed(event);
      continue;
    }
    if (event.receivedNs < FROM_NS || event.frame.sequence % Number(values.every) !== 0) continue;
    const beginMs = performance.now();
    const outcome = await navigator.processFrame(event.frame);
    if (outcome === null) continue;
    tally.take(outcome);
    tally.latencies.push(performance.now() - beginMs);
    // The child starts with the first frame; a flight does not wait for it, this does.
    if (child !== null && worker === 0) {
      while (!child.odometer.isReady) await new Promise((resolve) => setTimeout(resolve, 20));
      worker = await workerOf(child.odometer.pid);
    }
  }
  const { user, system } = process.cpuUsage(cpu);
  const childMs = worker === 0 ? 0 : await processorMs(worker).catch(() => NaN);
  const memory = worker === 0 ? 0 : await memoryMib(worker).catch(() => NaN);
  const name = child?.odometer.version ?? "planar_klt";
  console.log(JSON.stringify(tally.report(name, (user + system) / 1000, childMs, memory), null, 1));
}

await main();
