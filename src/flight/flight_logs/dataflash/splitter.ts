/**
 * Cuts the bytes of a dataflash log into messages. There is no check sum: a message is believed when
 * another one follows it, and after damage the next place is looked for where that holds.
 *
 * @module
 */
import { type DataflashFormat, FMT_LENGTH, FMT_TYPE, HEADER_BYTES, parseFormat } from "./format.ts";

const MAGIC_1 = 0xa3;
const MAGIC_2 = 0x95;
/** A message, one that begins inside it, and the header behind that one. */
const LOOK_AHEAD_BYTES = 255 + 255 + HEADER_BYTES;

/** Called with the message's format and its first byte in `view`. */
type OnMessage = (format: DataflashFormat, view: DataView, start: number) => void;

export class DataflashSplitter {
  readonly #formats: (DataflashFormat | undefined)[] = new Array(256);
  readonly #onMessage: OnMessage;
  #rest: Uint8Array = new Uint8Array(0);
  #bytesSkipped = 0;
  #messages = 0;

  constructor(onMessage: OnMessage) {
    this.#onMessage = onMessage;
    this.#formats[FMT_TYPE] = {
      type: FMT_TYPE,
      name: "FMT",
      length: FMT_LENGTH,
      fields: new Map(),
    };
  }

  /** Bytes that are in no message. */
  get bytesSkipped(): number {
    return this.#bytesSkipped;
  }
  get messages(): number {
    return this.#messages;
  }

  push(bytes: Uint8Array): void {
    const joined = this.#join(bytes);
    const used = this.#split(joined, joined.length - LOOK_AHEAD_BYTES);
    this.#rest = joined.slice(used);
  }

  end(): void {
    const used = this.#split(this.#rest, this.#rest.length);
    this.#bytesSkipped += this.#rest.length - used;
    this.#rest = new Uint8Array(0);
  }

  #join(bytes: Uint8Array): Uint8Array {
    if (this.#rest.length === 0) return bytes;
    const joined = new Uint8Array(this.#rest.length + bytes.length);
    joined.set(this.#rest);
    joined.set(bytes, this.#rest.length);
    return joined;
  }

  /** Messages that begin before `until`; returns where the next one may begin. */
  #split(bytes: Uint8Array, until: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at < until) {
      const format = this.#formatAt(bytes, at);
      const end = at + (format?.length ?? 0);
      if (format === undefined || end > bytes.length) {
        // Cut at the end of the file: nothing that could be whole begins in it.
        const next = this.#nextHeader(bytes, at + 1, until);
        this.#bytesSkipped += next - at;
        at = next;
        continue;
      }
      const inner = this.#isHeader(bytes, end) ? -1 : this.#begunInside(bytes, at, end);
      if (inner >= 0) {
        this.#bytesSkipped += inner - at;
        at = inner;
        continue;
      }
      this.#message(format, view, at);
      at = end;
    }
    return at;
  }

  #message(format: DataflashFormat, view: DataView, start: number): void {
    this.#messages++;
    if (format.type === FMT_TYPE) {
      const described = parseFormat(view, start);
      if (described !== undefined && described.type !== FMT_TYPE) {
        this.#formats[described.type] = described;
      }
    }
    this.#onMessage(format, view, start);
  }

  #formatAt(bytes: Uint8Array, at: number): DataflashFormat | undefined {
    if (at + HEADER_BYTES > bytes.length) return undefined;
    return bytes[at] === MAGIC_1 && bytes[at + 1] === MAGIC_2
      ? this.#formats[bytes[at + 2]]
      : undefined;
  }

  /** Of any message; the end of the bytes counts as one. */
  #isHeader(bytes: Uint8Array, at: number): boolean {
    if (at === bytes.length) return true;
    return bytes[at] === MAGIC_1 && (at + 1 >= bytes.length || bytes[at + 1] === MAGIC_2);
  }

  #nextHeader(bytes: Uint8Array, from: number, until: number): number {
    for (let at = from; at < until; at++) {
      at = bytes.indexOf(MAGIC_1, at);
      if (at < 0 || at >= until) return until;
      if (this.#formatAt(bytes, at) !== undefined) return at;
    }
    return until;
  }

  /**
   * Nothing follows the message at `at`: where bytes of it were lost, a whole one begins before its end.
   * Otherwise it is whole, and what follows it is damaged.
   */
  #begunInside(bytes: Uint8Array, at: number, end: number): number {
    for (let inner = at + 1; inner < end; inner++) {
      const format = this.#formatAt(bytes, inner);
      if (format === undefined) continue;
      const innerEnd = inner + format.length;
      if (innerEnd < bytes.length && this.#isHeader(bytes, innerEnd)) return inner;
    }
    return -1;
  }
}
