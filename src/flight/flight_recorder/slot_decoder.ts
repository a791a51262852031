/**
 * Decodes the MessagePack of a slot to JSON values quickly, because it dominates the time of the
 * writer's thread.
 *
 * It handles what records nearly always consist of (objects, arrays, text, numbers, undefined), and
 * leaves a record with anything else to msgpackr. It takes half of the time: names and short texts
 * recur and are looked up instead of being created (msgpackr does so below 180 bytes only).
 *
 * @module
 */

/** A record contains something that only msgpackr decodes. */
export const UNCOMMON = Symbol("uncommon");

/** Texts up to this many bytes are cached. */
const REMEMBERED_BYTES_MAX = 32;
const MEMORY_SLOTS = 4096;

interface Remembered {
  readonly text: string;
  readonly bytes: Uint8Array;
}

const memory = new Array<Remembered | undefined>(MEMORY_SLOTS);
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

// The record that is being read; nothing in here calls out, so one is enough.
let bytes = new Uint8Array();
let view = new DataView(bytes.buffer);
let at = 0;
let end = 0;

/** The value; UNCOMMON when msgpackr must decode it. Throws for bytes that are not MessagePack. */
export function decodeJson(record: Uint8Array<ArrayBufferLike>): unknown {
  if (record.buffer !== view.buffer) {
    bytes = new Uint8Array(record.buffer as ArrayBuffer);
    view = new DataView(record.buffer as ArrayBuffer);
  }
  at = record.byteOffset;
  end = at + record.length;
  const value = read();
  if (value !== UNCOMMON && at !== end) throw new Error(`${end - at} bytes are left over`);
  return value;
}

function read(): unknown {
  if (at >= end) throw new Error("it ends too early");
  const type = bytes[at++];
  if (type < 0x80) return type;
  if (type < 0x90) return readMap(type & 0x0f);
  if (type < 0xa0) return readArray(type & 0x0f);
  if (type < 0xc0) return readText(type & 0x1f);
  if (type >= 0xe0) return type - 0x100;
  switch (type) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xcb:
      return jsonNumber(view.getFloat64(skip(8)));
    case 0xd4:
      // undefined, as msgpackr writes it.
      return skip(2) >= 0 && bytes[at - 2] === 0 && bytes[at - 1] === 0 ? undefined : UNCOMMON;
    case 0xd9:
      return readText(view.getUint8(skip(1)));
    case 0xda:
      return readText(view.getUint16(skip(2)));
    case 0xdb:
      return readText(view.getUint32(skip(4)));
    case 0xdc:
      return readArray(view.getUint16(skip(2)));
    case 0xdd:
      return readArray(view.getUint32(skip(4)));
    case 0xde:
      return readMap(view.getUint16(skip(2)));
    case 0xdf:
      return readMap(view.getUint32(skip(4)));
    default:
      return readInteger(type);
  }
}

function readInteger(type: number): unknown {
  switch (type) {
    case 0xcc:
      return view.getUint8(skip(1));
    case 0xcd:
      return view.getUint16(skip(2));
    case 0xce:
      return view.getUint32(skip(4));
    case 0xd0:
      return view.getInt8(skip(1));
    case 0xd1:
      return view.getInt16(skip(2));
    case 0xd2:
      return view.getInt32(skip(4));
    default:
      return UNCOMMON;
  }
}

/** Skips this many bytes; returns where they begin. */
function skip(length: number): number {
  const from = at;
  at += length;
  if (at > end) throw new Error("it ends too early");
  return from;
}

function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function readArray(length: number): unknown {
  if (length > end - at) throw new Error("it ends too early");
  const values = new Array<unknown>(length);
  for (let i = 0; i < length; i++) {
    const value = read();
    if (value === UNCOMMON) return UNCOMMON;
    values[i] = value === undefined ? null : value;
  }
  return values;
}

function readMap(length: number): unknown {
  const fields: Record<string, unknown> = {};
  for (let i = 0; i < length; i++) {
    const key = read();
    if (typeof key !== "string") return UNCOMMON;
    const value = read();
    if (value === UNCOMMON) return UNCOMMON;
    // Never sets the prototype; msgpackr renames the key in the same way.
    if (value !== undefined) fields[key === "__proto__" ? "__proto_" : key] = value;
  }
  return fields;
}

function readText(length: number): string {
  const from = skip(length);
  if (length === 0) return "";
  if (length > REMEMBERED_BYTES_MAX) return utf8.decode(bytes.subarray(from, from + length));
  const place = placeOf(from, length);
  const known = memory[place];
  if (known !== undefined && isAt(known.bytes, from, length)) return known.text;
  const own = bytes.slice(from, from + length);
  const text = utf8.decode(own);
  memory[place] = { text, bytes: own };
  return text;
}

function placeOf(from: number, length: number): number {
  const first = bytes[from], middle = bytes[from + (length >> 1)], last = bytes[from + length - 1];
  return (length + first * 31 + middle * 547 + last * 2411) & (MEMORY_SLOTS - 1);
}

function isAt(known: Uint8Array, from: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known[i] !== bytes[from + i]) return false;
  return true;
}
