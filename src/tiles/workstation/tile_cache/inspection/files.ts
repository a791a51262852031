/**
 * Walks the files below `tiles/`, folder by folder, and finds those that belong to no row.
 *
 * @module
 */
import { TEMPORARY_MARK } from "../../../../core/mod.ts";
import { SIDECARS, type TileId, TileIdSchema, ZERO_UUID } from "../../../tile_contract/mod.ts";
import { RENEWAL_MARK } from "../tile_renewal.ts";
import type { OpenCache } from "./cache_inspection.ts";
import { selectColumn } from "./queries.ts";

/** A file without a row. */
interface StrayFile {
  /** Path relative to the data folder. */
  readonly path: string;
  readonly ageMs: number;
  /** A temporary file of a write that did not finish. */
  readonly temporary: boolean;
}

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
/** tiles/{source}/{zoom}/{x} and tiles/onboard_ingest/{flight}/{zoom}/{x}. */
const COLUMN_FOLDER = new RegExp(`^tiles/([a-z0-9_]{1,40})/(?:(${UUID})/)?(\\d{1,2})/(\\d{1,7})$`);
const FILE = new RegExp(`^(\\d{1,7})(\\.jpg|${SIDECARS.map((s) => `\\${s}`).join("|")})$`);

/** `seen` is called for every file. */
export async function* strayFiles(
  cache: OpenCache,
  seen: () => void,
): AsyncGenerator<StrayFile> {
  yield* walk(cache, "tiles", seen);
}

async function* walk(
  cache: OpenCache,
  folder: string,
  seen: () => void,
): AsyncGenerator<StrayFile> {
  const files: string[] = [], folders: string[] = [];
  for await (const entry of readFolder(`${cache.dataFolder}/${folder}`)) {
    if (entry.isDirectory) folders.push(entry.name);
    else files.push(entry.name);
  }
  const known = files.length === 0 ? null : await rowsOf(cache, folder);
  for (const name of files) {
    seen();
    const stray = judge(name, known);
    if (stray === null) continue;
    const info = await Deno.lstat(`${cache.dataFolder}/${folder}/${name}`).catch(() => null);
    if (info === null) continue; // Deleted meanwhile.
    // Its row may have been committed after the rows of the column were read: then it is no stray.
    if (stray === "orphan" && judge(name, await rowsOf(cache, folder)) === null) continue;
    yield {
      path: `${folder}/${name}`,
      ageMs: Date.now() - (info.mtime?.getTime() ?? 0),
      temporary: stray === "temporary",
    };
  }
  for (const name of folders) yield* walk(cache, `${folder}/${name}`, seen);
}

async function* readFolder(path: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * The y of the rows whose files lie in the folder; null when the folder cannot hold files of tiles.
 */
async function rowsOf(cache: OpenCache, folder: string): Promise<ReadonlySet<number> | null> {
  const match = COLUMN_FOLDER.exec(folder);
  if (match === null) return null;
  const [, source, flightId = null, zoom, x] = match;
  if ((source === "onboard_ingest") !== (flightId !== null) || flightId === ZERO_UUID) return null;
  if (String(Number(zoom)) !== zoom || String(Number(x)) !== x) return null;
  return await selectColumn(cache.database, { source, flightId, zoom: Number(zoom), x: Number(x) });
}

/** The tile that a file belongs to, by its path; null when it cannot be a tile's file. */
export function tileOfFile(path: string): TileId | null {
  const at = path.lastIndexOf("/");
  const folder = COLUMN_FOLDER.exec(path.slice(0, at)), file = FILE.exec(path.slice(at + 1));
  if (folder === null || file === null) return null;
  const [, source, flightId, zoom, x] = folder;
  const parsed = TileIdSchema.safeParse({
    zoom: Number(zoom),
    x: Number(x),
    y: Number(file[1]),
    source,
    ...(flightId === undefined ? {} : { flightId }),
  });
  return parsed.success ? parsed.data : null;
}

function judge(
  name: string,
  rows: ReadonlySet<number> | null,
): "temporary" | "orphan" | null {
  if (name.includes(TEMPORARY_MARK)) return "temporary";
  const [base, renewal] = name.split(RENEWAL_MARK);
  const match = FILE.exec(base);
  const y = match === null ? NaN : Number(match[1]);
  if (rows?.has(y) && String(y) === match?.[1]) return null;
  return renewal === undefined ? "orphan" : "temporary";
}
