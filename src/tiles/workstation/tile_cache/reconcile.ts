/**
 * Restores consistency after a process that did not end well: finishes or drops renewals, deletes
 * rows without complete files, and moves files without a row to `orphaned/`. Call it only with
 * exclusive use of the folder.
 *
 * Files are moved, not deleted, because a database restored from an old backup turns good tiles
 * into orphans. It works folder by folder (tiles of one source, zoom and column), so that its
 * memory does not grow with the cache.
 *
 * @module
 */
import { dirname } from "node:path";
import { messageOf, syncPath, TEMPORARY_MARK } from "../../../core/mod.ts";
import {
  sidecarBytes as bytesOfSidecars,
  SIDECARS,
  TileFsError,
  type TileMetadata,
} from "../../tile_contract/mod.ts";
import type { SqlDatabase, SqlSession } from "./sql/database.ts";
import { restoreSidecars } from "./tile_files.ts";
import { tilePath } from "./tile_path.ts";
import { finishRenewal, RENEWAL_MARK, renewalTag } from "./tile_renewal.ts";
import {
  deleteRow,
  lockOutWriters,
  selectColumn,
  selectColumns,
  setSidecarBytes,
} from "./tile_rows.ts";

export interface Reconciliation {
  /** Rows that were deleted because their picture was absent or of another size. */
  readonly rowsWithoutFile: number;
  /** Files that were moved to `orphaned/`. */
  readonly orphanFiles: number;
  /** Deleted temporary files, and files of renewals that were not committed. */
  readonly temporaryFiles: number;
  /** Renewals that had been committed and are completed now. */
  readonly renewalsFinished: number;
  /** Tiles whose JSON and SHA-256 files were written again from their row. */
  readonly sidecarsRestored: number;
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
        sidecarsRestored: 0,
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
      `Cannot reconcile the tile cache in ${dataFolder}: ${messageOf(error)}`,
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
  rows: Awaited<ReturnType<typeof selectColumn>>,
): Promise<void> {
  const whole = new Set<string>();
  for (const { metadata: row, sidecarBytes } of rows) {
    await finishIfWaiting(work, names, row);
    if (await isWhole(work, row, names, sidecarBytes)) {
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

/** A renewal whose row was committed before its files were moved into place. */
async function finishIfWaiting(
  work: Work,
  names: Set<string>,
  row: TileMetadata,
): Promise<void> {
  const suffix = `${RENEWAL_MARK}${renewalTag(row)}`;
  const waiting = [...SIDECARS, ".jpg"].map((end) => `${row.tileId.y}${end}${suffix}`)
    .filter((name) => names.has(name));
  // The picture is moved last: once it is in place, only a sidecar of an earlier attempt can be
  // left.
  if (!waiting.includes(`${row.tileId.y}.jpg${suffix}`)) return;
  await finishRenewal(work.dataFolder, row);
  for (const name of waiting) {
    names.delete(name);
    names.add(name.slice(0, -suffix.length));
  }
  work.counts.renewalsFinished++;
}

/**
 * Compares the size of the picture: its bytes were synced before the row was committed, and every
 * read checks the hash. Sidecars may have been lost with the power and are written again.
 */
async function isWhole(
  work: Work,
  row: TileMetadata,
  names: Set<string>,
  sidecarBytes: number | null,
): Promise<boolean> {
  const stem = `${work.dataFolder}/${tilePath(row.tileId).slice(0, -".jpg".length)}`;
  const sizeOf = async (suffix: string) => {
    if (!names.has(`${row.tileId.y}${suffix}`)) return null;
    const found = await Deno.lstat(stem + suffix);
    return found.isFile ? found.size : null;
  };
  if (await sizeOf(".jpg") !== row.diskBytes) return false;
  const [json, sha256] = [await sizeOf(".json"), await sizeOf(".sha256")];
  if (json && sha256 && (sidecarBytes === null || json + sha256 === sidecarBytes)) return true;
  await restoreSidecars(work.dataFolder, row);
  for (const suffix of SIDECARS) names.add(`${row.tileId.y}${suffix}`);
  await setSidecarBytes(work.sql, row.tileId, bytesOfSidecars(row));
  work.counts.sidecarsRestored++;
  return true;
}

/** Every folder that contains anything but folders, with those names; paths relative to `root`. */
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
