import assert from "node:assert/strict";
import { PLANNER } from "../../tasks/compile/bundle.ts";
import { describe } from "../../tasks/compile/description.ts";
import { exclusionFaults, hiddenLoads, modulesNamedByUrl } from "./airborne_exclusion.ts";

/** All that goes into the file. */
const { entry, workers } = describe("airborne");
const ROOTS = [entry, ...workers, PLANNER];

Deno.test("airborne, its workers and its planner hold nothing of the workstation's", async () => {
  assert.deepEqual(await exclusionFaults(ROOTS), []);
});

Deno.test("exclusionFaults() sees the tile manager where it is: from operator's entry", async () => {
  const faults = await exclusionFaults(["src/operator/main.ts"]);
  for (const fault of ["src/tiles/workstation/tile_manager/mod.ts", "npm:pg", "npm:sharp"]) {
    assert.ok(faults.includes(`${fault} is in the graph`), fault);
  }
});

Deno.test("modulesNamedByUrl() finds the modules that start by their URL", () => {
  assert.deepEqual(
    modulesNamedByUrl(
      "src/a/b.ts",
      'new Worker(new URL("../c/worker.ts", import.meta.url)); new URL("x.json", import.meta.url);',
    ),
    ["src/c/worker.ts"],
  );
});

Deno.test("hiddenLoads() names every way to load code that stands in no graph", () => {
  const text = `
    import vm from "node:vm";
    await import("./literal.ts");
    await import(name);
    await import(\`./\${name}.ts\`);
    new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    new Worker(name);
    new globalThis.Worker("data:text/javascript,1");
    eval("1");
    new Function("1");
    require("./x.js");
    Deno.dlopen("libc.so.6", {});
  `;
  assert.deepEqual(hiddenLoads("src/a.ts", text).map((fault) => fault.replace("src/a.ts: ", "")), [
    "import of node:vm",
    "import(name)",
    "import(`./${name}.ts`)",
    "new Worker(name)",
    'new globalThis.Worker("data:text/javascript,1")',
    "eval()",
    "new Function()",
    "require()",
    "Deno.dlopen()",
  ]);
});
