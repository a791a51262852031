/**
 * Frames from a stream of bytes that nobody vouches for.
 *
 * A frame is believed when its check sum is right, never before: of anything else one byte is passed
 * over, and the search goes on behind it, so that whatever precedes a good frame costs no more than the
 * wait for the bytes that it claims (280 at most). Frames of versions 1 and 2 may alternate.
 *
 * @module
 */
import { checksum } from "./checksum.ts";
import {
  CHECKSUM_BYTES,
  FLAG_SIGNED,
  HEADER_BYTES_V1,
  HEADER_BYTES_V2,
  type Packet,
  SIGNATURE_BYTES,
  START_V1,
  START_V2,
} from "./frame.ts";
import { KNOWN_MESSAGES } from "./known_messages.ts";
import { SequenceCounter } from "./sequences.ts";
import type { MavlinkSigning } from "./signing.ts";

interface SplitterCounters {
  /** Frames that were given on. */
  readonly frames: number;
  /** What looked like a frame of a known message, with a wrong check sum. */
  readonly framesBad: number;
  /** By the sequence numbers of each sender: what is missing, and what came behind its successor. */
  readonly framesLost: number;
  readonly framesLate: number;
  /** Bytes outside of frames. */
  readonly bytesSkipped: number;
  /** Whole frames with a wrong or old signature, and without one that they should have. */
  readonly signaturesRefused: number;
  readonly unsignedRefused: number;
}

/** What is at a place of the stream; `bytes` up to the check sum, which is the last that is certain. */
type Found = { readonly kind: "frame"; readonly bytes: number } | {
  readonly kind: "cut" | "none" | "bad";
};

const CUT = { kind: "cut" } as const;
const NONE = { kind: "none" } as const;
const BAD = { kind: "bad" } as const;
const EMPTY = new Uint8Array();

interface SplitterOptions {
  /** Signatures are verified with it; without it they are passed over. */
  readonly signing?: MavlinkSigning;
}

export class MavlinkSplitter {
  readonly #signing: MavlinkSigning | undefined;
  readonly #sequences = new SequenceCounter();
  /** The beginning of what may become a frame: less than one frame. */
  #rest: Uint8Array = EMPTY;
  /** Of the rest, in the stream. */
  #offset = 0;
  #frames = 0;
  #bad = 0;
  #skipped = 0;
  /** Bytes to come of a signature that nobody verifies. */
  #signatureLeft = 0;
  #signaturesRefused = 0;
  #unsignedRefused = 0;

  constructor(options: SplitterOptions = {}) {
    this.#signing = options.signing;
  }

  get counters(): SplitterCounters {
    return {
      frames: this.#frames,
      framesBad: this.#bad,
      framesLost: this.#sequences.lost,
      framesLate: this.#sequences.late,
      bytesSkipped: this.#skipped,
      signaturesRefused: this.#signaturesRefused,
      unsignedRefused: this.#unsignedRefused,
    };
  }

  /** The frames that these bytes complete, in order. The bytes may be used again afterwards. */
  push(bytes: Uint8Array): Packet[] {
    const data = this.#rest.length === 0 ? bytes : joined(this.#rest, bytes);
    const packets: Packet[] = [];
    let at = 0;
    while (at < data.length) {
      const start = nextStart(data, at);
      this.#skip(start - at);
      at = start;
      const found = frameAt(data, start, this.#signing !== undefined);
      if (found.kind === "cut") break;
      if (found.kind !== "frame") {
        if (found.kind === "bad") this.#bad++;
        this.#skip(1);
        at++;
        continue;
      }
      const packet = packetAt(data, start, this.#offset);
      at += found.bytes;
      const isAccepted = this.#accept(packet, data.subarray(start, at + SIGNATURE_BYTES));
      if (isAccepted) packets.push(packet);
      const isVerified = isAccepted && packet.signed && this.#signing !== undefined;
      if (isVerified) at += SIGNATURE_BYTES;
      this.#signatureLeft = packet.signed && !isVerified ? SIGNATURE_BYTES : 0;
    }
    this.#offset += at;
    this.#rest = at < data.length ? data.slice(at) : EMPTY;
    return packets;
  }

  #skip(bytes: number): void {
    const signature = Math.min(bytes, this.#signatureLeft);
    this.#signatureLeft -= signature;
    this.#skipped += bytes - signature;
  }

  #accept(packet: Packet, frame: Uint8Array): boolean {
    const { systemId, componentId, sequence, messageId, signed } = packet;
    if (this.#signing !== undefined) {
      if (signed ? !this.#signing.verify(frame) : !this.#signing.acceptsUnsigned(messageId)) {
        if (signed) this.#signaturesRefused++;
        else this.#unsignedRefused++;
        return false;
      }
    }
    this.#frames++;
    this.#sequences.count(systemId, componentId, sequence);
    return true;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function nextStart(data: Uint8Array, from: number): number {
  for (let at = from; at < data.length; at++) {
    if (data[at] === START_V2 || data[at] === START_V1) return at;
  }
  return data.length;
}

/**
 * Judges as early as it can: what cannot become a frame holds up none that follows. A signature is waited
 * for where it will be verified; else it may be cut, and what follows is read as if there were none.
 */
function frameAt(data: Uint8Array, at: number, withSignature: boolean): Found {
  const isV1 = data[at] === START_V1;
  const header = isV1 ? HEADER_BYTES_V1 : HEADER_BYTES_V2;
  const left = data.length - at;
  if (!isV1 && left > 2 && (data[at + 2] & ~FLAG_SIGNED) !== 0) return NONE;
  if (left < header) return CUT;
  const known = KNOWN_MESSAGES.get(messageIdAt(data, at));
  const length = data[at + 1];
  if (known === undefined) return NONE;
  if (isV1 && (length < known.lengthMin || length > known.lengthMax)) return NONE;
  const bytes = header + length + CHECKSUM_BYTES;
  if (left < bytes) return CUT;
  const end = at + header + length;
  const sum = data[end] | data[end + 1] << 8;
  if (checksum(data, at + 1, end, known.crcExtra) !== sum) return BAD;
  const isSigned = !isV1 && data[at + 2] === FLAG_SIGNED;
  return isSigned && withSignature && left < bytes + SIGNATURE_BYTES
    ? CUT
    : { kind: "frame", bytes };
}

function messageIdAt(data: Uint8Array, at: number): number {
  return data[at] === START_V1
    ? data[at + 5]
    : data[at + 7] | data[at + 8] << 8 | data[at + 9] << 16;
}

function packetAt(data: Uint8Array, at: number, dataOffset: number): Packet {
  const isV1 = data[at] === START_V1;
  const identity = at + (isV1 ? 2 : 4);
  const payload = at + (isV1 ? HEADER_BYTES_V1 : HEADER_BYTES_V2);
  const signed = !isV1 && data[at + 2] === FLAG_SIGNED;
  const end = payload + data[at + 1] + CHECKSUM_BYTES + (signed ? SIGNATURE_BYTES : 0);
  return {
    version: isV1 ? 1 : 2,
    sequence: data[identity],
    systemId: data[identity + 1],
    componentId: data[identity + 2],
    messageId: messageIdAt(data, at),
    offset: dataOffset + at,
    bytes: end - at,
    payload: data.slice(payload, payload + data[at + 1]),
    signed,
  };
}
