/**
 * Makes the rows again from the JSON beside each picture, for a database that was lost. What only the
 * database knew is gone: uploads, attempts, votes that changed, times of use, pins, sectors.
 *
 * @module
 */
import { z } from "zod";
import { checkNewTile } from "./check_tile.ts";
import { type TileMetadata, TileMetadataSchema } from "./contract.ts";
import type { SqlDatabase } from "./sql/database.ts";
import { checkTileFiles } from "./tile_files.ts";
import { tilePath } from "./tile_path.ts";
import { insertRows } from "./tile_rows.ts";

const BATCH_TILES = 500;

export interface Rebuilt {
  readonly rowsRebuilt: number;
  /** JSON files that make no row, or whose picture is not theirs; reconciliation moves them away. */
  readonly sidecarsUnusable: number;
}

const SidecarSchema = z.preprocess((document) => {
  if (typeof document !== "object" || document === null) return document;
  const { tileUuid: _derived, capturedAt, ...rest } = document as Record<string, unknown>;
  return {
    ...rest,
    capturedAt: typeof capturedAt === "string" ? new Date(capturedAt) : capturedAt,
  };
}, TileMetadataSchema);

export async function rebuildRows(dataFolder: string, database: SqlDatabase): Promise<Rebuilt> {
  let rowsRebuilt = 0, sidecarsUnusable = 0;
  let batch: TileMetadata[] = [];
  const flush = async () => {
    const rows = batch;
    batch = [];
    if (rows.length === 0) return;
    const inserted = await database.transaction((sql) => insertRows(sql, rows, "keep"));
    rowsRebuilt += inserted.size;
  };
  for await (const path of sidecarsBelow(dataFolder, "tiles")) {
    const metadata = await readSidecar(dataFolder, path);
    if (metadata === null) sidecarsUnusable++;
    else if (batch.push(metadata) >= BATCH_TILES) await flush();
  }
  await flush();
  return { rowsRebuilt, sidecarsUnusable };
}

/** Null unless the JSON lies where its tile belongs and its picture is whole. */
async function readSidecar(dataFolder: string, path: string): Promise<TileMetadata | null> {
  try {
    const metadata = SidecarSchema.parse(
      JSON.parse(await Deno.readTextFile(`${dataFolder}/${path}`)),
    );
    if (tilePath(metadata.tileId) !== path.replace(/\.json$/, ".jpg")) return null;
    const jpeg = await checkTileFiles(dataFolder, metadata);
    return checkNewTile({ metadata, jpeg }).metadata;
  } catch {
    return null;
  }
}

async function* sidecarsBelow(root: string, folder: string): AsyncGenerator<string> {
  const folders: string[] = [];
  try {
    for await (const entry of Deno.readDir(`${root}/${folder}`)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) folders.push(path);
      else if (entry.isFile && path.endsWith(".json")) yield path;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  for (const inner of folders) yield* sidecarsBelow(root, inner);
}
