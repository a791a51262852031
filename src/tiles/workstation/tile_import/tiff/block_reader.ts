/**
 * Reads the blocks of one picture of a TIFF as colours and a mask. The blocks last used are kept.
 *
 * @module
 */
import { DataError, messageOf } from "../../../../core/mod.ts";
import { codecName, decodeBlock } from "./codecs.ts";
import {
  type ColourBlock,
  colourBlock,
  type SamplePlane,
  samplesNeeded,
  type Stretch,
} from "./colour.ts";
import type { TiffFile } from "./directories.ts";
import type { TiffLayout } from "./layout.ts";
import { bytesPerRow, type Samples, samplesOf } from "./samples.ts";

/** Decoded blocks are kept up to this size: a row of blocks of a picture of 40,000 pixels. */
const KEPT_BYTES_MAX = 160_000_000;

interface BlockPlace {
  readonly column: number;
  readonly row: number;
  readonly widthPx: number;
  readonly rowsPx: number;
}

export class BlockReader {
  readonly layout: TiffLayout;
  /** Set before colours are read of what is not 8-bit. */
  stretch: Stretch | null = null;
  readonly #file: TiffFile;
  readonly #kept = new Map<
    number,
    { readonly block: Promise<ColourBlock | null>; bytes: number }
  >();
  #keptBytes = 0;

  constructor(file: TiffFile, layout: TiffLayout) {
    this.#file = file;
    this.layout = layout;
  }

  get blocks(): number {
    return this.layout.columns * this.layout.rows;
  }

  placeOf(index: number): BlockPlace {
    const { columns, blockWidthPx, blockHeightPx, heightPx, isTiled } = this.layout;
    const column = index % columns, row = Math.floor(index / columns);
    // Tiles are whole at the edges, strips end with the picture.
    const rowsPx = isTiled
      ? blockHeightPx
      : Math.min(blockHeightPx, heightPx - row * blockHeightPx);
    return { column, row, widthPx: blockWidthPx, rowsPx };
  }

  /** Whether the writer left the block out: there is no picture, black or other. */
  isSparse(index: number): boolean {
    const { offsets, byteCounts, isPlanar, samples } = this.layout;
    const planes = isPlanar ? samples : 1;
    for (let plane = 0; plane < planes; plane++) {
      const at = plane * this.blocks + index;
      if (offsets[at] === 0 || byteCounts[at] === 0) return true;
    }
    return false;
  }

  /** null for a block that was left out. @throws DataError for one that cannot be decoded */
  colours(index: number): Promise<ColourBlock | null> {
    const kept = this.#kept.get(index);
    if (kept !== undefined) {
      this.#kept.delete(index);
      this.#kept.set(index, kept);
      return kept.block;
    }
    const { widthPx, rowsPx } = this.placeOf(index);
    const bytes = 4 * widthPx * rowsPx;
    const block = this.#decode(index);
    this.#kept.set(index, { block, bytes });
    this.#keptBytes += bytes;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES_MAX || oldest === index) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= bytes;
    }
    return block;
  }

  async #decode(index: number): Promise<ColourBlock | null> {
    const planes = await this.planes(index);
    if (planes === null) return null;
    const { widthPx, rowsPx } = this.placeOf(index);
    return colourBlock(widthPx * rowsPx, this.layout, planes, this.stretch);
  }

  /** The samples of a block that are shown; null for one that was left out. */
  async planes(index: number): Promise<ReadonlyMap<number, SamplePlane> | null> {
    if (this.isSparse(index)) return null;
    const { isPlanar, samples } = this.layout;
    const planes = new Map<number, SamplePlane>();
    if (isPlanar) {
      for (const sample of samplesNeeded(this.layout)) {
        const values = await this.#samples(index, sample * this.blocks + index, 1);
        planes.set(sample, { values, stride: 1, offset: 0 });
      }
      return planes;
    }
    const values = await this.#samples(index, index, samples);
    for (const sample of samplesNeeded(this.layout)) {
      planes.set(sample, { values, stride: samples, offset: sample });
    }
    return planes;
  }

  async #samples(index: number, stored: number, samples: number): Promise<Samples> {
    const { offsets, byteCounts, compression, jpegTables, isYCbCr } = this.layout;
    const { widthPx, rowsPx } = this.placeOf(index);
    const bytes = this.#file.read(offsets[stored], byteCounts[stored]);
    const shape = {
      widthPx,
      rowsPx,
      rowsMaxPx: this.layout.blockHeightPx,
      samples,
      bytesPerRow: bytesPerRow(this.layout, { widthPx, samples }),
    };
    try {
      const jpeg = { tables: jpegTables, isYCbCr };
      const decoded = await decodeBlock(compression, bytes, shape, jpeg);
      return samplesOf(
        decoded,
        this.layout,
        { widthPx, rowsPx, samples },
        this.#file.littleEndian,
      );
    } catch (error) {
      if (error instanceof DataError) throw error;
      throw new DataError(
        this.#file.path,
        `the picture is damaged: block ${stored + 1} of ${offsets.length} cannot be decoded as ` +
          `${codecName(compression)} (${messageOf(error).slice(0, 160)})`,
        { cause: error },
      );
    }
  }
}
