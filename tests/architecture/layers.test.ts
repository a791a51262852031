import assert from "node:assert/strict";
import { REPOSITORY } from "../support/paths.ts";
import {
  breach,
  componentOf,
  COMPOSITION_ROOTS,
  GROUPS,
  PROGRAMS,
  SIBLINGS,
  TESTS_ONLY,
  WORKER_NEVER,
} from "./layering.ts";
import { moduleGraph } from "./module_graph.ts";

function* sourceFiles(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(`${REPOSITORY}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sourceFiles(path);
    else if (path.endsWith(".ts")) yield path;
  }
}

Deno.test("src/ holds the groups and the programs, and nothing else", () => {
  const found = [...Deno.readDirSync(`${REPOSITORY}/src`)].map(({ name }) => name);
  assert.deepEqual(
    found.filter((name) => name !== "README.md").sort(),
    [...GROUPS, ...PROGRAMS].sort(),
  );
});

Deno.test("src/ imports downwards only, and through mod.ts", async () => {
  const { files } = await moduleGraph(...sourceFiles("src"));
  const breaches: string[] = [];
  for (const [file, targets] of files) {
    const from = componentOf(file);
    for (const target of targets) {
      const to = componentOf(target);
      if (to === from) continue;
      const why = breach(from, to);
      if (why !== undefined) breaches.push(`${file} imports ${target}: ${why}`);
      if (target !== `${to}/mod.ts` && !COMPOSITION_ROOTS.includes(file)) {
        breaches.push(`${file} imports ${target}: others are imported through mod.ts`);
      }
    }
  }
  assert.deepEqual([...new Set(breaches)], []);
});

Deno.test("every edge between siblings is used, and they form no cycle", async () => {
  const { files } = await moduleGraph(...sourceFiles("src"));
  const used = new Set(
    [...files].flatMap(([file, targets]) =>
      targets.map((target) => `${componentOf(file)} → ${componentOf(target)}`)
    ),
  );
  const done = new Set<string>();
  const visit = (component: string, path: string[]) => {
    assert.ok(!path.includes(component), `ring: ${[...path, component].join(" → ")}`);
    if (done.has(component)) return;
    for (const next of SIBLINGS[component] ?? []) {
      assert.ok(used.has(`${component} → ${next}`), `${component} does not import ${next}`);
      visit(next, [...path, component]);
    }
    done.add(component);
  };
  for (const component of Object.keys(SIBLINGS)) visit(component, []);
});

Deno.test("no files of src/ import each other in a ring, by types neither", async () => {
  const { files } = await moduleGraph(...sourceFiles("src"));
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    assert.ok(
      !path.includes(file),
      `ring: ${[...path.slice(path.indexOf(file)), file].join(" → ")}`,
    );
    if (done.has(file)) return;
    for (const target of files.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of files.keys()) visit(file, []);
});

Deno.test("breach() refuses what goes upwards, sideways, into a program or off the workstation", () => {
  assert.equal(breach("navigation/pose", "native/vision"), undefined);
  assert.equal(breach("airborne", "tiles/tile_journal"), undefined);
  assert.equal(breach("operator", "tiles/workstation/tile_cache"), undefined);
  assert.equal(breach("workstation/simulation", "flight/replay"), undefined);
  for (
    const [from, to] of [
      ["navigation/pose", "flight/replay"],
      ["navigation/vio", "navigation/state_estimator"],
      ["core", "native/vision"],
      ["workstation/provisioning", "operator"],
      ["operator", "airborne"],
      ["airborne", "tiles/workstation/tile_manager"],
      ["tiles/tile_journal", "tiles/workstation/tile_cache"],
      ["elsewhere/part", "core"],
    ]
  ) {
    assert.notEqual(breach(from, to), undefined, `${from} → ${to}`);
  }
});

Deno.test("the graph of operator holds nothing of airborne's own", async () => {
  const graph = await moduleGraph("src/operator/main.ts");
  assert.ok(![...graph.files.keys()].some((file) => componentOf(file) === "airborne"));
});

for (const name of PROGRAMS) {
  Deno.test(`the graph of ${name} holds no fake, no test and no file from outside src/`, async () => {
    const { files, elsewhere } = await moduleGraph(`src/${name}/main.ts`);
    const wrong = [...files.keys()].filter((file) =>
      /(^|[/_.])(fake|mock|stub)[/_.]|[_.]test\.ts$|\/testing\//.test(file)
    );
    assert.deepEqual(wrong, []);
    assert.deepEqual(elsewhere, []);
    assert.ok([...files.keys()].some((file) => componentOf(file) === "core"), "the graph was read");
  });
}

Deno.test("the graph of operator worker holds nothing of the tile manager, the cache or airborne", async () => {
  const { files, packages } = await moduleGraph("src/operator/compose_worker.ts");
  const never: readonly string[] = WORKER_NEVER.components;
  assert.deepEqual([...files.keys()].filter((file) => never.includes(componentOf(file))), []);
  assert.deepEqual(WORKER_NEVER.packages.filter((name) => packages.has(name)), []);
  assert.ok(packages.has("pg-boss"), "the graph was read");
});

Deno.test("no file of src/ imports a package of the tests, or one that imports it", async () => {
  const { packages } = await moduleGraph(...sourceFiles("src"));
  assert.ok(packages.has("zod"), "the graph was read");
  assert.deepEqual(TESTS_ONLY.filter((name) => packages.has(name)), []);
});

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
  assert.ok(fakes.includes("flight/flight_recorder/fake_fdr_sink.ts"), `fakes were seen: ${fakes}`);
});

Deno.test("moduleGraph() reads packages and edges as they are", async () => {
  const graph = await moduleGraph("src/core/mod.ts");
  assert.ok(graph.packages.has("proj4") && graph.packages.has("zod"));
  assert.ok(graph.files.get("core/slippy.ts")?.includes("core/wgs.ts"));
});
