/**
 * The messages between airborne and the odometry child (../../../ffi/okvis2/odometry.h), which says what they mean.
 *
 * @module
 */
import type { Quaternion, Vector3 } from "../../core/mod.ts";

export const PROTOCOL = 1;
const MAGIC = 0x4f4e4447;

const HEADER_BYTES = 16;
/** Bytes of each struct, as the child's greeting tells them too. */
export const STRUCT_BYTES = { start: 1200, imu: 56, frame: 48, state: 448, event: 128 } as const;
const HELLO_BYTES = 96;
const DATA_BYTES = 1024;
const STATE_QUALITY_AT = 428, STATE_BUSY_AT = 440;

/** Kinds of messages, by what they are called there. */
const KIND = {
  start: 1,
  imu: 2,
  frame: 3,
  reset: 4,
  hello: 16,
  state: 17,
  event: 18,
} as const;

const BACKENDS = ["none", "okvis2", "reference"] as const;
const EVENTS = [
  "none",
  "ready",
  "died",
  "hung",
  "broken",
  "refused",
  "dropped",
  "alive",
] as const;
const QUALITIES = ["initialising", "good", "marginal", "lost"] as const;

export interface OdometryHello {
  readonly protocol: number;
  readonly backend: typeof BACKENDS[number];
  readonly structBytes: Readonly<Record<keyof typeof STRUCT_BYTES, number>>;
  readonly version: string;
}

export interface OdometryStart {
  readonly widthPx: number;
  readonly heightPx: number;
  /** fx, fy, cx, cy, k1, k2, p1, p2, k3; pixels of the frames that are sent. */
  readonly camera: readonly number[];
  readonly bodyFromCamera: Quaternion;
  /** Densities of the noise, walks of the biases, and biases at the start: each of force, then of rate. */
  readonly imuNoise: readonly [number, number, number, number, number, number];
  readonly hangMs: number;
  readonly startMs: number;
  readonly keypointsMax: number;
  readonly threads: number;
  /** Folder of the vocabulary; faults for the reference. */
  readonly data: string;
}

export interface OdometryImu {
  readonly timeNs: number;
  readonly specificForceMps2: Vector3;
  readonly angularRateRps: Vector3;
}

/** As ffi/okvis2/checks.hpp has them. */
const FORCE_MAX_MPS2 = 170, RATE_MAX_RPS = 20;

/** Whether the child takes the sample, where it is younger than the one before. */
export function isTakenByChild(sample: OdometryImu): boolean {
  return Number.isSafeInteger(sample.timeNs) &&
    Math.hypot(...sample.specificForceMps2) <= FORCE_MAX_MPS2 &&
    Math.hypot(...sample.angularRateRps) <= RATE_MAX_RPS;
}

export interface OdometryFrame {
  readonly timeNs: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Over the ground below; 0: unknown. */
  readonly heightM: number;
  /** Unit vector, body axes. */
  readonly down: Vector3;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

export interface OdometryState {
  readonly timeNs: number;
  /** World from body; the world is level, its origin and heading are free. */
  readonly positionM: Vector3;
  readonly worldFromBody: Quaternion;
  readonly velocityMps: Vector3;
  readonly forceBiasMps2: Vector3;
  readonly rateBiasRps: Vector3;
  /** 6×6 of the motion since the state before: translation in its body axes, rotation; null: unknown. */
  readonly covariance: Float64Array | null;
  readonly quality: typeof QUALITIES[number];
  readonly tracks: number;
  readonly inliers: number;
  readonly busyMs: number;
}

export interface OdometryEvent {
  readonly kind: typeof EVENTS[number];
  /** Of `died`: the signal, or 256 + the exit code. */
  readonly detail: number;
  /** Of the input that it is about; 0: none. */
  readonly timeNs: number;
  readonly restarts: number;
  /** Until the next start. */
  readonly retryMs: number;
  readonly reason: string;
}

type OdometryMessage =
  | { readonly kind: "hello"; readonly hello: OdometryHello }
  | { readonly kind: "state"; readonly state: OdometryState }
  | { readonly kind: "event"; readonly event: OdometryEvent };

/** Bytes that are no message of this protocol. */
export class ProtocolError extends Error {}

function message(kind: number, bytes: number): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + bytes));
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, kind, true);
  view.setUint32(8, bytes, true);
  return view;
}

function put(view: DataView, at: number, numbers: readonly number[]): void {
  numbers.forEach((value, i) => view.setFloat64(at + 8 * i, value, true));
}

const bytesOf = (view: DataView<ArrayBuffer>) => new Uint8Array(view.buffer);

export function encodeStart(start: OdometryStart): Uint8Array<ArrayBuffer> {
  const data = new TextEncoder().encode(start.data);
  if (data.length >= DATA_BYTES || data.includes(0)) {
    throw new ProtocolError("the folder's name is too long, or holds NUL");
  }
  const view = message(KIND.start, STRUCT_BYTES.start), at = HEADER_BYTES;
  view.setInt32(at, start.widthPx, true);
  view.setInt32(at + 4, start.heightPx, true);
  put(view, at + 8, start.camera);
  put(view, at + 80, start.bodyFromCamera);
  put(view, at + 112, start.imuNoise);
  [start.hangMs, start.startMs, start.keypointsMax, start.threads].forEach((value, i) =>
    view.setInt32(at + 160 + 4 * i, value, true)
  );
  bytesOf(view).set(data, at + 176);
  return bytesOf(view);
}

/** As many samples as there are; the child takes 512 at once. */
export function encodeImu(samples: readonly OdometryImu[]): Uint8Array<ArrayBuffer> {
  const view = message(KIND.imu, STRUCT_BYTES.imu * samples.length);
  samples.forEach(({ timeNs, specificForceMps2, angularRateRps }, i) => {
    const at = HEADER_BYTES + STRUCT_BYTES.imu * i;
    view.setBigInt64(at, BigInt(timeNs), true);
    put(view, at + 8, specificForceMps2);
    put(view, at + 32, angularRateRps);
  });
  return bytesOf(view);
}

/** What stands before the pixels. */
export function encodeFrame(frame: OdometryFrame): Uint8Array<ArrayBuffer> {
  const view = message(KIND.frame, STRUCT_BYTES.frame), at = HEADER_BYTES;
  view.setUint32(8, STRUCT_BYTES.frame + frame.pixels.length, true);
  view.setBigInt64(at, BigInt(frame.timeNs), true);
  view.setInt32(at + 8, frame.widthPx, true);
  view.setInt32(at + 12, frame.heightPx, true);
  put(view, at + 16, [frame.heightM, ...frame.down]);
  return bytesOf(view);
}

export function encodeReset(): Uint8Array<ArrayBuffer> {
  return bytesOf(message(KIND.reset, 0));
}

/** Takes messages off a stream of bytes that comes in pieces. */
export class MessageReader {
  #held = new Uint8Array(0);

  /**
   * The messages that are whole with this piece.
   * @throws ProtocolError
   */
  take(piece: Uint8Array): OdometryMessage[] {
    const bytes = new Uint8Array(this.#held.length + piece.length);
    bytes.set(this.#held);
    bytes.set(piece, this.#held.length);
    const found: OdometryMessage[] = [];
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const header = new DataView(bytes.buffer, at, HEADER_BYTES);
      const kind = header.getUint32(4, true), length = header.getUint32(8, true);
      if (header.getUint32(0, true) !== MAGIC || length !== payloadBytes(kind)) {
        throw new ProtocolError("the child does not speak the protocol");
      }
      if (bytes.length - at < HEADER_BYTES + length) break;
      found.push(decode(kind, new DataView(bytes.buffer, at + HEADER_BYTES, length)));
      at += HEADER_BYTES + length;
    }
    this.#held = bytes.slice(at);
    return found;
  }
}

function payloadBytes(kind: number): number {
  if (kind === KIND.hello) return HELLO_BYTES;
  if (kind === KIND.state) return STRUCT_BYTES.state;
  return kind === KIND.event ? STRUCT_BYTES.event : -1;
}

function decode(kind: number, view: DataView): OdometryMessage {
  if (kind === KIND.hello) return { kind: "hello", hello: decodeHello(view) };
  if (kind === KIND.state) return { kind: "state", state: decodeState(view) };
  return { kind: "event", event: decodeEvent(view) };
}

function text(view: DataView, at: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, view.byteLength - at);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function named<Name extends string>(names: readonly Name[], number: number): Name {
  const name = names[number];
  if (name === undefined) throw new ProtocolError(`${number} is none of ${names.join(", ")}`);
  return name;
}

function decodeHello(view: DataView): OdometryHello {
  const bytes = (i: number) => view.getInt32(8 + 4 * i, true);
  return {
    protocol: view.getUint32(0, true),
    backend: named(BACKENDS, view.getInt32(4, true)),
    structBytes: {
      start: bytes(0),
      imu: bytes(1),
      frame: bytes(2),
      state: bytes(3),
      event: bytes(4),
    },
    version: text(view, 32),
  };
}

function decodeState(view: DataView): OdometryState {
  const numbers = (at: number, count: number) =>
    Float64Array.from({ length: count }, (_, i) => view.getFloat64(at + 8 * i, true));
  const vector = (at: number) => [...numbers(at, 3)] as unknown as Vector3;
  const known = view.getInt32(STATE_QUALITY_AT - 4, true) === 1;
  const state: OdometryState = {
    timeNs: Number(view.getBigInt64(0, true)),
    positionM: vector(8),
    worldFromBody: [...numbers(32, 4)] as unknown as Quaternion,
    velocityMps: vector(64),
    forceBiasMps2: vector(88),
    rateBiasRps: vector(112),
    covariance: known ? numbers(136, 36) : null,
    quality: named(QUALITIES, view.getInt32(STATE_QUALITY_AT, true)),
    tracks: view.getInt32(STATE_QUALITY_AT + 4, true),
    inliers: view.getInt32(STATE_QUALITY_AT + 8, true),
    busyMs: view.getFloat64(STATE_BUSY_AT, true),
  };
  if (!numbers(8, 52).every(Number.isFinite)) throw new ProtocolError("a state is not finite");
  if (Math.abs(Math.hypot(...state.worldFromBody) - 1) > 1e-3) {
    throw new ProtocolError("a state's attitude is not a unit quaternion");
  }
  return state;
}

function decodeEvent(view: DataView): OdometryEvent {
  return {
    kind: named(EVENTS, view.getInt32(0, true)),
    detail: view.getInt32(4, true),
    timeNs: Number(view.getBigInt64(8, true)),
    restarts: view.getInt32(16, true),
    retryMs: view.getInt32(20, true),
    reason: text(view, 24),
  };
}
