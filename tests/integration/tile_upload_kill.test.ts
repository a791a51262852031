/**
 * kill -9 of the shipped `operator tiles upload` at random moments: in the end the provider holds
 * every tile once, and each is marked here.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { inScratch } from "../support/scratch.ts";
import { seededRandom } from "../../src/core/mod.ts";
import { openTileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { operatorCommand } from "../../tasks/executables.ts";
import { writeFlightMedia } from "../support/flight_media.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";
import { CLIENT_TOKEN, OFFICER_TOKEN, ProviderProcess } from "../support/provider.ts";
import { operate } from "./operator_cache_fixture.ts";

/** The campaign runs more. */
const ROUNDS = Number(Deno.env.get("GDN_UPLOAD_KILL_ROUNDS") ?? 4);
const SEED = Number(Deno.env.get("GDN_TEST_SEED") ?? Date.now() % 100_000);
const TILES_PER_ROUND = 24;
const BATCH = 4;

const postgres = postgresForFile();

Deno.test({
  name:
    "killed at random moments of an upload, then run again: each tile accepted once, marked here",
  ignore: !postgresAvailable(),
  fn: () => postgres.database((dsn) => inScratch((folder) => killed(folder, dsn))),
});

async function killed(folder: string, dsn: string): Promise<void> {
  const random = seededRandom(`kills of an upload ${SEED}`);
  const home = await writeFlightMedia(`${folder}/aircraft`, { tiles: ROUNDS * TILES_PER_ROUND });
  const data = `${folder}/data`;
  const place = ["--data", data, "--dsn", dsn];
  assert.equal((await operate(["collect", home.folder, ...place])).code, 0);
  await using provider = await ProviderProcess.start(["--ingest", `${folder}/accepted`]);
  const server = new URL(dsn.replace(/^postgresql:\/\/\//, "postgresql://server/"));
  const socket = `${server.searchParams.get("host")}/.s.PGSQL.5432`;
  const upload = () => {
    const url = new URL(provider.url);
    const { command, args } = operatorCommand(
      ["--quiet", "tiles", "upload", "--url", url.href, "--batch", `${BATCH}`, ...place],
      {
        // A socket in the file system needs permission to read and write, like a file.
        write: [data, socket],
        net: [url.host, `unix:${socket}`],
      },
    );
    return new Deno.Command(command, {
      args,
      env: { GDN_SATELLITE_TOKEN: CLIENT_TOKEN, GDN_ENROLMENT_TOKEN: OFFICER_TOKEN },
      stdout: "null",
      stderr: "piped",
    }).spawn();
  };
  const batches = async () => (await provider.state()).requests.ingest ?? 0;
  const story: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = await batches();
    const child = upload();
    const stderr = child.stderr.text();
    let running = true;
    const ended = child.status.then(() => running = false);
    // After some batches, then at any moment between a POST and the marks that follow it.
    const target = before + 1 + random.integer(4);
    while (running && await batches() < target) await sleep(3);
    await Promise.race([ended, sleep(random.integer(60))]);
    if (running) child.kill("SIGKILL");
    const { signal, code } = await child.status;
    const words = await stderr;
    assert(signal === "SIGKILL" || code === 0, `round ${round}: ended with ${code}: ${words}`);
    story.push(`${await batches() - before}`);
  }
  const last = upload();
  const words = await last.stderr.text();
  assert.equal((await last.status).code, 0, words);
  console.log(`seed ${SEED}: ${ROUNDS} kills, after ${story.join(", ")} batches`);

  const { acceptances, requests } = await provider.state();
  await using cache = await openTileCache({ dataFolder: data, dsn });
  assert.deepEqual(await cache.metadata.pendingUploads(null), []);
  const uuids: string[] = [];
  for (const { metadata } of home.tiles) {
    const tile = await cache.metadata.getById(metadata.tileId);
    assert(tile?.uploadedAt !== null && tile !== null, "marked");
    uuids.push(tile.tileUuid);
  }
  assert.deepEqual(Object.keys(acceptances).sort(), uuids.sort());
  assert.deepEqual(new Set(Object.values(acceptances)), new Set([1]));
  // A kill costs at most one batch: nothing that was marked is ever sent again.
  const sent = requests.ingested_tiles;
  assert(sent <= home.tiles.length + ROUNDS * BATCH, `${sent} of ${home.tiles.length} sent`);
}
