/**
 * What a directory says of its picture: size, samples, blocks, and which samples are imagery. Checked
 * before a pixel is read.
 *
 * Source: TIFF 6.0 (Adobe, 1992), sections 8, 15 and 18; GDAL's GTiff driver for GDAL_NODATA and
 * GDAL_METADATA.
 *
 * @module
 */
import { DataError } from "../../../../core/mod.ts";
import { codecName, isDecoded, isPictureCodec } from "./codecs.ts";
import type { TiffFile, TiffImageDirectory } from "./directories.ts";

const TAG = {
  subfileType: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planar: 284,
  predictor: 317,
  palette: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  gdalMetadata: 42112,
  gdalNoData: 42113,
} as const;

const MASK_BIT = 4;
/** Pictures must not be larger than this (40,000 × 40,000). */
const PIXELS_MAX = 1_600_000_000;
/** Largest block; larger ones would fill the memory. */
const BLOCK_BYTES_MAX = 512_000_000;

type SampleKind = "unsigned" | "signed" | "float";
/** Indices of the samples that are shown, and what they are. */
type Shown =
  | { readonly kind: "grey"; readonly isInverted: boolean; readonly sample: number }
  | { readonly kind: "rgb"; readonly samples: readonly [number, number, number] }
  | { readonly kind: "palette"; readonly colours: readonly number[] };

export interface TiffLayout {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly samples: number;
  readonly bits: number;
  readonly sampleKind: SampleKind;
  readonly shown: Shown;
  /** The sample that says where the picture is (255) and is not (0); null: none. */
  readonly alphaSample: number | null;
  /** Value of each sample of a pixel without picture, before any conversion; null: none. */
  readonly noData: readonly number[] | null;
  readonly isPlanar: boolean;
  readonly compression: number;
  readonly isYCbCr: boolean;
  readonly predictor: number;
  readonly jpegTables: Uint8Array<ArrayBuffer> | null;
  readonly orientation: number;
  readonly blockWidthPx: number;
  readonly blockHeightPx: number;
  readonly isTiled: boolean;
  readonly columns: number;
  readonly rows: number;
  /** Of all blocks, plane after plane; 0 bytes: the writer left the block out. */
  readonly offsets: readonly number[];
  readonly byteCounts: readonly number[];
}

/** Index of the mask that belongs to the first picture; null: none. */
export function maskOf(directories: readonly TiffImageDirectory[]): TiffImageDirectory | null {
  const [first, ...others] = directories;
  const same = (other: TiffImageDirectory, tag: number) =>
    other.number(tag, 0) === first.number(tag, 0);
  return others.find((other) =>
    (other.number(TAG.subfileType, 0) & MASK_BIT) !== 0 && same(other, TAG.width) &&
    same(other, TAG.height)
  ) ?? null;
}

/** @throws DataError for what is damaged ("it was cut"), and for what is not supported, with the remedy */
export function readLayout(file: TiffFile, directory: TiffImageDirectory): TiffLayout {
  const { path } = file;
  const samples = directory.number(TAG.samples, 1);
  const size = sizeOf(path, directory);
  const compression = compressionOf(path, directory);
  const { bits, sampleKind } = sampleFormatOf(path, directory, samples, compression);
  const photometric = directory.number(TAG.photometric, samples >= 3 ? 2 : 1);
  const extra = directory.numbers(TAG.extraSamples) ?? [];
  const metadata = directory.text(TAG.gdalMetadata) ?? "";
  const roles = colourRoles(metadata);
  const isPlanar = samples > 1 && directory.number(TAG.planar, 1) === 2;
  const layout = {
    ...size,
    samples,
    bits,
    sampleKind,
    shown: shownOf(path, directory, { photometric, samples, extra, roles, compression }),
    alphaSample: alphaOf(samples, extra, roles),
    noData: noDataOf(samples, directory.text(TAG.gdalNoData), metadata),
    isPlanar,
    compression,
    isYCbCr: photometric === 6,
    predictor: predictorOf(path, directory, compression, sampleKind),
    jpegTables: directory.bytes(TAG.jpegTables),
    orientation: directory.number(TAG.orientation, 1),
    ...gridOf(path, directory, size),
  };
  checkBlocks(file, layout);
  return layout;
}

function sizeOf(
  path: string,
  directory: TiffImageDirectory,
): { widthPx: number; heightPx: number } {
  const widthPx = directory.number(TAG.width, 0), heightPx = directory.number(TAG.height, 0);
  if (!(widthPx >= 1 && heightPx >= 1)) {
    throw new DataError(path, "its directory is damaged (it states no size of the picture)");
  }
  if (widthPx * heightPx > PIXELS_MAX) {
    throw new DataError(
      path,
      `${widthPx}×${heightPx} pixels; at most ${PIXELS_MAX / 1e6} million: cut it first ` +
        "(gdal_translate -srcwin X Y WIDTH HEIGHT IN OUT)",
    );
  }
  return { widthPx, heightPx };
}

function compressionOf(path: string, directory: TiffImageDirectory): number {
  const compression = directory.number(TAG.compression, 1);
  if (isDecoded(compression)) return compression;
  throw notSupported(path, codecName(compression));
}

function notSupported(path: string, what: string, more = ""): DataError {
  return new DataError(
    path,
    `not supported: ${what}; convert it first: ` +
      `gdal_translate ${more}-co COMPRESS=DEFLATE -co TILED=YES IN OUT`,
  );
}

/** GDAL keeps odd numbers of bits unless it is told otherwise. */
function plainType(format: number, bits: number): string {
  if (format === 3 || format === 5 || format === 6) return "-ot Float32 -co NBITS=32 ";
  if (bits > 32) return "-ot Float64 ";
  return bits < 16 ? "-ot UInt16 -co NBITS=16 " : "-ot UInt32 -co NBITS=32 ";
}

function sampleFormatOf(
  path: string,
  directory: TiffImageDirectory,
  samples: number,
  compression: number,
): { bits: number; sampleKind: SampleKind } {
  const all = directory.numbers(TAG.bits) ?? [1];
  const bits = all[0];
  const format = directory.number(TAG.sampleFormat, 1);
  const sampleKind = ({ 1: "unsigned", 2: "signed", 3: "float", 4: "unsigned" } as const)[format];
  if (!(samples >= 1 && samples <= 1000) || all.some((one) => one !== bits)) {
    throw new DataError(path, `not supported: ${samples} samples of ${all.join(", ")} bits`);
  }
  const known = sampleKind === "float" ? [32, 64] : [1, 2, 4, 8, 16, 32];
  const isKnown = sampleKind !== undefined && known.includes(bits) &&
    (sampleKind !== "signed" || bits >= 8) && (!isPictureCodec(compression) || bits === 8);
  if (!isKnown || directory.number(TAG.fillOrder, 1) !== 1) {
    const names: Record<number, string> = { 3: "floating point ", 5: "complex ", 6: "complex " };
    throw notSupported(
      path,
      `${bits}-bit ${names[format] ?? ""}samples`,
      isPictureCodec(compression) ? "" : plainType(format, bits),
    );
  }
  return { bits, sampleKind };
}

/** GDAL writes here which band is which colour, where the tags of TIFF cannot say so. */
function colourRoles(metadata: string): ReadonlyMap<string, number> {
  const roles = new Map<string, number>();
  const item = /<Item name="COLORINTERP" sample="(\d+)" role="colorinterp">(\w+)<\/Item>/g;
  for (const [, sample, role] of metadata.matchAll(item)) roles.set(role, Number(sample));
  return roles;
}

function shownOf(
  path: string,
  directory: TiffImageDirectory,
  { photometric, samples, extra, roles, compression }: {
    photometric: number;
    samples: number;
    extra: readonly number[];
    roles: ReadonlyMap<string, number>;
    compression: number;
  },
): Shown {
  if (photometric === 3) {
    const colours = directory.numbers(TAG.palette);
    if (colours === null || colours.length < 3 * 2) throw new DataError(path, "it has no palette");
    return { kind: "palette", colours };
  }
  const isColour = photometric === 2 || photometric === 6 && isPictureCodec(compression);
  // Mask: photometric 4. What programs write as many grey samples is red, green, blue and more.
  if (!isColour && photometric !== 0 && photometric !== 1 && photometric !== 4) {
    const names: Record<number, string> = { 5: "CMYK", 6: "YCbCr without JPEG", 8: "CIE L*a*b*" };
    throw notSupported(path, `colours of ${names[photometric] ?? `kind ${photometric}`}`);
  }
  const named = ["Red", "Green", "Blue"].map((role) => roles.get(role) ?? samples);
  const isNamed = named.every((sample) => sample < samples);
  const colours = isNamed ? named : [0, 1, 2];
  const alpha = alphaOf(samples, extra, roles);
  const isColourful = samples >= 3 && !(alpha !== null && alpha < 3 && !isNamed);
  if (isColourful) return { kind: "rgb", samples: [colours[0], colours[1], colours[2]] };
  return { kind: "grey", isInverted: photometric === 0, sample: 0 };
}

/** Only what the file itself calls alpha is alpha: a fourth band may be near infrared. */
function alphaOf(
  samples: number,
  extra: readonly number[],
  roles: ReadonlyMap<string, number>,
): number | null {
  const base = samples - extra.length;
  const index = extra.findIndex((kind) => kind === 1 || kind === 2);
  if (index >= 0 && base + index < samples && base + index > 0) return base + index;
  const named = roles.get("Alpha");
  return named !== undefined && named < samples ? named : null;
}

/** One value for all samples, or one for each (GDAL's NODATA_VALUES, which counts before the other). */
function noDataOf(samples: number, text: string | null, metadata: string): number[] | null {
  const [, list = ""] = /<Item name="NODATA_VALUES">([^<]*)<\/Item>/.exec(metadata) ?? [];
  const each = list.trim().split(/[\s,]+/).map(numberFrom);
  if (list.trim() !== "" && each.length === samples && each.every((value) => value !== null)) {
    return each;
  }
  const value = numberFrom(text ?? "");
  return value === null ? null : new Array(samples).fill(value);
}

/** null for what is neither a number nor "nan". */
function numberFrom(text: string): number | null {
  const word = text.trim();
  if (/^[-+]?nan/i.test(word)) return NaN;
  if (/^[-+]?inf/i.test(word)) return word.startsWith("-") ? -Infinity : Infinity;
  const value = Number(word);
  return word === "" || Number.isNaN(value) ? null : value;
}

function predictorOf(
  path: string,
  directory: TiffImageDirectory,
  compression: number,
  sampleKind: SampleKind,
): number {
  if (![5, 8, 32946].includes(compression)) return 1;
  const predictor = directory.number(TAG.predictor, 1);
  if (predictor === 1 || predictor === 2 || predictor === 3 && sampleKind === "float") {
    return predictor;
  }
  throw notSupported(path, `predictor ${predictor}`);
}

function gridOf(
  path: string,
  directory: TiffImageDirectory,
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
) {
  const isTiled = directory.has(TAG.tileOffsets);
  const blockWidthPx = isTiled ? directory.number(TAG.tileWidth, 0) : widthPx;
  const blockHeightPx = isTiled
    ? directory.number(TAG.tileHeight, 0)
    : Math.min(heightPx, directory.number(TAG.rowsPerStrip, heightPx));
  const offsets = directory.numbers(isTiled ? TAG.tileOffsets : TAG.stripOffsets);
  const byteCounts = directory.numbers(isTiled ? TAG.tileByteCounts : TAG.stripByteCounts);
  if (!(blockWidthPx >= 1 && blockHeightPx >= 1) || offsets === null || byteCounts === null) {
    throw new DataError(path, "its directory is damaged (it does not say where its pixels are)");
  }
  return {
    isTiled,
    blockWidthPx,
    blockHeightPx,
    columns: Math.ceil(widthPx / blockWidthPx),
    rows: Math.ceil(heightPx / blockHeightPx),
    offsets,
    byteCounts,
  };
}

/** Every block lies within the file: a download that broke off is found before a tile is painted. */
function checkBlocks(file: TiffFile, layout: TiffLayout): void {
  const { columns, rows, isPlanar, samples, offsets, byteCounts } = layout;
  const blocks = columns * rows * (isPlanar ? samples : 1);
  if (offsets.length < blocks || byteCounts.length < blocks) {
    throw new DataError(
      file.path,
      `its directory is damaged (${blocks} blocks of pixels, places of ` +
        `${Math.min(offsets.length, byteCounts.length)})`,
    );
  }
  const perPixel = (isPlanar ? 1 : samples) * layout.bits / 8;
  if (layout.blockWidthPx * layout.blockHeightPx * perPixel > BLOCK_BYTES_MAX) {
    throw new DataError(
      file.path,
      `its blocks have ${layout.blockWidthPx}×${layout.blockHeightPx} pixels; write it in tiles: ` +
        "gdal_translate -co TILED=YES IN OUT",
    );
  }
  let absent = 0, last = 0;
  for (let i = 0; i < blocks; i++) {
    const end = offsets[i] + byteCounts[i];
    last = Math.max(last, end);
    if (!(end <= file.size)) absent++;
  }
  if (absent === 0) return;
  throw new DataError(
    file.path,
    `the picture is damaged: it was cut. ${absent} of its ${blocks} blocks lie beyond its end ` +
      `(${file.size} of ${last} bytes are there); copy or download it again`,
  );
}
