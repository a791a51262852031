/**
 * Finds the frames in a stream of any bytes.
 *
 * Every `$` may begin a frame. All beginnings are followed at once, and the frame that ends first with
 * a right check sum wins: a false head with a long length holds up no good frame after it, and the
 * result does not depend on how the stream was cut into pieces. An eight-bit check sum is right by chance
 * once in 256 times, so beginnings inside of a frame are followed beyond its end: a false frame takes no
 * good one with it. A head can reach over at most `FRAME_MAX` bytes, so no more than that is kept.
 *
 * @module
 */
import { crc8DvbS2, exclusiveOr } from "./checksum.ts";
import {
  directionOfByte,
  JUMBO_LENGTH,
  MSP_PAYLOAD_MAX,
  type MspFrame,
  unwrapV2,
} from "./frame.ts";

const DOLLAR = 0x24;
const V1 = 0x4D;
const V2 = 0x58;
/** Header of version 2 and check sum; a jumbo frame of version 1 is shorter. */
const FRAME_MAX = 8 + MSP_PAYLOAD_MAX + 1;

interface MspCounters {
  readonly frames: number;
  /** Heads whose check sum was wrong. */
  readonly checkSumWrong: number;
  /** Heads that named more than `MSP_PAYLOAD_MAX` bytes. */
  readonly tooLong: number;
  /** Heads whose frame was not complete when another frame ended. */
  readonly cut: number;
  /** Bytes that belong to no frame. */
  readonly bytesSkipped: number;
}

/** A possible beginning. Positions count from the beginning of the buffer. */
interface Head {
  start: number;
  /** The byte with which the next decision about it can be made. */
  decideAt: number;
  /** Where its payload begins; 0 while the length is not known. */
  payloadAt: number;
  v1Jumbo: boolean;
  /** Inside of a frame that was taken: most likely its content, which is no fault of the line. */
  isContent: boolean;
}

export class MspSplitter {
  readonly #buffer = new Uint8Array(2 * FRAME_MAX);
  #length = 0;
  /** End of the last frame, by its position in the buffer. */
  #acceptedTo = 0;
  /** In order of their start. */
  #heads: Head[] = [];
  #frames = 0;
  #checkSumWrong = 0;
  #tooLong = 0;
  #cut = 0;
  #bytesIn = 0;
  #bytesInFrames = 0;

  /** The frames that end in these bytes; each has its own payload. */
  push(bytes: Uint8Array): MspFrame[] {
    const frames: MspFrame[] = [];
    for (let at = 0; at < bytes.length;) {
      // Without a head to follow, what is not a `$` concerns nobody.
      if (this.#heads.length === 0) {
        const dollar = bytes.indexOf(DOLLAR, at);
        this.#bytesIn += (dollar < 0 ? bytes.length : dollar) - at;
        if (dollar < 0) break;
        at = dollar;
        this.#length = 0;
        this.#acceptedTo = 0;
      }
      this.#take(bytes[at++], frames);
    }
    return frames;
  }

  get counters(): MspCounters {
    const from = Math.max(this.#heads[0]?.start ?? this.#length, this.#acceptedTo);
    const pending = Math.max(0, this.#length - from);
    return {
      frames: this.#frames,
      checkSumWrong: this.#checkSumWrong,
      tooLong: this.#tooLong,
      cut: this.#cut,
      bytesSkipped: this.#bytesIn - this.#bytesInFrames - pending,
    };
  }

  #take(byte: number, frames: MspFrame[]): void {
    if (this.#length === this.#buffer.length) this.#compact();
    const position = this.#length++;
    this.#bytesIn++;
    this.#buffer[position] = byte;
    if (byte === DOLLAR) {
      const head = { start: position, decideAt: position + 2, payloadAt: 0 };
      this.#heads.push({ ...head, v1Jumbo: false, isContent: false });
    }
    for (let i = 0; i < this.#heads.length; i++) {
      const head = this.#heads[i];
      if (head.decideAt !== position) continue;
      const decision = this.#decide(head, position);
      if (decision === "wait") continue;
      if (decision === "drop") {
        this.#heads.splice(i--, 1);
        continue;
      }
      frames.push(decision);
      this.#accept(i, position);
      i = -1;
    }
  }

  /** Heads before the frame are given up; those inside of it go on. */
  #accept(index: number, position: number): void {
    const { start } = this.#heads[index];
    this.#frames++;
    this.#bytesInFrames += position + 1 - Math.max(start, this.#acceptedTo);
    this.#acceptedTo = position + 1;
    for (const head of this.#heads.slice(0, index)) if (!head.isContent) this.#cut++;
    this.#heads = this.#heads.slice(index + 1);
    for (const head of this.#heads) head.isContent = true;
  }

  #decide(head: Head, position: number): MspFrame | "wait" | "drop" {
    if (head.payloadAt > 0) return this.#complete(head, position) ?? "drop";
    const { start } = head, marker = this.#buffer[start + 1];
    if (position === start + 2) {
      const isHead = (marker === V1 || marker === V2) &&
        directionOfByte(this.#buffer[position]) !== undefined;
      if (!isHead) return "drop";
      head.decideAt = start + (marker === V2 ? 7 : 4);
      return "wait";
    }
    if (marker === V2) return this.#withLength(head, start + 8, this.#u16(start + 6));
    if (head.v1Jumbo) return this.#withLength(head, start + 7, this.#u16(start + 5));
    const length = this.#buffer[start + 3];
    if (length !== JUMBO_LENGTH) return this.#withLength(head, start + 5, length);
    head.v1Jumbo = true;
    head.decideAt = start + 6;
    return "wait";
  }

  #withLength(head: Head, payloadAt: number, length: number): "wait" | "drop" {
    if (length > MSP_PAYLOAD_MAX) {
      if (!head.isContent) this.#tooLong++;
      return "drop";
    }
    head.payloadAt = payloadAt;
    head.decideAt = payloadAt + length;
    return "wait";
  }

  #complete({ start, payloadAt, isContent }: Head, position: number): MspFrame | undefined {
    const bytes = this.#buffer;
    const version = bytes[start + 1] === V2 ? 2 : 1;
    const sum = version === 2
      ? crc8DvbS2(bytes, start + 3, position)
      : exclusiveOr(bytes, start + 3, position);
    const frame = sum === bytes[position]
      ? unwrapV2({
        version,
        direction: directionOfByte(bytes[start + 2]) ?? "error",
        flags: version === 2 ? bytes[start + 3] : 0,
        function: version === 2 ? this.#u16(start + 4) : bytes[start + 4],
        payload: bytes.slice(payloadAt, position),
      })
      : undefined;
    if (frame === undefined && !isContent) this.#checkSumWrong++;
    return frame;
  }

  #u16(at: number): number {
    return this.#buffer[at] | (this.#buffer[at + 1] << 8);
  }

  /** Drops what lies before the first head: no head is older than a frame is long. */
  #compact(): void {
    const by = this.#heads.length === 0 ? this.#length : this.#heads[0].start;
    this.#buffer.copyWithin(0, by, this.#length);
    this.#length -= by;
    this.#acceptedTo -= by;
    for (const head of this.#heads) {
      head.start -= by;
      head.decideAt -= by;
      if (head.payloadAt > 0) head.payloadAt -= by;
    }
  }
}
