/**
 * After a process that did not end well: rows without a whole file go, and files without a row are
 * moved to `orphaned/`. Call it only while nobody else has the folder.
 *
 * Files are moved and not deleted, because a database restored from an old backup makes orphans of
 * good tiles.
 *
 * @module
 */
import { dirname } from "node:path";
import { messageOf, syncPath, TEMPORARY_MARK } from "../core/mod.ts";
import type { TileMetadata } from "./contract.ts";
import { TileFsError } from "./errors.ts";
import type { SqlDatabase, SqlSession } from "./sql/database.ts";
import { SIDECARS } from "./sidecars.ts";
import { tilePath } from "./tile_path.ts";
import { deleteRow, lockOutWriters, selectAll } from "./tile_rows.ts";

export interface Reconciliation {
  /** Rows that were deleted because their picture was absent or of another size. */
  readonly rowsWithoutFile: number;
  /** Files that were moved to `orphaned/`. */
  readonly orphanFiles: number;
  /** Half-written files that were deleted. */
  readonly temporaryFiles: number;
}

export async function reconcile(
  dataFolder: string,
  database: SqlDatabase,
): Promise<Reconciliation> {
  try {
    return await database.transaction(async (sql) => {
      await lockOutWriters(sql);
      const { whole, rowsWithoutFile } = await dropBrokenRows(dataFolder, sql);
      return { rowsWithoutFile, ...await sweep(dataFolder, whole) };
    });
  } catch (error) {
    throw new TileFsError(
      `Cannot put the tile cache in ${dataFolder} in order: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** Returns the paths, without their suffix, of the tiles that remain. */
async function dropBrokenRows(
  dataFolder: string,
  sql: SqlSession,
): Promise<{ whole: ReadonlySet<string>; rowsWithoutFile: number }> {
  const whole = new Set<string>();
  let rowsWithoutFile = 0;
  for (const row of await selectAll(sql)) {
    if (await isWhole(dataFolder, row)) {
      whole.add(stemOf(tilePath(row.tileId)));
    } else {
      await deleteRow(sql, row.tileId);
      rowsWithoutFile++;
    }
  }
  return { whole, rowsWithoutFile };
}

const stemOf = (path: string) => path.replace(/\.[a-z0-9]+$/, "");

/** Size only: the bytes were synced before the row was committed, and every read checks the hash. */
async function isWhole(dataFolder: string, row: TileMetadata): Promise<boolean> {
  const jpeg = `${dataFolder}/${tilePath(row.tileId)}`;
  const paths = [jpeg, ...SIDECARS.map((suffix) => stemOf(jpeg) + suffix)];
  const found = await Promise.all(paths.map((path) => Deno.stat(path).catch(() => null)));
  return found.every((stat) => stat?.isFile) && found[0]?.size === row.diskBytes;
}

async function sweep(
  dataFolder: string,
  whole: ReadonlySet<string>,
): Promise<{ orphanFiles: number; temporaryFiles: number }> {
  let orphanFiles = 0, temporaryFiles = 0;
  for await (const path of filesBelow(dataFolder, "tiles")) {
    if (path.includes(TEMPORARY_MARK)) {
      await Deno.remove(`${dataFolder}/${path}`);
      temporaryFiles++;
    } else if (!whole.has(stemOf(path))) {
      const target = `${dataFolder}/${path.replace(/^tiles/, "orphaned")}`;
      await Deno.mkdir(dirname(target), { recursive: true });
      await Deno.rename(`${dataFolder}/${path}`, target);
      await syncPath(dirname(target));
      orphanFiles++;
    }
  }
  return { orphanFiles, temporaryFiles };
}

/** Paths of the files below `folder`, relative to `root`. */
async function* filesBelow(root: string, folder: string): AsyncGenerator<string> {
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(`${root}/${folder}`)) entries.push(entry);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(root, path);
    else yield path;
  }
}
