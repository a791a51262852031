/**
 * kill -9 while the recorder is busy: what was written is read back, in order.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../src/core/mod.ts";
import { diagnoseFlight, findFlight } from "../../src/flight/flight_record/mod.ts";
import { type ReadRecord, salvage, segmentsOf } from "../support/mcap_records.ts";
import { REPOSITORY } from "../support/paths.ts";

/** The campaign asks for more. */
const ROUNDS = Number(Deno.env.get("GDN_FDR_KILL_ROUNDS") ?? 6);
const KILL_MS_MAX = 600;

interface Killed {
  readonly flightId: string;
  /** Records that were on the disk when it last spoke, and those made by then. */
  readonly written: number;
  readonly made: number;
}

async function killedAfter(flightRoot: string, seed: number, delayMs: number): Promise<Killed> {
  const script = `${REPOSITORY}/tests/integration/flight_recorder_kill_child.ts`;
  const config = `--config=${REPOSITORY}/deno.json`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--cached-only", config, script, flightRoot, String(seed)],
    stdout: "piped",
  }).spawn();
  let text = "", ready = () => {};
  const started = new Promise<void>((resolve) => ready = resolve);
  const ended = (async () => {
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (text.includes("ready ")) ready();
    }
    ready();
  })();
  await started;
  await sleep(delayMs);
  child.kill("SIGKILL");
  await child.status;
  await ended;
  // A last line without its end was not said.
  const lines = text.split("\n").slice(0, -1);
  const flightId = lines[0]?.match(/^ready (\S+)$/)?.[1];
  assert.ok(flightId !== undefined, `the child says: ${text}`);
  const last = lines.at(-1)?.match(/^written (\d+) of (\d+)$/);
  return { flightId, written: Number(last?.[1] ?? 0), made: Number(last?.[2] ?? 0) };
}

/** Numbers rise by one, but for what an `overrun` record in between says was lost. */
function assertInOrder(records: readonly ReadRecord[]): number {
  let next = 0, count = 0;
  for (const { kind, payload } of records) {
    if (kind === "overrun") next += Number(payload.droppedCount);
    if (kind !== "log") continue;
    assert.equal((payload.fields as { number: number }).number, next);
    next++;
    count++;
  }
  return count;
}

/**
 * The reader of recorded flights names the place of the cut, and finds as many records, and perhaps
 * those of the cut chunk.
 */
async function assertSaysWhereItWasCut(
  folder: string,
  last: string | undefined,
  segments: readonly { readonly records: readonly ReadRecord[] }[],
): Promise<void> {
  const { verdict, damage, summary } = await diagnoseFlight(await findFlight(folder));
  assert.equal(verdict, "lossy");
  const inWholeChunks = segments.reduce((sum, { records }) => sum + records.length, 0);
  assert.ok(summary.records >= inWholeChunks, `${summary.records} of ${inWholeChunks}`);
  const cut = damage.list.filter(({ code }) => code === "cut").map(({ segment }) => segment);
  assert.ok(cut.includes(last ?? ""), JSON.stringify(damage.list));
  const expected = ["cut", "missing_footer"];
  assert.deepEqual(damage.list.filter(({ code }) => !expected.includes(code)), []);
}

Deno.test("kill -9 at a random moment loses nothing that was written, and leaves files that read", async () => {
  const seed = Deno.env.get("GDN_TEST_SEED") ??
    String(crypto.getRandomValues(new Uint32Array(1))[0]);
  console.log(`GDN_TEST_SEED=${seed}`);
  const random = seededRandom(`kill rounds ${seed}`);
  const flightRoot = await Deno.makeTempDir({ prefix: "gdn-fdr-kill-" });
  let segmentsAll = 0, readAll = 0, writtenAll = 0, madeAll = 0;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const delayMs = 1 + random.integer(KILL_MS_MAX);
      const killed = await killedAfter(flightRoot, round, delayMs);
      // The lock of the killed process does not keep the next one out.
      const folder = `${flightRoot}/${killed.flightId}`;
      const segments = segmentsOf(folder).map(({ name, bytes }) => ({ name, ...salvage(bytes) }));
      for (const { name, records } of segments) {
        assert.equal(records[0]?.kind, "flight_header", name);
      }
      for (const { name, whole } of segments.slice(0, -2)) assert.ok(whole, name);
      assert.equal(segments.at(-1)?.whole, false, "the last one is cut");
      const read = assertInOrder(segments.flatMap(({ records }) => [...records]));
      await assertSaysWhereItWasCut(folder, segments.at(-1)?.name, segments);
      assert.ok(read >= killed.written, `round ${round}: ${read} of ${killed.written} written`);
      segmentsAll += segments.length;
      readAll += read;
      writtenAll += killed.written;
      madeAll += killed.made;
    }
  } finally {
    await Deno.remove(flightRoot, { recursive: true });
  }
  console.log(
    `${ROUNDS} kills, ${segmentsAll} segments; ${madeAll} records made, ${writtenAll} said to be ` +
      `on the disk, ${readAll} read back`,
  );
  assert.ok(writtenAll > 0);
});
