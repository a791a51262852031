/**
 * A package whose tiles lie, and whose manifest is in order: an old or a badly made map, not a damaged one.
 *
 * @module
 */
import { sha256Hex } from "../../../src/core/mod.ts";
import {
  encodeManifest,
  type Manifest,
  readManifest,
} from "../../../src/flight/flight_package/mod.ts";

export interface MapTile {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

/** JPEG of another tile of the package; undefined where it has none there. */
export type ReadTile = (x: number, y: number) => Promise<Uint8Array> | undefined;

/** What a tile becomes: a JPEG of 256×256 pixels. */
export type TileLie = (tile: MapTile, read: ReadTile) => Promise<Uint8Array>;

const TILE_PATH = /^tiles\/(\d+)\/(\d+)\/(\d+)\.jpg$/;

/** Copies a package to `folder`, with other tiles; all else is hard links. */
export async function writeFalsePackage(
  packagePath: string,
  folder: string,
  lie: TileLie,
): Promise<void> {
  const manifest = await readManifest(packagePath);
  const listed = new Set(manifest.files.map(({ path }) => path));
  const files: Manifest["files"][number][] = [];
  for (const file of manifest.files) {
    const tile = tileOf(file.path), to = `${folder}/${file.path}`;
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    if (tile === undefined) {
      await Deno.link(`${packagePath}/${file.path}`, to);
      files.push(file);
      continue;
    }
    const jpeg = await lie(tile, (x, y) => {
      const path = `tiles/${tile.zoom}/${x}/${y}.jpg`;
      return listed.has(path) ? Deno.readFile(`${packagePath}/${path}`) : undefined;
    });
    await Deno.writeFile(to, jpeg);
    files.push({ ...file, bytes: jpeg.length, sha256: sha256Hex(jpeg) });
  }
  await Deno.writeFile(`${folder}/manifest.json`, encodeManifest({ ...manifest, files }));
}

function tileOf(path: string): MapTile | undefined {
  const [, zoom, x, y] = TILE_PATH.exec(path) ?? [];
  return y === undefined ? undefined : { zoom: Number(zoom), x: Number(x), y: Number(y) };
}
