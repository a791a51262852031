/**
 * Rebuilds the rows from the JSON beside each picture, for a database that was lost. What only the
 * database knew is lost: uploads, attempts, votes that changed, times of use, pins, sectors.
 *
 * @module
 */
import * as z from "zod";
import { parseBoundedJson, readPlainTextFile } from "../../../core/mod.ts";
import {
  checkNewTile,
  FRESHNESS_LABELS,
  sidecarBytes,
  TileIdSchema,
  type TileMetadata,
  TileMetadataSchema,
  VOTING_STATUSES,
} from "../../tile_contract/mod.ts";
import type { SqlDatabase } from "./sql/database.ts";
import { checkTileFiles } from "./tile_files.ts";
import { tilePath } from "./tile_path.ts";
import { insertRows, setSidecarBytes } from "./tile_rows.ts";

const BATCH_TILES = 500;
const SIDECAR_BYTES_MAX = 1024 * 1024;

export interface Rebuilt {
  readonly rowsRebuilt: number;
  /**
   * JSON files that give no row, or whose picture does not match; reconciliation moves them away.
   */
  readonly sidecarsUnusable: number;
}

/**
 * A later version may have written it. Unknown fields stay in the file, which is not rewritten.
 * Unknown labels do not fit the columns: an unknown freshness counts as stale, and an unknown vote
 * as pending.
 */
const SidecarSchema = z.preprocess((document) => {
  if (!isObject(document)) return document;
  const { capturedAt, tileId, freshnessLabel, votingStatus } = document;
  return {
    ...known(document, TileMetadataSchema.shape),
    tileId: isObject(tileId) ? known(tileId, TileIdSchema.shape) : tileId,
    capturedAt: typeof capturedAt === "string" ? new Date(capturedAt) : capturedAt,
    ...(isLater(freshnessLabel, FRESHNESS_LABELS) ? { freshnessLabel: "stale" } : {}),
    ...(isLater(votingStatus, VOTING_STATUSES) ? { votingStatus: undefined } : {}),
  };
}, TileMetadataSchema);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function known(
  document: Record<string, unknown>,
  shape: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(document).filter(([name]) => Object.hasOwn(shape, name)),
  );
}

function isLater(word: unknown, words: readonly string[]): boolean {
  return typeof word === "string" && !words.includes(word);
}

interface Kept {
  readonly metadata: TileMetadata;
  /** Total size of its sidecars as they are. */
  readonly bytes: number;
}

export async function rebuildRows(dataFolder: string, database: SqlDatabase): Promise<Rebuilt> {
  let rowsRebuilt = 0, sidecarsUnusable = 0;
  let batch: Kept[] = [];
  const flush = async () => {
    const rows = batch;
    batch = [];
    if (rows.length === 0) return;
    await database.transaction(async (sql) => {
      const inserted = await insertRows(sql, rows.map(({ metadata }) => metadata), "keep");
      rowsRebuilt += inserted.size;
      for (const { metadata, bytes } of rows) {
        if (bytes !== sidecarBytes(metadata)) await setSidecarBytes(sql, metadata.tileId, bytes);
      }
    });
  };
  for await (const path of sidecarsBelow(dataFolder, "tiles")) {
    const kept = await readSidecar(dataFolder, path);
    if (kept === null) sidecarsUnusable++;
    else if (batch.push(kept) >= BATCH_TILES) await flush();
  }
  await flush();
  return { rowsRebuilt, sidecarsUnusable };
}

/** null unless the JSON lies where its tile belongs and its picture is complete. */
async function readSidecar(dataFolder: string, path: string): Promise<Kept | null> {
  try {
    const text = await readPlainTextFile(`${dataFolder}/${path}`, {
      within: dataFolder,
      bytesMax: SIDECAR_BYTES_MAX,
    });
    const metadata = SidecarSchema.parse(parseBoundedJson(text));
    if (tilePath(metadata.tileId) !== path.replace(/\.json$/, ".jpg")) return null;
    const jpeg = await checkTileFiles(dataFolder, metadata);
    const hashFile = `${dataFolder}/${path.replace(/\.json$/, ".sha256")}`;
    return {
      metadata: checkNewTile({ metadata, jpeg }).metadata,
      bytes: new TextEncoder().encode(text).length + (await Deno.lstat(hashFile)).size,
    };
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
