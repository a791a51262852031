/**
 * What a worker is told to describe places: the document of a run, and the rows that a job comes to.
 *
 * @module
 */
import * as z from "zod";
import { parseBoundedJson, quantity } from "../../core/mod.ts";
import { JobRefusedError, Sha256Schema } from "../work_queue/mod.ts";

const TILES_MAX = 4_000_000;
const PLACES_MAX = 5_000_000;
const SIDES_MAX = 100;
const Coordinate = z.int().min(0).max(2 ** 22);

const DescribeRunSchema = z.strictObject({
  format: z.literal("gdn-describe-run"),
  formatVersion: z.literal(1),
  zoom: z.int().min(0).max(22),
  rectangle: z.strictObject({
    xMin: Coordinate,
    xMax: Coordinate,
    yMin: Coordinate,
    yMax: Coordinate,
  }),
  area: z.strictObject({
    southDeg: quantity.latitudeDeg,
    westDeg: quantity.longitudeDeg,
    northDeg: quantity.latitudeDeg,
    eastDeg: quantity.longitudeDeg,
  }),
  groundHeightM: quantity.groundHeightM,
  placeSidesM: z.array(quantity.lengthM).min(1).max(SIDES_MAX),
  /** Of all sides together. */
  places: z.int().min(1).max(PLACES_MAX),
  vocabulary: Sha256Schema,
  /** x, y, and the SHA-256 of the JPEG. */
  tiles: z.array(z.tuple([Coordinate, Coordinate, Sha256Schema])).min(1).max(TILES_MAX),
});
export type DescribeRun = Readonly<z.infer<typeof DescribeRunSchema>>;

export function encodeDescribeRun(run: DescribeRun): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(run));
}

/** @throws JobRefusedError that names what is wrong */
export function decodeDescribeRun(bytes: Uint8Array): DescribeRun {
  let json: unknown;
  try {
    json = parseBoundedJson(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new JobRefusedError("its document is no JSON", { cause: error });
  }
  const { success, data, error } = DescribeRunSchema.safeParse(json);
  if (success) return data;
  const { path, message } = error.issues[0];
  throw new JobRefusedError(`its document is none of this program (${path.join(".")}: ${message})`);
}

type Row = Float32Array<ArrayBuffer> | null;

/** A byte for each place (1: described), padded to four; then the rows of those, little-endian float32. */
export function encodeRows(rows: readonly Row[], dimension: number): Uint8Array<ArrayBuffer> {
  const headBytes = 4 * Math.ceil(rows.length / 4);
  const described = rows.filter((row) => row !== null);
  const bytes = new Uint8Array(headBytes + 4 * dimension * described.length);
  rows.forEach((row, i) => bytes[i] = row === null ? 0 : 1);
  const floats = new Float32Array(bytes.buffer, headBytes);
  described.forEach((row, i) => floats.set(row, i * dimension));
  return bytes;
}

/** @throws RangeError for bytes that are not so many rows */
export function decodeRows(
  bytes: Uint8Array<ArrayBuffer>,
  count: number,
  dimension: number,
): Row[] {
  const headBytes = 4 * Math.ceil(count / 4);
  const flags = bytes.subarray(0, count);
  const described = flags.reduce((sum, flag) => sum + flag, 0);
  const isWhole = flags.length === count && flags.every((flag) => flag <= 1) &&
    bytes.length === headBytes + 4 * dimension * described;
  if (!isWhole) throw new RangeError(`${bytes.length} bytes are no ${count} rows of ${dimension}`);
  const floats = new Float32Array(bytes.slice(headBytes).buffer);
  if (!floats.every(Number.isFinite)) throw new RangeError("a row holds a number that is none");
  let next = 0;
  return [...flags].map((flag) =>
    flag === 0 ? null : floats.slice(dimension * next, dimension * ++next)
  );
}
