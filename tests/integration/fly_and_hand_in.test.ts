/**
 * From a flight to the provider, by the shipped commands alone: replay makes tiles, collect brings them
 * into the cache, upload hands them in, each once.
 */
import assert from "node:assert/strict";
import { FrameLineSchema } from "../../src/airborne/json_lines.ts";
import { PictureGround, readRasterFile } from "../../src/workstation/simulation/mod.ts";
import { tilePlacements } from "../../tasks/evaluate/tiles/measure.ts";
import { missedPlacement, tileMetrics } from "../../tasks/evaluate/tiles/tile_metrics.ts";
import { CENTRE, GSD_M, worldForFile } from "../faults/fixture.ts";
import { run } from "../faults/programs.ts";
import { CLIENT_TOKEN, ProviderProcess } from "../support/provider.ts";
import { emptyCache } from "../support/empty_cache.ts";

const world = worldForFile();

Deno.test("a flight's tiles are made, collected and uploaded, each once", async () => {
  const { folder, flight, package: flightPackage } = world();
  const home = `${folder}/home`, data = await emptyCache(`${folder}/collected`);
  const files = { read: [folder], write: [folder] };
  const flown = await run("airborne", [
    ...["replay", flight, "--package", flightPackage],
    ...["--recorder", home, "--make-tiles", home, "--json"],
  ], files);
  assert.equal(flown.code, 0, flown.err);
  const lines = flown.out.trim().split("\n").map((line) => JSON.parse(line));
  const made = lines.at(-1).tiles["tiles made"];
  assert(made > 10, flown.out);
  await assertTilesLieRight(home, lines.slice(0, -1));

  const collected = await run("operator", ["collect", home, "--data", data, "--json"], files);
  assert.equal(collected.code, 0, collected.err);
  assert.equal(JSON.parse(collected.out).journals[0].written, made);

  // The simulated flight has a date of its own. Its key is known by the operator's record alone: no
  // officer enrols it.
  await using provider = await ProviderProcess.start([
    ...["--max-age-days", "36500", "--recorder", `${data}/recorder`],
  ]);
  const args = ["tiles", "upload", "--url", provider.url, "--data", data, "--json"];
  const handedIn = await run("operator", args, {
    ...files,
    net: [new URL(provider.url).host],
    env: { GDN_SATELLITE_TOKEN: CLIENT_TOKEN },
  });
  assert.equal(handedIn.code, 0, handedIn.out + handedIn.err);
  assert.equal(JSON.parse(handedIn.out).outcome, "success");
  const { acceptances } = await provider.state();
  assert.equal(Object.keys(acceptances).length, made);
  assert.deepEqual(new Set(Object.values(acceptances)), new Set([1]));
});

/**
 * The pose says how far each tile lies off, the picture says the same: to half a pixel of a tile
 * (0.1 m) on average, so that a picture that is painted one pixel aside is seen.
 */
async function assertTilesLieRight(tilesFolder: string, lines: readonly unknown[]): Promise<void> {
  const { flight, package: packagePath, ground } = world();
  const placements = await tilePlacements({
    flight,
    packagePath,
    tilesFolder,
    frames: lines.map((line) => FrameLineSchema.parse(line)),
    world: await groundOf(ground),
    reachM: 25,
  });
  const metrics = tileMetrics(placements);
  const told = JSON.stringify(metrics);
  assert.deepEqual(missedPlacement(metrics), []);
  assert.equal(metrics.withinBound, 1, told);
  const differences = placements.flatMap(({ centreByPoseM: a, byPictureM: b }) =>
    a && b ? [[b[0] - a[0], b[1] - a[1]]] : []
  );
  assert(differences.length > 10, told);
  const meanOf = (axis: number) =>
    differences.reduce((sum, one) => sum + one[axis], 0) / differences.length;
  const meanM = Math.hypot(meanOf(0), meanOf(1));
  assert(meanM < 0.05, `${meanM} m on average; ${told}`);
  assert((metrics.disagreementMMax ?? Infinity) < 0.5, told);
}

async function groundOf(path: string): Promise<PictureGround> {
  const [latitudeDeg, longitudeDeg] = CENTRE.split(",").map(Number);
  return new PictureGround({
    name: path,
    picture: await readRasterFile(path),
    centre: { latitudeDeg, longitudeDeg, heightM: 0 },
    gsdM: Number(GSD_M),
  });
}
