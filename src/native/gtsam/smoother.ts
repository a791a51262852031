/**
 * One fixed-lag smoother: nodes of the state, transitions between them, measurements at them. Layouts stand in
 * ../../../ffi/gtsam/gtsam.h.
 *
 * @module
 */
import { NativeErrorBuffer } from "../../core/mod.ts";
import type { GtsamLibrary } from "./library.ts";
import { OPTIONS_BYTES, REPORT_BYTES, TRANSITION_BYTES } from "./symbols.ts";

type Numbers = Float64Array<ArrayBuffer>;

/** Numbers of a node's state, and of its error. */
export const NODE_NUMBERS = 26;
export const NODE_ERRORS = 24;
/** Numbers of `struct gdn_transition`. */
export const TRANSITION_NUMBERS = TRANSITION_BYTES / 8;

/** Measurements and what they are called in the ABI. */
const MEASURED = {
  attitude: 0,
  height: 1,
  gps: 2,
  velocity: 3,
  motion: 4,
  fix: 5,
} as const;

export interface NodeMeasurement {
  readonly kind: keyof typeof MEASURED;
  /** Of the node where a motion begins; else `timeNs`. */
  readonly fromNs: number;
  readonly timeNs: number;
  readonly observation: Numbers;
  /** Row-major. */
  readonly noise: Numbers;
}

interface SmootherReport {
  readonly oldestNs: number;
  readonly newestNs: number;
  readonly nodes: number;
  /** Nodes that were linearised anew. */
  readonly relinearised: number;
}

export class NativeSmoother implements Disposable {
  readonly #symbols: GtsamLibrary["symbols"];
  readonly #error = new NativeErrorBuffer();
  #handle: bigint | undefined;

  /** With one node: its state and the covariance of its error. */
  constructor(
    { symbols }: GtsamLibrary,
    options: {
      readonly lagS: number;
      readonly relineariseRotationRad: number;
      readonly relineariseLengthM: number;
    },
    timeNs: number,
    state: Numbers,
    covariance: Numbers,
  ) {
    this.#symbols = symbols;
    const settings = new Float64Array(OPTIONS_BYTES / 8);
    settings.set([options.lagS, options.relineariseRotationRad, options.relineariseLengthM]);
    const handle = new BigUint64Array(1), error = this.#error;
    const status = symbols.gdn_smoother_create(
      settings,
      BigInt(timeNs),
      state,
      covariance,
      handle,
      error.bytes,
    );
    error.check("gdn_smoother_create", status);
    this.#handle = handle[0];
  }

  /** `toNext`: where the node is not to be the newest. */
  addNode(timeNs: number, fromPrevious: Numbers, toNext: Numbers | null): void {
    const error = this.#error;
    const status = this.#symbols.gdn_smoother_add_node(
      this.#open(),
      BigInt(timeNs),
      fromPrevious,
      toNext,
      error.bytes,
    );
    error.check("gdn_smoother_add_node", status);
  }

  addMeasurement({ kind, fromNs, timeNs, observation, noise }: NodeMeasurement): void {
    const error = this.#error;
    const status = this.#symbols.gdn_smoother_add_measurement(
      this.#open(),
      MEASURED[kind],
      BigInt(fromNs),
      BigInt(timeNs),
      observation,
      noise,
      error.bytes,
    );
    error.check("gdn_smoother_add_measurement", status);
  }

  removeMeasurement({ kind, timeNs }: Pick<NodeMeasurement, "kind" | "timeNs">): void {
    const error = this.#error;
    const status = this.#symbols.gdn_smoother_remove_measurement(
      this.#open(),
      MEASURED[kind],
      BigInt(timeNs),
      error.bytes,
    );
    error.check("gdn_smoother_remove_measurement", status);
  }

  update(): SmootherReport {
    const bytes = new DataView(new ArrayBuffer(REPORT_BYTES)), error = this.#error;
    const status = this.#symbols.gdn_smoother_update(this.#open(), bytes, error.bytes);
    error.check("gdn_smoother_update", status);
    return {
      oldestNs: Number(bytes.getBigInt64(0, true)),
      newestNs: Number(bytes.getBigInt64(8, true)),
      nodes: bytes.getInt32(16, true),
      relinearised: bytes.getInt32(20, true),
    };
  }

  /** Covariance `NODE_ERRORS` × `NODE_ERRORS`. */
  node(timeNs: number): { readonly state: Numbers; readonly covariance: Numbers } {
    const state = new Float64Array(NODE_NUMBERS), covariance = new Float64Array(NODE_ERRORS ** 2);
    const error = this.#error;
    const status = this.#symbols.gdn_smoother_node(
      this.#open(),
      BigInt(timeNs),
      state,
      covariance,
      error.bytes,
    );
    error.check("gdn_smoother_node", status);
    return { state, covariance };
  }

  /** The newest node beside an earlier one; the covariance is of both errors, the newest first. */
  newest(otherNs: number): {
    readonly state: Numbers;
    readonly otherState: Numbers;
    readonly covariance: Numbers;
  } {
    const state = new Float64Array(NODE_NUMBERS), otherState = new Float64Array(NODE_NUMBERS);
    const covariance = new Float64Array((2 * NODE_ERRORS) ** 2), error = this.#error;
    const status = this.#symbols.gdn_smoother_newest(
      this.#open(),
      BigInt(otherNs),
      state,
      otherState,
      covariance,
      error.bytes,
    );
    error.check("gdn_smoother_newest", status);
    return { state, otherState, covariance };
  }

  /** A second time does nothing. */
  [Symbol.dispose](): void {
    if (this.#handle === undefined) return;
    const error = this.#error;
    error.check("gdn_smoother_free", this.#symbols.gdn_smoother_free(this.#handle, error.bytes));
    this.#handle = undefined;
  }

  #open(): bigint {
    if (this.#handle === undefined) throw new TypeError("the smoother is closed");
    return this.#handle;
  }
}
