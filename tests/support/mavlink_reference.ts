/**
 * MAVLink by other definitions and other code than ours: npm:mavlink-mappings (LGPL, so that it is in no
 * program) says which field lies where. It was chosen because it is generated from the public
 * definitions by its own generator, and knows GLOBAL_POSITION_SENSOR. It names that generator as a
 * dependency, which would bring in a TypeScript compiler and Node's types; package.json puts a small
 * package that is there anyway in its place.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { ardupilotmega, common, development, minimal, standard } from "mavlink-mappings";

interface ReferenceField {
  readonly source: string;
  readonly type: string;
  readonly offset: number;
  /** Of one item, bytes. */
  readonly size: number;
  /** Items of an array, else 0. */
  readonly length: number;
  readonly extension: boolean;
}

export interface ReferenceMessage {
  readonly MSG_ID: number;
  readonly MSG_NAME: string;
  readonly PAYLOAD_LENGTH: number;
  readonly MAGIC_NUMBER: number;
  readonly FIELDS: readonly ReferenceField[];
}

export type ReferenceValue = number | bigint | string | readonly (number | bigint)[];
export type ReferenceValues = Readonly<Record<string, ReferenceValue>>;

/** By id. Later definitions come last. */
export const REFERENCE: ReadonlyMap<number, ReferenceMessage> = new Map(
  [minimal, standard, common, ardupilotmega, development]
    .flatMap(({ REGISTRY }) => Object.values(REGISTRY))
    .map((each) => [each.MSG_ID, each as unknown as ReferenceMessage]),
);

type Access = readonly [
  read: (view: DataView, at: number) => number | bigint,
  write: (view: DataView, at: number, value: number | bigint) => void,
];

const ACCESS: Readonly<Record<string, Access>> = {
  uint8_t: [(v, at) => v.getUint8(at), (v, at, x) => v.setUint8(at, Number(x))],
  int8_t: [(v, at) => v.getInt8(at), (v, at, x) => v.setInt8(at, Number(x))],
  uint16_t: [(v, at) => v.getUint16(at, true), (v, at, x) => v.setUint16(at, Number(x), true)],
  int16_t: [(v, at) => v.getInt16(at, true), (v, at, x) => v.setInt16(at, Number(x), true)],
  uint32_t: [(v, at) => v.getUint32(at, true), (v, at, x) => v.setUint32(at, Number(x), true)],
  int32_t: [(v, at) => v.getInt32(at, true), (v, at, x) => v.setInt32(at, Number(x), true)],
  uint64_t: [
    (v, at) => v.getBigUint64(at, true),
    (v, at, x) => v.setBigUint64(at, BigInt(x), true),
  ],
  int64_t: [(v, at) => v.getBigInt64(at, true), (v, at, x) => v.setBigInt64(at, BigInt(x), true)],
  float: [(v, at) => v.getFloat32(at, true), (v, at, x) => v.setFloat32(at, Number(x), true)],
  double: [(v, at) => v.getFloat64(at, true), (v, at, x) => v.setFloat64(at, Number(x), true)],
};

function accessOf(field: ReferenceField): Access {
  const type = field.type.replace("[]", "");
  return ACCESS[type === "uint8_t_mavlink_version" ? "uint8_t" : type];
}

/** Whole payloads: zeros at the end may be missing. */
export function referenceValues(message: ReferenceMessage, payload: Uint8Array): ReferenceValues {
  const whole = new Uint8Array(message.PAYLOAD_LENGTH);
  whole.set(payload);
  const view = new DataView(whole.buffer);
  return Object.fromEntries(message.FIELDS.map((field) => {
    const { source, type, offset, size, length } = field;
    if (type === "char[]") {
      const text = whole.subarray(offset, offset + length);
      return [source, new TextDecoder().decode(text).split("\0")[0]];
    }
    const [read] = accessOf(field);
    if (length === 0) return [source, read(view, offset)];
    return [source, Array.from({ length }, (_, index) => read(view, offset + index * size))];
  }));
}

/** The whole payload, without extensions where `values` has none. */
export function referencePayload(
  message: ReferenceMessage,
  values: ReferenceValues,
): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(message.PAYLOAD_LENGTH);
  const view = new DataView(whole.buffer);
  let end = 0;
  for (const field of message.FIELDS) {
    const { source, offset, size, length } = field;
    const value = values[source];
    if (value === undefined) continue;
    end = Math.max(end, offset + size * (length || 1));
    if (typeof value === "string") whole.set(new TextEncoder().encode(value), offset);
    else {
      const items: readonly (number | bigint)[] = typeof value === "object" ? value : [value];
      items.forEach((item, index) => accessOf(field)[1](view, offset + index * size, item));
    }
  }
  return whole.slice(0, end);
}

interface ReferenceSender {
  readonly version: 1 | 2;
  readonly sequence?: number;
  readonly systemId?: number;
  readonly componentId?: number;
  readonly signature?: {
    readonly secret: Uint8Array;
    readonly linkId: number;
    readonly stamp: bigint;
  };
}

/** The check sum one bit at a time, as no table could be wrong. */
export function referenceChecksum(bytes: readonly number[]): number {
  let sum = 0xffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0x8408 : sum >>> 1;
  }
  return sum;
}

export function referenceFrame(
  { MSG_ID: id, MAGIC_NUMBER: crcExtra }: Pick<ReferenceMessage, "MSG_ID" | "MAGIC_NUMBER">,
  whole: Uint8Array,
  { version, sequence = 0, systemId = 1, componentId = 1, signature }: ReferenceSender,
): Uint8Array<ArrayBuffer> {
  let payload = [...whole];
  if (version === 2) {
    while (payload.length > 1 && payload.at(-1) === 0) payload = payload.slice(0, -1);
  }
  const from = [sequence, systemId, componentId];
  const head = version === 1
    ? [payload.length, ...from, id]
    : [payload.length, signature ? 1 : 0, 0, ...from, id & 255, id >> 8 & 255, id >> 16];
  const sum = referenceChecksum([...head, ...payload, crcExtra]);
  const frame = [version === 1 ? 0xfe : 0xfd, ...head, ...payload, sum & 255, sum >> 8];
  if (signature === undefined) return Uint8Array.from(frame);
  const stamp = new Uint8Array(8);
  new DataView(stamp.buffer).setBigUint64(0, signature.stamp, true);
  frame.push(signature.linkId, ...stamp.subarray(0, 6));
  const digest = createHash("sha256").update(signature.secret).update(Uint8Array.from(frame));
  return Uint8Array.from([...frame, ...digest.digest().subarray(0, 6)]);
}
