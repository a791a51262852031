/**
 * `operator collect`: flights copied from an aircraft's storage once, twice, after kills, and with
 * damage. Exact, idempotent, nothing lost.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { inScratch } from "../support/scratch.ts";
import { seededRandom, sha256Hex } from "../../src/core/mod.ts";
import { openTileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { recordedEnd } from "../../src/tiles/workstation/tile_manager/mod.ts";
import { operatorCommand } from "../../tasks/executables.ts";
import { copyFolder, filesBelow } from "../faults/programs.ts";
import { type FlightMedia, writeFlightMedia } from "../support/flight_media.ts";
import { operate } from "./operator_cache_fixture.ts";
import { emptyCache } from "../support/empty_cache.ts";

/** The campaign kills more often. */
const KILLS = Number(Deno.env.get("GDN_COLLECT_KILLS") ?? 2);

interface Collected {
  readonly code: number;
  readonly leftOut: readonly string[];
  readonly journals: readonly {
    readonly written: number;
    readonly kept: number;
    readonly damagedBytes: number;
  }[];
  readonly flights: readonly {
    readonly files: Readonly<Record<string, number>>;
    readonly record: string;
  }[];
}

async function collect(from: string, data: string): Promise<Collected> {
  const { code, out, err } = await operate(["collect", from, "--data", data, "--json"]);
  assert(out !== "", err);
  return { code, ...JSON.parse(out) };
}

/** Tiles of the cache by their column, each with the hash of its picture as it is read back. */
async function tilesIn(data: string): Promise<Map<number, string>> {
  await using cache = await openTileCache({ dataFolder: data });
  const found = new Map<number, string>();
  for (const { tileId } of await cache.metadata.pendingUploads(null)) {
    using pixels = await cache.store.readTilePixels(tileId);
    found.set(tileId.x, sha256Hex(pixels.jpeg.slice()));
  }
  return found;
}

const broughtBy = (home: FlightMedia, without: readonly number[] = []) =>
  new Map(
    home.tiles.filter((_, index) => !without.includes(index))
      .map(({ metadata }) => [metadata.tileId.x, metadata.contentSha256]),
  );

async function recordsOf(data: string): Promise<string[]> {
  const root = `${data}/flight_records`;
  const files = (await filesBelow(root)).filter((line) => !line.endsWith("/"));
  return await Promise.all(files.map(async (line) => {
    const path = line.slice(0, line.lastIndexOf(" "));
    return `${path} ${sha256Hex(await Deno.readFile(`${root}/${path}`))}`;
  }));
}

async function flip(path: string, at: number): Promise<void> {
  const bytes = await Deno.readFile(path);
  bytes[at] ^= 0x40;
  await Deno.writeFile(path, bytes);
}

Deno.test("killed again and again, then run twice: every tile and file once, exactly as on the aircraft", () =>
  inScratch(async (folder) => {
    const home = await writeFlightMedia(`${folder}/aircraft`, { tiles: 300 });
    const brought = await filesBelow(home.folder);
    const data = `${folder}/data`;
    const seed = Deno.env.get("GDN_TEST_SEED") ?? Date.now() % 100_000;
    const random = seededRandom(`kills of collect ${seed}`);
    const seen: number[] = [];
    let beginMs = 0;
    for (let round = 0; round < KILLS; round++) {
      const { command, args } = operatorCommand(
        ["--quiet", "collect", home.folder, "--data", data],
        { read: [home.folder], write: [data] },
      );
      const startMs = performance.now();
      const child = new Deno.Command(command, { args, stdout: "null", stderr: "null" }).spawn();
      // The first round measures how long the command takes to begin; later kills aim around that
      // moment.
      const ended = child.status.then(() => false);
      if (round === 0) {
        let running = true;
        ended.then(() => running = false);
        while (running && !await exists(`${data}/tiles`)) await sleep(10);
        beginMs = performance.now() - startMs;
        await sleepUnless(ended, random.integer(400));
      } else await sleepUnless(ended, beginMs * (0.7 + random.uniform()));
      try {
        child.kill("SIGKILL");
      } catch {
        // The command ended before the kill.
      }
      await child.status;
      seen.push((await tilesIn(data)).size);
    }
    assert(
      seen.every((count, i) => count >= (seen[i - 1] ?? 0)),
      `seed ${seed}, nothing is lost: ${seen}`,
    );
    console.log(`seed ${seed}: killed with ${seen.join(", ")} of 300 tiles here`);
    const first = await collect(home.folder, data);
    assert.equal(first.code, 0);
    assert.equal(first.journals[0].written + first.journals[0].kept, 300);
    assert.deepEqual(await tilesIn(data), broughtBy(home));
    const records = await recordsOf(data);
    assert.equal(records.length, (await filesBelow(home.flight)).length - 1, records.join("\n"));

    const second = await collect(home.folder, data);
    assert.equal(second.code, 0);
    assert.deepEqual([second.journals[0].written, second.journals[0].kept], [0, 300]);
    assert.equal(second.flights[0].files.copied + second.flights[0].files.completed, 0);
    assert.deepEqual(await tilesIn(data), broughtBy(home));
    assert.deepEqual(await recordsOf(data), records);
    assert.deepEqual(await filesBelow(home.folder), brought, "what was brought is as it was");
  }));

Deno.test("damage ends with 65, undamaged tiles are collected, and a complete copy repairs the rest later", () =>
  inScratch(async (folder) => {
    const home = await writeFlightMedia(`${folder}/whole`, { tiles: 12 });
    const data = await emptyCache(`${folder}/data`);
    const damaged = `${folder}/damaged`;
    await copyFolder(home.folder, damaged);
    // A byte in the picture of the sixth tile; the last one is cut in its middle.
    await flip(`${damaged}/tiles.journal`, home.ends[5] - 400);
    await Deno.truncate(`${damaged}/tiles.journal`, home.ends[11] - 700);
    const segment = `${damaged}/flights/${home.flightId}/segment_0000.mcap`;
    await flip(segment, Math.floor((await Deno.stat(segment)).size / 2));

    const first = await collect(damaged, data);
    assert.equal(first.code, 65);
    assert.equal(first.journals[0].written, 10);
    const lost = home.ends[5] - home.ends[4] + home.ends[11] - 700 - home.ends[10];
    assert.equal(first.journals[0].damagedBytes, lost);
    assert.notEqual(first.flights[0].record, "complete");
    assert.deepEqual(await tilesIn(data), broughtBy(home, [5, 11]));
    const again = await collect(damaged, data);
    assert.equal(again.code, 65);
    assert.deepEqual([again.journals[0].written, again.journals[0].kept], [0, 10]);

    const repaired = await collect(home.folder, data);
    assert.equal(repaired.code, 0);
    assert.deepEqual([repaired.journals[0].written, repaired.journals[0].kept], [2, 10]);
    assert.equal(
      repaired.flights[0].files.kept_both,
      1,
      "the damaged segment is here, and the whole",
    );
    assert.deepEqual(await tilesIn(data), broughtBy(home));
    const records = await recordsOf(data);
    for (const path of [segment, `${home.flight}/segment_0000.mcap`]) {
      const hash = sha256Hex(await Deno.readFile(path));
      assert.equal(records.filter((line) => line.endsWith(hash)).length, 1, path);
    }
    const { footer } = await recordedEnd(`${data}/flight_records/${home.flightId}`);
    assert.equal(footer?.cleanShutdown, true, "the gate reads the whole one");
    const last = await collect(home.folder, data);
    assert.equal(last.flights[0].files.kept_both, 0);
    assert.deepEqual(await recordsOf(data), records, "and no third");
  }));

Deno.test("a copy that was cut short is completed; what cannot be collected is reported", () =>
  inScratch(async (folder) => {
    const home = await writeFlightMedia(`${folder}/aircraft`, { tiles: 1 });
    const data = await emptyCache(`${folder}/data`);
    const target = `${data}/flight_records/${home.flightId}/segment_0000.mcap`;
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    const whole = await Deno.readFile(`${home.flight}/segment_0000.mcap`);
    await Deno.writeFile(target, whole.subarray(0, whole.length >> 1));
    const { code, flights } = await collect(home.folder, data);
    assert.equal(code, 0);
    assert.equal(flights[0].files.completed, 1);
    assert.deepEqual(await Deno.readFile(target), whole);

    // What is neither is named: a note, a link, a file among the pictures of the flight.
    const others = ["notes.txt", `flights/${home.flightId}/a\nb.txt`, "link.journal"];
    for (const other of others.slice(0, 2)) await Deno.writeTextFile(`${home.folder}/${other}`, "");
    await Deno.symlink(home.journal, `${home.folder}/${others[2]}`);
    const { leftOut } = await collect(home.folder, data);
    assert.deepEqual(leftOut, others.map((other) => `${home.folder}/${other}`).sort());
    const { out } = await operate(["collect", home.folder, "--data", data]);
    assert.match(out, /left there, neither a journal nor .*: 3\n.*a\\u000ab\.txt\n/);

    await Deno.mkdir(`${folder}/empty`);
    for (const path of [`${folder}/empty`, `${folder}/nowhere`]) {
      const refused = await operate(["collect", path, "--data", `${folder}/untouched`]);
      assert.equal(refused.code, 66, refused.err);
      assert(refused.err.includes(path), refused.err);
    }
    assert.deepEqual(await filesBelow(`${folder}/untouched`), []);

    // A file that only has the name of a journal: no tile in it, all of it damage.
    await Deno.mkdir(`${folder}/odd`);
    await Deno.writeTextFile(`${folder}/odd/tiles.journal`, "GTJ1 and then nothing of use");
    const odd = await collect(`${folder}/odd`, data);
    assert.equal(odd.code, 65);
    assert.equal(odd.journals[0].damagedBytes, 28);
  }));

/** Waits no longer than until the child ends: a timer left running would count as a leak. */
async function sleepUnless(ended: Promise<unknown>, ms: number): Promise<void> {
  const timer = Promise.withResolvers<void>();
  const id = setTimeout(timer.resolve, ms);
  await Promise.race([ended, timer.promise]);
  clearTimeout(id);
}

const exists = (path: string) => Deno.lstat(path).then(() => true, () => false);
