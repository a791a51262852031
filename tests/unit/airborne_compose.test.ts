import assert from "node:assert/strict";
import { GdnError, sha256Hex, StrategyNotLinkedError } from "../../src/core/mod.ts";
import { composeAirborne } from "../../src/airborne/compose.ts";
import { AirborneConfigSchema } from "../../src/airborne/config.ts";
import { buildDescriptorIndex } from "../../src/navigation/descriptor_index/mod.ts";
import { openFaiss } from "../../src/native/faiss/mod.ts";
import { encodeManifest, PACKAGE_PATHS } from "../../src/flight/flight_package/mod.ts";
import { encodeVocabulary } from "../../src/navigation/place_recognition/mod.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import { writePackage } from "./flight_package_fixture.ts";

const CONFIG = AirborneConfigSchema.parse({});

/** The fixture's package with an index and a vocabulary of one word that open. */
async function writeWholePackage(folder: string): Promise<void> {
  const manifest = await writePackage(folder);
  using faiss = openFaiss();
  const indexPath = `${folder}/${PACKAGE_PATHS.index}`;
  await using index = buildDescriptorIndex(indexPath, faiss);
  const hnsw = { m: 4, efConstruction: 10, efSearch: 10 };
  await index.rebuildFromDescriptors(Float32Array.of(1, 0), [0], hnsw);
  const vocabulary = encodeVocabulary({
    patchPx: 96,
    stepPx: 3,
    cellPx: 6,
    power: 0.5,
    wordCount: 1,
    axisCount: 2,
    words: new Float32Array(128),
    mean: new Float32Array(128),
    axes: new Float32Array(256),
  });
  await Deno.writeFile(`${folder}/${PACKAGE_PATHS.vocabulary}`, vocabulary);
  const files = await Promise.all(manifest.files.map(async ({ path }) => {
    const bytes = await Deno.readFile(`${folder}/${path}`);
    return { path, bytes: bytes.length, sha256: sha256Hex(bytes) };
  }));
  const text = encodeManifest({ ...manifest, files });
  await Deno.writeFile(`${folder}/${PACKAGE_PATHS.manifest}`, text);
}

/** Runs `body` on a folder of its own; no native handle may be left behind. */
async function leavingNothing(body: (folder: string) => Promise<void>): Promise<void> {
  using vision = openVision();
  using faiss = openFaiss();
  const folder = await Deno.makeTempDir({ prefix: "gdn-compose-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  assert.equal(vision.liveHandles(), 0, "vision");
  assert.equal(faiss.liveHandles(), 0, "FAISS");
}

const NOON = new Date("2026-01-01T12:00:00Z");

Deno.test("composeAirborne() links what the configuration names, and disposal gives everything back", async () => {
  await leavingNothing(async (packagePath) => {
    await writeWholePackage(packagePath);
    let verifiedBytes = 0;
    await using airborne = await composeAirborne({
      flightUntil: NOON,
      packagePath,
      config: CONFIG,
      onVerified: (done) => verifiedBytes = done,
    });
    using faiss = openFaiss();
    assert.equal(faiss.liveHandles(), 1, "the package's index is open");
    assert.equal(airborne.strategies.matcher, CONFIG.strategies.matcher);
    assert.equal(airborne.strategies.vio, CONFIG.strategies.vio);
    assert.ok(verifiedBytes > 0, "the package was verified");
    const { southDeg, northDeg } = airborne.flightPackage.manifest.area;
    assert.equal(airborne.localFrame.origin.latitudeDeg, (southDeg + northDeg) / 2);
    assert.equal(airborne.localFrame.origin.heightM, airborne.flightPackage.manifest.groundHeightM);
    assert.equal(airborne.estimator.health().state, "stopped");
    await airborne[Symbol.asyncDispose]();
    await airborne[Symbol.asyncDispose]();
  });
});

Deno.test("composeAirborne() refuses a strategy that is not linked, and names those that are", async () => {
  await leavingNothing(async (packagePath) => {
    await writeWholePackage(packagePath);
    for (const role of ["vio", "matcher", "pose", "placeRecognition", "stateEstimator"] as const) {
      const strategies = { ...CONFIG.strategies, [role]: "clairvoyance" };
      await assert.rejects(
        composeAirborne({ packagePath, flightUntil: NOON, config: { ...CONFIG, strategies } }),
        (error) =>
          error instanceof StrategyNotLinkedError &&
          error.strategy === "clairvoyance" && error.available.includes(CONFIG.strategies[role]),
      );
    }
  });
});

Deno.test("composeAirborne() takes everything down again when a part cannot be built", async () => {
  await leavingNothing(async (packagePath) => {
    await writePackage(packagePath); // whole files, and nothing in them that opens
    await assert.rejects(
      composeAirborne({ packagePath, flightUntil: NOON, config: CONFIG }),
      GdnError,
    );
    const missing = `${packagePath}/missing`;
    await assert.rejects(
      composeAirborne({ packagePath: missing, flightUntil: NOON, config: CONFIG }),
      GdnError,
    );
  });
});
