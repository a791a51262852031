/**
 * That C11, the tile manager, is not in `airborne`: by the bytes of the file; by the module graph of all that
 * goes into it says tests/architecture. Mutants of the tree show that both proofs fail where they should.
 */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { PLANNER } from "../../tasks/compile/bundle.ts";
import { describe, TARGETS } from "../../tasks/compile/description.ts";
import { exclusionFaults } from "../architecture/airborne_exclusion.ts";
import { REPOSITORY } from "../support/paths.ts";
import { built } from "./built.ts";
import { type Finding, findSignatures } from "./embedded.ts";
import { bundle, exchange, unpackBuilt, type Unpacked } from "./probe_tree.ts";
import {
  KNOWN_SIGNATURES,
  PACKAGE_SIGNATURES,
  PATH_SIGNATURES,
  workstationSignatures,
} from "./signatures.ts";

const { entry, workers } = describe("airborne");
const ROOTS = [entry, ...workers, PLANNER];
const MANAGER = "src/tiles/workstation/tile_manager";
const IN_THE_GRAPH = `${MANAGER}/mod.ts is in the graph`;

let folder: string, airborne: Unpacked, operator: Unpacked, signatures: readonly string[];

Deno.test.beforeAll(async () => {
  folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "gdn-exclusion-" }));
  airborne = await unpackBuilt("airborne", folder);
  operator = await unpackBuilt("operator", folder);
  signatures = await workstationSignatures(ROOTS);
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

function search(tree: string): Promise<Finding[]> {
  const { runtimeSha256 } = TARGETS["x86_64-unknown-linux-gnu"];
  return findSignatures(tree, { signatures, runtimeSha256 });
}

Deno.test("no file inside airborne holds a module, a package or a text of the workstation's", async () => {
  assert.deepEqual(await search(airborne.folder), []);
});

Deno.test("no text of the workstation's stands in the file itself", async () => {
  const itself = `${folder}/itself`;
  await Deno.mkdir(itself);
  await Deno.copyFile(built("airborne"), `${itself}/airborne`);
  assert.deepEqual(await search(itself), []);
});

Deno.test("the same search finds them in operator", async () => {
  const found = new Set((await search(operator.folder)).map(({ signature }) => signature));
  const expected = [...KNOWN_SIGNATURES, ...Object.values(PACKAGE_SIGNATURES), PATH_SIGNATURES[0]];
  assert.deepEqual(expected.filter((signature) => !found.has(signature)), []);
  // Bundles leave out what nobody calls.
  const share = signatures.filter((signature) => found.has(signature)).length / signatures.length;
  assert.ok(share > 0.9, `${share} of ${signatures.length} signatures`);
});

/** Code that uses C11, so that no bundler leaves it out; `up` leads to src/. */
const use = (up: string) =>
  `import { HttpTileUploader } from "${up}/tiles/workstation/tile_manager/mod.ts";\n` +
  "console.debug(HttpTileUploader);\n";

interface Mutant {
  readonly name: string;
  /** Appended to files of a copy of the tree; absent files are made. */
  readonly patches: Readonly<Record<string, string>>;
  /** The fault that the graph shows; null: it shows none. */
  readonly graph: string | null;
  /** The module that is bundled anew, and its place inside; null: no bundle differs. */
  readonly bundled: readonly [module: string, place: string] | null;
  /** Found in that bundle. */
  readonly bytes?: string;
}

const MAIN = [entry, "src/airborne/main.js"] as const;

const MUTANTS: readonly Mutant[] = [
  {
    name: "a static import",
    patches: { "src/airborne/replay.ts": use("..") },
    graph: IN_THE_GRAPH,
    bundled: MAIN,
    bytes: "api/satellite/tiles/ingest",
  },
  {
    name: "a dynamic import",
    patches: {
      "src/airborne/replay.ts":
        `console.debug((await import("../tiles/workstation/tile_manager/mod.ts")).HttpTileUploader);\n`,
    },
    graph: IN_THE_GRAPH,
    bundled: MAIN,
    bytes: "api/satellite/tiles/ingest",
  },
  {
    name: "an import by a worker",
    patches: { [workers[0]]: use("../..") },
    graph: IN_THE_GRAPH,
    bundled: [workers[0], "src/airborne/writer_worker.js"],
    bytes: "api/satellite/tiles/ingest",
  },
  {
    name: "a worker of its own",
    patches: {
      "src/airborne/upload_worker.ts": use(".."),
      "src/airborne/replay.ts":
        `new Worker(new URL("./upload_worker.ts", import.meta.url), { type: "module" });\n`,
    },
    graph: IN_THE_GRAPH,
    bundled: null,
  },
  {
    name: "an import by the planner of permissions",
    patches: { [PLANNER]: use("../..") },
    graph: IN_THE_GRAPH,
    bundled: [PLANNER, "src/planner/plan.js"],
    bytes: "api/satellite/tiles/ingest",
  },
  {
    name: "an import of a computed name",
    patches: { "src/airborne/replay.ts": `await import(["..", "tiles"].join("/"));\n` },
    graph: `src/airborne/replay.ts: import(["..", "tiles"].join("/"))`,
    bundled: null,
  },
  {
    name: "a package of the workstation's",
    patches: { "src/airborne/replay.ts": `import pg from "pg";\nconsole.debug(pg.Client);\n` },
    graph: "npm:pg is in the graph",
    bundled: MAIN,
    bytes: PACKAGE_SIGNATURES.pg,
  },
];

for (const [index, { name, patches, graph, bundled, bytes }] of MUTANTS.entries()) {
  Deno.test(`mutant: C11 in airborne through ${name}: ${bytes ? "graph and bytes" : "graph"} tell`, async () => {
    const copy = `${folder}/mutant-${index}`;
    await copyTree(copy);
    for (const [path, text] of Object.entries(patches)) {
      await Deno.writeTextFile(`${copy}/${path}`, `\n${text}`, { append: true });
    }
    assert.ok((await exclusionFaults(ROOTS, copy)).includes(graph as string), `${graph}`);
    if (bundled === null) return;
    const tree = `${copy}/tree`;
    const [module, place] = bundled;
    await Deno.mkdir(`${tree}/${place}`.replace(/\/[^/]*$/, ""), { recursive: true });
    for (const options of [[], ["--minify"]]) {
      await bundle(module, `${tree}/${place}`, copy, options);
      const found = await search(tree);
      assert.ok(
        found.some((one) => one.file === place && one.signature === bytes),
        `${options}: ${JSON.stringify(found.slice(0, 5))}`,
      );
    }
  });
}

/** What the module graph and the bundler read. */
async function copyTree(to: string): Promise<void> {
  await Deno.mkdir(to);
  const parts = ["src", "deno.json", "deno.lock", "package.json"].map((each) =>
    `${REPOSITORY}/${each}`
  );
  const { success } = await new Deno.Command("cp", { args: ["-r", ...parts, to] }).output();
  assert.ok(success);
}

const UPLOADER = `${MANAGER}/upload/ingest_wire.ts`;
const source = () => Deno.readTextFileSync(`${REPOSITORY}/${UPLOADER}`);

const EMBEDDED: Readonly<
  Record<string, { file: string; content: () => Uint8Array; tells: string }>
> = {
  "as a module": {
    file: UPLOADER,
    content: () => new TextEncoder().encode(source()),
    tells: "name: src/tiles/workstation/",
  },
  "as data under another name": {
    file: "data.bin",
    content: () => new TextEncoder().encode(source()),
    tells: "api/satellite/tiles/ingest",
  },
  "as a source map in a module": {
    file: "main.js",
    content: () => {
      const map = btoa(JSON.stringify({ sourcesContent: ["api/satellite/tiles/ingest"] }));
      return new TextEncoder().encode(
        `1;\n//# sourceMappingURL=data:application/json;base64,${map}\n`,
      );
    },
    tells: "source map: api/satellite/tiles/ingest",
  },
  "packed": {
    file: "data.gz",
    content: () => gzipSync(source()),
    tells: "is packed: gzip",
  },
};

for (const [how, { file, content, tells }] of Object.entries(EMBEDDED)) {
  Deno.test(`mutant: C11 embedded in airborne ${how}: the bytes tell`, async () => {
    const tree = await Deno.makeTempDir({ dir: folder });
    await Deno.mkdir(`${tree}/${file}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeFile(`${tree}/${file}`, content());
    const found = await search(tree);
    assert.ok(found.some((one) => one.signature === tells), JSON.stringify(found));
  });
}

Deno.test("mutant: another runtime in airborne is searched like every other file", async () => {
  const tree = await Deno.makeTempDir({ dir: folder });
  await Deno.mkdir(`${tree}/bin`);
  await Deno.writeTextFile(`${tree}/bin/deno`, source());
  assert.ok((await search(tree)).length > 0);
  await exchange(`${tree}/bin/deno`, "nothing of the kind");
  assert.deepEqual(await search(tree), []);
});
