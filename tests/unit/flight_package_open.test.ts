import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import {
  encodeManifest,
  type Manifest,
  openFlightPackage,
  PACKAGE_PATHS,
  PackageError,
  packageTilePath,
} from "../../src/flight/flight_package/mod.ts";
import { TILES, writePackage, ZOOM } from "./flight_package_fixture.ts";

async function withPackage(
  use: (folder: string, manifest: Manifest) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "gdn-package-" });
  try {
    await use(folder, await writePackage(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function refused(folder: string, file: string, state: RegExp): Promise<void> {
  await assert.rejects(openFlightPackage(folder), (error) => {
    assert.ok(error instanceof PackageError, String(error));
    assert.equal(error.exitCode, 65);
    assert.equal(error.path, file === "" ? folder : `${folder}/${file}`);
    assert.match(error.message, state);
    return true;
  });
}

function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  return Deno.writeFile(`${folder}/${PACKAGE_PATHS.manifest}`, encodeManifest(manifest));
}

Deno.test("openFlightPackage() opens a whole package and reads its tiles", async () => {
  await withPackage(async (folder, manifest) => {
    const opened = await openFlightPackage(`${folder}/`);
    assert.equal(opened.path, folder);
    assert.equal(opened.manifest.name, manifest.name);
    assert.equal(opened.places.length, 1);
    assert.equal(opened.tileMetadata.length, 3);
    const { tiles } = opened;
    assert.deepEqual(tiles.tileBounds, { xMin: 59894, xMax: 59896, yMin: 107931, yMax: 107933 });
    assert.ok(tiles.hasTile(59895, 107932));
    assert.ok(!tiles.hasTile(59894, 107932));
    assert.equal((await tiles.readTileJpeg(59895, 107931)).length, 1001);
    await assert.rejects(tiles.readTileJpeg(59894, 107932), PackageError);
  });
});

Deno.test("openFlightPackage() uses no file that was exchanged after it was verified", async () => {
  for (const name of [PACKAGE_PATHS.tiles, PACKAGE_PATHS.places]) {
    await withPackage(async (folder, { files }) => {
      const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
      const exchange = (done: number) => {
        if (done < total) return;
        const path = `${folder}/${name}`, text = Deno.readTextFileSync(path);
        Deno.writeTextFileSync(path, text.replace(/\d(?=\D*$)/, "9"));
      };
      await assert.rejects(openFlightPackage(folder, () => exchange), (error) => {
        assert.ok(error instanceof PackageError && error.message.includes(name), String(error));
        assert.match(error.message, /was altered: its SHA-256 differs/);
        return true;
      });
    });
  }
});

Deno.test("openFlightPackage() leaves out tiles that expire before the flight ends", async () => {
  const folder = await Deno.makeTempDir({ prefix: "gdn-package-" });
  try {
    const day = "2026-03-01T00:00:00.000Z";
    await writePackage(folder, [day, undefined, "2026-02-01T00:00:00.000Z"]);
    const openUntil = (time: string) =>
      openFlightPackage(folder, undefined, { flightUntil: new Date(time) });
    assert.equal((await openFlightPackage(folder)).expiredTiles.length, 0);
    const [first, second, third] = TILES;
    for (
      const [time, expired] of [
        ["2026-02-01T00:00:00.000Z", []],
        ["2026-02-01T00:00:00.001Z", [third]],
        [day, [third]],
        ["2026-03-01T00:00:01Z", [first, third]],
      ] as const
    ) {
      const opened = await openUntil(time);
      assert.deepEqual(opened.expiredTiles.map(({ x, y }) => ({ x, y })), expired, time);
      assert.equal(opened.tileMetadata.length, 3 - expired.length);
      for (const { x, y } of expired) {
        assert.equal(opened.tiles.hasTile(x, y), false);
        await assert.rejects(opened.tiles.readTileJpeg(x, y), PackageError);
      }
      assert.ok(opened.tiles.hasTile(second.x, second.y));
    }
    await writePackage(folder, [day, day, day]);
    await assert.rejects(openUntil("2027-01-01"), /all 3 tiles have expired .* provision again/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openFlightPackage() names the file when a byte of it changed, whichever file", async () => {
  await withPackage(async (folder, manifest) => {
    const random = seededRandom("flipped bytes, seed 1");
    for (const { path, bytes } of manifest.files) {
      const whole = await Deno.readFile(`${folder}/${path}`);
      const altered = whole.slice();
      altered[random.integer(bytes)] ^= 1 << random.integer(8);
      await Deno.writeFile(`${folder}/${path}`, altered);
      await refused(folder, path, /altered/);
      await Deno.writeFile(`${folder}/${path}`, whole);
    }
    await openFlightPackage(folder);
  });
});

Deno.test("openFlightPackage() names a file that is missing, cut short or foreign", async () => {
  await withPackage(async (folder, manifest) => {
    for (const { path } of manifest.files) {
      const whole = await Deno.readFile(`${folder}/${path}`);
      await Deno.remove(`${folder}/${path}`);
      await refused(folder, path, /is missing/);
      await Deno.writeFile(`${folder}/${path}`, whole.subarray(0, whole.length - 1));
      await refused(folder, path, /the manifest states/);
      await Deno.writeFile(`${folder}/${path}`, whole);
    }
    await Deno.writeTextFile(`${folder}/tiles/${ZOOM}/notes.txt`, "mine");
    await refused(folder, `tiles/${ZOOM}/notes.txt`, /not named in manifest/);
  });
});

Deno.test("openFlightPackage() refuses a manifest that is cut anywhere", async () => {
  await withPackage(async (folder) => {
    const path = `${folder}/${PACKAGE_PATHS.manifest}`;
    const whole = await Deno.readFile(path);
    for (const length of [0, 1, 10, 200, whole.length >> 1, whole.length - 3]) {
      await Deno.writeFile(path, whole.subarray(0, length));
      await refused(folder, PACKAGE_PATHS.manifest, /not valid JSON/);
    }
    await Deno.remove(path);
    await refused(folder, "", /is not a flight package/);
  });
});

Deno.test("openFlightPackage() refuses paths that lead out of the package", async () => {
  await withPackage(async (folder, manifest) => {
    const tricks = [
      "../outside",
      "/etc/passwd",
      "tiles/../../x",
      "tiles//x",
      "./x",
      "a\\b",
      "a/./b",
    ];
    tricks.push("", "tiles/", "x\u0000y", "manifest.json", "tiles/..", "a/".repeat(20) + "b");
    for (const path of tricks) {
      const files = [...manifest.files, { path, bytes: 1, sha256: "0".repeat(64) }];
      await writeManifest(folder, { ...manifest, files });
      await refused(folder, PACKAGE_PATHS.manifest, /lists/);
    }
    await writeManifest(folder, { ...manifest, files: [...manifest.files, manifest.files[0]] });
    await refused(folder, PACKAGE_PATHS.manifest, /twice/);
  });
});

Deno.test("openFlightPackage() refuses links, even to the right bytes", async () => {
  await withPackage(async (folder) => {
    const path = packageTilePath({ zoom: ZOOM, ...TILES[0] });
    const elsewhere = await Deno.makeTempFile();
    await Deno.copyFile(`${folder}/${path}`, elsewhere);
    await Deno.remove(`${folder}/${path}`);
    await Deno.symlink(elsewhere, `${folder}/${path}`);
    await refused(folder, path, /link/);
    await Deno.remove(`${folder}/${path}`);
    await Deno.rename(elsewhere, `${folder}/${path}`);
    await Deno.rename(`${folder}/place`, `${folder}-place`);
    await Deno.symlink(`${folder}-place`, `${folder}/place`);
    await refused(folder, "place", /link/);
    await Deno.remove(`${folder}-place`, { recursive: true });
  });
});

Deno.test("openFlightPackage() reports another version as such", async () => {
  await withPackage(async (folder, manifest) => {
    const path = `${folder}/${PACKAGE_PATHS.manifest}`;
    await Deno.writeTextFile(path, JSON.stringify({ ...manifest, formatVersion: 2, more: true }));
    await refused(folder, PACKAGE_PATHS.manifest, /version 2, this program reads 1/);
    await Deno.writeTextFile(path, JSON.stringify({ format: "other" }));
    await refused(folder, PACKAGE_PATHS.manifest, /not of a flight package/);
  });
});

Deno.test("openFlightPackage() refuses lists that do not name the same tiles", async () => {
  await withPackage(async (folder, manifest) => {
    await writeManifest(folder, { ...manifest, tileCount: 4 });
    await refused(folder, PACKAGE_PATHS.tiles, /counts 4/);
    const files = manifest.files.filter(({ path }) => path !== PACKAGE_PATHS.vocabulary);
    await Deno.remove(`${folder}/${PACKAGE_PATHS.vocabulary}`);
    await writeManifest(folder, { ...manifest, files });
    await refused(folder, PACKAGE_PATHS.manifest, /does not list place\/vocabulary.bin/);
  });
});

Deno.test("readTileJpeg() names a tile whose bytes changed after the package was opened", async () => {
  await withPackage(async (folder) => {
    const { tiles } = await openFlightPackage(folder);
    const path = `${folder}/${packageTilePath({ zoom: ZOOM, ...TILES[1] })}`;
    await Deno.writeFile(path, new Uint8Array(1001));
    await assert.rejects(
      tiles.readTileJpeg(TILES[1].x, TILES[1].y),
      (error) => error instanceof PackageError && error.path === path,
    );
  });
});
