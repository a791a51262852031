/**
 * Whether bytes can be a message of a ULog: the sizes and contents that each type can have. Without a
 * check sum it is all that tells a message from damage.
 *
 * @module
 */
import { TYPE_BYTES } from "./format.ts";

/** By type: the sizes that a message can have, without its header. */
const SIZES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  B: [40, 40],
  F: [5, 65_535],
  I: [4, 65_535],
  M: [5, 65_535],
  P: [6, 300],
  Q: [7, 300],
  A: [4, 300],
  R: [1, 2],
  D: [10, 65_535],
  L: [9, 1024],
  C: [11, 1024],
  S: [8, 8],
  O: [2, 2],
};
const LEAST: readonly number[] = table(0);
const MOST: readonly number[] = table(1);
const SYNC = [0x2f, 0x73, 0x13, 0x20, 0x25, 0x0c, 0xbb, 0x12] as const;
/** "char[16] ver_sw", at the longest. */
const KEY_BYTES_MAX = 128;

function table(which: 0 | 1): number[] {
  return Array.from({ length: 256 }, (_, type) => SIZES[String.fromCharCode(type)]?.[which] ?? -1);
}

/** By type and size alone. */
export function isSize(type: number, size: number): boolean {
  return size >= LEAST[type] && size <= MOST[type];
}

/** By its content, which begins at `start`; of data (D) and flags (B) the caller knows more. */
export function isContent(view: DataView, start: number, size: number, type: number): boolean {
  switch (String.fromCharCode(type)) {
    case "F":
    case "A":
      return isText(view, type === 65 ? start + 3 : start, start + size);
    case "I":
    case "P":
      return isKey(view, start, size);
    case "M":
    case "Q":
      return isKey(view, start + 1, size - 1);
    case "L":
      return isLevel(view.getUint8(start)) && isText(view, start + 9, start + size);
    case "C":
      return isLevel(view.getUint8(start)) && isText(view, start + 11, start + size);
    case "S":
      return SYNC.every((byte, i) => view.getUint8(start + i) === byte);
    default:
      return true;
  }
}

/** "0" to "7". */
function isLevel(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x37;
}

/** The key's length, the key ("char[16] ver_sw"), and a value of the key's type. */
function isKey(view: DataView, start: number, size: number): boolean {
  const bytes = view.getUint8(start);
  if (bytes < 5 || bytes > KEY_BYTES_MAX || bytes >= size) return false;
  if (!isText(view, start + 1, start + 1 + bytes)) return false;
  const key = String.fromCharCode(
    ...new Uint8Array(view.buffer, view.byteOffset + start + 1, bytes),
  );
  const [, type, count = "1"] = /^(\w+)(?:\[(\d{1,5})\])? [ -~]+$/.exec(key) ?? [];
  return TYPE_BYTES[type] * Number(count) === size - 1 - bytes;
}

/** Texts of people may hold anything but most control characters; PX4 colours its own with ESC. */
function isText(view: DataView, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = view.getUint8(at);
    if (byte < 0x20 && !CONTROLS.includes(byte) || byte > 0xf7 || byte === 0x7f) return false;
  }
  return true;
}

/** Tab, new line, carriage return, ESC. */
const CONTROLS: readonly number[] = [0x09, 0x0a, 0x0d, 0x1b];
