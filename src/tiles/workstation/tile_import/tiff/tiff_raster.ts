/**
 * A TIFF as a raster: windows of its first picture, read block by block.
 *
 * @module
 */
import { DataError } from "../../../../core/mod.ts";
import type { RasterReader, RasterWindow } from "../contract.ts";
import { BlockReader } from "./block_reader.ts";
import type { ColourBlock, Stretch } from "./colour.ts";
import { openTiff, type TiffFile, type TiffImageDirectory } from "./directories.ts";
import { maskOf, readLayout, type TiffLayout } from "./layout.ts";
import { measuredStretch } from "./stretch.ts";

interface TiffRaster extends RasterReader {
  readonly directory: TiffImageDirectory;
  readonly orientation: number;
  readonly notes: readonly string[];
}

/**
 * Opens a TIFF and decodes every block of it once, so that damage is found before a tile is written;
 * null for a file that is no TIFF.
 *
 * @throws DataError for a TIFF that is damaged or not supported
 */
export async function openTiffRaster(
  path: string,
  /** Values that become 0 and 255; null: measured where the samples are not 8-bit. */
  stretch: Stretch | null,
): Promise<TiffRaster | null> {
  const opened = await openTiff(path);
  if (opened === null) return null;
  using resources = new DisposableStack();
  resources.use(opened);
  const { file, directories } = opened;
  if (directories.length === 0) throw new DataError(path, "the TIFF holds no picture");
  const layout = readLayout(file, directories[0]);
  checkPages(path, directories);
  const picture = new BlockReader(file, layout);
  const notes = await prepare(path, picture, stretch);
  const maskDirectory = maskOf(directories);
  const masks: BlockReader[] = [];
  if (maskDirectory !== null) masks.push(maskReader(file, maskDirectory));
  const outer = await openOuterMask(path, layout);
  if (outer !== null) {
    resources.use(outer);
    masks.push(outer.reader);
  }
  for (const mask of masks) await decodeAll(mask);
  const owned = resources.move();
  return {
    widthPx: layout.widthPx,
    heightPx: layout.heightPx,
    directory: directories[0],
    orientation: layout.orientation,
    notes,
    read: (window) => readWindow(picture, masks, window),
    [Symbol.asyncDispose]() {
      owned.dispose();
      return Promise.resolve();
    },
  };
}

const TAG = { subfileType: 254, width: 256, height: 257 } as const;

/** Overviews and masks say that they are some; of several pictures the first must not be a thumbnail. */
function checkPages(path: string, directories: readonly TiffImageDirectory[]): void {
  const pixels = (one: TiffImageDirectory) => one.number(TAG.width, 0) * one.number(TAG.height, 0);
  const [first, ...others] = directories;
  const larger = others.findIndex((one) =>
    one.number(TAG.subfileType, 0) === 0 && pixels(one) > pixels(first)
  );
  if (larger < 0) return;
  throw new DataError(
    path,
    `it holds ${directories.length} pictures, and picture ${
      larger + 2
    } is larger than the first; ` +
      `take one out: gdal_translate GTIFF_DIR:${larger + 2}:IN OUT.tif`,
  );
}

function maskReader(file: TiffFile, directory: TiffImageDirectory): BlockReader {
  return new BlockReader(file, readLayout(file, directory));
}

/** GDAL's mask in a file of its own, FILE.msk. */
async function openOuterMask(path: string, layout: TiffLayout) {
  const beside = `${path}.msk`;
  try {
    await Deno.stat(beside);
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable;
    if (isAbsent) return null;
    throw error;
  }
  const opened = await openTiff(beside);
  if (opened === null || opened.directories.length === 0) {
    throw new DataError(beside, "the mask beside the picture is no TIFF");
  }
  const reader = maskReader(opened.file, opened.directories[0]);
  if (reader.layout.widthPx !== layout.widthPx || reader.layout.heightPx !== layout.heightPx) {
    opened[Symbol.dispose]();
    throw new DataError(beside, "the mask beside the picture has another size");
  }
  return { reader, [Symbol.dispose]: () => opened[Symbol.dispose]() };
}

/** Decodes everything once; the notes say what the user should know of it. */
async function prepare(
  path: string,
  picture: BlockReader,
  given: Stretch | null,
): Promise<readonly string[]> {
  const { layout } = picture;
  const notes: string[] = [];
  const isWide = layout.bits > 8 || layout.sampleKind !== "unsigned";
  if (layout.shown.kind !== "palette") {
    picture.stretch = given ?? (isWide ? await measuredStretch(path, picture) : null);
  }
  if (picture.stretch !== null) {
    const { low, high } = picture.stretch;
    notes.push(
      `${layout.bits}-bit ${layout.sampleKind} samples: ${low} became 0 and ${high} became 255 ` +
        "(--stretch LOW,HIGH sets others)",
    );
  }
  const { shown, samples, alphaSample } = layout;
  const used = shown.kind === "rgb" ? [...shown.samples] : [0];
  if (alphaSample !== null) used.push(alphaSample);
  if (samples > used.length) {
    notes.push(
      `bands ${used.map((band) => band + 1).join(", ")} of ${samples} are used` +
        (alphaSample === null ? "" : ", the last of them as alpha"),
    );
  }
  const sparse = await decodeAll(picture);
  if (sparse > 0) {
    notes.push(
      `${sparse} of ${picture.blocks} blocks were left out by the writer: no ground there`,
    );
  }
  if (sparse === picture.blocks) {
    throw new DataError(path, "every block of it is left out: no picture");
  }
  return notes;
}

/** The number of blocks that were left out. @throws DataError for one that cannot be decoded */
async function decodeAll(reader: BlockReader): Promise<number> {
  let sparse = 0;
  for (let index = 0; index < reader.blocks; index++) {
    if (await reader.colours(index) === null) sparse++;
  }
  return sparse;
}

async function readWindow(
  picture: BlockReader,
  masks: readonly BlockReader[],
  window: { leftPx: number; topPx: number; widthPx: number; heightPx: number },
): Promise<RasterWindow> {
  const { widthPx, heightPx } = window;
  const pixels = new Uint8Array(3 * widthPx * heightPx);
  const mask = new Uint8Array(widthPx * heightPx).fill(255);
  await eachBlock(picture, window, (block, rows) => {
    for (const { from, to, count } of rows) {
      if (block === null) {
        mask.fill(0, to, to + count);
        continue;
      }
      pixels.set(block.pixels.subarray(3 * from, 3 * (from + count)), 3 * to);
      if (block.mask !== null) mask.set(block.mask.subarray(from, from + count), to);
    }
  });
  for (const reader of masks) {
    await eachBlock(reader, window, (block, rows) => {
      for (const { from, to, count } of rows) {
        for (let i = 0; i < count; i++) {
          if (block === null || block.pixels[3 * (from + i)] === 0) mask[to + i] = 0;
        }
      }
    });
  }
  return { widthPx, heightPx, pixels, mask: mask.includes(0) ? mask : null };
}

interface Row {
  /** Indices of the first pixel in the block and in the window. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Every block under the window, with the rows that both share. */
async function eachBlock(
  reader: BlockReader,
  { leftPx, topPx, widthPx, heightPx }: {
    leftPx: number;
    topPx: number;
    widthPx: number;
    heightPx: number;
  },
  visit: (block: ColourBlock | null, rows: readonly Row[]) => void,
): Promise<void> {
  const { blockWidthPx, blockHeightPx, columns } = reader.layout;
  const firstRow = Math.floor(topPx / blockHeightPx);
  const lastRow = Math.floor((topPx + heightPx - 1) / blockHeightPx);
  const firstColumn = Math.floor(leftPx / blockWidthPx);
  const lastColumn = Math.floor((leftPx + widthPx - 1) / blockWidthPx);
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      const block = await reader.colours(row * columns + column);
      const x0 = Math.max(leftPx, column * blockWidthPx);
      const x1 = Math.min(leftPx + widthPx, (column + 1) * blockWidthPx);
      const y0 = Math.max(topPx, row * blockHeightPx);
      const y1 = Math.min(topPx + heightPx, (row + 1) * blockHeightPx);
      const rows: Row[] = [];
      for (let y = y0; y < y1; y++) {
        rows.push({
          from: (y - row * blockHeightPx) * blockWidthPx + x0 - column * blockWidthPx,
          to: (y - topPx) * widthPx + x0 - leftPx,
          count: x1 - x0,
        });
      }
      visit(block, rows);
    }
  }
}
