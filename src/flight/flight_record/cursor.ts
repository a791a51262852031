/**
 * Reads little-endian fields one after the other, never beyond the end of its bytes.
 *
 * @module
 */

/** The bytes do not match the format; `message` gives the reason. */
export class FormatFault extends Error {
  override readonly name = "FormatFault";
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

export class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#take(2, field), true);
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#take(4, field), true);
  }

  u64(field: string): bigint {
    return this.#view.getBigUint64(this.#take(8, field), true);
  }

  /** A u64 offset or size: a value of 2^53 or more is an error. */
  size(field: string): number {
    const value = this.u64(field);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new FormatFault(`${field} cannot be ${value}`);
    }
    return Number(value);
  }

  bytes(length: number, field: string): Uint8Array {
    const start = this.#take(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  rest(): Uint8Array {
    return this.bytes(this.left, "rest");
  }

  string(field: string): string {
    const bytes = this.bytes(this.u32(field), field);
    try {
      return utf8.decode(bytes);
    } catch {
      throw new FormatFault(`${field} is not UTF-8`);
    }
  }

  /** Entries of a map or an array that begins with its length in bytes. */
  list<T>(field: string, entry: (cursor: Cursor) => T): T[] {
    const entries: T[] = [];
    this.each(field, (cursor) => entries.push(entry(cursor)));
    return entries;
  }

  /** Entries of a map; a hostile file may repeat one key millions of times. */
  map<K, V>(field: string, entry: (cursor: Cursor) => readonly [K, V]): Map<K, V> {
    const map = new Map<K, V>();
    this.each(field, (cursor) => {
      const [key, value] = entry(cursor);
      map.set(key, value);
    });
    return map;
  }

  /** Visits each entry without keeping any. */
  each(field: string, visit: (cursor: Cursor) => unknown): void {
    const inner = new Cursor(this.bytes(this.u32(field), field));
    while (inner.left > 0) visit(inner);
  }

  #take(length: number, field: string): number {
    if (length > this.left) {
      throw new FormatFault(`${field} takes ${length} bytes, ${this.left} are there`);
    }
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
