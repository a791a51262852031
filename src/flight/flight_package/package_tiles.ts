/**
 * Reads the tiles of an open package.
 *
 * @module
 */
import {
  jpegHeaderSize,
  NotPlainFileError,
  readPlainFile,
  sha256Hex,
  TILE_SIZE_PX,
} from "../../core/mod.ts";
import { type Manifest, type MapTiles, type PackageTile, packageTilePath } from "./contract.ts";
import { PackageError } from "./errors.ts";

/** A tile of 256 pixels never has more. */
const TILE_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Reads tiles and checks each against the manifest again, because flash memory can fail during the
 * flight too.
 */
export class PackageTiles implements MapTiles {
  readonly zoom: number;
  readonly tileBounds: { xMin: number; xMax: number; yMin: number; yMax: number };
  readonly #packagePath: string;
  /** By their paths in the package. */
  readonly #sha256 = new Map<string, string>();
  onDamaged: (path: string) => void = () => {};

  constructor(packagePath: string, manifest: Manifest, tiles: readonly PackageTile[]) {
    this.#packagePath = packagePath;
    this.zoom = manifest.zoom;
    const listed = new Map(manifest.files.map((file) => [file.path, file.sha256]));
    const bounds = { xMin: Infinity, xMax: -Infinity, yMin: Infinity, yMax: -Infinity };
    for (const { x, y } of tiles) {
      const path = this.#pathOf(x, y), sha256 = listed.get(path);
      if (sha256 !== undefined) this.#sha256.set(path, sha256);
      bounds.xMin = Math.min(bounds.xMin, x);
      bounds.xMax = Math.max(bounds.xMax, x + 1);
      bounds.yMin = Math.min(bounds.yMin, y);
      bounds.yMax = Math.max(bounds.yMax, y + 1);
    }
    this.tileBounds = bounds;
  }

  hasTile(x: number, y: number): boolean {
    return this.#sha256.has(this.#pathOf(x, y));
  }

  close(path: string): void {
    this.#sha256.delete(path);
  }

  /**
   * A tile that is damaged is closed: the next look at its ground does without it.
   *
   * @throws PackageError when the package has no such tile, its bytes have changed since, or they
   * are not a picture of the size of a tile: the header of a JPEG may claim a gigabyte of pixels.
   */
  async readTileJpeg(x: number, y: number): Promise<Uint8Array<ArrayBuffer>> {
    const name = this.#pathOf(x, y), path = `${this.#packagePath}/${name}`;
    const expected = this.#sha256.get(name);
    if (expected === undefined) throw new PackageError(path, "is not a tile of the package");
    try {
      const jpeg = await readTileFile(path);
      if (sha256Hex(jpeg) !== expected) {
        throw new PackageError(path, "was altered since the package was opened; provision again");
      }
      checkTileSize(path, jpeg);
      return jpeg;
    } catch (error) {
      if (error instanceof PackageError && this.#sha256.delete(name)) this.onDamaged(name);
      throw error;
    }
  }

  #pathOf(x: number, y: number): string {
    return packageTilePath({ zoom: this.zoom, x, y });
  }
}

/** @throws PackageError where it is no plain file, or far larger than a tile */
export async function readTileFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readPlainFile(path, { bytesMax: TILE_BYTES_MAX });
  } catch (error) {
    if (!(error instanceof NotPlainFileError)) throw error;
    throw new PackageError(path, `${error.reason}; provision again`, { cause: error });
  }
}

/** By the header alone, without decoding it. @throws PackageError */
export function checkTileSize(path: string, jpeg: Uint8Array): void {
  const size = jpegHeaderSize(jpeg);
  if (size?.widthPx === TILE_SIZE_PX && size.heightPx === TILE_SIZE_PX) return;
  const found = size === null ? "is not a JPEG" : `is ${size.widthPx}×${size.heightPx} pixels`;
  throw new PackageError(
    path,
    `${found}; a tile has ${TILE_SIZE_PX}×${TILE_SIZE_PX}; provision again`,
  );
}
