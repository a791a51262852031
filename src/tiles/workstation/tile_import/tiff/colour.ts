/**
 * From the samples of a block to red, green and blue, and where they hold a picture.
 *
 * @module
 */
import type { TiffLayout } from "./layout.ts";
import type { Samples } from "./samples.ts";

/** Values that become 0 and 255. */
export interface Stretch {
  readonly low: number;
  readonly high: number;
}

export interface ColourBlock {
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** 255 where there is picture; null: everywhere. */
  readonly mask: Uint8Array<ArrayBuffer> | null;
}

/** Samples of a block by their number; `stride` and `offset` hide whether planes are apart. */
export interface SamplePlane {
  readonly values: Samples;
  readonly stride: number;
  readonly offset: number;
}

/** Which samples of the file are needed. */
export function samplesNeeded({ shown, alphaSample }: TiffLayout): readonly number[] {
  const colours = shown.kind === "rgb" ? shown.samples : [shown.kind === "grey" ? shown.sample : 0];
  return alphaSample === null ? [...new Set(colours)] : [...new Set([...colours, alphaSample])];
}

export function colourBlock(
  count: number,
  layout: TiffLayout,
  planes: ReadonlyMap<number, SamplePlane>,
  stretch: Stretch | null,
): ColourBlock {
  const { shown, alphaSample, noData } = layout;
  const plane = (sample: number) => {
    const found = planes.get(sample);
    if (found === undefined) throw new Error(`sample ${sample} was not read`);
    return found;
  };
  const pixels = new Uint8Array(3 * count);
  const indices = shown.kind === "rgb" ? shown.samples : [shown.kind === "grey" ? shown.sample : 0];
  const sources = indices.map(plane);
  const byte = byteOf(layout, stretch);
  for (let c = 0; c < 3; c++) {
    const { values, stride, offset } = sources[sources.length === 3 ? c : 0];
    for (let i = 0, from = offset; i < count; i++, from += stride) {
      pixels[3 * i + c] = shown.kind === "palette"
        ? paletteByte(shown.colours, values[from], c)
        : byte(values[from]);
    }
  }
  const isFloat = layout.sampleKind === "float";
  if (alphaSample === null && noData === null && !isFloat) return { pixels, mask: null };
  const mask = new Uint8Array(count).fill(255);
  const opaqueFrom = alphaSample === null ? 0 : opaqueLimit(layout);
  const alpha = alphaSample === null ? null : plane(alphaSample);
  for (let i = 0; i < count; i++) {
    if (alpha !== null && alpha.values[alpha.offset + i * alpha.stride] < opaqueFrom) mask[i] = 0;
    else if (
      sources.every(({ values, stride, offset }, at) =>
        isAbsent(values[offset + i * stride], noData?.[indices[at]] ?? null)
      )
    ) mask[i] = 0;
  }
  return { pixels, mask };
}

/** A sample that is no number is no picture either. */
export function isAbsent(value: number, noData: number | null): boolean {
  return Number.isNaN(value) || value === noData ||
    // Writers give GDAL_NODATA of single precision in decimals.
    noData !== null && Math.fround(noData) === value;
}

/** Half of the full alpha. */
function opaqueLimit({ bits, sampleKind }: TiffLayout): number {
  if (sampleKind === "float") return 0.5;
  return 2 ** (bits - 1);
}

/** Colours of a palette have 16 bits; some writers fill 8 of them. */
function paletteByte(colours: readonly number[], index: number, channel: number): number {
  const entries = Math.floor(colours.length / 3);
  const value = index < entries ? colours[channel * entries + index] : 0;
  return value > 255 ? value >> 8 : value;
}

function byteOf(
  { bits, sampleKind, shown }: TiffLayout,
  stretch: Stretch | null,
): (value: number) => number {
  const isInverted = shown.kind === "grey" && shown.isInverted;
  if (stretch !== null) {
    const scale = 255 / (stretch.high - stretch.low);
    return (value) => {
      const scaled = Math.min(255, Math.max(0, (value - stretch.low) * scale));
      const byte = Number.isNaN(scaled) ? 0 : Math.round(scaled);
      return isInverted ? 255 - byte : byte;
    };
  }
  const full = bits < 8 && sampleKind === "unsigned" ? 255 / (2 ** bits - 1) : 1;
  return (value) => isInverted ? 255 - value * full : value * full;
}
