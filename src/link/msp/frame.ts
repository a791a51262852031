/**
 * Frames of MSP, version 2 (`$X`) and version 1 (`$M`), little-endian.
 *
 * | version | bytes |
 * | --- | --- |
 * | 2 | `$` `X` direction, flags u8, function u16, length u16, payload, CRC-8/DVB-S2 from flags on |
 * | 1 | `$` `M` direction, length u8, function u8, payload, exclusive or from length on |
 * | 1, jumbo | length is 255, and its true value a u16 after the function |
 * | 2 in 1 | a frame of version 1 whose function is 255 and whose payload is a version 2 frame without `$X` and direction |
 *
 * @module
 */
import { crc8DvbS2, exclusiveOr } from "./checksum.ts";

/** `error`: the other side knows no such function, or refuses the request. */
type MspDirection = "request" | "reply" | "error";

export interface MspFrame {
  readonly version: 1 | 2;
  readonly direction: MspDirection;
  /** 0 in version 1. */
  readonly flags: number;
  readonly function: number;
  readonly payload: Uint8Array;
}

/** Longest payload that is believed: the longest message that we speak has 52 bytes. */
export const MSP_PAYLOAD_MAX = 256;
/** Function of version 1 whose payload is a frame of version 2. */
const V2_OVER_V1 = 255;
export const JUMBO_LENGTH = 255;
const V2_INNER_HEADER = 5;

const DIRECTION_BYTE = { request: 0x3C, reply: 0x3E, error: 0x21 } as const;

export function directionOfByte(byte: number): MspDirection | undefined {
  if (byte === DIRECTION_BYTE.reply) return "reply";
  if (byte === DIRECTION_BYTE.request) return "request";
  return byte === DIRECTION_BYTE.error ? "error" : undefined;
}

/** @throws RangeError where a number does not fit its field */
export function encodeFrame(frame: MspFrame): Uint8Array<ArrayBuffer> {
  const { payload } = frame;
  if (payload.length > MSP_PAYLOAD_MAX) {
    throw new RangeError(`an MSP payload has at most ${MSP_PAYLOAD_MAX} bytes: ${payload.length}`);
  }
  return frame.version === 2 ? encodeV2(frame) : encodeV1(frame);
}

function encodeV2({ direction, flags, function: id, payload }: MspFrame): Uint8Array<ArrayBuffer> {
  if (!(id >= 0 && id <= 0xFFFF)) throw new RangeError(`no function of MSP v2: ${id}`);
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x24, 0x58, DIRECTION_BYTE[direction], flags]);
  view.setUint16(4, id, true);
  view.setUint16(6, payload.length, true);
  bytes.set(payload, 8);
  bytes[bytes.length - 1] = crc8DvbS2(bytes, 3, bytes.length - 1);
  return bytes;
}

function encodeV1({ direction, function: id, payload }: MspFrame): Uint8Array<ArrayBuffer> {
  if (!(id >= 0 && id < V2_OVER_V1)) throw new RangeError(`no function of MSP v1: ${id}`);
  if (payload.length >= JUMBO_LENGTH) {
    throw new RangeError(`too long for a frame of MSP v1: ${payload.length}`);
  }
  const bytes = new Uint8Array(6 + payload.length);
  bytes.set([0x24, 0x4D, DIRECTION_BYTE[direction], payload.length, id]);
  bytes.set(payload, 5);
  bytes[bytes.length - 1] = exclusiveOr(bytes, 3, bytes.length - 1);
  return bytes;
}

/** The frame of version 2 inside of one of version 1; undefined where its check sum is wrong. */
export function unwrapV2(outer: MspFrame): MspFrame | undefined {
  if (outer.version !== 1 || outer.function !== V2_OVER_V1) return outer;
  const { payload } = outer;
  if (payload.length < V2_INNER_HEADER + 1) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const last = payload.length - 1;
  if (view.getUint16(3, true) !== last - V2_INNER_HEADER) return undefined;
  if (crc8DvbS2(payload, 0, last) !== payload[last]) return undefined;
  return {
    version: 2,
    direction: outer.direction,
    flags: payload[0],
    function: view.getUint16(1, true),
    payload: payload.slice(V2_INNER_HEADER, last),
  };
}
