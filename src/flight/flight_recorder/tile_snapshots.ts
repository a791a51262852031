/**
 * Stores pictures of tiles that the flight made: `<flightId>/tiles/<tileId>.jpg`, complete or
 * absent.
 *
 * @module
 */
import { jpegHeaderSize, messageOf, sha256Hex, TEMPORARY_MARK } from "../../core/mod.ts";
import type { Disk } from "./contract.ts";
import { FdrTileError } from "./errors.ts";

export interface SavedTile {
  /** Path below the flight's folder. */
  readonly file: string;
  readonly contentSha256: string;
  /** Tiles that were deleted to make space. */
  readonly removed: readonly string[];
}

/** Valid as a file name on every system: no separators, no leading dot, no device name. */
const TILE_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,119}$/;

export class TileSnapshots {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #bytesMax: number;
  /** Oldest first. */
  readonly #bytesById = new Map<string, number>();
  #bytes = 0;
  #hasFolder = false;

  constructor(disk: Disk, flightFolder: string, bytesMax: number) {
    this.#disk = disk;
    this.#folder = `${flightFolder}/tiles`;
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * @throws FdrTileError for an id that is not a file name, bytes that are not a JPEG, or a disk
   * that refuses them.
   */
  save(tileId: string, jpeg: Uint8Array): SavedTile {
    this.#check(tileId, jpeg);
    const path = `${this.#folder}/${tileId}.jpg`;
    try {
      this.#replace(path, jpeg);
      // The file exists now: a file that is not counted would never be removed.
      this.#forget(tileId);
      this.#bytesById.set(tileId, jpeg.length);
      this.#bytes += jpeg.length;
      this.#disk.syncFolder(this.#folder);
    } catch (error) {
      throw new FdrTileError(tileId, messageOf(error), { cause: error });
    }
    const removed = this.#removeOldest();
    return { file: `tiles/${tileId}.jpg`, contentSha256: sha256Hex(jpeg), removed };
  }

  #check(tileId: string, jpeg: Uint8Array): void {
    if (!TILE_ID.test(tileId) || tileId.includes("..")) {
      throw new FdrTileError(
        tileId.slice(0, 40),
        "its id must be letters, digits, '_', '-' and single dots, at most 120 of them",
      );
    }
    if (jpegHeaderSize(jpeg) === null) throw new FdrTileError(tileId, "its bytes are not a JPEG");
    if (jpeg.length > this.#bytesMax) {
      throw new FdrTileError(
        tileId,
        `it has ${jpeg.length} bytes, and all tiles of a flight may have ${this.#bytesMax} ` +
          "(fdr.tileSnapshotsBytesMax)",
      );
    }
  }

  #replace(path: string, jpeg: Uint8Array): void {
    if (!this.#hasFolder) {
      this.#disk.makeFolder(this.#folder);
      this.#disk.syncFolder(this.#folder.slice(0, this.#folder.lastIndexOf("/")));
      this.#hasFolder = true;
    }
    const temporary = `${path}${TEMPORARY_MARK}${crypto.randomUUID()}`;
    const file = this.#disk.create(temporary);
    try {
      try {
        file.write(jpeg);
        file.sync();
      } finally {
        file.close();
      }
      this.#disk.rename(temporary, path);
    } catch (error) {
      try {
        this.#disk.remove(temporary);
      } catch {
        // Report the first fault.
      }
      throw error;
    }
  }

  #removeOldest(): string[] {
    const removed: string[] = [];
    for (const tileId of this.#bytesById.keys()) {
      if (this.#bytes <= this.#bytesMax) break;
      try {
        this.#disk.remove(`${this.#folder}/${tileId}.jpg`);
      } catch {
        // A file that cannot be removed stays counted, and the next one is removed.
        continue;
      }
      this.#forget(tileId);
      removed.push(tileId);
    }
    return removed;
  }

  #forget(tileId: string): void {
    this.#bytes -= this.#bytesById.get(tileId) ?? 0;
    this.#bytesById.delete(tileId);
  }
}
