import assert from "node:assert/strict";
import { REPOSITORY } from "../support/paths.ts";
import { usersOfExports } from "./exports.ts";

/** Exports that no program uses yet, and their own files neither: why they stay. Delete what ends. */
const ONLY_TESTED: Readonly<Record<string, readonly string[]>> = {
  "the specification asks for it; the program that will use it comes": [
    "src/flight/flight_recorder/client.ts#attachFdrClient",
    "src/navigation/descriptor_index/tile_ids.ts#tileOfDescriptorId",
    "src/navigation/inference/engine_name.ts#matchesHost",
    "src/tiles/workstation/tile_cache/open.ts#buildTileMetadataStore",
    "src/tiles/workstation/tile_manager/flight_state/sources.ts#CombinedSource",
  ],
  "the contract of records and log lines, which tests hold what is written against": [
    "src/core/log_line.ts#LogLineSchema",
    "src/core/log_line_cases.ts#LOG_LINE_CASES",
    "src/flight/flight_recorder/record.ts#decodeRecord",
    "src/flight/flight_recorder/record.ts#encodeRecord",
  ],
  "a native call that only its tests make": [
    "src/native/gtsam/library.ts#gtsamStatus",
    "src/native/vision/pose.ts#solvePoseRansac",
  ],
  "an oracle: tests hold the warps against it": [
    "src/tiles/orthorectification/ground.ts#groundHomography",
  ],
};

async function* sourceFiles(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(`${REPOSITORY}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sourceFiles(path);
    else if (path.endsWith(".ts")) yield path;
  }
}

async function readSources(): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for (const folder of ["src", "tasks", "tests"]) {
    for await (const path of sourceFiles(folder)) {
      sources.set(path, await Deno.readTextFile(`${REPOSITORY}/${path}`));
    }
  }
  return sources.set("main.ts", await Deno.readTextFile(`${REPOSITORY}/main.ts`));
}

/** Besides its declaration; in a comment it does not count. */
function isUsedWithin(text: string, name: string): boolean {
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  return (code.match(new RegExp(`\\b${name}\\b`, "g")) ?? []).length > 1;
}

Deno.test("every export of src/ has a user outside of its file, and more than tests", async () => {
  const sources = await readSources();
  const dead: string[] = [], onlyTested: string[] = [];
  for (const [key, users] of usersOfExports(sources)) {
    const [path, name] = key.split("#");
    if (!path.startsWith("src/")) continue;
    if (users.size === 0) dead.push(key);
    const isFake = path.split("/").at(-1)?.startsWith("fake_");
    const isTested = [...users].some((user) => user.startsWith("tests/"));
    const isUsed = [...users].some((user) => !user.startsWith("tests/")) ||
      isUsedWithin(sources.get(path) ?? "", name);
    if (isTested && !isUsed && !isFake) onlyTested.push(key);
  }
  assert.deepEqual(dead, [], "nobody imports these: drop `export`, or all of it");
  assert.deepEqual(
    onlyTested.sort(),
    Object.values(ONLY_TESTED).flat().sort(),
    "only tests use these: use them, delete them, or give a reason in ONLY_TESTED",
  );
});

Deno.test("usersOfExports() follows re-exports to the declaration", () => {
  const users = usersOfExports(
    new Map(Object.entries({
      "src/a/one.ts":
        "export const used = 1, unused = 2; export type T = number; export class Late {}",
      "src/a/two.ts":
        'import { used } from "./one.ts"; export { used as renamed }; export default used;',
      "src/a/mod.ts":
        'export * from "./two.ts"; export { type T, unused } from "./one.ts"; export * as all from "./one.ts";',
      "src/b.ts":
        'import { renamed, type T as Mine } from "./a/mod.ts"; export const b: Mine = renamed;',
      "src/c.ts": 'import two from "./a/two.ts"; import * as b from "./b.ts"; console.log(two, b);',
      "tests/d.ts": 'const { Late } = await import("../src/a/one.ts"); new Late();',
      "tests/e.ts": 'export const e: import("../src/b.ts").b = (await import("./d.ts")).gone;',
    })),
  );
  assert.deepEqual(
    Object.fromEntries([...users].map(([key, who]) => [key, [...who].sort()])),
    {
      "src/a/one.ts#used": ["src/a/two.ts", "src/b.ts"],
      "src/a/one.ts#unused": [],
      "src/a/one.ts#T": ["src/b.ts"],
      "src/a/one.ts#Late": ["tests/d.ts"],
      "src/a/two.ts#default": ["src/c.ts"],
      "src/b.ts#b": ["src/c.ts", "tests/e.ts"],
      "tests/e.ts#e": [],
    },
  );
});
