/**
 * Messages of a dataflash log as its FMT messages describe them: a name, and for every field a name and a
 * character for its type and scale.
 *
 * Source: ArduPilot, libraries/AP_Logger/README.md and LogStructure.h (facts of the format).
 *
 * @module
 */

/** Bytes, and the factor to the natural unit, of each format character. */
const FIELD_TYPES: Readonly<Record<string, { readonly bytes: number; readonly scale?: number }>> = {
  a: { bytes: 64 },
  b: { bytes: 1 },
  B: { bytes: 1 },
  h: { bytes: 2 },
  H: { bytes: 2 },
  i: { bytes: 4 },
  I: { bytes: 4 },
  f: { bytes: 4 },
  d: { bytes: 8 },
  g: { bytes: 2 },
  n: { bytes: 4 },
  N: { bytes: 16 },
  Z: { bytes: 64 },
  c: { bytes: 2, scale: 0.01 },
  C: { bytes: 2, scale: 0.01 },
  e: { bytes: 4, scale: 0.01 },
  E: { bytes: 4, scale: 0.01 },
  L: { bytes: 4, scale: 1e-7 },
  M: { bytes: 1 },
  q: { bytes: 8 },
  Q: { bytes: 8 },
};

/** Of the message that describes messages; it describes itself as well. */
export const FMT_TYPE = 128;
export const FMT_LENGTH = 89;
/** Magic, magic, type. */
export const HEADER_BYTES = 3;

interface DataflashField {
  readonly character: string;
  /** From the message's first byte. */
  readonly offset: number;
}

export interface DataflashFormat {
  readonly type: number;
  readonly name: string;
  /** Of the whole message, its header among them. */
  readonly length: number;
  readonly fields: ReadonlyMap<string, DataflashField>;
}

/** The field as a number in the unit that its name and character imply; NaN where it is not there. */
export type FieldReader = (view: DataView, start: number) => number;

const ABSENT: FieldReader = () => NaN;

/**
 * The message that an FMT describes; undefined where it makes no sense. A message whose fields do not fill
 * its length is known by its length alone.
 */
export function parseFormat(view: DataView, start: number): DataflashFormat | undefined {
  const type = view.getUint8(start + 3);
  const length = view.getUint8(start + 4);
  const name = text(view, start + 5, 4);
  const characters = text(view, start + 9, 16);
  const labels = text(view, start + 25, 64).split(",");
  if (length < HEADER_BYTES || type === FMT_TYPE && length !== FMT_LENGTH) return undefined;
  if (!/^[A-Z0-9_]{1,4}$/i.test(name)) return undefined;
  const fields = new Map<string, DataflashField>();
  let offset = HEADER_BYTES;
  for (let i = 0; i < characters.length; i++) {
    const bytes = FIELD_TYPES[characters[i]]?.bytes;
    if (bytes === undefined) return { type, name, length, fields: new Map() };
    const label = labels[i]?.trim();
    if (label) fields.set(label, { character: characters[i], offset });
    offset += bytes;
  }
  return { type, name, length, fields: offset === length ? fields : new Map() };
}

/** Reads the first of these fields that the format has. */
export function fieldReader(format: DataflashFormat, ...names: readonly string[]): FieldReader {
  const name = names.find((one) => format.fields.has(one));
  const field = name === undefined ? undefined : format.fields.get(name);
  if (field === undefined) return ABSENT;
  const { offset, character } = field;
  const scale = FIELD_TYPES[character].scale ?? 1;
  switch (character) {
    case "b":
      return (view, start) => view.getInt8(start + offset);
    case "B":
    case "M":
      return (view, start) => view.getUint8(start + offset);
    case "h":
    case "c":
      return (view, start) => view.getInt16(start + offset, true) * scale;
    case "H":
    case "C":
      return (view, start) => view.getUint16(start + offset, true) * scale;
    case "i":
    case "e":
    case "L":
      return (view, start) => view.getInt32(start + offset, true) * scale;
    case "I":
    case "E":
      return (view, start) => view.getUint32(start + offset, true) * scale;
    case "f":
      return (view, start) => view.getFloat32(start + offset, true);
    case "d":
      return (view, start) => view.getFloat64(start + offset, true);
    case "g":
      return (view, start) => view.getFloat16(start + offset, true);
    case "q":
      return (view, start) =>
        view.getUint32(start + offset, true) + view.getInt32(start + offset + 4, true) * 2 ** 32;
    case "Q":
      return (view, start) =>
        view.getUint32(start + offset, true) + view.getUint32(start + offset + 4, true) * 2 ** 32;
    default:
      return ABSENT;
  }
}

/** Text of a field of characters; empty where it is not there. */
export function textField(
  format: DataflashFormat,
  name: string,
  view: DataView,
  start: number,
): string {
  const field = format.fields.get(name);
  const bytes = field === undefined ? 0 : { n: 4, N: 16, Z: 64 }[field.character] ?? 0;
  return field === undefined ? "" : text(view, start + field.offset, bytes);
}

/** Up to the first zero; what is no printable ASCII becomes "?". */
function text(view: DataView, start: number, bytes: number): string {
  let out = "";
  for (let i = 0; i < bytes; i++) {
    const code = view.getUint8(start + i);
    if (code === 0) break;
    out += code >= 32 && code < 127 ? String.fromCharCode(code) : "?";
  }
  return out;
}

/** Whether these first bytes of a file are those of a dataflash log: it begins with its descriptions. */
export function isDataflash(head: Uint8Array): boolean {
  for (let at = head.indexOf(0xa3); at >= 0; at = head.indexOf(0xa3, at + 1)) {
    if (at + FMT_LENGTH > head.length) return false;
    if (head[at + 1] !== 0x95 || head[at + 2] !== FMT_TYPE) continue;
    if (parseFormat(new DataView(head.buffer, head.byteOffset, head.byteLength), at)) return true;
  }
  return false;
}
