import assert from "node:assert/strict";
import { postgresAvailable, postgresForFile, startPostgres } from "../support/postgres.ts";

const ignore = !postgresAvailable();
const postgres = postgresForFile();

Deno.test({
  name: "postgresForFile() gives each test an empty database of its own",
  ignore,
  fn: async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 2; round++) {
      await postgres.database((dsn) => {
        seen.add(dsn);
        return Promise.resolve();
      });
    }
    assert.equal(seen.size, 2);
  },
});

Deno.test({
  name: "startPostgres() leaves neither folder nor server when disposed",
  ignore,
  fn: async () => {
    let folder = "";
    {
      await using server = await startPostgres();
      folder = server.folder;
      assert.ok(Deno.statSync(`${folder}/data/postmaster.pid`).isFile);
    }
    assert.throws(() => Deno.statSync(folder), Deno.errors.NotFound);
  },
});
