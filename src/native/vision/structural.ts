/**
 * Dense structural correlation of a camera frame with a map window (ffi/vision/structural.h).
 *
 * @module
 */
import { type Matrix3, NativeErrorBuffer, type NativeLibrary } from "../../core/mod.ts";
import type { VisionFrame } from "./frame.ts";
import { type Relief, reliefVector } from "./relief.ts";

const matchParameters = [
  "u64",
  "buffer",
  "buffer",
  "i32",
  "i32",
  "buffer",
  "buffer",
] as const;

export const structuralSymbols = {
  gdn_structural_match: {
    // (uint64_t frame, const uint8_t* mosaic, const uint8_t* valid, int32_t w, int32_t h,
    //  const double* affine, const query*, const double* relief, int64_t, answer*, double* tie_points,
    //  gdn_error*)
    parameters: [...matchParameters, "buffer", "i64", "buffer", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_structural_places: {
    // (…, const query*, const double* reach, double separation, int32_t capacity, double* places,
    //  int32_t* count, const double* corner, int32_t columns, int32_t rows, float* scores, gdn_error*)
    parameters: [
      ...matchParameters,
      ...["buffer", "f64", "i32", "buffer", "buffer"] as const,
      ...["buffer", "i32", "i32", "buffer"] as const,
      "buffer",
    ],
    result: "i32",
    nonblocking: true,
  },
  // (int32_t cancel, gdn_error*)
  gdn_structural_cancel: { parameters: ["i32", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Ends searches that are running within their current hypothesis, and all later ones, until it is called with `false`. */
export function cancelSearches(library: StructuralLibrary, cancel = true): void {
  const error = new NativeErrorBuffer();
  error.check(
    "gdn_structural_cancel",
    library.symbols.gdn_structural_cancel(cancel ? 1 : 0, error.bytes),
  );
}

type StructuralLibrary = Pick<NativeLibrary<typeof structuralSymbols>, "symbols">;

/** A grey mosaic of map tiles and its position. */
export interface MapMosaic {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** 255 where there is map. */
  readonly valid: Uint8Array<ArrayBuffer>;
  /** Mosaic pixel from local metres: u = a0 e + a1 n + a2, v = a3 e + a4 n + a5. */
  readonly pixelFromLocal: readonly [number, number, number, number, number, number];
}

export interface StructuralQuery {
  readonly localFromCamera: Matrix3;
  readonly heightM: number;
  /** Predicted foot point, metres east and north of the mosaic's origin. */
  readonly eastM: number;
  readonly northM: number;
  /** How far the foot point may lie from there; `findPlaces` has a rectangle in its place. */
  readonly searchRadiusM: number;
  readonly headingHalfRangeRad: number;
  readonly headingStepRad: number;
  readonly scaleHalfRange: number;
  readonly scaleStep: number;
  readonly coarseGsdM: number;
  readonly fineGsdM: number;
  readonly extentMaxM: number;
  readonly blockSearchM: number;
  readonly blocksX: number;
  readonly blocksY: number;
}

interface TiePoint {
  /** Normalised ray of the camera frame. */
  readonly rayX: number;
  readonly rayY: number;
  readonly eastM: number;
  readonly northM: number;
  readonly score: number;
  readonly curvature: number;
}

export interface StructuralAnswer {
  readonly eastM: number;
  readonly northM: number;
  /** Correction of the predicted rotation, clockwise seen from above. */
  readonly headingRad: number;
  /** Factor on the predicted height. */
  readonly scale: number;
  /** Normalised correlation at the best place; −1: nothing could be compared. */
  readonly score: number;
  readonly secondScore: number;
  /** Standard deviation of the scores away from the best place: the level of chance. */
  readonly scoreSigma: number;
  readonly overlap: number;
  readonly hypotheses: number;
  readonly tiePoints: readonly TiePoint[];
}

const QUERY_BYTES = 21 * 8 + 2 * 4;
const ANSWER_BYTES = 8 * 8 + 2 * 4;
const TIE_POINT_DOUBLES = 6;

/** Layout of the structs in this file; `openVision` compares it with the library. */
export const structuralStructBytes = {
  gdn_sizeof_structural_query: QUERY_BYTES,
  gdn_sizeof_structural_answer: ANSWER_BYTES,
} as const;

/** The struct of structural.h. */
function encodeQuery(query: StructuralQuery): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(QUERY_BYTES);
  const view = new DataView(bytes.buffer);
  const doubles = [
    ...query.localFromCamera,
    query.heightM,
    query.eastM,
    query.northM,
    query.searchRadiusM,
    query.headingHalfRangeRad,
    query.headingStepRad,
    query.scaleHalfRange,
    query.scaleStep,
    query.coarseGsdM,
    query.fineGsdM,
    query.extentMaxM,
    query.blockSearchM,
  ];
  doubles.forEach((value, i) => view.setFloat64(8 * i, value, true));
  view.setInt32(8 * doubles.length, query.blocksX, true);
  view.setInt32(8 * doubles.length + 4, query.blocksY, true);
  return bytes;
}

/** Checks the sizes, which the native side trusts. */
function checkMosaic({ widthPx, heightPx, pixels, valid }: MapMosaic): void {
  if (pixels.length === widthPx * heightPx && valid.length === pixels.length) return;
  throw new RangeError(
    `a mosaic of ${widthPx}×${heightPx} has ${pixels.length} pixels and ${valid.length} of its mask`,
  );
}

/** `relief`: of the ground over the plane that the height counts from, from the predicted foot point; null: flat. */
export async function matchStructure(
  library: StructuralLibrary,
  frame: VisionFrame,
  mosaic: MapMosaic,
  query: StructuralQuery,
  relief: Relief | null = null,
): Promise<StructuralAnswer> {
  checkMosaic(mosaic);
  const heights = relief === null ? null : reliefVector(relief);
  const answer = new Uint8Array(ANSWER_BYTES);
  const ties = new Float64Array(
    Math.max(1, query.blocksX * query.blocksY) * TIE_POINT_DOUBLES,
  );
  const error = new NativeErrorBuffer();
  const status = await frame.withHandle((handle) =>
    library.symbols.gdn_structural_match(
      handle,
      mosaic.pixels,
      mosaic.valid,
      mosaic.widthPx,
      mosaic.heightPx,
      Float64Array.from(mosaic.pixelFromLocal),
      encodeQuery(query),
      heights,
      BigInt(heights?.length ?? 0),
      answer,
      ties,
      error.bytes,
    )
  );
  error.check("gdn_structural_match", status);
  const view = new DataView(answer.buffer);
  const double = (i: number) => view.getFloat64(8 * i, true);
  const count = view.getInt32(8 * 8 + 4, true);
  return {
    eastM: double(0),
    northM: double(1),
    headingRad: double(2),
    scale: double(3),
    score: double(4),
    secondScore: double(5),
    scoreSigma: double(6),
    overlap: double(7),
    hypotheses: view.getInt32(8 * 8, true),
    tiePoints: Array.from({ length: count }, (_, i) => tiePoint(ties, i)),
  };
}

function tiePoint(ties: Float64Array, index: number): TiePoint {
  const [rayX, rayY, eastM, northM, score, curvature] = ties.subarray(
    index * TIE_POINT_DOUBLES,
    (index + 1) * TIE_POINT_DOUBLES,
  );
  return { rayX, rayY, eastM, northM, score, curvature };
}

/** One candidate of a search without a prior. */
interface StructuralPlace {
  readonly eastM: number;
  readonly northM: number;
  readonly headingRad: number;
  readonly scale: number;
  readonly score: number;
}

/** Foot points, `coarseGsdM` apart, at which a search tells its best score. */
interface ScoreGrid {
  /** The north-west one, metres from the mosaic's origin. */
  readonly westM: number;
  readonly northM: number;
  readonly columns: number;
  readonly rows: number;
  /** Filled by the search, row by row from north to south; −1 where nothing was compared. */
  readonly scores: Float32Array<ArrayBuffer>;
}

interface PlacesOptions {
  /** The foot point is sought so far either way of the predicted one, metres. */
  readonly reachEastM: number;
  readonly reachNorthM: number;
  readonly separationM: number;
  readonly capacity: number;
  readonly grid?: ScoreGrid;
}

/** The best candidates of a coarse search that are far enough apart, best first. */
export async function findPlaces(
  library: StructuralLibrary,
  frame: VisionFrame,
  mosaic: MapMosaic,
  query: Omit<StructuralQuery, "searchRadiusM">,
  options: PlacesOptions,
): Promise<StructuralPlace[]> {
  checkMosaic(mosaic);
  const { grid } = options;
  if (grid !== undefined && grid.scores.length !== grid.columns * grid.rows) {
    throw new RangeError(
      `a grid of ${grid.columns}×${grid.rows} points has ${grid.scores.length} scores`,
    );
  }
  const places = new Float64Array(5 * options.capacity);
  const count = new Int32Array(1);
  const error = new NativeErrorBuffer();
  const status = await frame.withHandle((handle) =>
    library.symbols.gdn_structural_places(
      handle,
      mosaic.pixels,
      mosaic.valid,
      mosaic.widthPx,
      mosaic.heightPx,
      Float64Array.from(mosaic.pixelFromLocal),
      encodeQuery({ ...query, searchRadiusM: 0 }),
      Float64Array.of(options.reachEastM, options.reachNorthM),
      options.separationM,
      options.capacity,
      places,
      count,
      grid === undefined ? null : Float64Array.of(grid.westM, grid.northM),
      grid?.columns ?? 0,
      grid?.rows ?? 0,
      grid?.scores ?? null,
      error.bytes,
    )
  );
  error.check("gdn_structural_places", status);
  return Array.from({ length: count[0] }, (_, i) => {
    const [eastM, northM, headingRad, scale, score] = places.subarray(5 * i, 5 * i + 5);
    return { eastM, northM, headingRad, scale, score };
  });
}
