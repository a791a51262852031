/** Packages that are incomplete, altered or hostile, at both programs that open them. */
import assert from "node:assert/strict";
import { sha256Hex } from "../../src/core/mod.ts";
import {
  encodeManifest,
  type Manifest,
  PACKAGE_PATHS,
} from "../../src/flight/flight_package/mod.ts";
import { inScratch } from "../support/scratch.ts";
import { worldForFile } from "./fixture.ts";
import { copyFolder, type FaultCase, filesBelow, forEachCase, run } from "./programs.ts";
import { runInProcess } from "./in_process.ts";

const world = worldForFile();

interface PackageCase extends FaultCase {
  readonly damage: (folder: string) => Promise<void>;
  readonly says: RegExp;
}

/** A tile in the middle of the flight. */
async function someTile(folder: string): Promise<string> {
  const manifest = await readManifest(folder);
  const tiles = manifest.files.map(({ path }) => path).filter((path) => path.startsWith("tiles/"));
  return tiles[tiles.length >> 1];
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await Deno.readTextFile(`${folder}/manifest.json`));
}

const KINDS: Readonly<Record<string, (folder: string) => Promise<string>>> = {
  "a tile": someTile,
  "the list of tiles": () => Promise.resolve(PACKAGE_PATHS.tiles),
  "the vocabulary": () => Promise.resolve(PACKAGE_PATHS.vocabulary),
  "the places": () => Promise.resolve(PACKAGE_PATHS.places),
  "the index": () => Promise.resolve(PACKAGE_PATHS.index),
  "the index's hash": () => Promise.resolve(`${PACKAGE_PATHS.index}.sha256`),
  "the index's description": () => Promise.resolve(`${PACKAGE_PATHS.index}.meta.json`),
};
const kinds = Object.entries(KINDS);
const FILE = "(tiles/\\d+/\\d+/\\d+\\.jpg|tiles\\.json|place/[a-z0-9.]+)";

const changedByte: PackageCase[] = kinds.map(([kind, path]) => ({
  name: `one changed byte in ${kind}`,
  damage: (folder) => changeByte(folder, path),
  says: new RegExp(`${FILE}: was altered: its SHA-256 .*provision again`),
}));

async function changeByte(folder: string, path: (folder: string) => Promise<string>) {
  const file = `${folder}/${await path(folder)}`;
  const bytes = await Deno.readFile(file);
  bytes[bytes.length >> 1] ^= 1;
  await Deno.writeFile(file, bytes);
}

const missing: PackageCase[] = kinds.map(([kind, path]) => ({
  name: `${kind} is missing`,
  damage: async (folder) => await Deno.remove(`${folder}/${await path(folder)}`),
  says: new RegExp(`${FILE}: is missing; provision again`),
}));

const shorter: PackageCase[] = kinds.map(([kind, path]) => ({
  name: `${kind} was cut`,
  damage: async (folder) => {
    const file = `${folder}/${await path(folder)}`;
    await Deno.truncate(file, (await Deno.stat(file)).size - 1);
  },
  says: new RegExp(`${FILE}: has \\d+ bytes, the manifest states \\d+; provision again`),
}));

const foreign: PackageCase[] = [
  {
    name: "a file more",
    damage: (folder) => Deno.writeTextFile(`${folder}/tiles/more.txt`, "more"),
    says: /tiles\/more\.txt: is not named in manifest\.json; remove it or provision again/,
  },
  {
    name: "a file more in a hidden folder",
    damage: async (folder) => {
      await Deno.mkdir(`${folder}/.hidden`);
      await Deno.writeTextFile(`${folder}/.hidden/more.txt`, "more");
    },
    says: /\.hidden\/more\.txt: is not named in manifest\.json; remove it or provision again/,
  },
  {
    name: "a link to a file more",
    damage: (folder) => Deno.symlink("/etc/hostname", `${folder}/place/more`),
    says: /place\/more: is a link or a device; a package contains only regular files/,
  },
  {
    name: "a link in place of a tile, to the right bytes",
    damage: async (folder) => {
      const tile = `${folder}/${await someTile(folder)}`;
      await Deno.rename(tile, `${folder}/../moved.jpg`);
      await Deno.symlink("../../../../moved.jpg", tile);
    },
    says: new RegExp(`${FILE}: is a link or a device; a package contains only regular files`),
  },
  {
    name: "a link in place of a folder",
    damage: async (folder) => {
      await Deno.rename(`${folder}/place`, `${folder}/../place`);
      await Deno.symlink("../place", `${folder}/place`);
    },
    says: /package\/place: is a link or a device; a package contains only regular files/,
  },
];

/** Changes bytes of the manifest's own text. */
function manifestText(change: (text: string) => string) {
  return async (folder: string) => {
    const path = `${folder}/manifest.json`;
    await Deno.writeTextFile(path, change(await Deno.readTextFile(path)));
  };
}

const manifests: PackageCase[] = [
  {
    name: "a changed hash in the manifest",
    damage: manifestText((text) =>
      text.replace(/("sha256":")(.)/, (_, key, digit) => key + (digit === "0" ? "1" : "0"))
    ),
    says: new RegExp(
      `${FILE}: was altered: its SHA-256 differs from the manifest's; provision again`,
    ),
  },
  {
    name: "half of the manifest",
    damage: manifestText((text) => text.slice(0, text.length >> 1)),
    says: /manifest\.json: is not valid JSON .*; provision again/,
  },
  {
    name: "an unknown key in the manifest",
    damage: manifestText((text) => text.replace("{", '{"colour": "red",')),
    says: /manifest\.json: .*colour.*; provision again/,
  },
  ...["1e300", "1e-300"].map((value) => ({
    name: `a map that is wrong by ${value} m`,
    damage: manifestText((text) =>
      text.replace(/"mapRegistrationSigmaM": [^,]*/, `"mapRegistrationSigmaM": ${value}`)
    ),
    says: /manifest\.json: mapRegistrationSigmaM: .*provision again/,
  })),
  {
    name: "brackets without end in the manifest",
    damage: manifestText(() => "[".repeat(20_000_000)),
    says: /manifest\.json: is not valid JSON \(it is nested deeper than 16\); provision again/,
  },
  {
    name: "a manifest that is too large",
    damage: async (folder) => await Deno.truncate(`${folder}/manifest.json`, 65 * 1024 * 1024),
    says: /manifest\.json: has 68157440 bytes, more than 67108864 are not read; provision again/,
  },
  {
    name: "a key that stands twice in the manifest",
    damage: manifestText((text) => text.replace("{", '{"zoom": 3,')),
    says: /manifest\.json: is not valid JSON \("zoom" stands twice\); provision again/,
  },
  {
    name: "an area beyond the map",
    damage: manifestText((text) => text.replace(/"northDeg": [^,]*/, '"northDeg": 90')),
    says: /manifest\.json: area\.northDeg: .*provision again/,
  },
  {
    name: "a newer package",
    damage: manifestText((text) => text.replace('"formatVersion": 1', '"formatVersion": 9')),
    says: /manifest\.json: has package version 9, this program reads 1; provision again/,
  },
  {
    name: "a path that leads out",
    damage: manifestText((text) => text.replace("place/places.json", "../places.json")),
    says: /manifest\.json: lists "\.\.\/places\.json", which is not a plain path .*provision again/,
  },
  {
    name: "no manifest",
    damage: (folder) => Deno.remove(`${folder}/manifest.json`),
    says: /package: is not a flight package: it has no manifest\.json; make one with/,
  },
];

async function fly(folder: string, recorder: string) {
  const args = ["replay", world().flight, "--package", folder, "--recorder", recorder, "--json"];
  return await run("airborne", args, { read: [world().flight, folder], write: [recorder] });
}

/** `operator package verify`: as it is shipped, or in this process, which is ten times as fast. */
function verify(folder: string, isShipped: boolean) {
  const args = ["package", "verify", folder];
  return isShipped
    ? run("operator", args, { read: [folder] })
    : runInProcess("operator", ["--quiet", ...args]);
}

async function refuses(one: PackageCase, scratch: string, isShipped: boolean): Promise<void> {
  const folder = `${scratch}/package`, recorder = `${scratch}/recorder`;
  await copyFolder(world().package, folder);
  await one.damage(folder);
  const flown = await fly(folder, recorder);
  assert.match(flown.err, one.says);
  assert.equal(flown.code, 65, flown.err);
  assert.equal(flown.out, "", "no line of a flight that cannot be flown");
  assert.deepEqual(await filesBelow(recorder), [], "no record of it either");
  const before = await filesBelow(folder);
  const verified = await verify(folder, isShipped);
  assert.match(verified.err, one.says);
  assert.equal(verified.code, 65, verified.err);
  assert.deepEqual(await filesBelow(folder), before);
}

const tables = { changedByte, missing, shorter, foreign, manifests };
for (const [table, cases] of Object.entries(tables)) {
  Deno.test(`a package is refused with 65 and a remedy: ${table}`, async () => {
    await forEachCase(cases, (one, scratch) => refuses(one, scratch, one === cases[0]));
  });
}

/** Invalid content under a valid manifest: made by an attacker or another program. */
function replaced(path: (folder: string) => Promise<string>, change: (bytes: Uint8Array) => void) {
  return async (folder: string) => {
    const relative = await path(folder), file = `${folder}/${relative}`;
    const bytes = await Deno.readFile(file);
    change(bytes);
    await Deno.writeFile(file, bytes);
    const manifest = await readManifest(folder);
    const files = manifest.files.map((entry) =>
      entry.path === relative ? { ...entry, sha256: sha256Hex(bytes) } : entry
    );
    await Deno.writeFile(`${folder}/manifest.json`, encodeManifest({ ...manifest, files }));
  };
}

function claimSize(bytes: Uint8Array, sidePx: number): void {
  const start = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
  new DataView(bytes.buffer).setUint16(start + 5, sidePx);
  new DataView(bytes.buffer).setUint16(start + 7, sidePx);
}

const hostile: PackageCase[] = [
  {
    name: "a vocabulary of noise",
    damage: replaced(KINDS["the vocabulary"], (bytes) => bytes.fill(0xa5)),
    says: /place\/vocabulary\.bin/,
  },
  {
    name: "an index of noise",
    damage: replaced(KINDS["the index"], (bytes) => bytes.fill(0xa5)),
    says: /place\/places\.index/,
  },
  {
    name: "a list of places that is none",
    damage: replaced(KINDS["the places"], (bytes) => bytes.fill(0x20)),
    says: /place\/places\.json: cannot be read: .*; provision again/,
  },
];

Deno.test("a package with invalid content is refused, although its manifest is right", async () => {
  await forEachCase(hostile, async (one, scratch) => {
    const folder = `${scratch}/package`, recorder = `${scratch}/recorder`;
    await copyFolder(world().package, folder);
    await one.damage(folder);
    const { code, out, err } = await fly(folder, recorder);
    assert.match(err, one.says);
    assert.equal(code, 65, err);
    assert.equal(out, "");
    assert.deepEqual(await filesBelow(recorder), []);
  });
});

Deno.test("tiles that are not 256×256 are refused before they are decoded", async () => {
  const sizes = [{ name: "20000", sidePx: 20_000 }, { name: "128", sidePx: 128 }];
  await forEachCase(sizes, async ({ sidePx }, scratch) => {
    const folder = `${scratch}/package`;
    await copyFolder(world().package, folder);
    const manifest = await readManifest(folder);
    for (const { path } of manifest.files.filter(({ path }) => path.endsWith(".jpg"))) {
      await replaced(() => Promise.resolve(path), (bytes) => claimSize(bytes, sidePx))(folder);
    }
    const { code, err } = await fly(folder, `${scratch}/recorder`);
    assert.match(err, new RegExp(`tiles/.*jpg: is ${sidePx}×${sidePx} pixels; .*256×256`));
    assert.equal(code, 65, err);
  });
});

Deno.test("a tile of 10,000×10,000 behind a marker without a length passes neither verification nor import", () =>
  inScratch(async (scratch) => {
    const folder = `${scratch}/package`, side = 10_000;
    await copyFolder(world().package, folder);
    // FF 01 has no length: who reads one finds no size, or another. It and a comment replace the APP0 segment.
    const disguise = (bytes: Uint8Array) => {
      assert.deepEqual([...bytes.subarray(2, 6)], [0xff, 0xe0, 0, 16]);
      claimSize(bytes, side);
      bytes.set([0xff, 0x01, 0xff, 0xfe, 0, 14], 2);
    };
    const { files } = await readManifest(folder);
    const { path } = files.find((file) => file.path.endsWith(".jpg")) ?? { path: "" };
    await replaced(() => Promise.resolve(path), disguise)(folder);
    const verified = await run("operator", ["package", "verify", folder], { read: [folder] });
    assert.equal(verified.code, 65, verified.err);
    assert.match(verified.err, /tiles\/.*jpg: is 10000×10000 pixels/);
    const archive = `${scratch}/tiles/18/1`;
    await Deno.mkdir(archive, { recursive: true });
    await Deno.copyFile(`${folder}/${path}`, `${archive}/1.jpg`);
    const args = ["tiles", "import", `${scratch}/tiles`, "--data", `${scratch}/data`];
    const imported = await run("operator", args, { write: [scratch] });
    assert.equal(imported.code, 65, imported.err);
    assert.match(imported.err, /1\.jpg: 10000×10000 pixels/);
  }));

/** Lets every `nth` tile expire before the flight; the manifest is right. */
async function expireTiles(folder: string, nth: number): Promise<void> {
  const file = `${folder}/${PACKAGE_PATHS.tiles}`;
  const tiles = JSON.parse(await Deno.readTextFile(file)) as Record<string, unknown>[];
  const dated = tiles.map((tile, i) =>
    i % nth === 0 ? { ...tile, expiresAt: "2001-01-01T00:00:00.000Z" } : tile
  );
  const bytes = new TextEncoder().encode(JSON.stringify(dated));
  await Deno.writeFile(file, bytes);
  const manifest = await readManifest(folder);
  const files = manifest.files.map((entry) =>
    entry.path === PACKAGE_PATHS.tiles
      ? { ...entry, bytes: bytes.length, sha256: sha256Hex(bytes) }
      : entry
  );
  await Deno.writeFile(`${folder}/manifest.json`, encodeManifest({ ...manifest, files }));
}

Deno.test("tiles that are too old for their sector are not used, and without any others the flight is refused", async () => {
  await forEachCase(
    [{ name: "some", nth: 4 }, { name: "all", nth: 1 }],
    async ({ nth }, scratch) => {
      const folder = `${scratch}/package`;
      await copyFolder(world().package, folder);
      await expireTiles(folder, nth);
      const { code, out, err } = await fly(folder, `${scratch}/recorder`);
      if (nth === 1) {
        assert.match(err, /tiles\.json: all \d+ tiles have expired .*provision again/);
        assert.equal(code, 65, err);
        assert.equal(out, "");
      } else {
        assert.equal(code, 0, err);
        assert.match(
          err,
          /\d+ of \d+ tiles of the package are too old for their sector .*2001-01-01/,
        );
      }
    },
  );
});
