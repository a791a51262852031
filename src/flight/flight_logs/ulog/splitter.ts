/**
 * Cuts the bytes of a ULog into messages. There is no check sum: a message is believed when its size fits
 * its type and another one follows it; after damage the next place is looked for where that holds.
 *
 * @module
 */
import { FILE_HEADER_BYTES } from "./format.ts";
import { isContent, isSize } from "./plausible.ts";

/** Size, type. */
const HEADER_BYTES = 3;
const MESSAGE_BYTES_MAX = HEADER_BYTES + 65_535;
/** A message, and the header behind it. */
const LOOK_AHEAD_BYTES = MESSAGE_BYTES_MAX + HEADER_BYTES;

/** "B" and "D". */
const FLAGS = 66;
const DATA = 68;

interface UlogSplitterOptions {
  /** Called with the type as a letter, the first byte behind the header, and the size from there. */
  readonly onMessage: (type: string, view: DataView, start: number, size: number) => void;
  /** Whether data of this subscription can have so many bytes. */
  readonly isData: (subscription: number, bytes: number) => boolean;
}

export class UlogSplitter {
  readonly #options: UlogSplitterOptions;
  #rest: Uint8Array = new Uint8Array(0);
  /** Of the first byte of `#rest` in the file. */
  #offset = 0;
  #bytesSkipped = 0;
  /** Where data was appended after a crash: a message that is cut there ends there. */
  #breaks: readonly number[] = [];

  constructor(options: UlogSplitterOptions) {
    this.#options = options;
  }

  /** Bytes that are in no message. */
  get bytesSkipped(): number {
    return this.#bytesSkipped;
  }

  /** Offsets in the file. */
  breakAt(offsets: readonly number[]): void {
    this.#breaks = offsets.filter((offset) => offset > 0).sort((a, b) => a - b);
  }

  push(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#rest.length + bytes.length);
    joined.set(this.#rest);
    joined.set(bytes, this.#rest.length);
    const used = this.#split(joined, joined.length - LOOK_AHEAD_BYTES);
    this.#rest = joined.slice(used);
    this.#offset += used;
  }

  end(): void {
    const used = this.#split(this.#rest, this.#rest.length);
    this.#bytesSkipped += this.#rest.length - used;
    this.#rest = new Uint8Array(0);
  }

  /** Messages that begin before `until`; returns where the next one may begin. */
  #split(bytes: Uint8Array, until: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    if (this.#offset === 0 && until > 0) at = Math.min(FILE_HEADER_BYTES, bytes.length);
    while (at < until) {
      const end = this.#endOf(view, at);
      if (end < 0) {
        const next = this.#nextMessage(view, at + 1, until);
        this.#bytesSkipped += next - at;
        at = next;
        continue;
      }
      const inner = this.#isFollowed(view, end) ? -1 : this.#begunInside(view, at, end);
      const cut = this.#breaks.find((one) => one > this.#offset + at && one < this.#offset + end);
      const skipTo = cut === undefined ? inner : cut - this.#offset;
      if (skipTo >= 0) {
        this.#bytesSkipped += skipTo - at;
        at = skipTo;
        continue;
      }
      const type = String.fromCharCode(bytes[at + 2]);
      this.#options.onMessage(type, view, at + HEADER_BYTES, end - at - HEADER_BYTES);
      at = end;
    }
    return at;
  }

  /** Where the message at `at` ends; -1 where none can be there. */
  #endOf(view: DataView, at: number): number {
    if (at + HEADER_BYTES > view.byteLength) return -1;
    const type = view.getUint8(at + 2);
    const size = view.getUint16(at, true);
    const start = at + HEADER_BYTES, end = start + size;
    if (!isSize(type, size) || end > view.byteLength) return -1;
    if (type === DATA) {
      return this.#options.isData(view.getUint16(start, true), size - 2) ? end : -1;
    }
    // Flags are the first message, or none.
    if (type === FLAGS) return this.#offset + at === FILE_HEADER_BYTES ? end : -1;
    return isContent(view, start, size, type) ? end : -1;
  }

  /** By a message, or what could be one and is not here as a whole; or by the end of the file. */
  #isFollowed(view: DataView, at: number): boolean {
    if (at + HEADER_BYTES > view.byteLength) return true;
    const size = view.getUint16(at, true);
    if (at + HEADER_BYTES + size > view.byteLength) return isSize(view.getUint8(at + 2), size);
    return this.#endOf(view, at) >= 0;
  }

  /** After damage: two messages in a row, so that a chance pair of bytes is no message. */
  #nextMessage(view: DataView, from: number, until: number): number {
    for (let at = from; at < until; at++) {
      const end = this.#endOf(view, at);
      if (end >= 0 && this.#isFollowed(view, end)) return at;
    }
    return until;
  }

  /**
   * Nothing follows the message at `at`: where bytes of it were lost, whole data begins before its end.
   * Otherwise it is whole, and what follows it is damaged.
   */
  #begunInside(view: DataView, at: number, end: number): number {
    const last = Math.min(end, view.byteLength - HEADER_BYTES);
    for (let inner = at + 1; inner < last; inner++) {
      if (view.getUint8(inner + 2) !== DATA) continue;
      const innerEnd = this.#endOf(view, inner);
      if (innerEnd >= 0 && innerEnd < view.byteLength && this.#isFollowed(view, innerEnd)) {
        return inner;
      }
    }
    return -1;
  }
}
