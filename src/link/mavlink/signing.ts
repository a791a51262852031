/**
 * Signatures of MAVLink 2 (https://mavlink.io/en/guide/message_signing.html): the first 48 bits of
 * SHA-256 over key, frame, link id and time stamp, where stamps count 10 µs since 1 January 2015 UTC.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { SIGNATURE_BYTES } from "./frame.ts";

const KEY_BYTES = 32;
const DIGEST_BYTES = 6;
const EPOCH_MS = Date.UTC(2015, 0, 1);
const STAMPS_PER_MS = 100;
const STAMP_MAX = 2 ** 48 - 1;
/** One minute: how far a stream that was not heard before may be behind us. */
const STAMPS_BEHIND_MAX = 60_000 * STAMPS_PER_MS;
/** Two seconds: what may have been sent after the stamps were kept for the last time. */
const STAMPS_LOST_MAX = 2000 * STAMPS_PER_MS;
/** Only who has the key can make a new one. */
const STREAMS_MAX = 256;

/** A secret of 32 bytes, which neither a log nor JSON shows. */
export class SigningKey {
  readonly #bytes: Uint8Array;

  /** @throws {RangeError} Where it has not 32 bytes; the message does not show them. */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== KEY_BYTES) {
      throw new RangeError(`Cannot sign: the key has ${bytes.length} bytes, not ${KEY_BYTES}`);
    }
    this.#bytes = bytes.slice();
  }

  /** Of a frame up to its stamp, both included. */
  digest(stamped: Uint8Array): Uint8Array {
    return createHash("sha256").update(this.#bytes).update(stamped).digest().subarray(
      0,
      DIGEST_BYTES,
    );
  }
}

interface SigningOptions {
  readonly key: SigningKey;
  /** 0 to 255: tells the links of one sender apart. */
  readonly linkId: number;
  /**
   * Milliseconds since 1970 of a clock that the caller vouches for; null while there is none. Without it
   * stamps follow those of verified frames, and until one came nothing is signed.
   */
  readonly utcMs: () => number | null;
  /** Messages that are believed without a signature, by id: a radio's RADIO_STATUS never has one. */
  readonly acceptUnsigned: (messageId: number) => boolean;
  /**
   * What an earlier run knew at its end, or shortly before. Without it and without a clock, a recording of an
   * older flight is taken for new until the first frame of this one.
   */
  readonly before?: SigningStamps;
}

/** The newest stamps, 10 µs since 2015: what must outlive the process. */
export interface SigningStamps {
  /** Sent or accepted. */
  readonly newest: number;
  /** Accepted of each system, component and link (8 bits each, in that order). */
  readonly streams: readonly (readonly [stream: number, stamp: number])[];
}

/** Signs and verifies on one link: encoder and splitter share it. */
export class MavlinkSigning {
  readonly #options: SigningOptions;
  /** System, component and link → the newest stamp that was accepted. */
  readonly #streams = new Map<number, number>();
  /** The newest stamp, sent or accepted; stamps never go back behind it. */
  #newest: number;

  constructor(options: SigningOptions) {
    this.#options = options;
    const { before = { newest: 0, streams: [] } } = options;
    this.#newest = before.newest === 0 ? 0 : before.newest + STAMPS_LOST_MAX;
    for (const [stream, stamp] of before.streams.slice(0, STREAMS_MAX)) {
      this.#streams.set(stream, stamp);
    }
  }

  /** To be kept, for the next run. */
  stamps(): SigningStamps {
    return { newest: this.#newest, streams: [...this.#streams] };
  }

  acceptsUnsigned(messageId: number): boolean {
    return this.#options.acceptUnsigned(messageId);
  }

  /** Fills in the last 13 bytes of a frame. False where there is no stamp to sign it with. */
  sign(frame: Uint8Array): boolean {
    const clock = this.#clock();
    if (clock === 0 && this.#newest === 0) return false;
    const stamp = Math.max(clock, this.#newest + 1);
    if (stamp > STAMP_MAX) return false;
    this.#newest = stamp;
    const at = frame.length - SIGNATURE_BYTES;
    frame[at] = this.#options.linkId;
    writeStamp(frame, at + 1, stamp);
    const end = frame.length - DIGEST_BYTES;
    frame.set(this.#options.key.digest(frame.subarray(0, end)), end);
    return true;
  }

  /** Whether a signed frame is genuine and newer than all before it of the same stream. */
  verify(frame: Uint8Array): boolean {
    const end = frame.length - DIGEST_BYTES;
    const digest = this.#options.key.digest(frame.subarray(0, end));
    if (!timingSafeEqual(digest, frame.subarray(end))) return false;
    const at = frame.length - SIGNATURE_BYTES;
    const stream = frame[5] << 16 | frame[6] << 8 | frame[at];
    const stamp = readStamp(frame, at + 1);
    const last = this.#streams.get(stream);
    if (last === undefined) {
      const ours = Math.max(this.#clock(), this.#newest);
      if (stamp < ours - STAMPS_BEHIND_MAX || this.#streams.size >= STREAMS_MAX) return false;
    } else if (stamp <= last) return false;
    this.#streams.set(stream, stamp);
    this.#newest = Math.max(this.#newest, stamp);
    return true;
  }

  #clock(): number {
    const utcMs = this.#options.utcMs();
    return utcMs === null ? 0 : Math.max(0, Math.floor((utcMs - EPOCH_MS) * STAMPS_PER_MS));
  }
}

function readStamp(bytes: Uint8Array, at: number): number {
  let stamp = 0;
  for (let index = 5; index >= 0; index--) stamp = stamp * 256 + bytes[at + index];
  return stamp;
}

function writeStamp(bytes: Uint8Array, at: number, stamp: number): void {
  for (let index = 0, rest = stamp; index < 6; index++, rest = Math.floor(rest / 256)) {
    bytes[at + index] = rest % 256;
  }
}
