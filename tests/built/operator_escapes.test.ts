/**
 * Proof by behaviour for `operator`, under what a real `operator tiles download` is granted: the provider that
 * it names, the area and the data folder, and nothing else.
 */
import assert from "node:assert/strict";
import {
  byExecutable,
  type CommandLine,
  escapeOf,
  hasLandlock,
  setStage,
  type Stage,
  tryActs,
} from "./behaviour.ts";
import type { Result } from "./probe/act.ts";
import { acts } from "./probe/acts.ts";
import { bundle, type ProbeTree, probeTree, unpackBuilt } from "./probe_tree.ts";

/** What it may, with the reason. */
const ALLOWED: Readonly<Record<string, string>> = {
  "system information: hostname": "a token of PostgreSQL's client",
  "system information: user": "the user of a database that none names",
  "system information: processors by node:os": "sharp counts them",
  "a UDP datagram, by libc through one of its own libraries":
    "names of hosts are looked up by UDP, and system calls are not filtered",
};
const TRIED = acts.filter(({ name }) => !(name in ALLOWED));

const downloadFrom = (port: number): CommandLine => ({ readable, writable }) => [
  ...["tiles", "download", "--geojson", readable, "--data", writable],
  ...["--url", `http://127.0.0.1:${port}/{z}/{x}/{y}.png`],
];

let folder = "", stage: Stage, tree: ProbeTree;
let results: ReadonlyMap<string, Result>;

Deno.test.beforeAll(async () => {
  folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "gdn-operator-escapes-" }));
  const probe = await bundle("tests/built/probe/main.ts", `${folder}/probe.js`);
  tree = await probeTree(await unpackBuilt("operator", folder), `${folder}/cache`, probe);
  const library = `${tree.tree}/build/lib/libgdn_vision.so`;
  stage = await setStage(`${folder}/stage`, { library, code: tree.tree });
  results = await tryActs(TRIED, stage, byExecutable(tree, stage), downloadFrom(9));
});

Deno.test.afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

for (const act of TRIED) {
  Deno.test({
    name: `operator is refused: ${act.name}`,
    ignore: act.byKernel === true && !hasLandlock(),
    fn: () => assert.equal(escapeOf(act, results.get(act.name)), undefined),
  });
}

Deno.test("operator reaches the provider that its command line names, by that name alone", async () => {
  assert.equal(stage.arrivals(), 0);
  const network = acts.filter(({ name }) =>
    ["fetch() of a loopback address", "fetch() of a named host", "listening on a port"].includes(
      name,
    )
  );
  const line = downloadFrom(stage.places.tcpPort);
  const named = await tryActs(network, stage, byExecutable(tree, stage), line);
  const done = [...named.values()].filter((result) => "done" in result).map(({ name }) => name);
  assert.deepEqual(done, ["fetch() of a loopback address"]);
  assert.equal(stage.arrivals(), 1);
});
