/**
 * Every folder of src/ with code has a README, and every component is linked from the top README or
 * from src/README.md.
 *
 * @module
 */
import assert from "node:assert/strict";
import { REPOSITORY } from "../support/paths.ts";
import { componentOf } from "./layering.ts";

interface Folder {
  /** Relative to src/: "tiles/workstation/tile_cache". */
  readonly path: string;
  readonly hasReadme: boolean;
  /** Whether a TypeScript file is in it or below it. */
  readonly hasCode: boolean;
  readonly hasOwnCode: boolean;
}

function* foldersOf(path: string): Generator<Folder> {
  const entries = [...Deno.readDirSync(`${REPOSITORY}/src/${path}`)];
  const below = entries.filter((entry) => entry.isDirectory)
    .flatMap(({ name }) => [...foldersOf(path === "" ? name : `${path}/${name}`)]);
  yield* below;
  const hasOwnCode = entries.some(({ name }) => name.endsWith(".ts"));
  yield {
    path,
    hasReadme: entries.some(({ name }) => name === "README.md"),
    hasOwnCode,
    hasCode: hasOwnCode || below.some((folder) => folder.hasCode),
  };
}

/** Targets of the links in a document, resolved to paths relative to the repository. */
async function linksOf(document: string): Promise<Set<string>> {
  const text = await Deno.readTextFile(`${REPOSITORY}/${document}`);
  const base = new URL(document, "file:///");
  return new Set(
    [...text.matchAll(/\]\(([^)#:]+)[^):]*\)/g)].map(([, target]) =>
      new URL(target, base).pathname.slice(1)
    ),
  );
}

Deno.test("every folder of src/ with code has a README", () => {
  const missing = [...foldersOf("")].filter(({ hasCode, hasReadme }) => hasCode && !hasReadme);
  assert.deepEqual(missing.map(({ path }) => `src/${path}`), []);
});

Deno.test("every component is linked from the top README or from src/README.md", async () => {
  const links = new Set([...await linksOf("README.md"), ...await linksOf("src/README.md")]);
  const components = new Set(
    [...foldersOf("")].filter(({ hasOwnCode }) => hasOwnCode)
      .map(({ path }) => componentOf(`${path}/mod.ts`)),
  );
  assert.ok(components.size > 20, `found ${components.size} components`);
  const missing = [...components].filter((component) =>
    !links.has(`src/${component}/README.md`) && !links.has(`src/${component}`)
  );
  assert.deepEqual(missing, []);
});

Deno.test("links between READMEs lead to files that exist", async () => {
  const documents = [
    "README.md",
    "ffi/README.md",
    "tasks/README.md",
    "tests/README.md",
    "tests/built/README.md",
    ...[...foldersOf("")].filter(({ hasReadme }) => hasReadme)
      .map(({ path }) => path === "" ? "src/README.md" : `src/${path}/README.md`),
  ];
  const broken: string[] = [];
  for (const document of documents) {
    for (const target of await linksOf(document)) {
      const exists = await Deno.stat(`${REPOSITORY}/${target}`).then(() => true, () => false);
      if (!exists) broken.push(`${document}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});
