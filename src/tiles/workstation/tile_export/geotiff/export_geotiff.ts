/**
 * Exports one zoom as a Cloud Optimized GeoTIFF (COG): EPSG:3857, RGBA, tiles of 256 × 256 pixels
 * (those of the slippy map, so nothing is resampled), deflated, with overviews, in the order of a
 * COG: directories, overviews from the coarsest, full resolution.
 *
 * Every level is first written to its own file, because a coarse overview is finished last but
 * comes first.
 *
 * @module
 */
import { promisify } from "node:util";
import { deflate } from "node:zlib";
import {
  clampMercatorLatitudeDeg,
  DataError,
  Output,
  readAhead,
  TILE_SIZE_PX,
  tileBounds,
  writeAll,
} from "../../../../core/mod.ts";
import { type Bbox, coverageMaskOf, type TileMetadata } from "../../../tile_contract/mod.ts";
import type {
  ExportableTiles,
  ExportObserver,
  ExportRequest,
  ExportSummary,
  TileDecoder,
} from "../contract.ts";
import { ExportFacts } from "../facts.ts";
import { exportFault } from "../output.ts";
import { withAlpha } from "../picture.ts";
import {
  directoriesBytes,
  type LevelTiles,
  type MercatorPlace,
  writeDirectories,
} from "./directory.ts";
import { LevelFile } from "./level_file.ts";
import {
  BLOCK_LEVEL,
  levelsOf,
  type MosaicRange,
  paintPyramid,
  SIDE_PX,
  SQUARE_BYTES,
} from "./pyramid.ts";

/** Largest number of tiles in the mosaic, empty ones included: a square of 131,072 pixels. */
const PLACES_MAX = 262_144;
const CLASSIC_BYTES_MAX = 4_000_000_000;
const READS_AT_ONCE = 4;
const DEFLATE_LEVEL = 4;
const MERCATOR_HALF_WORLD_M = Math.PI * 6_378_137;

const deflated = promisify(deflate) as (
  bytes: Uint8Array,
  options: { level: number },
) => Promise<Uint8Array<ArrayBuffer>>;

export async function exportGeotiff(
  tiles: ExportableTiles,
  decoder: TileDecoder,
  request: ExportRequest & { readonly range: MosaicRange },
  observe: ExportObserver = {},
): Promise<ExportSummary> {
  const { range } = request;
  checkSize(request.out, range);
  try {
    const facts = new ExportFacts();
    await using output = await Output.file(request.out, { force: request.force });
    await output.guard(() => paint(output, tiles, decoder, request, facts, observe));
    await output.commit();
    const { size: bytes } = await Deno.stat(request.out);
    const { zooms, bounds } = facts;
    return { tiles: facts.tiles, pictures: facts.tiles, zooms, bytes, bounds };
  } catch (error) {
    throw exportFault(error);
  }
}

async function paint(
  output: Output,
  tiles: ExportableTiles,
  decoder: TileDecoder,
  request: ExportRequest & { readonly range: MosaicRange },
  facts: ExportFacts,
  observe: ExportObserver,
): Promise<void> {
  const { range } = request;
  await using files = new AsyncDisposableStack();
  const levels: LevelFile[] = [];
  for (const level of levelsOf(range)) {
    const path = `${output.temporaryPath}-level-${level.level}`;
    levels.push(files.use(await LevelFile.create(path, level)));
  }
  const mosaic = new Mosaic(tiles, decoder, request, facts, observe);
  await paintPyramid(levels.map(({ level }) => level), {
    open: (column, row) => mosaic.openBlock(column, row, levels.length - 1),
    read: (column, row) => mosaic.read(column, row),
    write: async (level, column, row, pixels) => {
      const bytes = await deflated(differences(pixels), { level: DEFLATE_LEVEL });
      await levels[level].append(column, row, bytes);
    },
  });
  await assemble(output.temporaryPath, levels, placeOf(range));
}

function checkSize(out: string, range: MosaicRange): void {
  const places = range.columns * range.rows;
  if (places <= PLACES_MAX) return;
  throw new DataError(
    out,
    `the area has ${range.columns}×${range.rows} tiles at zoom ${range.zoom}, at most ${PLACES_MAX} ` +
      "in all fit into one GeoTIFF; give a smaller --bbox or a lower --zoom, or export to PMTiles",
  );
}

function placeOf(range: MosaicRange): MercatorPlace {
  const metresPerTile = 2 * MERCATOR_HALF_WORLD_M / 2 ** range.zoom;
  return {
    westM: range.xMin * metresPerTile - MERCATOR_HALF_WORLD_M,
    northM: MERCATOR_HALF_WORLD_M - range.yMin * metresPerTile,
    metresPerPixel: metresPerTile / TILE_SIZE_PX,
  };
}

/** Tiles of the cache as squares of RGBA, a block of 16 × 16 at a time. */
class Mosaic {
  readonly #tiles: ExportableTiles;
  readonly #decoder: TileDecoder;
  readonly #request: ExportRequest & { readonly range: MosaicRange };
  readonly #facts: ExportFacts;
  readonly #observe: ExportObserver;
  #block = new Map<string, Uint8Array<ArrayBuffer>>();

  constructor(
    tiles: ExportableTiles,
    decoder: TileDecoder,
    request: ExportRequest & { readonly range: MosaicRange },
    facts: ExportFacts,
    observe: ExportObserver,
  ) {
    this.#tiles = tiles;
    this.#decoder = decoder;
    this.#request = request;
    this.#facts = facts;
    this.#observe = observe;
  }

  /**
   * Reads the JPEG bytes of a block (or of all, when the mosaic is smaller); false: it has none.
   */
  async openBlock(column: number, row: number, topLevel: number): Promise<boolean> {
    this.#observe.signal?.throwIfAborted();
    const side = 2 ** Math.min(BLOCK_LEVEL, topLevel);
    const { range, selection } = this.#request;
    const bbox = boxOf(range, column * side, row * side, side);
    const read = async (metadata: TileMetadata) => ({
      metadata,
      jpeg: await this.#tiles.readFile(metadata),
    });
    this.#block = new Map();
    const listed = this.#tiles.list({ ...selection, zoom: range.zoom, bbox });
    for await (const { metadata, jpeg } of readAhead(listed, READS_AT_ONCE, read)) {
      const { x, y } = metadata.tileId;
      this.#block.set(`${x - range.xMin}/${y - range.yMin}`, jpeg);
      this.#facts.add(metadata, "jpg");
    }
    this.#observe.progress?.(this.#facts.tiles);
    return this.#block.size > 0;
  }

  async read(column: number, row: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const jpeg = this.#block.get(`${column}/${row}`);
    if (jpeg === undefined) return null;
    const { zoom, xMin, yMin } = this.#request.range;
    const name = `tile ${zoom}/${xMin + column}/${yMin + row}`;
    const { pixels } = await this.#decoder.decodeJpeg(jpeg, { name, denominator: 1 });
    return withAlpha(pixels, coverageMaskOf(jpeg));
  }
}

/** The part of the mosaic inside a box of `side` × `side` tiles. */
function boxOf(range: MosaicRange, column: number, row: number, side: number): Bbox {
  const { zoom, xMin, yMin } = range;
  const northWest = tileBounds({ zoom, x: xMin + column, y: yMin + row });
  const southEast = tileBounds({
    zoom,
    x: xMin + Math.min(range.columns, column + side) - 1,
    y: yMin + Math.min(range.rows, row + side) - 1,
  });
  return {
    southDeg: clampMercatorLatitudeDeg(southEast.southDeg),
    westDeg: northWest.westDeg,
    northDeg: clampMercatorLatitudeDeg(northWest.northDeg),
    eastDeg: southEast.eastDeg,
  };
}

/** TIFF's predictor 2: each sample minus the one to its left. */
function differences(pixels: Uint8Array): Uint8Array {
  const out = new Uint8Array(pixels);
  const row = SIDE_PX * 4;
  for (let start = 0; start < out.length; start += row) {
    for (let i = start + row - 1; i >= start + 4; i--) out[i] -= out[i - 4];
  }
  return out;
}

/** Joins all levels in one file; the empty tile is stored once, for every empty place. */
async function assemble(
  path: string,
  levels: readonly LevelFile[],
  place: MercatorPlace,
): Promise<void> {
  const empty = await deflated(new Uint8Array(SQUARE_BYTES), { level: 9 });
  const total = levels.reduce((sum, level) => sum + level.bytes, empty.length);
  const tiles = (offsetOf: (level: LevelFile) => number, emptyAt: number): LevelTiles[] =>
    levels.map((level) => level.places(offsetOf(level), { offset: emptyAt, bytes: empty.length }));
  const big = total + directoriesBytes(tiles(() => 0, 0), place, false) > CLASSIC_BYTES_MAX;
  const emptyAt = directoriesBytes(tiles(() => 0, 0), place, big);
  const offsets = new Map<LevelFile, number>();
  let at = emptyAt + empty.length;
  for (const level of [...levels].reverse()) {
    offsets.set(level, at);
    at += level.bytes;
  }
  const head = writeDirectories(tiles((level) => offsets.get(level) ?? 0, emptyAt), place, big);
  using out = await Deno.open(path, { write: true, createNew: true });
  for (const part of [head, empty]) {
    await writeAll(out, part);
  }
  for (const level of [...levels].reverse()) await level.copyTo(out);
}
