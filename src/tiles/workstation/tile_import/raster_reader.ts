/**
 * Reads PNG, JPEG and WebP window by window with sharp (libvips; TIFFs: tiff/): small ones from memory,
 * large ones from a tiled TIFF of our own, so that a picture of 20,000 × 20,000 pixels does not need gigabytes of memory.
 *
 * @module
 */
import sharp, { type Metadata, type Sharp, type SharpOptions } from "sharp";
import { DataError, messageOf } from "../../../core/mod.ts";
import type { RasterReader, RasterWindow } from "./contract.ts";

/** Decoded pictures up to this size are kept in memory whole. */
const WHOLE_PIXELS_MAX = 24_000_000;
/** Pictures must not be larger than this (40,000 × 40,000). */
const PIXELS_MAX = 1_600_000_000;
/** A large picture with more pixels than this for each byte of its file is a decompression bomb. */
const PIXELS_PER_BYTE_MAX = 200;
const RASTER_FORMATS = ["png", "jpeg", "webp"];

/** The header of a picture. */
interface RasterHeader {
  readonly path: string;
  readonly format: string;
  /** After applying the EXIF orientation. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly hasAlpha: boolean;
  readonly turned: boolean;
}

/** Reads and checks the header; throws {@link DataError} for a picture that cannot be imported. */
export async function readRasterHeader(path: string): Promise<RasterHeader> {
  const file = await statFile(path);
  let header: Metadata;
  try {
    // Disable libvips' cache: reading the same path again must not return old pixels.
    sharp.cache(false);
    header = await sharp(path, { limitInputPixels: false, failOn: "error" }).metadata();
  } catch (error) {
    throw new DataError(
      path,
      `no picture can be read from it (${
        shortReason(error)
      }); what GDAL reads becomes a GeoTIFF: ` +
        "gdal_translate IN OUT.tif",
      { cause: error },
    );
  }
  if (!RASTER_FORMATS.includes(header.format)) {
    throw new DataError(
      path,
      `a ${header.format} file; give a PNG, JPEG, WebP or GeoTIFF; what GDAL reads becomes one: ` +
        "gdal_translate IN OUT.tif",
    );
  }
  if (header.depth !== "uchar") {
    throw new DataError(
      path,
      `its samples are ${header.depth}, not 8-bit; scale it first: ` +
        "gdal_translate -ot Byte -scale IN OUT",
    );
  }
  if (header.space === "cmyk") {
    throw new DataError(
      path,
      "its colours are CMYK, which look different in each program; write it in red, green and blue: " +
        "gdal_translate IN OUT.tif",
    );
  }
  const pixels = header.width * header.height;
  if (pixels > PIXELS_MAX) {
    throw new DataError(
      path,
      `${header.width}×${header.height} pixels; at most ${PIXELS_MAX / 1e6} million: cut it first`,
    );
  }
  if (pixels > WHOLE_PIXELS_MAX && pixels > file.size * PIXELS_PER_BYTE_MAX) {
    throw new DataError(
      path,
      `${file.size} bytes claim to hold ${header.width}×${header.height} pixels: ` +
        "it may be a decompression bomb; if you know that it is none, make a GeoTIFF of it, which is read part " +
        "by part: gdal_translate -co COMPRESS=DEFLATE -co TILED=YES IN OUT.tif",
    );
  }
  const { width, height } = header.autoOrient;
  return {
    path,
    format: header.format,
    widthPx: width,
    heightPx: height,
    hasAlpha: header.hasAlpha,
    turned: (header.orientation ?? 1) !== 1,
  };
}

async function statFile(path: string): Promise<Deno.FileInfo> {
  try {
    const file = await Deno.stat(path);
    if (!file.isFile) throw new DataError(path, "not a file");
    if (file.size === 0) throw new DataError(path, "the file is empty");
    return file;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new DataError(path, "there is no such file", { cause: error });
    }
    throw error;
  }
}

/** First line of libvips' message, without paths. */
function shortReason(error: unknown): string {
  return messageOf(error).split("\n")[0].slice(0, 160);
}

/** Opens a picture for windowed reading. `scratchDirectory` holds a temporary copy of a large one. */
export async function openRaster(
  header: RasterHeader,
  options: {
    readonly scratchDirectory: string;
    readonly noData?: number | null;
    /** Largest number of pixels of a picture that is kept in memory. */
    readonly wholePixelsMax?: number;
  },
): Promise<RasterReader> {
  const pixels = header.widthPx * header.heightPx;
  const noData = options.noData ?? null;
  try {
    if (pixels <= (options.wholePixelsMax ?? WHOLE_PIXELS_MAX)) {
      return await openWhole(header, noData);
    }
    return await openTiled(header, options.scratchDirectory, noData);
  } catch (error) {
    if (error instanceof DataError || error instanceof Deno.errors.NotCapable) throw error;
    throw new DataError(header.path, `the picture is damaged (${shortReason(error)})`, {
      cause: error,
    });
  }
}

async function openWhole(header: RasterHeader, noData: number | null): Promise<RasterReader> {
  const { data, info } = await decode(sharp(header.path, sharpOptions()).autoOrient(), header);
  const whole = splitAlpha(data, info, noData);
  return {
    widthPx: header.widthPx,
    heightPx: header.heightPx,
    read: (window) => Promise.resolve(cut(whole, window)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Reads from a tiled TIFF, of which libvips reads only the tiles under a window. */
async function openTiled(
  header: RasterHeader,
  scratchDirectory: string,
  noData: number | null,
): Promise<RasterReader> {
  await Deno.mkdir(scratchDirectory, { recursive: true });
  const path = await Deno.makeTempFile({ dir: scratchDirectory, suffix: ".tif" });
  const remove = () => Deno.remove(path).catch(() => {});
  try {
    await sharp(header.path, { ...sharpOptions(), sequentialRead: !header.turned })
      .autoOrient().toColourspace("srgb")
      .tiff({ compression: "none", tile: true, tileWidth: 256, tileHeight: 256, bigtiff: true })
      .toFile(path);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    widthPx: header.widthPx,
    heightPx: header.heightPx,
    async read(window) {
      const region = sharp(path, sharpOptions()).extract({
        left: window.leftPx,
        top: window.topPx,
        width: window.widthPx,
        height: window.heightPx,
      });
      const { data, info } = await decode(region, header);
      return splitAlpha(data, info, noData);
    },
    [Symbol.asyncDispose]: remove,
  };
}

function sharpOptions(): SharpOptions {
  // As GDAL has it: the samples as they are, whatever colour profile goes with them.
  return { limitInputPixels: false, failOn: "error", ignoreIcc: true };
}

interface RawPixels {
  readonly data: Uint8Array;
  readonly info: { width: number; height: number; channels: number };
}

async function decode(picture: Sharp, header: RasterHeader): Promise<RawPixels> {
  const colour = picture.toColourspace("srgb");
  const { data, info } = await (header.hasAlpha ? colour : colour.removeAlpha())
    .raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  return { data, info };
}

/** RGB and a mask from 1 to 4 channels; a pixel whose samples all equal `noData` is masked. */
function splitAlpha(
  data: Uint8Array,
  info: RawPixels["info"],
  noData: number | null,
): RasterWindow {
  const { width, height, channels } = info;
  const count = width * height;
  const colours = channels >= 3 ? 3 : 1;
  const pixels = new Uint8Array(count * 3);
  const mask = channels === 2 || channels === 4 || noData !== null ? new Uint8Array(count) : null;
  for (let i = 0, from = 0, to = 0; i < count; i++, from += channels, to += 3) {
    const red = data[from];
    const green = colours === 3 ? data[from + 1] : red;
    const blue = colours === 3 ? data[from + 2] : red;
    pixels[to] = red;
    pixels[to + 1] = green;
    pixels[to + 2] = blue;
    if (mask) {
      const opaque = channels === colours || data[from + colours] >= 128;
      mask[i] = opaque && !(red === noData && green === noData && blue === noData) ? 255 : 0;
    }
  }
  return { widthPx: width, heightPx: height, pixels, mask };
}

function cut(
  whole: RasterWindow,
  window: { leftPx: number; topPx: number; widthPx: number; heightPx: number },
): RasterWindow {
  const { leftPx, topPx, widthPx, heightPx } = window;
  const pixels = new Uint8Array(widthPx * heightPx * 3);
  const mask = whole.mask ? new Uint8Array(widthPx * heightPx) : null;
  for (let row = 0; row < heightPx; row++) {
    const from = (topPx + row) * whole.widthPx + leftPx;
    pixels.set(whole.pixels.subarray(from * 3, (from + widthPx) * 3), row * widthPx * 3);
    if (mask && whole.mask) {
      mask.set(whole.mask.subarray(from, from + widthPx), row * widthPx);
    }
  }
  return { widthPx, heightPx, pixels, mask };
}
