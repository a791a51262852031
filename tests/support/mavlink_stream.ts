/**
 * A stream of bytes with good frames among whatever else a line may carry.
 *
 * @module
 */
import type { Random } from "../../src/core/mod.ts";
import { KNOWN_MESSAGES } from "../../src/link/mavlink/known_messages.ts";
import { referenceFrame } from "./mavlink_reference.ts";

export interface Piece {
  readonly bytes: Uint8Array;
  /** A frame with a right check sum: it has to arrive, whatever stands before it. */
  readonly isFrame: boolean;
}

const IDS = [...KNOWN_MESSAGES.keys()];
const IDS_V1 = IDS.filter((id) => id < 256);

export function piece(random: Random): Piece {
  const kind = random.integer(10);
  if (kind === 0) return { bytes: noise(random, 1 + random.integer(300)), isFrame: false };
  if (kind === 1) return { bytes: manyStarts(random), isFrame: false };
  const bytes = anyFrame(random);
  // What nobody verifies makes no frame wrong.
  const certain = bytes.length - (bytes[0] === 0xfd && bytes[2] === 1 ? 13 : 0);
  if (kind === 2) {
    const end = random.integer(bytes.length);
    return { bytes: bytes.subarray(0, end), isFrame: end >= certain };
  }
  if (kind === 3) {
    const at = random.integer(bytes.length);
    bytes[at] ^= 1 + random.integer(255);
    return { bytes, isFrame: at >= certain };
  }
  return { bytes, isFrame: true };
}

/** Any known message with any payload, any sender, and a right check sum. */
export function anyFrame(random: Random): Uint8Array<ArrayBuffer> {
  const version = random.integer(3) === 0 ? 1 : 2;
  const id = version === 1 ? pick(random, IDS_V1) : pick(random, IDS);
  const known = KNOWN_MESSAGES.get(id)!;
  const [low, high] = version === 1 ? [known.lengthMin, known.lengthMax] : [0, 255];
  const payload = noise(random, low + random.integer(high - low + 1));
  // What the table does not know is never cut short: it would be another length.
  if (version === 2 && payload.length > 0) payload[payload.length - 1] |= 1;
  return referenceFrame({ MSG_ID: id, MAGIC_NUMBER: known.crcExtra }, payload, {
    version,
    sequence: random.integer(256),
    systemId: random.integer(256),
    componentId: random.integer(256),
    signature: version === 2 && random.integer(8) === 0
      ? { secret: new Uint8Array(32), linkId: 1, stamp: 1n }
      : undefined,
  });
}

export function noise(random: Random, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => random.integer(256));
}

/** Headers of frames that never come, each within the one before. */
function manyStarts(random: Random): Uint8Array {
  const bytes = new Uint8Array(1 + random.integer(300));
  for (let at = 0; at + 10 < bytes.length; at += 1 + random.integer(10)) {
    bytes.set([0xfd, random.integer(256), random.integer(2), 0, 0, 1, 1, random.integer(40)], at);
    if (random.integer(2) === 0) bytes.set([0xfe, 9, 1, 1, 1, 0], at);
  }
  return bytes;
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.integer(items.length)];
}

/** Cuts a stream as a line does: anywhere. */
export function* cuts(stream: Uint8Array, random: Random): Generator<Uint8Array> {
  for (let at = 0; at < stream.length;) {
    const length = random.integer(4) === 0 ? 1 + random.integer(3) : 1 + random.integer(2000);
    yield stream.subarray(at, at + length);
    at += length;
  }
}

export function concatenated(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
