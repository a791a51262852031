/**
 * What only `deno compile` does, as far as it can be seen without its base: the tree that it embeds. The
 * result is not run: /bin/true stands for the base.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { inScratch } from "../support/scratch.ts";
import { REPOSITORY } from "../support/paths.ts";

Deno.test("deno compile embeds the modules, workers, libraries and nothing of the other program", () =>
  inScratch(async (folder) => {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-q", "-P=tasks", `${REPOSITORY}/tasks/compile.ts`, "airborne"],
        ...["--out", folder],
      ],
      cwd: REPOSITORY,
      env: { DENORT_BIN: "/bin/true" },
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.ok(success, said);
    assert.match(said, /by `deno compile` with the base \/bin\/true; .*it was not run/);
    const embedded = Buffer.from(await Deno.readFile(`${folder}/airborne`));
    const held = (text: string) => embedded.includes(text);
    for (
      const text of [
        "// src/airborne/compose.ts",
        "// src/flight/flight_recorder/writer_worker.ts",
        "gdn-build-info:{",
        '"kind": "compiled"',
        "libgdn_vision.so",
        "libturbojpeg.so.0",
        '"allow_net":null',
        '"allow_run":null',
        '"allow_write":null',
        '"allow_import":["packages.invalid"]',
        '"prompt":false',
      ]
    ) assert.ok(held(text), `${text} is not in it`);
    for (const text of ["api/satellite/tiles/ingest", "// src/operator/", "0001_baseline.sql"]) {
      assert.ok(!held(text), `${text} is in it`);
    }
  }));
