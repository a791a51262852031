/**
 * Writes, reads and removes the files of a tile: picture, JSON and SHA-256 beside each other.
 *
 *     tiles/{source}/{zoom}/{x}/{y}.jpg
 *     tiles/onboard_ingest/{flightId}/{zoom}/{x}/{y}.jpg
 *
 * Where the rows may have to be rebuilt from the sidecars (PGlite), those are put in place before
 * the picture and synced with it; with a server they follow it, before the row is committed.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import {
  forEachBounded,
  messageOf,
  readPlainFile,
  replaceFile,
  sha256Hex,
  temporaryPathFor,
  writeAllSync,
} from "../../../core/mod.ts";
import {
  checkTileId,
  ContentHashMismatchError,
  JPEG_BYTES_MAX,
  type NewTile,
  sidecarContents,
  SIDECARS,
  TileCacheError,
  TileFsError,
  type TileId,
  tileKey,
  type TileMetadata,
} from "../../tile_contract/mod.ts";
import { checkInside, type TileFolders } from "./tile_folders.ts";
import { tilePath } from "./tile_path.ts";
import { waitingPicture } from "./tile_renewal.ts";

/** Tiles written concurrently, so that their waits for the disk overlap. */
const WRITES_AT_ONCE = 8;

/** Paths of all files of a tile, the picture last. */
function pathsOf(dataFolder: string, id: TileId): { sidecars: string[]; jpeg: string } {
  const jpeg = `${dataFolder}/${tilePath(id)}`;
  const stem = jpeg.replace(/\.jpg$/, "");
  return { sidecars: SIDECARS.map((suffix) => stem + suffix), jpeg };
}

/** Writes and syncs. When it fails, files of some tiles may remain: the caller removes them. */
export async function writeTileFiles(
  folders: TileFolders,
  tiles: readonly NewTile[],
): Promise<void> {
  try {
    const pictures = tiles.map((tile) => pathsOf(folders.root, tile.metadata.tileId).jpeg);
    const used = folders.prepare(pictures);
    await forEachBounded(tiles, WRITES_AT_ONCE, (tile) => writeOne(folders, tile));
    await folders.sync(used);
    if (!folders.syncSidecars) await writeUnsynced(folders, tiles);
  } catch (error) {
    if (error instanceof TileCacheError) throw error;
    throw new TileFsError(
      `Cannot write ${tiles.length} tiles below ${folders.root}: ${messageOf(error)}; none of ` +
        "them was kept: free disk space or correct the permissions, then write them again",
      { cause: error },
    );
  }
}

/**
 * Writes a few small files synchronously (half a millisecond) between other work of this thread:
 * writing one takes less time than handing it to another thread, since nothing waits for the disk
 * yet.
 */
const WRITES_IN_A_TURN = 6;

const turnOfOthers = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * Renames the files once the bytes of all are synced: first the sidecars that are required, then
 * the picture.
 */
async function writeOne(folders: TileFolders, tile: NewTile): Promise<void> {
  const { sidecars, jpeg } = pathsOf(folders.root, tile.metadata.tileId);
  const contents = folders.syncSidecars ? sidecarContents(tile.metadata) : [];
  const files = [...contents.map((bytes, i) => ({ path: sidecars[i], bytes })), {
    path: jpeg,
    bytes: tile.jpeg,
  }].map((file) => ({ ...file, temporary: temporaryPathFor(file.path) }));
  try {
    const ends = await Promise.allSettled(
      files.map(({ temporary, bytes }) => writeNowAndSync(temporary, bytes)),
    );
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    for (const { temporary, path } of files) Deno.renameSync(temporary, path);
  } catch (error) {
    for (const { temporary } of files) await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/**
 * Like `writeSynced` of core, but only the sync, which waits for the disk, is handed to another
 * thread.
 */
async function writeNowAndSync(path: string, bytes: Uint8Array): Promise<void> {
  using file = Deno.openSync(path, { write: true, createNew: true });
  writeAllSync(file, bytes);
  await file.sync();
}

/**
 * After the sync: closing before it would write the bytes to the disk too, and take twice as long.
 */
async function writeUnsynced(folders: TileFolders, tiles: readonly NewTile[]): Promise<void> {
  for (const [index, { metadata }] of tiles.entries()) {
    if (index > 0 && index % WRITES_IN_A_TURN === 0) await turnOfOthers();
    const { sidecars } = pathsOf(folders.root, metadata.tileId);
    const contents = sidecarContents(metadata);
    for (const [which, path] of sidecars.entries()) writeAnewNow(path, contents[which]);
  }
}

/** Never through an existing link. */
function writeAnewNow(path: string, bytes: Uint8Array): void {
  try {
    Deno.writeFileSync(path, bytes, { createNew: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    Deno.removeSync(path);
    Deno.writeFileSync(path, bytes, { createNew: true });
  }
}

/** Writes the sidecars of an undamaged picture. */
export async function restoreSidecars(dataFolder: string, metadata: TileMetadata): Promise<void> {
  const { sidecars } = pathsOf(dataFolder, metadata.tileId);
  const contents = sidecarContents(metadata);
  for (const [index, path] of sidecars.entries()) await replaceFile(path, contents[index]);
}

/** Removes the picture first, then its sidecars; absent files are not an error. */
export async function removeTileFiles(dataFolder: string, id: TileId): Promise<void> {
  const { sidecars, jpeg } = pathsOf(dataFolder, id);
  for (const path of [jpeg, ...sidecars]) {
    try {
      await Deno.remove(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      if (error instanceof Deno.errors.NotADirectory) continue;
      throw new TileFsError(`Cannot delete ${path}: ${messageOf(error)}`, { cause: error });
    }
  }
}

/**
 * Reads the picture and checks it against its metadata.
 *
 * @throws TileFsError | ContentHashMismatchError
 */
export async function readTileFile(
  dataFolder: string,
  metadata: TileMetadata,
): Promise<Uint8Array<ArrayBuffer>> {
  const { jpeg: path } = pathsOf(dataFolder, metadata.tileId);
  try {
    return checkHash(path, await readPicture(path, metadata), metadata);
  } catch (error) {
    // Renewed; its new files still have their temporary names.
    const waiting = await readPicture(waitingPicture(dataFolder, metadata), metadata)
      .catch(() => null);
    if (waiting === null) throw error;
    return checkHash(path, waiting, metadata);
  }
}

async function readPicture(
  path: string,
  metadata: TileMetadata,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    await checkInside(path);
    return await readPlainFile(path, { bytesMax: JPEG_BYTES_MAX });
  } catch (error) {
    if (error instanceof TileCacheError) throw error;
    throw new TileFsError(
      `Cannot read tile ${tileKey(metadata.tileId)}: ${messageOf(error)}; delete the tile and ` +
        "import it again",
      { cause: error },
    );
  }
}

function checkHash(
  path: string,
  jpeg: Uint8Array<ArrayBuffer>,
  metadata: TileMetadata,
): Uint8Array<ArrayBuffer> {
  const sha256 = sha256Hex(jpeg);
  if (sha256 === metadata.contentSha256) return jpeg;
  throw new ContentHashMismatchError(
    `Cannot use ${path}: its SHA-256 is ${sha256}, the cache states ${metadata.contentSha256}; ` +
      "delete the tile and import it again",
  );
}

/** Like {@link readTileFile}; the sidecars must exist too. */
export async function checkTileFiles(
  dataFolder: string,
  metadata: TileMetadata,
): Promise<Uint8Array<ArrayBuffer>> {
  const id = checkTileId(metadata.tileId);
  const { sidecars } = pathsOf(dataFolder, id);
  for (const path of sidecars) {
    const found = await Deno.lstat(path).catch(() => null);
    if (!found?.isFile) {
      throw new TileFsError(`Cannot use tile ${tileKey(id)}: ${path} is missing`);
    }
  }
  return await readTileFile(dataFolder, { ...metadata, tileId: id });
}
