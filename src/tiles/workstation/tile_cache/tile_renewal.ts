/**
 * The files of a tile that is being renewed. They wait beside the old ones under temporary names;
 * the commit of the row decides which are valid, and then the new ones replace the old. Until then
 * a reader with the new row finds them by the hash in the row.
 *
 *     {y}.jpg.renew-{tag}, {y}.json.renew-{tag}, {y}.sha256.renew-{tag}
 *
 * @module
 */
import { dirname } from "node:path";
import { messageOf, removeIfPresent, sha256Hex, syncPath, writeSynced } from "../../../core/mod.ts";
import {
  type NewTile,
  sidecarContents,
  SIDECARS,
  TileFsError,
  tileKey,
  type TileMetadata,
} from "../../tile_contract/mod.ts";
import { tilePath } from "./tile_path.ts";

export const RENEWAL_MARK = ".renew-";

/** Distinguishes the renewals of a tile: each has a later capture. */
export function renewalTag(metadata: TileMetadata): string {
  const text = `${metadata.contentSha256} ${metadata.capturedAt?.toISOString() ?? "unknown"}`;
  return sha256Hex(new TextEncoder().encode(text)).slice(0, 32);
}

/** The picture is last: it is what a reader looks for. */
function waitingPaths(dataFolder: string, metadata: TileMetadata): { from: string; to: string }[] {
  const jpeg = `${dataFolder}/${tilePath(metadata.tileId)}`;
  const stem = jpeg.slice(0, -".jpg".length);
  const tag = renewalTag(metadata);
  return [...SIDECARS.map((suffix) => stem + suffix), jpeg]
    .map((to) => ({ from: `${to}${RENEWAL_MARK}${tag}`, to }));
}

/** Temporary path of the picture of a renewal. */
export function waitingPicture(dataFolder: string, metadata: TileMetadata): string {
  return `${dataFolder}/${tilePath(metadata.tileId)}${RENEWAL_MARK}${renewalTag(metadata)}`;
}

/** Writes and syncs the new files under temporary names; the old ones are not touched. */
export async function writeRenewal(dataFolder: string, tile: NewTile): Promise<void> {
  const paths = waitingPaths(dataFolder, tile.metadata);
  const contents = [...sidecarContents(tile.metadata), tile.jpeg];
  try {
    for (const { from } of paths) await removeIfPresent(from);
    await Promise.all(paths.map(({ from }, index) => writeSynced(from, contents[index])));
    await syncPath(dirname(paths[0].to));
  } catch (error) {
    throw new TileFsError(
      `Cannot write the renewal of tile ${tileKey(tile.metadata.tileId)}: ${messageOf(error)}; ` +
        "the old tile is kept: free disk space or correct the permissions, then renew it again",
      { cause: error },
    );
  }
}

/** Moves the new files into place; those that are in place already stay. */
export async function finishRenewal(dataFolder: string, metadata: TileMetadata): Promise<void> {
  const paths = waitingPaths(dataFolder, metadata);
  for (const { from, to } of paths) {
    try {
      await Deno.rename(from, to);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  await syncPath(dirname(paths[0].to));
}

export async function dropRenewal(dataFolder: string, metadata: TileMetadata): Promise<void> {
  for (const { from } of waitingPaths(dataFolder, metadata)) await removeIfPresent(from);
}
