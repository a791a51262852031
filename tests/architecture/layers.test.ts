import assert from "node:assert/strict";
import { REPOSITORY } from "../support/paths.ts";
import {
  AIRBORNE_NEVER,
  ALLOWED_EDGES,
  COMPOSITION_ROOTS,
  OPERATOR_NEVER,
} from "./allowed_edges.ts";
import { folderOf, moduleGraph } from "./module_graph.ts";

const ENTRIES = ["src/airborne/main.ts", "src/operator/main.ts"];

function componentRoots(): string[] {
  return [...Deno.readDirSync(`${REPOSITORY}/src`)]
    .filter((entry) => entry.isDirectory)
    .map((entry) => `src/${entry.name}/mod.ts`)
    .filter((path) => {
      try {
        return Deno.statSync(`${REPOSITORY}/${path}`).isFile;
      } catch {
        return false;
      }
    });
}

function* sourceFiles(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(`${REPOSITORY}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sourceFiles(path);
    else if (path.endsWith(".ts")) yield path;
  }
}

Deno.test("src/ imports along the allowed edges only, and through mod.ts", async () => {
  const { files } = await moduleGraph(...ENTRIES, ...componentRoots());
  const breaches: string[] = [];
  for (const [file, targets] of files) {
    const from = folderOf(file);
    const allowed = ALLOWED_EDGES[from];
    if (allowed === undefined) breaches.push(`src/${from} is not in the table of allowed edges`);
    for (const target of targets) {
      const to = folderOf(target);
      if (to === from) continue;
      if (allowed !== "any" && to !== "core" && !allowed?.includes(to)) {
        breaches.push(`${file} imports ${target}: ${from} → ${to} is no allowed edge`);
      }
      if (target !== `${to}/mod.ts` && !COMPOSITION_ROOTS.includes(file)) {
        breaches.push(`${file} imports ${target}: others are imported through mod.ts`);
      }
    }
  }
  assert.deepEqual([...new Set(breaches)], []);
});

Deno.test("the table of allowed edges has no ring, and nothing imports a program", () => {
  const done = new Set<string>();
  const visit = (folder: string, path: string[]) => {
    assert.ok(!path.includes(folder), `ring: ${[...path, folder].join(" → ")}`);
    if (done.has(folder)) return;
    const edges = ALLOWED_EDGES[folder];
    assert.ok(
      edges !== undefined,
      `${path.at(-1)} may import ${folder}, which is not in the table`,
    );
    if (edges === "any") {
      assert.deepEqual(path, [], `${folder} is a program; ${path.at(-1)} may not import it`);
    } else {
      for (const next of edges) visit(next, [...path, folder]);
    }
    done.add(folder);
  };
  for (const folder of Object.keys(ALLOWED_EDGES)) visit(folder, []);
});

for (
  const [name, never] of [["airborne", AIRBORNE_NEVER], ["operator", OPERATOR_NEVER]] as const
) {
  Deno.test(`the graph of ${name} holds nothing that ${name} must not have`, async () => {
    const graph = await moduleGraph(`src/${name}/main.ts`);
    const folders = new Set([...graph.files.keys()].map(folderOf));
    assert.deepEqual(never.folders.filter((folder) => folders.has(folder)), []);
    assert.deepEqual(never.packages.filter((npm) => graph.packages.has(npm)), []);
    assert.deepEqual(graph.elsewhere, [], "files outside of src/");
    assert.ok(folders.has("core"), "the graph was read");
  });

  Deno.test(`the graph of ${name} holds no fake and no test`, async () => {
    const { files } = await moduleGraph(`src/${name}/main.ts`);
    const wrong = [...files.keys()].filter((file) =>
      /(^|[/_.])(fake|mock|stub)[/_.]|[_.]test\.ts$|\/testing\//.test(file)
    );
    assert.deepEqual(wrong, []);
  });
}

const FAKE = /(^|\/)fake_[^/]*\.ts$/;

Deno.test("only tests import a fake, by its path", async () => {
  // Every file, not what the entries reach: threads are started by URL, and stand in no graph.
  const { files } = await moduleGraph(...sourceFiles("src"));
  const breaches = [...files]
    .filter(([file]) => !FAKE.test(file))
    .flatMap(([file, targets]) =>
      targets.filter((target) => FAKE.test(target)).map((target) => `${file} imports ${target}`)
    );
  assert.deepEqual(breaches, []);
  const fakes = [...files.keys()].filter((file) => FAKE.test(file));
  assert.ok(fakes.includes("flight_recorder/fake_fdr_sink.ts"), `fakes were seen: ${fakes}`);
});

Deno.test("moduleGraph() reads packages and edges as they are", async () => {
  const graph = await moduleGraph("src/core/mod.ts");
  assert.ok(graph.packages.has("proj4") && graph.packages.has("zod"));
  assert.ok(graph.files.get("core/slippy.ts")?.includes("core/wgs.ts"));
});
