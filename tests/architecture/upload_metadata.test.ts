/**
 * Invariant 6 of the upload contract: metadata of tiles changes only through the store's own methods,
 * never by SQL of the tile manager's own. Held on the text of its files: comments do not count.
 */
import assert from "node:assert/strict";
import { REPOSITORY } from "../support/paths.ts";

/** What reaches a database past the store, wherever it stands in the tile manager. */
const PAST_THE_STORE: readonly (readonly [RegExp, string])[] = [
  [
    /["'](npm:)?(pg|pg-[\w-]+|@electric-sql\/[\w-]+|node:sqlite)(@[^"']*)?["']/,
    "a database package",
  ],
  [/["'][^"']*\/sql\/[^"']*["']/, "a module of SQL"],
  [/\b(SqlDatabase|SqlTransaction|SqlSession)\b/, "a database as a type"],
  [/\.\s*(query|script|transaction)\s*[(<]|\[["'](query|script|transaction)["']\]/, "a query"],
  [/\.\s*database\b|\{[^{}]*\bdatabase\b[^{}]*\}\s*=/, "the cache's database"],
  [/\b(SELECT|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|ALTER\s+TABLE)\b/i, "SQL"],
];
/** What an upload may change of a tile: its mark, its count of attempts, its giving up. */
const UPLOAD_METHODS = new Set(["markUploaded", "incrementUploadAttempts", "updateVotingStatus"]);
const CHANGING_METHOD =
  /\.\s*((?:mark|increment|update|write|renew|delete|remove|set|put)[A-Z]\w*)\s*\(/g;

function breaches(path: string, source: string): string[] {
  const code = withoutComments(source);
  const found = PAST_THE_STORE.flatMap(([pattern, what]) => {
    const match = pattern.exec(code);
    return match === null ? [] : [`${path}: ${what}: ${match[0].trim()}`];
  });
  if (!path.startsWith("upload/")) return found;
  const methods = [...code.matchAll(CHANGING_METHOD)].map(([, method]) => method)
    .filter((method) => !UPLOAD_METHODS.has(method));
  return [...found, ...methods.map((method) => `${path}: changes tiles by ${method}()`)];
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/[^\n]*/g, "$1");
}

async function* sources(folder: string, under = ""): AsyncGenerator<readonly [string, string]> {
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${under}`)) {
    const path = `${under}${name}`;
    if (isDirectory) yield* sources(folder, `${path}/`);
    else if (name.endsWith(".ts")) yield [path, await Deno.readTextFile(`${folder}/${path}`)];
  }
}

Deno.test("the tile manager changes metadata through the store alone", async () => {
  const files = await Array.fromAsync(sources(`${REPOSITORY}/src/tiles/workstation/tile_manager`));
  assert(files.some(([path]) => path === "upload/http_tile_uploader.ts"), "the files were read");
  assert.deepEqual(files.flatMap(([path, source]) => breaches(path, source)), []);
  const used = files.filter(([path]) => path.startsWith("upload/")).map(([, source]) => source);
  for (const method of UPLOAD_METHODS) {
    assert(used.some((source) => source.includes(`.${method}(`)), `${method} is how it is done`);
  }
});

Deno.test("breaches() sees every way past the store", () => {
  const ways = [
    'import pg from "npm:pg@8.23.1";',
    'const { PGlite } = await import("@electric-sql/pglite");',
    'import { openPostgres } from "../../tile_cache/sql/postgres_database.ts";',
    "interface Parts { readonly sql: SqlDatabase }",
    "await cache.database.query(text);",
    "const { database } = cache;",
    "await parts.sql.query<Row>(statement);",
    'await parts.sql["script"](statement);',
    "await run(`UPDATE tiles SET uploaded_at = now()`);",
    'await run("delete from tiles");',
    "await this.#parts.tiles.renewTile(metadata, jpeg);",
  ];
  for (const way of ways) assert.equal(breaches("upload/x.ts", way).length > 0, true, way);
  const allowed = "await tiles.markUploaded(id); // never UPDATE tiles SET by hand";
  assert.deepEqual(breaches("upload/x.ts", allowed), []);
});
