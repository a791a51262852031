/**
 * Compares the contract documents with the interfaces: the same methods with the same signatures in
 * the same order, and the same version.
 *
 * @module
 */
import assert from "node:assert/strict";
import { REPOSITORY } from "../support/paths.ts";

const FOLDER = `${REPOSITORY}/src/tiles/tile_contract`;
const read = (path: string) => Deno.readTextFileSync(`${FOLDER}/${path}`);

/** Members of an interface in TypeScript, without comments, with white space normalised. */
function membersOf(source: string, name: string): string[] {
  const from = source.indexOf(`export interface ${name} {`);
  assert.ok(from >= 0, `contract.ts has an interface ${name}`);
  const body = source.slice(source.indexOf("{", from) + 1, source.indexOf("\n}", from));
  return body.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "")
    .split(";").map((member) => member.replace(/\s+/g, " ").trim())
    .filter((member) => member !== "");
}

/** First cells of the shape table. */
function shapeOf(document: string): string[] {
  const section = document.split(/^## /m).find((part) => part.startsWith("Shape"));
  assert.ok(section, "the document has a section Shape");
  return [...section.matchAll(/^\| `((?:[^`\\]|\\.)+)` \|/gm)]
    .map(([, cell]) => cell.replaceAll("\\|", "|"));
}

for (
  const [name, file] of [["TileStore", "tile_store"], ["TileMetadataStore", "tile_metadata_store"]]
) {
  Deno.test(`contracts/${file}.md has the shape and version of ${name}`, () => {
    const source = read("contract.ts"), document = read(`contracts/${file}.md`);
    const members = membersOf(source, name);
    assert.ok(members.length >= 7, "the interface was read");
    assert.deepEqual(shapeOf(document), members);
    const version = source.match(/Version (\d+\.\d+\.\d+);/)?.[1];
    assert.ok(version !== undefined && document.includes(`\nVersion ${version}\n`));
  });
}

Deno.test("a member that the document lacks, and a changed signature, are found", () => {
  const source =
    "export interface Thing {\n  /** a; b */\n  one(x: A): B; // no; more\n  two(): C;\n}\n";
  assert.deepEqual(membersOf(source, "Thing"), ["one(x: A): B", "two(): C"]);
  assert.deepEqual(shapeOf("## Shape\n| `one(x: A \\| D): B` | x |\n## Else\n| `two` | y |"), [
    "one(x: A | D): B",
  ]);
});
