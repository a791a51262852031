/**
 * Views in MBTiles files that could run without an end: refused by their plan, before they run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { inScratch } from "../support/scratch.ts";
import { DataError } from "../../src/core/mod.ts";
import { openArchive } from "../../src/tiles/workstation/tile_import/mod.ts";

Deno.test("a view of an MBTiles file that could run without an end is refused before it runs", async () => {
  await inScratch(async (folder) => {
    const columns = "1 AS zoom_level, a.n AS tile_column, 0 AS tile_row, NULL AS tile_data";
    const many =
      "CREATE TABLE t AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c " +
      "LIMIT 3000) SELECT n, 7 AS same FROM c; CREATE INDEX same ON t (same); " +
      "CREATE UNIQUE INDEX n ON t (n);";
    let count = 0;
    for (
      const [view, reason] of [
        [`SELECT ${columns} FROM t a, t b, t c, t d`, /compares rows with rows .*\(SCAN/],
        [`SELECT ${columns} FROM t a, t b, t c, t d WHERE a.n + b.n + c.n + d.n < 0`, /SCAN/],
        [
          `SELECT ${columns} FROM t a JOIN t b ON b.same = a.same JOIN t c ON c.same = b.same`,
          /SEARCH/,
        ],
        [`SELECT ${columns} FROM t a JOIN t b ON b.n < a.n JOIN t c ON c.n > a.n`, /compares/],
        [`SELECT ${columns} FROM t a JOIN t b ON b.n IS a.n`, /joins by IS/],
        [
          "SELECT 1 AS zoom_level, 0 AS tile_row, NULL AS tile_data, " +
          "(SELECT count(*) FROM t b, t c WHERE b.n > a.n) AS tile_column FROM t a",
          /compares rows/,
        ],
        [`SELECT ${columns} FROM t a WHERE a.n IN (SELECT b.n FROM t b, t c)`, /compares rows/],
        [
          `SELECT 1 AS zoom_level, 0 AS tile_column, 0 AS tile_row, printf('%.*c', 1e9, 'x') AS tile_data`,
          /texts/,
        ],
        [
          `SELECT * FROM other; CREATE VIEW other AS SELECT ${columns} FROM t a`,
          /the view "other"/,
        ],
      ] as const
    ) {
      const path = `${folder}/${count++}.mbtiles`;
      using database = new DatabaseSync(path);
      database.exec(`${many} CREATE VIEW tiles AS ${view}`);
      await assert.rejects(
        openArchive(path, null),
        (error) =>
          error instanceof DataError && reason.test(error.message) &&
          error.message.includes("into a plain table"),
        view,
      );
    }
    // Nor may what it says of itself.
    const path = `${folder}/metadata.mbtiles`;
    using database = new DatabaseSync(path);
    database.exec(
      `${many} CREATE VIEW metadata AS SELECT 'attribution' AS name, 'x' AS value ` +
        "FROM t a, t b, t c, t d WHERE a.n + b.n + c.n + d.n < 0; " +
        `CREATE TABLE tiles AS SELECT ${columns} FROM t a LIMIT 1`,
    );
    await assert.rejects(openArchive(path, null), /its view "metadata".*into a plain table/);
  });
});
