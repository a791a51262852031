/**
 * Exports MBTiles 1.3: an SQLite file; rows count from the south (TMS).
 *
 * Source: https://github.com/mapbox/mbtiles-spec/blob/master/1.3/spec.md
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { GarbageBound, Output, readAhead } from "../../../core/mod.ts";
import type { TileMetadata } from "../../tile_contract/mod.ts";
import type { ExportableTiles, ExportObserver, ExportRequest, ExportSummary } from "./contract.ts";
import { ExportFacts } from "./facts.ts";
import { exportFault } from "./output.ts";
import { archivePicture } from "./picture.ts";

const READS_AT_ONCE = 8;
/** Rows in one transaction: they stay in SQLite's page cache until it ends. */
const TRANSACTION_TILES = 512;

/** "MPBX", the application id of the specification. */
const APPLICATION_ID = 0x4d504258;

/** The file is new and has a temporary name: a journal would protect nothing. */
const SCHEMA = `
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA application_id = ${APPLICATION_ID};
CREATE TABLE metadata (name text, value text);
CREATE TABLE tiles (
  zoom_level integer, tile_column integer, tile_row integer, tile_data blob
);
CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row);
CREATE UNIQUE INDEX name ON metadata (name);`;

export async function exportMbtiles(
  tiles: ExportableTiles,
  request: ExportRequest,
  observe: ExportObserver = {},
): Promise<ExportSummary> {
  try {
    const facts = new ExportFacts();
    await using output = await Output.file(request.out, { force: request.force });
    await output.guard(async () => {
      using database = new DatabaseSync(output.temporaryPath);
      database.exec(SCHEMA);
      await insertTiles(database, tiles, request, facts, observe);
      const insert = database.prepare("INSERT INTO metadata VALUES (?, ?)");
      for (const [name, value] of Object.entries(facts.document(request.name))) {
        insert.run(name, value);
      }
    });
    await output.commit();
    const { size: bytes } = await Deno.stat(request.out);
    const { zooms, bounds } = facts;
    return { tiles: facts.tiles, pictures: facts.tiles, zooms, bytes, bounds };
  } catch (error) {
    throw exportFault(error);
  }
}

async function insertTiles(
  database: DatabaseSync,
  tiles: ExportableTiles,
  request: ExportRequest,
  facts: ExportFacts,
  observe: ExportObserver,
): Promise<void> {
  const insert = database.prepare("INSERT INTO tiles VALUES (?, ?, ?, ?)");
  const read = async (metadata: TileMetadata) => ({
    metadata,
    picture: await archivePicture(await tiles.readFile(metadata)),
  });
  const garbage = new GarbageBound();
  database.exec("BEGIN");
  for await (
    const { metadata, picture } of readAhead(tiles.list(request.selection), READS_AT_ONCE, read)
  ) {
    observe.signal?.throwIfAborted();
    const { zoom, x, y } = metadata.tileId;
    insert.run(zoom, x, 2 ** zoom - 1 - y, picture.bytes);
    facts.add(metadata, picture.extension);
    garbage.add();
    if (facts.tiles % TRANSACTION_TILES === 0) database.exec("COMMIT; BEGIN");
    observe.progress?.(facts.tiles);
  }
  database.exec("COMMIT");
}
