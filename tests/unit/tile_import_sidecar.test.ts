import assert from "node:assert/strict";
import { DataError } from "../../src/core/mod.ts";
import {
  readSidecar,
  sidecarOf,
} from "../../src/tiles/workstation/tile_import/archives/sidecar.ts";
import { inScratch } from "../support/scratch.ts";

Deno.test("metadata of an archive: what no tile depends on may be wrong, the error of the map may not", () => {
  const { attribution, format } = sidecarOf({ attribution: 5, format: "jpg" }, "a");
  assert.deepEqual([attribution, format], [undefined, "jpg"]);
  assert.throws(() => sidecarOf(["no", "object"], "a"), /no JSON object: by how much/);
  assert.equal(sidecarOf({ registration_error_m: "2.5" }, "a").registration_error_m, 2.5);
  for (const wrong of ["", "much", -1, null, "1e9", {}]) {
    assert.throws(
      () => sidecarOf({ registration_error_m: wrong }, "a"),
      (error) =>
        error instanceof DataError && /by how much its map may be shifted/.test(error.message),
      JSON.stringify(wrong),
    );
  }
});

Deno.test("metadata of a folder of tiles: absent it says nothing, damaged it is refused", () =>
  inScratch(async (folder) => {
    assert.deepEqual(await readSidecar(folder), {});
    for (
      const damaged of [
        "not JSON",
        "",
        '{"registration_error_m":4.5',
        '{"registration_error_m":"far"}',
      ]
    ) {
      await Deno.writeTextFile(`${folder}/metadata.json`, damaged);
      await assert.rejects(
        readSidecar(folder),
        (error) =>
          error instanceof DataError && /metadata.*by how much its map/s.test(error.message),
        damaged,
      );
    }
  }));
