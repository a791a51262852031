/**
 * Replaces an output again and again until it is killed. A folder gets 20 files, a file 20 lines: all
 * of them hold the number of the round.
 *
 *     deno run -A tests/contract/output_child.ts file|folder PATH
 *
 * @module
 */
import { Output } from "../../src/core/mod.ts";

const [kind, path] = Deno.args;
const options = { force: true, refuseFolder: () => Promise.resolve(null) };
for (let round = 0;; round++) {
  await using output = await Output[kind as "file" | "folder"](path, options);
  if (kind === "file") {
    await Deno.writeTextFile(output.temporaryPath, `${round}\n`.repeat(20));
  } else {
    for (let i = 0; i < 20; i++) {
      await Deno.writeTextFile(`${output.temporaryPath}/${i}`, String(round));
    }
  }
  await output.commit();
  if (round === 0) console.log("begun");
}
