/**
 * The tiles that the provider serves.
 *
 * @module
 */
import sharp from "sharp";
import { sha256Hex } from "../../core/mod.ts";

export interface ServedTile {
  readonly jpeg: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  readonly modified: Date;
}

export interface TileSource {
  tile(z: number, x: number, y: number): Promise<ServedTile | null>;
}

/** `{z}/{x}/{y}.jpg` below a folder. */
export class FolderSource implements TileSource {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async tile(z: number, x: number, y: number): Promise<ServedTile | null> {
    const path = `${this.#folder}/${z}/${x}/${y}.jpg`;
    try {
      const { mtime } = await Deno.stat(path);
      return served(await Deno.readFile(path), mtime ?? new Date(0));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  }
}

/** A few generated pictures that serve as every tile: for benches of the wire. */
export class SyntheticSource implements TileSource {
  readonly #pictures: readonly ServedTile[];

  private constructor(pictures: readonly ServedTile[]) {
    this.#pictures = pictures;
  }

  static async make(count: number): Promise<SyntheticSource> {
    const pictures: ServedTile[] = [];
    for (let i = 0; i < count; i++) {
      const pixels = new Uint8Array(256 * 256 * 3);
      for (let p = 0; p < pixels.length; p++) {
        pixels[p] = 128 + 100 * Math.sin((p % 768) / (5 + i)) * Math.cos(p / (768 * (3 + i % 7)));
      }
      const raw = { width: 256, height: 256, channels: 3 } as const;
      const jpeg = await sharp(pixels, { raw }).jpeg({ quality: 90 }).toBuffer();
      pictures.push(served(new Uint8Array(jpeg), new Date("2026-01-01T00:00:00Z")));
    }
    return new SyntheticSource(pictures);
  }

  tile(_z: number, x: number, y: number): Promise<ServedTile | null> {
    return Promise.resolve(this.#pictures[(x + 31 * y) % this.#pictures.length]);
  }
}

function served(jpeg: Uint8Array<ArrayBuffer>, modified: Date): ServedTile {
  const hash = sha256Hex(jpeg);
  return { jpeg, etag: `"${hash.slice(0, 32)}"`, modified };
}
