/**
 * Random and mutated bytes for everything that parses input: a typed error that says what is wrong, or a result;
 * never a crash and never an error of the program itself. `GDN_TEST_SEED` and `GDN_HOSTILE_ROUNDS`
 * vary it (`deno task campaign --only bytes`).
 */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { GdnError, l2Normalise, type Random, seededRandom, sha256Hex } from "../../src/core/mod.ts";
import { openDescriptorIndex } from "../../src/navigation/descriptor_index/mod.ts";
import { openFaiss } from "../../src/native/faiss/mod.ts";
import {
  encodeManifest,
  type Manifest,
  openFlightPackage,
  PACKAGE_PATHS,
} from "../../src/flight/flight_package/mod.ts";
import { VladDescriptor } from "../../src/navigation/place_recognition/mod.ts";
import { FlightDescriptionSchema, openRecordedFlight } from "../../src/flight/replay/mod.ts";
import { decodeJpeg, openVision, VisionFrame } from "../../src/native/vision/mod.ts";
import { worldForFile } from "./fixture.ts";
import { copyFolder } from "./programs.ts";

const SEED = Deno.env.get("GDN_TEST_SEED") ?? "1";
const ROUNDS = Number(Deno.env.get("GDN_HOSTILE_ROUNDS") ?? 120);
const world = worldForFile();

/** Flips, overwrites, removes, doubles or cuts: a few of them at once. */
function mutated(original: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  let bytes = Uint8Array.from(original);
  for (let change = 0; change <= random.integer(4); change++) {
    const at = random.integer(Math.max(1, bytes.length));
    const length = Math.min(bytes.length - at, 1 + random.integer(16));
    const head = bytes.subarray(0, at), piece = bytes.subarray(at, at + length);
    const tail = bytes.subarray(at + length);
    const kind = random.integer(6);
    if (kind === 0) bytes[at] ^= 1 << random.integer(8);
    else if (kind === 1) piece.forEach((_, i) => piece[i] = random.integer(256));
    else if (kind === 2) piece.fill(random.integer(2) * 255);
    else if (kind === 3) bytes = Uint8Array.from([...head, ...tail]);
    else if (kind === 4) bytes = Uint8Array.from([...head, ...piece, ...piece, ...tail]);
    else if (random.integer(4) === 0) bytes = bytes.slice(0, at);
  }
  return bytes;
}

/** Runs `attack` with every round's own random numbers; says how many were refused. */
async function rounds(
  name: string,
  count: number,
  attack: (random: Random) => Promise<void>,
): Promise<void> {
  let refused = 0;
  for (let round = 0; round < count; round++) {
    try {
      await attack(seededRandom(`${SEED}/${name}/${round}`));
    } catch (error) {
      if (!(error instanceof GdnError) || ![65, 66, 69, 78].includes(error.exitCode)) {
        throw new Error(`GDN_TEST_SEED=${SEED}, round ${round}`, { cause: error });
      }
      assert.ok(error.message.length > 10 && !error.message.includes("[object"), error.message);
      refused++;
    }
  }
  console.log(`${name}: seed ${SEED}, ${refused} of ${count} refused, the others read`);
}

Deno.test("mutated JPEGs are refused or decoded, as frames and as tiles", async () => {
  using vision = openVision();
  const { camera } = FlightDescriptionSchema.parse(
    JSON.parse(await Deno.readTextFile(`${world().flight}/flight.json`)),
  );
  const picture = await Deno.readFile(`${world().flight}/frames/000003.jpg`);
  await rounds("frame", ROUNDS, async (random) => {
    // Damage in the first kilobytes reaches the headers; behind them there are only coefficients.
    const bytes = random.integer(2) === 0
      ? mutated(picture, random)
      : Uint8Array.from([...mutated(picture.subarray(0, 700), random), ...picture.subarray(700)]);
    await using _frame = await VisionFrame.decode(vision, bytes, camera, "hostile.jpg");
  });
  const manifest: Manifest = JSON.parse(
    await Deno.readTextFile(`${world().package}/manifest.json`),
  );
  const tiles = manifest.files.filter(({ path }) => path.endsWith(".jpg"));
  await rounds("tile", ROUNDS, async (random) => {
    const { path } = tiles[random.integer(tiles.length)];
    const tile = await Deno.readFile(`${world().package}/${path}`);
    await decodeJpeg(vision, mutated(tile, random), { name: path, channels: 1 });
  });
});

Deno.test("mutated packages are refused or opened, with every hash made right again", async () => {
  using vision = openVision();
  using faiss = openFaiss();
  await inScratch(async (folder) => {
    const copy = `${folder}/package`;
    await copyFolder(world().package, copy);
    const manifest: Manifest = JSON.parse(await Deno.readTextFile(`${copy}/manifest.json`));
    const targets = manifest.files.filter(({ path }) => !path.endsWith(".jpg"));
    const originals = new Map<string, Uint8Array>();
    for (const { path } of targets) originals.set(path, await Deno.readFile(`${copy}/${path}`));
    await rounds("package", Math.ceil(ROUNDS / 4), async (random) => {
      const { path: target } = targets[random.integer(targets.length)];
      const files = new Map(originals);
      files.set(target, mutated(originals.get(target) ?? new Uint8Array(), random));
      if (target === PACKAGE_PATHS.index) renewIndexHash(originals, files);
      for (const [name, bytes] of files) await Deno.writeFile(`${copy}/${name}`, bytes);
      const entries = manifest.files.map((entry) => {
        const bytes = files.get(entry.path);
        return bytes ? { ...entry, bytes: bytes.length, sha256: sha256Hex(bytes) } : entry;
      });
      const encoded = encodeManifest({ ...manifest, files: entries });
      // Now and then the manifest itself.
      const signed = random.integer(5) === 0 ? mutated(encoded, random) : encoded;
      await Deno.writeFile(`${copy}/manifest.json`, signed);
      const opened = await openFlightPackage(copy);
      const path = `${copy}/${PACKAGE_PATHS.vocabulary}`;
      const bytes = await opened.readFile(PACKAGE_PATHS.vocabulary);
      const vocabulary = VladDescriptor.decode(vision, { bytes, path });
      using index = await openDescriptorIndex({
        index: await opened.readFile(PACKAGE_PATHS.index),
        metadata: await opened.readFile(PACKAGE_PATHS.indexMetadata),
        indexFile: `${copy}/${PACKAGE_PATHS.index}`,
      }, faiss);
      if (index.descriptorDim() !== vocabulary.dimension) return;
      const query = l2Normalise(new Float32Array(index.descriptorDim()).fill(1));
      const hits = await index.searchTopK(query, 5);
      assert.ok(hits.every(({ id }) => id >= 0 && id < index.indexMetadata().count));
    });
  });
});

/** The index has a hash of its own beside the manifest's. */
function renewIndexHash(
  originals: ReadonlyMap<string, Uint8Array>,
  files: Map<string, Uint8Array>,
): void {
  const hash = (all: ReadonlyMap<string, Uint8Array>) =>
    sha256Hex(all.get(PACKAGE_PATHS.index) ?? new Uint8Array());
  for (const suffix of [".sha256", ".meta.json"]) {
    const text = new TextDecoder().decode(originals.get(PACKAGE_PATHS.index + suffix));
    const renewed = text.replaceAll(hash(originals), hash(files));
    files.set(PACKAGE_PATHS.index + suffix, new TextEncoder().encode(renewed));
  }
}

Deno.test("mutated streams and descriptions are refused or flown", async () => {
  await inScratch(async (folder) => {
    const copy = `${folder}/flight`;
    await copyFolder(world().flight, copy);
    const names = ["imu", "attitude", "baro", "gps", "frames"].map((name) => `${name}.csv`);
    await rounds("stream", Math.ceil(ROUNDS / 4), async (random) => {
      const name = [...names, "flight.json"][random.integer(6)];
      const original = await Deno.readFile(`${copy}/${name}`);
      try {
        await Deno.writeFile(`${copy}/${name}`, mutated(original, random));
        const flight = await openRecordedFlight(copy);
        for await (const event of flight.events()) {
          const { receivedNs } = event;
          assert.ok(Number.isSafeInteger(receivedNs) && receivedNs >= 0);
        }
      } finally {
        await Deno.writeFile(`${copy}/${name}`, original);
      }
    });
  });
});
