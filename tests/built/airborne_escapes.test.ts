/**
 * Proof by behaviour: from inside the built `airborne`, under what a real `airborne replay` is granted, every
 * act of the table is refused, each as it should be. The same acts with every permission succeed.
 */
import assert from "node:assert/strict";
import {
  byExecutable,
  escapeOf,
  hasLandlock,
  setStage,
  type Stage,
  tryActs,
  withEveryPermission,
} from "./behaviour.ts";
import type { Result } from "./probe/act.ts";
import { acts } from "./probe/acts.ts";
import { bundle, probeTree, unpackBuilt } from "./probe_tree.ts";

let folder = "", arrivals = 0;
let results: ReadonlyMap<string, Result>, unconfined: ReadonlyMap<string, Result>;
let outside: readonly string[];

Deno.test.beforeAll(async () => {
  folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "gdn-escapes-" }));
  const probe = await bundle("tests/built/probe/airborne_main.ts", `${folder}/airborne_probe.js`);
  const tree = await probeTree(await unpackBuilt("airborne", folder), `${folder}/cache`, probe);
  const places = { library: `${tree.tree}/build/lib/libgdn_vision.so`, code: tree.tree };
  {
    await using stage = await setStage(`${folder}/stage`, places);
    results = await tryActs(acts, stage, byExecutable(tree, stage));
    arrivals = stage.arrivals();
    outside = contentOf(stage);
  }
  await using free = await setStage(`${folder}/free`, { ...places, code: folder });
  unconfined = await tryActs(
    acts,
    free,
    withEveryPermission(await bundle("tests/built/probe/main.ts", `${folder}/probe.js`)),
  );
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** Names and texts of what lies outside. */
function contentOf({ places }: Stage): string[] {
  return [...Deno.readDirSync(places.outside)].filter(({ isFile }) => isFile).map(({ name }) =>
    /\.(so|node)$/.test(name)
      ? name
      : `${name}: ${Deno.readTextFileSync(`${places.outside}/${name}`)}`
  ).sort();
}

for (const act of acts) {
  Deno.test({
    name: `airborne is refused: ${act.name}`,
    ignore: act.byKernel === true && !hasLandlock(),
    fn: () => assert.equal(escapeOf(act, results.get(act.name)), undefined),
  });
}

Deno.test("nothing arrived at the ports and sockets of others", () => {
  assert.equal(arrivals, 0);
});

Deno.test("what lies outside is as it was", () => {
  assert.deepEqual(outside, [
    "library.node",
    "library.so",
    "module.js: globalThis.postMessage?.(1); export {};\n",
    "old-file: x",
    "removable: x",
    'secret.json: {"secret":"of another"}',
    "secret.txt: SECRET=of another\n",
  ]);
});

Deno.test("with every permission the same acts succeed: none of them is an empty one", () => {
  const failed = acts.filter(({ name, neverSucceeds }) => {
    const result = unconfined.get(name);
    return !neverSucceeds && (result === undefined || !("done" in result));
  });
  assert.deepEqual(failed.map(({ name }) => unconfined.get(name)), []);
});
