/**
 * The npm packages inside a program, read from the unpacked program itself: its bundles name the
 * files that they were made from, and packages that stay packages lie in node_modules.
 *
 * @module
 */
import { existsSync } from "node:fs";
import * as z from "zod";
import { DataError } from "../../src/core/mod.ts";
import { npmCacheDirectory, REPOSITORY } from "../executables.ts";
import type { Component } from "./components.ts";
import { filesBelow } from "./files.ts";

const LockSchema = z.object({ npm: z.record(z.string(), z.object({ integrity: z.string() })) });

const ManifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.union([z.string(), z.object({ type: z.string() })]).optional(),
  author: z.union([z.string(), z.object({ name: z.string() })]).optional(),
});

const LICENCE_FILE = /^(un)?(licen[cs]e|copying|notice|third.?party)/i;
const MANIFEST = /^node_modules\/((?:@[^/]+\/)?[^/]+)\/package\.json$/;
/** Where a bundle names the file of a package: "// npm/@mcap/core/2.2.2/dist/…". */
const ORIGIN = /^ *\/\/ npm\/((?:@[^/\s]+\/)?[^/\s]+)\/([^/\s]+)\//gm;

/** `tree` is the folder of an unpacked program. */
export async function npmComponents(tree: string): Promise<readonly Component[]> {
  const folders = new Map<string, string>();
  let bundles = 0;
  for (const path of await filesBelow(tree)) {
    const kept = MANIFEST.exec(path);
    if (kept !== null) {
      const folder = `${tree}/node_modules/${kept[1]}`;
      const { name, version } = await manifestOf(folder);
      folders.set(`${name}@${version}`, folder);
    } else if (/^src\/.*\.js$/.test(path)) {
      bundles++;
      const text = await Deno.readTextFile(`${tree}/${path}`);
      for (const [, name, version] of text.matchAll(ORIGIN)) {
        folders.set(`${name}@${version}`, cachedFolder(name, version));
      }
    }
  }
  if (bundles === 0) throw new DataError(tree, "no bundle is in it: it is no unpacked program");
  const lock = LockSchema.parse(JSON.parse(await Deno.readTextFile(`${REPOSITORY}/deno.lock`)));
  return await Promise.all(
    [...folders].map(([id, folder]) => componentOf(id, folder, integrityOf(lock.npm, id))),
  );
}

function cachedFolder(name: string, version: string): string {
  const cache = npmCacheDirectory();
  for (const { name: registry } of Deno.readDirSync(cache)) {
    const folder = `${cache}/${registry}/${name}/${version}`;
    if (existsSync(folder)) return folder;
  }
  throw new DataError(
    cache,
    `${name} ${version} is inside the program and not in Deno's cache: the program was built from ` +
      "another checkout; run deno task compile",
  );
}

/** "proj4@2.22.0" stands in the lock file as "proj4@2.22.0_geotiff@3.0.5". */
function integrityOf(npm: z.infer<typeof LockSchema>["npm"], id: string): string {
  const key = Object.keys(npm).find((one) => one === id || one.startsWith(`${id}_`));
  if (key === undefined) throw new DataError("deno.lock", `does not list ${id}`);
  return npm[key].integrity;
}

async function manifestOf(folder: string): Promise<z.infer<typeof ManifestSchema>> {
  return ManifestSchema.parse(JSON.parse(await Deno.readTextFile(`${folder}/package.json`)));
}

async function componentOf(id: string, folder: string, integrity: string): Promise<Component> {
  const { name, version, license, author } = await manifestOf(folder);
  if (id !== `${name}@${version}`) throw new DataError(folder, `is ${name}@${version}, not ${id}`);
  const who = (typeof author === "string" ? author : author?.name)?.replace(/ *<[^>]*>.*/, "");
  return {
    name,
    version,
    relation: "bundled",
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    licence: (typeof license === "string" ? license : license?.type) ?? null,
    licenceTexts: await licenceTexts(folder),
    sha512: Uint8Array.fromBase64(integrity.replace(/^sha512-/, "")).toHex(),
    supplier: who ? `Person: ${who}` : "NOASSERTION",
    ...await insideNote(folder),
  };
}

/** Its licence files; where it has none, what its README says of it. */
async function licenceTexts(folder: string): Promise<string[]> {
  const names = [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) =>
    name
  );
  const files = names.filter((name) => LICENCE_FILE.test(name)).sort();
  const texts = await Promise.all(files.map((name) => Deno.readTextFile(`${folder}/${name}`)));
  const readme = names.find((name) => /^readme/i.test(name));
  if (texts.length === 0 && readme !== undefined) {
    const text = await Deno.readTextFile(`${folder}/${readme}`);
    const section = /^#+ *licen[cs](e|ing)[^]*/im.exec(text);
    if (section !== null) texts.push(section[0]);
  }
  return texts.map((text) => text.trim());
}

/** A package of native code may say which libraries it was built from (sharp's does). */
async function insideNote(folder: string): Promise<{ readonly comment?: string }> {
  if (!existsSync(`${folder}/versions.json`)) return {};
  const text = await Deno.readTextFile(`${folder}/versions.json`);
  const versions = z.record(z.string(), z.string()).parse(JSON.parse(text));
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ");
  return { comment: `Its binary contains ${list}; its README names their licences.` };
}
