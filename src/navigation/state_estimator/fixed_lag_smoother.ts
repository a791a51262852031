/**
 * The smoother beside the filter: a factor graph over the last seconds, with a node at each moment of a camera frame
 * or of a fused measurement. The filter judges measurements and says with which noise they count; the graph
 * linearises them anew whenever its mind changes, and its newest node becomes the filter's state.
 *
 * @module
 */
import { NativeError, quaternionFromRotationVector, type Vector3 } from "../../core/mod.ts";
import {
  type GtsamLibrary,
  NativeSmoother,
  NODE_ERRORS,
  NODE_NUMBERS,
  type NodeMeasurement,
} from "../../native/gtsam/mod.ts";
import type { SourceName } from "./contract.ts";
import { horizontal95M } from "./estimate_output.ts";
import { FilterState } from "./filter_state.ts";
import type { LinearMeasurement } from "./kalman_update.ts";
import type { MeasurementEvent } from "./measurement_log.ts";
import { ERROR, NOMINAL, STATE_SIZE } from "./state_table.ts";
import type { SmootherStrategy, TimelineSmoother } from "./timeline.ts";
import { transition } from "./transition.ts";

/** A node that has moved by so much is linearised anew. */
const RELINEARISE = { relineariseRotationRad: 2e-3, relineariseLengthM: 0.2 };
/** A measurement whose noise has changed by less counts as it did when it came. */
const NOISE_CHANGE_MAX = 0.1;
/** Longer than a measurement may come late after its node has left the graph. */
const KNOWN_LEAD_NS = 2e9;
/** As uncertain as this (95 %) the position is left to the filter: its information is lost in rounding. */
const UNKNOWN_95_M = 500;

const KINDS = {
  attitude: "attitude",
  barometer: "height",
  gps: "gps",
  velocity: "velocity",
  odometry: "motion",
  anchor: "fix",
} as const satisfies Record<SourceName, NodeMeasurement["kind"]>;

type FixedLagSmootherOptions = Parameters<SmootherStrategy["create"]>[0] & {
  readonly library: GtsamLibrary;
};

export class FixedLagSmoother implements TimelineSmoother {
  readonly #options: FixedLagSmootherOptions;
  readonly #begun = new FilterState();
  readonly #settled = new FilterState();
  readonly #smoothed = new FilterState();
  #native: NativeSmoother | undefined;
  /** Of the nodes, ascending. */
  #times: readonly number[] = [];
  /** Told since it was last solved. */
  #frames: number[] = [];
  #measurements = new Set<NodeMeasurement>();
  #removed: NodeMeasurement[] = [];
  /** What was made of it; null: it is in the state that the graph began with. */
  readonly #known = new Map<MeasurementEvent, NodeMeasurement | null>();
  #isStale = true;
  #isSolved = false;

  constructor(options: FixedLagSmootherOptions) {
    this.#options = options;
  }

  begin(state: FilterState): void {
    this.#known.clear();
    this.#restart(state);
  }

  frame(timeNs: number): void {
    if (timeNs > this.#times[0] && !this.#times.includes(timeNs)) this.#frames.push(timeNs);
  }

  fused(event: MeasurementEvent, state: FilterState, measurement: LinearMeasurement): void {
    const before = this.#known.get(event), { timeNs, beginsNs = timeNs } = event;
    if (before === null) return;
    const told = nodeMeasurement(event, measurement);
    if (before !== undefined) {
      if (!hasChanged(before, told) || !this.#takeBack(before)) return;
    } else if (timeNs < this.#begun.timeNs) {
      this.#isStale = true;
      return;
    } else if (beginsNs < this.#times[0]) {
      // From before the first node: it is in the filter's state alone.
      this.#known.set(event, null);
      this.#restart(state);
      return;
    }
    this.#known.set(event, told);
    this.#measurements.add(told);
  }

  refused(event: MeasurementEvent): void {
    const before = this.#known.get(event);
    if (before && this.#takeBack(before)) this.#known.delete(event);
  }

  /** What was fused before is in the state, and so is the doubt. */
  widened(event: MeasurementEvent, state: FilterState): void {
    if (this.#known.has(event)) return;
    this.#restart(state);
    this.#known.set(event, null);
  }

  settle(head: FilterState): FilterState | "stale" | undefined {
    if (this.#isStale) return horizontal95M(head) < UNKNOWN_95_M ? "stale" : undefined;
    try {
      const isTold = this.#measurements.size > 0 || this.#removed.length > 0;
      if (isTold || this.#frames.length > 0) this.#solve(head);
      return this.#isSolved ? this.#settledAt(head) : undefined;
    } catch (error) {
      if (!(error instanceof NativeError)) throw error;
      this.#fail(error);
      return "stale";
    }
  }

  smoothedAt(timeNs: number): FilterState | undefined {
    if (!this.#isSolved || !this.#times.includes(timeNs)) return undefined;
    try {
      const { state, covariance } = this.#open().node(timeNs);
      setCore(this.#smoothed, timeNs, state, covariance, NODE_ERRORS);
    } catch (error) {
      if (!(error instanceof NativeError)) throw error;
      this.#fail(error);
      return undefined;
    }
    this.#smoothed.fixPoint();
    return this.#smoothed;
  }

  /** False where it has left the graph with its node. */
  #takeBack(measurement: NodeMeasurement): boolean {
    if (this.#measurements.delete(measurement)) return true;
    if (measurement.fromNs < this.#times[0]) return false;
    this.#removed.push(measurement);
    return true;
  }

  #restart(state: FilterState): void {
    // What the old graph had is in the state, and none of it in the new one; what is later is told again.
    for (const event of this.#known.keys()) {
      if (event.timeNs > state.timeNs) this.#known.delete(event);
      else this.#known.set(event, null);
    }
    this.#begun.copyFrom(state);
    this.#native?.[Symbol.dispose]();
    this.#native = undefined;
    this.#times = [state.timeNs];
    this.#frames = [];
    this.#measurements.clear();
    this.#removed = [];
    this.#isSolved = false;
    this.#isStale = !(horizontal95M(state) < UNKNOWN_95_M);
  }

  #fail({ message }: NativeError): void {
    this.#restart(this.#begun);
    this.#isStale = true;
    this.#options.onFailure(message);
  }

  #open(): NativeSmoother {
    const { library, config } = this.#options, state = this.#begun;
    this.#native ??= new NativeSmoother(
      library,
      { lagS: config.historyS, ...RELINEARISE },
      state.timeNs,
      state.nominal.slice(0, NODE_NUMBERS),
      coreCovariance(state),
    );
    return this.#native;
  }

  #solve(head: FilterState): void {
    const native = this.#open();
    for (const measurement of this.#removed) native.removeMeasurement(measurement);
    for (const timeNs of this.#frames) this.#ensureNode(timeNs, head);
    for (const { timeNs } of this.#measurements) this.#ensureNode(timeNs, head);
    for (const measurement of this.#measurements) {
      this.#ensureNode(measurement.fromNs, head);
      native.addMeasurement(measurement);
    }
    this.#frames = [];
    this.#measurements.clear();
    this.#removed = [];
    const report = native.update();
    this.#times = this.#times.filter((timeNs) => timeNs >= report.oldestNs);
    for (const event of this.#known.keys()) {
      if (event.timeNs < report.oldestNs - KNOWN_LEAD_NS) this.#known.delete(event);
    }
    this.#isSolved = true;
  }

  #ensureNode(timeNs: number, head: FilterState): void {
    const times = this.#times;
    let at = times.length;
    while (at > 0 && times[at - 1] > timeNs) at--;
    if (at > 0 && times[at - 1] === timeNs) return;
    const { stream, config } = this.#options;
    const options = {
      config,
      bias: {
        accelerometer: head.vector("accelerometerBias"),
        gyroscope: head.vector("gyroscopeBias"),
      },
      speedMps: head.horizontalSpeedMps(),
    };
    this.#open().addNode(
      timeNs,
      transition(stream, times[at - 1], timeNs, options),
      at < times.length ? transition(stream, timeNs, times[at], options) : null,
    );
    this.#times = times.toSpliced(at, 0, timeNs);
  }

  /** The newest node, with the newest camera frame as its clone. */
  #settledAt(head: FilterState): FilterState | undefined {
    const native = this.#open(), newestNs = this.#times[this.#times.length - 1];
    const frameNs = head.cloneNs, out = this.#settled;
    // A frame that has left the nodes can no longer be the beginning of a pair.
    const isGone = frameNs < newestNs - this.#options.config.historyS * 1e9;
    if (frameNs === newestNs || isGone) {
      const { state, covariance } = native.node(newestNs);
      setCore(out, newestNs, state, covariance, NODE_ERRORS);
      out.clone();
      return out;
    }
    if (!this.#times.includes(frameNs)) return undefined;
    const { state, otherState, covariance } = native.newest(frameNs);
    setCore(out, newestNs, state, covariance, 2 * NODE_ERRORS);
    setClone(out, frameNs, otherState, covariance);
    return out;
  }
}

/** Whether what was made of one and the same measurement counts otherwise now. */
function hasChanged({ observation: a, noise: n }: NodeMeasurement, now: NodeMeasurement): boolean {
  const size = Math.sqrt(n.length);
  for (let i = 0; i < n.length; i += size + 1) {
    if (Math.abs(now.noise[i] - n[i]) > NOISE_CHANGE_MAX * n[i]) return true;
  }
  return a.some((value, i) => value !== now.observation[i]);
}

function nodeMeasurement(
  { source, timeNs, beginsNs }: MeasurementEvent,
  { size, observation, noise, scale }: LinearMeasurement,
): NodeMeasurement {
  const rotation = (at: number) =>
    quaternionFromRotationVector([...observation.subarray(at, at + 3)] as unknown as Vector3);
  const linear = [
    ...observation.subarray(0, source === "odometry" || source === "anchor" ? 3 : size),
  ];
  const numbers = {
    attitude: () => [...rotation(0)],
    barometer: () => linear,
    gps: () => linear,
    velocity: () => linear,
    odometry: () => [...linear, ...rotation(3), scale?.heightM ?? 0, scale?.groundUpM ?? 0],
    anchor: () => [...linear, ...rotation(3)],
  }[source]();
  return {
    kind: KINDS[source],
    fromNs: beginsNs ?? timeNs,
    timeNs,
    observation: Float64Array.from(numbers),
    noise: Float64Array.from(noise.subarray(0, size * size)),
  };
}

function coreCovariance({ covariance }: FilterState): Float64Array<ArrayBuffer> {
  const out = new Float64Array(NODE_ERRORS ** 2);
  for (let row = 0; row < NODE_ERRORS; row++) {
    out.set(
      covariance.subarray(row * STATE_SIZE, row * STATE_SIZE + NODE_ERRORS),
      row * NODE_ERRORS,
    );
  }
  return out;
}

/** The node's state; `covariance` has rows of `stride` numbers. Copies are empty. */
function setCore(
  out: FilterState,
  timeNs: number,
  state: Float64Array,
  covariance: Float64Array,
  stride: number,
): void {
  out.clear();
  out.timeNs = timeNs;
  out.nominal.set(state);
  for (let row = 0; row < NODE_ERRORS; row++) {
    const from = row * stride;
    out.covariance.set(covariance.subarray(from, from + NODE_ERRORS), row * STATE_SIZE);
  }
}

function setClone(
  out: FilterState,
  frameNs: number,
  state: Float64Array,
  covariance: Float64Array,
): void {
  const stride = 2 * NODE_ERRORS, p = out.covariance;
  out.cloneNs = frameNs;
  out.set("clonePosition", state.subarray(NOMINAL.position, NOMINAL.position + 3));
  out.set("cloneAttitude", state.subarray(NOMINAL.attitude, NOMINAL.attitude + 4));
  const places = [0, 1, 2].flatMap((i) => [
    [NODE_ERRORS + ERROR.position + i, ERROR.clonePosition + i],
    [NODE_ERRORS + ERROR.attitude + i, ERROR.cloneAttitude + i],
  ]);
  for (const [from, to] of places) {
    for (let i = 0; i < NODE_ERRORS; i++) {
      const value = covariance[from * stride + i];
      p[to * STATE_SIZE + i] = value;
      p[i * STATE_SIZE + to] = value;
    }
    for (const [otherFrom, otherTo] of places) {
      p[to * STATE_SIZE + otherTo] = covariance[from * stride + otherFrom];
    }
  }
}
