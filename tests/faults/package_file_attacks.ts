/**
 * Attacks on the files of a signed package, and what every attack is made of.
 */
import assert from "node:assert/strict";
import { sha256Hex } from "../../src/core/mod.ts";
import { signFile } from "../../src/core/minisign/mod.ts";
import {
  encodeManifest,
  encodeStatement,
  type Manifest,
} from "../../src/flight/flight_package/mod.ts";
import { signManifest, type TestKey, testKey } from "../support/package_signing.ts";
import { copyFolder, type FaultCase } from "./programs.ts";

export const KEY = testKey("airfield"), OTHER = testKey("other");

export interface Rig {
  readonly package: string;
  readonly trust: string;
  /** The records of earlier flights. */
  readonly recorder: string;
  /** Options of the flight. */
  readonly more: string[];
}

export interface Attack extends FaultCase {
  /** Given a package that the trusted key has signed as version 1. */
  readonly attack: (rig: Rig) => Promise<unknown>;
  readonly code: 2 | 64 | 65 | 77;
  readonly says: RegExp;
}

export const SIGNATURE = "manifest.json.minisig";

async function someTile(folder: string): Promise<string> {
  const { files } = await manifestOf(folder);
  return `${folder}/${files.find(({ path }) => path.startsWith("tiles/"))?.path}`;
}

export async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await Deno.readTextFile(`${folder}/manifest.json`));
}

export async function changeText(path: string, change: (text: string) => string): Promise<void> {
  const text = await Deno.readTextFile(path), changed = change(text);
  assert.notEqual(changed, text, "the attack changes something");
  await Deno.writeTextFile(path, changed);
}

/** The package as another version: one tile is another, and the manifest says so. */
async function otherVersion(folder: string): Promise<void> {
  const manifest = await manifestOf(folder);
  const [one, two] = manifest.files.filter(({ path }) => path.startsWith("tiles/"));
  await Deno.copyFile(`${folder}/${two.path}`, `${folder}/${one.path}`);
  const files = manifest.files.map((file) =>
    file.path === one.path ? { ...two, path: one.path } : file
  );
  await Deno.writeFile(`${folder}/manifest.json`, encodeManifest({ ...manifest, files }));
}

/** Signs bytes that signPackage() would refuse. */
export async function signAnything(rig: Rig, key: TestKey, comment: (sha256: string) => string) {
  const bytes = await Deno.readFile(`${rig.package}/manifest.json`);
  const signature = signFile(bytes, key.secretKey, comment(sha256Hex(bytes)));
  await Deno.writeTextFile(`${rig.package}/${SIGNATURE}`, signature);
}

export const statement = (sha256: string) =>
  encodeStatement({
    name: "package",
    counter: 1,
    manifestSha256: sha256,
    createdAt: "2026-01-01T00:00:00.000Z",
    expiresAt: "2126-01-01T00:00:00.000Z",
  });

export const OF_FILES: readonly Attack[] = [
  {
    name: "an altered file",
    attack: async (rig) => {
      const path = await someTile(rig.package), bytes = await Deno.readFile(path);
      bytes[bytes.length >> 1] ^= 1;
      await Deno.writeFile(path, bytes);
    },
    code: 65,
    says: /tiles\/.*\.jpg: was altered: its SHA-256 differs/,
  },
  {
    name: "a file that the manifest does not name",
    attack: async (rig) => {
      const path = await someTile(rig.package);
      await Deno.copyFile(path, path.replace(/\.jpg$/, "_2.jpg"));
    },
    code: 65,
    says: /tiles\/.*_2\.jpg: is not named in manifest\.json/,
  },
  {
    name: "a tile that is a link, to the same bytes",
    attack: async (rig) => {
      const path = await someTile(rig.package);
      await Deno.rename(path, `${rig.package}-tile`);
      await Deno.symlink(`${rig.package}-tile`, path);
    },
    code: 65,
    says: /tiles\/.*\.jpg: is a link or a device/,
  },
  {
    name: "an altered manifest",
    attack: (rig) =>
      changeText(
        `${rig.package}/manifest.json`,
        (text) => text.replace(/"groundHeightM": /, "$&1"),
      ),
    code: 65,
    says:
      /manifest\.json: is not the one that was signed: the signature is of package .*, version 1/,
  },
  {
    name: "an altered file, with a manifest that names its new hash",
    attack: (rig) => otherVersion(rig.package),
    code: 65,
    says: /manifest\.json: is not the one that was signed/,
  },
  {
    name: "a mix of two packages: a tile of another version",
    attack: async (rig) => {
      const newer = `${rig.package}-2`;
      await copyFolder(rig.package, newer);
      await otherVersion(newer);
      await signManifest(newer, KEY, { counter: 2 });
      await Deno.copyFile(await someTile(newer), await someTile(rig.package));
    },
    code: 65,
    says: /tiles\/.*\.jpg: (was altered: its SHA-256 differs|has \d+ bytes, the manifest states)/,
  },
  {
    name: "a mix of two packages: the signature of a newer version",
    attack: async (rig) => {
      const newer = `${rig.package}-2`;
      await copyFolder(rig.package, newer);
      await otherVersion(newer);
      await signManifest(newer, KEY, { counter: 2 });
      await Deno.copyFile(`${newer}/${SIGNATURE}`, `${rig.package}/${SIGNATURE}`);
    },
    code: 65,
    says:
      /manifest\.json: is not the one that was signed: the signature is of package .*, version 2/,
  },
  {
    name: "a package of another schema",
    attack: async (rig) => {
      await changeText(
        `${rig.package}/manifest.json`,
        (text) => text.replace('"formatVersion": 1', '"formatVersion": 2'),
      );
      await signAnything(rig, KEY, statement);
    },
    code: 65,
    says: /manifest\.json: has package version 2, this program reads 1/,
  },
];
