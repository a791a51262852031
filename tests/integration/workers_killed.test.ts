/**
 * `operator worker` as processes that are killed, put to sleep and starved, and a server that is stopped hard
 * (GDN_WORKERS=full; `deno task campaign --only workers`): the package is that of one process, byte by byte.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../src/core/mod.ts";
import { listJobs, type WorkQueue } from "../../src/workstation/work_queue/mod.ts";
import type { Outcome } from "../faults/programs.ts";
import { openQueue } from "../support/work_queues.ts";
import { spentBy } from "../support/process_times.ts";
import type { WorkerProcess } from "../support/worker_processes.ts";
import { contentOf, onWorkerSite, summaryOf } from "../support/worker_site.ts";

const ignore = Deno.env.get("GDN_WORKERS") !== "full";
const KILLS = Number(Deno.env.get("GDN_WORKERS_KILLS") ?? 20);
/** About 1,500 places of 40 m in a world of 450 m: ten seconds of processor time. */
const FOOTPRINT_M = 40;
const PLACES_PER_JOB = 15;
const SEED = Deno.env.get("GDN_TEST_SEED") ?? String(Date.now() % 100_000);

async function hasHeld({ sql }: WorkQueue, { pid }: WorkerProcess): Promise<boolean> {
  const { rows } = await sql.executeSql(
    "SELECT 1 FROM gdn_work.holder WHERE worker LIKE '%process ' || $1::text",
    [pid],
  );
  return rows.length > 0;
}

/** Squares of the world's map at that side, with those that hold nothing. */
const squares = new Map<number, number>();

async function isTheSame(
  outcome: Outcome,
  scratch: string,
  packages: readonly [string, string],
  footprintM: number,
): Promise<void> {
  const { placesByWorkers } = summaryOf(outcome);
  const known = squares.get(footprintM);
  if (known !== undefined) assert.equal(placesByWorkers, known, "each place once");
  squares.set(footprintM, placesByWorkers);
  const [one, other] = packages.map((name) => contentOf(`${scratch}/${name}`));
  assert.deepEqual(await other, await one, `seed ${SEED}`);
}

Deno.test({
  name:
    "the package of 2 workers, and of 4 of which 2 are killed at 20 moments, is that of one process",
  ignore,
  fn: () =>
    onWorkerSite(async (site, scratch) => {
      const footprintM = FOOTPRINT_M;
      summaryOf(await site.alone("alone", footprintM));
      const two = [site.worker(), site.worker()];
      await isTheSame(
        await site.provision("two", footprintM, PLACES_PER_JOB),
        scratch,
        ["alone", "two"],
        footprintM,
      );
      for (const worker of two) assert.equal((await worker.stop()).code, 0);

      const random = seededRandom(`kills of workers ${SEED}`);
      await using queue = await openQueue(site.dsn);
      const steady = [site.worker(), site.worker()];
      const mortal = [site.worker(), site.worker()];
      let kills = 0;
      for (let round = 0; kills < KILLS; round++) {
        let isOver = false;
        const making = site.provision(`round${round}`, footprintM, PLACES_PER_JOB)
          .finally(() => isOver = true);
        while (!isOver && kills < KILLS) {
          const which = random.integer(2);
          // While it starts there is nothing to lose: it has a job in hand, or has had one.
          while (!isOver && !await hasHeld(queue, mortal[which])) await sleep(50);
          await sleep(1000 * random.uniform());
          await mortal[which].kill();
          mortal[which] = site.worker();
          kills++;
        }
        await isTheSame(await making, scratch, ["alone", `round${round}`], footprintM);
        console.log(`seed ${SEED}, round ${round}: ${kills} kills`);
      }
      for (const worker of [...steady, ...mortal]) {
        const { code, said } = await worker.stop();
        assert.equal(code, 0, said);
      }
    }),
});

Deno.test({
  name:
    "a worker that is put to sleep past its lease in the middle of a job is refused when it wakes",
  ignore,
  fn: () =>
    onWorkerSite(async (site, scratch) => {
      const footprintM = FOOTPRINT_M;
      summaryOf(await site.alone("alone", footprintM));
      const sleeper = site.worker();
      const making = site.provision("slept", footprintM, 750);
      await using queue = await openQueue(site.dsn);
      while (!await hasHeld(queue, sleeper)) await sleep(100);
      sleeper.signal("SIGSTOP");
      const other = site.worker();
      await isTheSame(await making, scratch, ["alone", "slept"], footprintM);
      sleeper.signal("SIGCONT");
      await sleep(15_000);
      const { code, said } = await sleeper.stop();
      assert.equal(code, 0, said);
      // Its result is refused, its lease found ended, or what it would read is gone with the run.
      assert.match(said, /^job .+: (.*is refused|dropped, its lease ended|No such file)/m);
      assert.match(said, /^0 jobs done$/m);
      assert.equal((await other.stop()).code, 0);
    }),
});

Deno.test({
  name: "the server is stopped hard three times in mid-run: workers wait, say so, and go on",
  ignore,
  fn: () =>
    onWorkerSite(async (site, scratch) => {
      const footprintM = 24; // Twice as long a run.
      summaryOf(await site.alone("alone", footprintM));
      const workers = [site.worker(), site.worker()];
      const random = seededRandom(`crashes of the server ${SEED}`);
      let isOver = false;
      const making = site.provision("crashed", footprintM, PLACES_PER_JOB).finally(() =>
        isOver = true
      );
      await using queue = await openQueue(site.dsn);
      const left = async () => {
        const states = ["created", "retry", "active"] as const;
        return (await queue.patiently(() => listJobs(queue.sql, { states }))).length;
      };
      while (await left() === 0) await sleep(100);
      let crashes = 0;
      // While there is work: the cache, which is on the same server, does not wait for it.
      while (!isOver && crashes < 3 && await left() > 20) {
        await site.server.crash();
        crashes++;
        await sleep(2000 + 3000 * random.uniform());
        await site.server.restart();
        await sleep(1000 + 1000 * random.uniform());
      }
      assert.ok(crashes > 0);
      await isTheSame(await making, scratch, ["alone", "crashed"], footprintM);
      for (const worker of workers) {
        const { code, said } = await worker.stop();
        assert.equal(code, 0, said);
        assert.match(said, /the database does not answer/, said);
      }
      console.log(`seed ${SEED}: ${crashes} crashes`);
    }),
});

Deno.test({
  name: "the server hangs for 50 s in mid-run: workers wait, say so, go on, and can be stopped",
  ignore,
  fn: () =>
    onWorkerSite(async (site, scratch) => {
      const footprintM = FOOTPRINT_M;
      summaryOf(await site.alone("alone", footprintM));
      const steady = site.worker(), stopped = site.worker();
      const making = site.provision("hung", footprintM, PLACES_PER_JOB);
      await using queue = await openQueue(site.dsn);
      while (!await hasHeld(queue, steady) || !await hasHeld(queue, stopped)) await sleep(50);
      site.server.hang();
      await sleep(40_000);
      const beginMs = performance.now();
      const stopping = stopped.stop();
      await sleep(10_000);
      site.server.goOn();
      await isTheSame(await making, scratch, ["alone", "hung"], footprintM);
      const ended = await stopping;
      console.log(`stopped after ${((performance.now() - beginMs) / 1000).toFixed(0)} s`);
      for (const { code, said } of [ended, await steady.stop()]) {
        assert.equal(code, 0, said);
        assert.match(said, /the database does not answer/, said);
      }
    }),
});

Deno.test({
  name: "more than 10,000 jobs are done with flat memory",
  ignore,
  fn: () =>
    onWorkerSite(async (site) => {
      const workers = [site.worker(), site.worker()];
      const samples: number[][] = [];
      let isOver = false;
      const making = site.provision("many", 12, 1).finally(() => isOver = true);
      const beginMs = performance.now();
      while (!isOver) {
        await sleep(1000);
        samples.push(workers.map(({ pid }) => spentBy(pid).memoryMb));
      }
      const { placesByWorkers: jobs } = summaryOf(await making);
      const seconds = (performance.now() - beginMs) / 1000;
      assert.ok(jobs > 10_000, `${jobs} jobs`);
      const spent = workers.map(({ pid }) => spentBy(pid).cpuS);
      for (const [i, worker] of workers.entries()) {
        const memory = samples.map((sample) => sample[i]);
        const early = Math.max(...memory.slice(0, Math.ceil(memory.length / 3)));
        const late = Math.max(...memory.slice(-Math.ceil(memory.length / 3)));
        console.log(`worker ${i}: ${early.toFixed(0)} MB, later ${late.toFixed(0)} MB`);
        assert.ok(late < early + 40, `memory grew from ${early} to ${late} MB`);
        assert.equal((await worker.stop()).code, 0);
      }
      const cpuMs = 1000 * spent.reduce((sum, each) => sum + each, 0) / jobs;
      console.log(
        `${jobs} jobs in ${seconds.toFixed(0)} s, ${cpuMs.toFixed(1)} ms of a worker each`,
      );
    }),
});

Deno.test({
  name: "8 workers on the cores that there are keep their leases: no job is begun twice",
  ignore,
  fn: () =>
    onWorkerSite(async (site) => {
      const workers = Array.from({ length: 8 }, () => site.worker());
      let isOver = false;
      const making = site.provision("eight", 8, 3400).finally(() => isOver = true);
      await using queue = await openQueue(site.dsn);
      let attemptsMax = 0, heldMax = 0, longestS = 0;
      while (!isOver) {
        await sleep(500);
        const jobs = await listJobs(queue.sql);
        attemptsMax = Math.max(attemptsMax, ...jobs.map(({ attempts }) => attempts));
        const active = jobs.filter(({ state }) => state === "active");
        heldMax = Math.max(heldMax, active.length);
        longestS = Math.max(longestS, ...active.map(({ ageS }) => ageS));
      }
      const { placesByWorkers } = summaryOf(await making);
      console.log(`${placesByWorkers} places, ${heldMax} jobs at once, the longest ${longestS} s`);
      assert.ok(heldMax >= 6, `${heldMax} jobs at once`);
      assert.equal(attemptsMax, 1);
      for (const worker of workers) assert.equal((await worker.stop()).code, 0);
    }),
});
