import assert from "node:assert/strict";
import { REPOSITORY } from "../support/paths.ts";

const LINES_MAX = 400;
const MEDIAN_MAX = 120;

async function* sourceFiles(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(`${REPOSITORY}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sourceFiles(path);
    else if (/\.(ts|cc|h|hpp)$/.test(entry.name)) yield path;
  }
}

async function lineCounts(...folders: string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const folder of folders) {
    for await (const path of sourceFiles(folder)) {
      counts.set(path, (await Deno.readTextFile(`${REPOSITORY}/${path}`)).split("\n").length - 1);
    }
  }
  return counts;
}

Deno.test(`no source file is longer than ${LINES_MAX} lines`, async () => {
  const counts = await lineCounts("src", "ffi", "tasks", "tests");
  assert.deepEqual([...counts].filter(([, lines]) => lines > LINES_MAX), []);
});

Deno.test(`half of the files in src/ have at most ${MEDIAN_MAX} lines`, async () => {
  const sorted = [...(await lineCounts("src")).values()].sort((a, b) => a - b);
  assert.ok(sorted[sorted.length >> 1] <= MEDIAN_MAX, `median ${sorted[sorted.length >> 1]}`);
});

Deno.test("deno.lock and deno.json name no registry host", async () => {
  for (const file of ["deno.lock", "deno.json"]) {
    const text = await Deno.readTextFile(`${REPOSITORY}/${file}`);
    const hosts = (text.match(/https?:\/\/[^"\s]+/g) ?? []).filter((url) =>
      !url.startsWith("https://json.schemastore.org")
    );
    assert.deepEqual(hosts, [], file);
  }
});
