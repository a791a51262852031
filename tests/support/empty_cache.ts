/**
 * A tile cache without tiles: PGlite makes a new database in 3 to 5 s of processor time, and opens a copy of
 * one in half a second.
 *
 * @module
 */
import { openTileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { buildOnce } from "./build_once.ts";

/** In the folder `dataFolder`, which is not there yet or empty. */
export async function emptyCache(dataFolder: string): Promise<string> {
  await buildOnce("empty-cache", dataFolder, async (into) => {
    await using _cache = await openTileCache({ dataFolder: into });
  });
  return dataFolder;
}
