/**
 * A random id that the folder of files and its database share. Without it, a folder opened with
 * another database would look as if all its tiles were orphans.
 *
 * @module
 */
import * as z from "zod";
import { messageOf, parseBoundedJson, readPlainTextFile, replaceFile } from "../../../core/mod.ts";
import { CacheIdentityError } from "../../tile_contract/mod.ts";
import type { SqlDatabase } from "./sql/database.ts";

const BYTES_MAX = 64 * 1024;

const IdentityFileSchema = z.object({
  format: z.literal("gdn-tile-cache"),
  formatVersion: z.literal(1),
  cacheId: z.uuid(),
});

/** Whether the folder belongs to a cache while its database is new and empty. */
export async function isWithoutIdentity(
  dataFolder: string,
  database: SqlDatabase,
): Promise<boolean> {
  if (await readIdentity(dataFolder) === null) return false;
  return (await database.query("SELECT 1 FROM cache_identity")).length === 0;
}

/**
 * Checks that folder and database belong together; a new pair is given an id. With `adopt` a new,
 * empty database replaces the folder's lost one. Call it under the folder's lock.
 */
export async function checkIdentity(
  dataFolder: string,
  database: SqlDatabase,
  { adopt }: { adopt: boolean },
): Promise<string> {
  const inFolder = await readIdentity(dataFolder);
  const [row] = await database.query<{ cache_id: string; empty: boolean }>(
    "SELECT cache_id, NOT EXISTS (SELECT 1 FROM tiles) AS empty FROM cache_identity",
  );
  if (inFolder !== null && row?.cache_id === inFolder) return inFolder;
  if (inFolder !== null && row === undefined && adopt) {
    await database.query("INSERT INTO cache_identity (cache_id) VALUES ($1)", [inFolder]);
    return inFolder;
  }
  if (inFolder !== null) {
    throw new CacheIdentityError(
      `Cannot open the tile cache: the files in ${dataFolder} do not belong to ${database.name}; ` +
        "name the database (DSN) that they were made with, or an empty folder and an empty database",
    );
  }
  if (row !== undefined && !row.empty) {
    throw new CacheIdentityError(
      `Cannot open the tile cache: ${database.name} holds tiles, but their files are not in ` +
        `${dataFolder}; name the folder that they are in`,
    );
  }
  const cacheId = row?.cache_id ?? crypto.randomUUID();
  if (row === undefined) {
    await database.query("INSERT INTO cache_identity (cache_id) VALUES ($1)", [cacheId]);
  }
  const document = { format: "gdn-tile-cache", formatVersion: 1, cacheId };
  await replaceFile(
    pathOf(dataFolder),
    new TextEncoder().encode(JSON.stringify(document, null, 2) + "\n"),
  );
  return cacheId;
}

const pathOf = (dataFolder: string) => `${dataFolder}/cache.json`;

async function readIdentity(dataFolder: string): Promise<string | null> {
  const path = pathOf(dataFolder);
  let text: string;
  try {
    text = await readPlainTextFile(path, { within: dataFolder, bytesMax: BYTES_MAX });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new CacheIdentityError(`Cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
  try {
    return IdentityFileSchema.parse(parseBoundedJson(text)).cacheId;
  } catch (error) {
    throw new CacheIdentityError(
      `Cannot use ${path}: it is not the identity of a tile cache (${messageOf(error)}); ` +
        "restore it from a backup",
      { cause: error },
    );
  }
}
