/**
 * `--record` of the commands that change tiles: the outcome of each tile, read back from the
 * record.
 */
import assert from "node:assert/strict";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";
import { jpegOf, linesOf, operate } from "./operator_cache_fixture.ts";

const ignore = !postgresAvailable();
const postgres = postgresForFile();

Deno.test({
  name: "--record stores what was written, refused and evicted",
  ignore,
  fn: () =>
    postgres.database(async (dsn) => {
      const folder = await Deno.makeTempDir({ prefix: "gdn-operator-record-" });
      try {
        const data = `${folder}/data`, source = `${folder}/source`;
        await Deno.mkdir(`${source}/18/100`, { recursive: true });
        for (const y of [1, 2, 3]) {
          await Deno.writeFile(`${source}/18/100/${90_000 + y}.jpg`, await jpegOf(60 * y));
        }
        await Deno.writeTextFile(`${source}/18/100/90004.jpg`, "<html>404</html>");
        const place = ["--data", data, "--dsn", dsn];
        const imported = await operate(["tiles", "import", source, "--record", ...place]);
        assert.equal(imported.code, 65, imported.err);
        const sector = ["front", "active_conflict", "20,-180,80,180"];
        assert.equal((await operate(["cache", "sector", "add", ...sector, ...place])).code, 0);
        await Deno.remove(`${source}/18/100/90004.jpg`);
        const again = ["tiles", "import", source, "--record", "--source", "bing", ...place];
        assert.equal((await operate(again)).code, 65);

        const emptied = await operate(["cache", "gc", "--to-bytes", "0", "--record", ...place]);
        assert.equal(emptied.code, 0, emptied.err);

        const kinds: string[][] = [];
        for await (const flight of Deno.readDir(`${data}/recorder`)) {
          if (!flight.isDirectory) continue;
          const cat = await operate(["fdr", "cat", `${data}/recorder/${flight.name}`]);
          kinds.push(
            linesOf(cat).map(({ kind }) => String(kind)).filter((k) => k.startsWith("c6")),
          );
        }
        const counts = kinds.map((record) =>
          [
            "c6.write",
            "c6.write_failed",
            "c6.freshness.downgraded",
            "c6.freshness.rejected",
            "c6.eviction_batch",
          ].map((kind) => record.filter((other) => other === kind).length)
        ).sort((a, b) => b[0] - a[0] || b[1] - a[1]);
        // Tiles without a date: downgraded outside of conflict sectors, refused inside. The first
        // refused tile ended its batch, which says nothing about the other two; then each was
        // tried, and refused, separately. So each failure is one refusal.
        assert.deepEqual(counts, [[3, 0, 3, 0, 0], [0, 4, 0, 4, 0], [0, 0, 0, 0, 1]]);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }),
});
