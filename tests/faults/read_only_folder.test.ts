/** A data folder on a disk that may only be read: what reads it works, what would write is refused. */
import assert from "node:assert/strict";
import { canMountSmallDisk, onSmallDisk } from "../support/small_disk.ts";
import { worldForFile } from "./fixture.ts";
import { copyFolder, filesBelow, run } from "./programs.ts";

const world = worldForFile();
const canMount = await canMountSmallDisk();

Deno.test({
  name: "a cache on a disk that may only be read is shown, and nothing is imported into it",
  ignore: !canMount,
  fn: () =>
    onSmallDisk({ kilobytes: 200_000 }, async ({ path }) => {
      const data = `${path}/data`;
      await copyFolder(world().data, data);
      const { success } = await new Deno.Command("mount", { args: ["-o", "remount,ro", path] })
        .output();
      assert.ok(success);
      const before = await filesBelow(data);
      const shown = await run("operator", ["cache", "stats", "--json", "--data", data], {
        write: [data],
      });
      assert.equal(shown.code, 0, shown.err);
      assert.ok(JSON.parse(shown.out).tiles > 0, shown.out);
      const refused = await run(
        "operator",
        ["tiles", "import", world().ground, "--centre", "50,30", "--gsd", "0.5", "--data", data],
        { read: [world().ground], write: [data] },
      );
      assert.equal(refused.code, 77, refused.err);
      assert.match(refused.err, /it may not be written; change its permissions/);
      assert.deepEqual(await filesBelow(data), before);
    }),
});
