/**
 * After a process that did not end well: renewals are finished or dropped, rows without whole files
 * go, and files without a row are moved to `orphaned/`. Call it only while nobody else has the folder.
 *
 * Files are moved and not deleted, because a database restored from an old backup makes orphans of
 * good tiles. It goes folder by folder (tiles of one source, zoom and column), so that its memory does
 * not grow with the cache.
 *
 * @module
 */
import { dirname } from "node:path";
import { messageOf, syncPath, TEMPORARY_MARK } from "../core/mod.ts";
import type { TileMetadata } from "./contract.ts";
import { TileFsError } from "./errors.ts";
import { SIDECARS } from "./sidecars.ts";
import type { SqlDatabase, SqlSession } from "./sql/database.ts";
import { tilePath } from "./tile_path.ts";
import { finishRenewal, RENEWAL_MARK, renewalTag } from "./tile_renewal.ts";
import { deleteRow, lockOutWriters, selectColumn, selectColumns } from "./tile_rows.ts";

export interface Reconciliation {
  /** Rows that were deleted because their picture was absent or of another size. */
  readonly rowsWithoutFile: number;
  /** Files that were moved to `orphaned/`. */
  readonly orphanFiles: number;
  /** Half-written files, and those of renewals that did not happen, that were deleted. */
  readonly temporaryFiles: number;
  /** Renewals that had been committed and are whole now. */
  readonly renewalsFinished: number;
}

type Counts = { -readonly [Name in keyof Reconciliation]: number };

interface Work {
  readonly dataFolder: string;
  readonly sql: SqlSession;
  readonly counts: Counts;
}

export async function reconcile(
  dataFolder: string,
  database: SqlDatabase,
): Promise<Reconciliation> {
  try {
    return await database.transaction(async (sql) => {
      await lockOutWriters(sql);
      const counts = {
        rowsWithoutFile: 0,
        orphanFiles: 0,
        temporaryFiles: 0,
        renewalsFinished: 0,
      };
      const work = { dataFolder, sql, counts };
      const columns = new Map((await selectColumns(sql)).map((id) => [folderOf(id), id]));
      const seen = new Set<string>();
      for await (const { folder, names } of foldersBelow(dataFolder, "tiles")) {
        seen.add(folder);
        const column = columns.get(folder);
        const rows = column === undefined ? [] : await selectColumn(sql, column);
        await putFolderInOrder(work, folder, names, rows);
      }
      for (const [folder, column] of columns) {
        if (seen.has(folder)) continue;
        await putFolderInOrder(work, folder, new Set(), await selectColumn(sql, column));
      }
      return counts;
    });
  } catch (error) {
    throw new TileFsError(
      `Cannot put the tile cache in ${dataFolder} in order: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

const folderOf = (id: TileMetadata["tileId"]) => dirname(tilePath(id));
const stemOf = (name: string) => name.replace(/\.[a-z0-9]+$/, "");

async function putFolderInOrder(
  work: Work,
  folder: string,
  names: Set<string>,
  rows: readonly TileMetadata[],
): Promise<void> {
  const whole = new Set<string>();
  for (const row of rows) {
    const finished = await finishIfWaiting(work, names, row);
    if (finished || await isWhole(work.dataFolder, row, names)) {
      whole.add(String(row.tileId.y));
    } else {
      await deleteRow(work.sql, row.tileId);
      work.counts.rowsWithoutFile++;
    }
  }
  for (const name of names) {
    const path = `${work.dataFolder}/${folder}/${name}`;
    if (name.includes(TEMPORARY_MARK) || name.includes(RENEWAL_MARK)) {
      await Deno.remove(path);
      work.counts.temporaryFiles++;
    } else if (!whole.has(stemOf(name))) {
      const target = `${work.dataFolder}/${folder.replace(/^tiles/, "orphaned")}/${name}`;
      await Deno.mkdir(dirname(target), { recursive: true });
      await Deno.rename(path, target);
      await syncPath(dirname(target));
      work.counts.orphanFiles++;
    }
  }
}

/** A renewal whose row was committed while its files still wait. */
async function finishIfWaiting(
  work: Work,
  names: Set<string>,
  row: TileMetadata,
): Promise<boolean> {
  const suffix = `${RENEWAL_MARK}${renewalTag(row)}`;
  const waiting = [...SIDECARS, ".jpg"].map((end) => `${row.tileId.y}${end}${suffix}`)
    .filter((name) => names.has(name));
  // The picture goes last: where it waits no more, only a sidecar of an old attempt can be left.
  if (!waiting.includes(`${row.tileId.y}.jpg${suffix}`)) return false;
  await finishRenewal(work.dataFolder, row);
  for (const name of waiting) {
    names.delete(name);
    names.add(name.slice(0, -suffix.length));
  }
  work.counts.renewalsFinished++;
  return await isWhole(work.dataFolder, row, names);
}

/** Size only: the bytes were synced before the row was committed, and every read checks the hash. */
async function isWhole(
  dataFolder: string,
  row: TileMetadata,
  names: ReadonlySet<string>,
): Promise<boolean> {
  const { y } = row.tileId;
  if (![...SIDECARS, ".jpg"].every((suffix) => names.has(`${y}${suffix}`))) return false;
  const found = await Deno.lstat(`${dataFolder}/${tilePath(row.tileId)}`);
  return found.isFile && found.size === row.diskBytes;
}

/** Every folder that holds anything but folders, with those names; paths relative to `root`. */
async function* foldersBelow(
  root: string,
  folder: string,
): AsyncGenerator<{ folder: string; names: Set<string> }> {
  const names = new Set<string>(), folders: string[] = [];
  try {
    for await (const entry of Deno.readDir(`${root}/${folder}`)) {
      if (entry.isDirectory) folders.push(`${folder}/${entry.name}`);
      else names.add(entry.name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (names.size > 0) yield { folder, names };
  for (const inner of folders) yield* foldersBelow(root, inner);
}
