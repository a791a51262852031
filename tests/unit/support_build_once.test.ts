import assert from "node:assert/strict";
import { buildOnce, SHARED_FIXTURES_VARIABLE } from "../support/build_once.ts";

Deno.test("buildOnce() builds once for all that wait, and anew after a failure", async () => {
  const folder = await Deno.makeTempDir(), before = Deno.env.get(SHARED_FIXTURES_VARIABLE);
  await Deno.mkdir(`${folder}/shared`);
  try {
    Deno.env.set(SHARED_FIXTURES_VARIABLE, `${folder}/shared`);
    let builds = 0;
    const build = async (into: string) => {
      builds++;
      await Deno.mkdir(`${into}/deep`);
      await Deno.writeTextFile(`${into}/deep/file`, "content");
    };
    await assert.rejects(
      buildOnce("one", `${folder}/0`, () => Promise.reject(new Error("no"))),
      /no/,
    );
    await Promise.all(["1", "2"].map((name) => buildOnce("one", `${folder}/${name}`, build)));
    await Deno.writeTextFile(`${folder}/1/deep/file`, "changed");
    await buildOnce("one", `${folder}/3`, build);
    assert.equal(builds, 1);
    assert.equal(await Deno.readTextFile(`${folder}/3/deep/file`), "content");

    Deno.env.delete(SHARED_FIXTURES_VARIABLE);
    await buildOnce("one", `${folder}/4`, build);
    assert.equal(builds, 2);
  } finally {
    if (before === undefined) Deno.env.delete(SHARED_FIXTURES_VARIABLE);
    else Deno.env.set(SHARED_FIXTURES_VARIABLE, before);
    await Deno.remove(folder, { recursive: true });
  }
});
