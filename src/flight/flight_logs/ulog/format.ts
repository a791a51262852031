/**
 * Formats of a ULog: what a logged topic's bytes mean.
 *
 * Source: PX4 user guide, "ULog File Format" (facts of the format).
 *
 * @module
 */

const MAGIC = [0x55, 0x4c, 0x6f, 0x67, 0x01, 0x12, 0x35] as const;
/** Magic, version, time stamp. */
export const FILE_HEADER_BYTES = 16;

export const TYPE_BYTES: Readonly<Record<string, number>> = {
  int8_t: 1,
  uint8_t: 1,
  bool: 1,
  char: 1,
  int16_t: 2,
  uint16_t: 2,
  int32_t: 4,
  uint32_t: 4,
  float: 4,
  int64_t: 8,
  uint64_t: 8,
  double: 8,
};

/** A message has at most so many bytes: so has a topic. */
const TOPIC_BYTES_MAX = 65_535;
const NESTING_MAX = 8;
const FIELDS_MAX = 1024;
const FORMATS_MAX = 4096;
const TEXT_BYTES_MAX = 4 * 1024 * 1024;

interface Field {
  readonly type: string;
  readonly name: string;
  readonly count: number;
}

/** A topic's own fields; those of topics inside it are not read. */
export interface UlogLayout {
  readonly bytes: number;
  /** Without the padding at its end, which need not be logged. */
  readonly bytesMin: number;
  readonly fields: ReadonlyMap<string, Field & { readonly offset: number }>;
}

/** The field as a number; NaN where it is not there. `start` is the topic's first byte. */
export type FieldReader = (view: DataView, start: number) => number;

export class UlogFormats {
  readonly #fields = new Map<string, readonly Field[]>();
  readonly #layouts = new Map<string, UlogLayout | undefined>();
  #textBytes = 0;

  /** "name:type field;type[3] field;"; what makes no sense, or is too much, is left out. */
  add(text: string): void {
    const colon = text.indexOf(":");
    const name = text.slice(0, Math.max(0, colon));
    if (!/^\w{1,128}$/.test(name) || this.#fields.size >= FORMATS_MAX) return;
    this.#textBytes += text.length;
    if (this.#textBytes > TEXT_BYTES_MAX) return;
    const fields: Field[] = [];
    for (const part of text.slice(colon + 1).split(";", FIELDS_MAX)) {
      if (part.trim() === "") continue;
      const match = /^(\w+)(?:\[(\d{1,5})\])? (\w+)$/.exec(part.trim());
      if (match === null) return;
      fields.push({ type: match[1], name: match[3], count: Number(match[2] ?? 1) });
    }
    this.#fields.set(name, fields);
    this.#layouts.clear();
  }

  /** undefined where it is not described, or its description makes no sense. */
  layout(name: string): UlogLayout | undefined {
    if (!this.#layouts.has(name)) this.#layouts.set(name, this.#layOut(name, 0));
    return this.#layouts.get(name);
  }

  #layOut(name: string, depth: number): UlogLayout | undefined {
    const fields = this.#fields.get(name);
    if (fields === undefined || depth > NESTING_MAX) return undefined;
    const placed = new Map<string, Field & { readonly offset: number }>();
    let offset = 0, bytesMin = 0;
    for (const field of fields) {
      const bytes = TYPE_BYTES[field.type] ?? this.#nested(field.type, depth)?.bytes;
      if (bytes === undefined) return undefined;
      if (TYPE_BYTES[field.type] !== undefined) placed.set(field.name, { ...field, offset });
      offset += bytes * field.count;
      if (offset > TOPIC_BYTES_MAX) return undefined;
      if (!field.name.startsWith("_padding")) bytesMin = offset;
    }
    return { bytes: offset, bytesMin, fields: placed };
  }

  #nested(name: string, depth: number): UlogLayout | undefined {
    const known = this.#layouts.get(name);
    if (known !== undefined) return known;
    const layout = this.#layOut(name, depth + 1);
    if (layout !== undefined) this.#layouts.set(name, layout);
    return layout;
  }
}

/** Reads one value of the first of these fields that the topic has. */
export function fieldReader(
  layout: UlogLayout,
  names: string | readonly string[],
  index = 0,
): FieldReader {
  const name = [names].flat().find((one) => layout.fields.has(one));
  const field = name === undefined ? undefined : layout.fields.get(name);
  if (field === undefined || index >= field.count) return () => NaN;
  const at = field.offset + index * TYPE_BYTES[field.type];
  switch (field.type) {
    case "int8_t":
      return (view, start) => view.getInt8(start + at);
    case "uint8_t":
    case "bool":
    case "char":
      return (view, start) => view.getUint8(start + at);
    case "int16_t":
      return (view, start) => view.getInt16(start + at, true);
    case "uint16_t":
      return (view, start) => view.getUint16(start + at, true);
    case "int32_t":
      return (view, start) => view.getInt32(start + at, true);
    case "uint32_t":
      return (view, start) => view.getUint32(start + at, true);
    case "float":
      return (view, start) => view.getFloat32(start + at, true);
    case "double":
      return (view, start) => view.getFloat64(start + at, true);
    case "int64_t":
      return (view, start) =>
        view.getUint32(start + at, true) + view.getInt32(start + at + 4, true) * 2 ** 32;
    default:
      return (view, start) =>
        view.getUint32(start + at, true) + view.getUint32(start + at + 4, true) * 2 ** 32;
  }
}

/** Whether these first bytes of a file are those of a ULog. */
export function isUlog(head: Uint8Array): boolean {
  return head.length >= FILE_HEADER_BYTES && MAGIC.every((byte, i) => head[i] === byte);
}
