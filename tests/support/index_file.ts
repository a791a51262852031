/**
 * Where each number of an index file of FAISS stands (IDMap2 over HNSWFlat over IndexFlatIP), for
 * tests that change them one by one.
 *
 * @module
 */

const BYTES = { u8: 1, i32: 4, u64: 8, f64: 8, f32: 4 } as const;
export type IndexFieldType = keyof typeof BYTES;

/** A number, or the first of an array of them. */
export interface IndexField {
  readonly name: string;
  readonly type: IndexFieldType;
  readonly at: number;
  readonly count: number;
}

/** Every field of the file, in its order. */
export function indexFields(bytes: Uint8Array): IndexField[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: IndexField[] = [];
  let at = 0;
  const one = (name: string, type: IndexFieldType, count = 1) => {
    fields.push({ name, type, at, count });
    at += count * BYTES[type];
  };
  const header = (name: string) => {
    one(`${name}.kind`, "i32");
    one(`${name}.dimension`, "i32");
    one(`${name}.count`, "u64");
    one(`${name}.unused`, "u64", 2);
    one(`${name}.trained`, "u8");
    one(`${name}.metric`, "i32");
  };
  const array = (name: string, type: IndexFieldType) => {
    const length = Number(view.getBigUint64(at, true));
    one(`${name}.length`, "u64");
    one(name, type, length);
  };
  header("map");
  header("graph");
  array("shares", "f64");
  array("cumulative", "i32");
  array("levels", "i32");
  array("offsets", "u64");
  array("neighbours", "i32");
  for (const name of ["entry", "maxLevel", "efConstruction", "efSearch", "upperBeam"]) {
    one(name, "i32");
  }
  header("vectors");
  array("floats", "f32");
  array("ids", "u64");
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes follow the index`);
  return fields;
}

/** A copy of the file with one number changed. */
export function withField(
  bytes: Uint8Array,
  { type, at }: Pick<IndexField, "type" | "at">,
  value: number,
  element = 0,
): Uint8Array<ArrayBuffer> {
  const changed = Uint8Array.from(bytes);
  const view = new DataView(changed.buffer);
  const place = at + element * BYTES[type];
  if (type === "u8") view.setUint8(place, value);
  else if (type === "i32") view.setInt32(place, value, true);
  else if (type === "u64") view.setBigInt64(place, BigInt(value), true);
  else if (type === "f32") view.setFloat32(place, value, true);
  else view.setFloat64(place, value, true);
  return changed;
}
