/**
 * Work that goes to workers over the queue: what they make, and what they refuse. In this process, on a real
 * PostgreSQL server; killed and starved workers are in workers_killed.test.ts.
 */
import assert from "node:assert/strict";
import { runProgram, sha256Hex } from "../../src/core/mod.ts";
import { buildDescriptorIndex } from "../../src/navigation/descriptor_index/mod.ts";
import { TileMap } from "../../src/navigation/map/mod.ts";
import { openFaiss } from "../../src/native/faiss/mod.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import { jobsServeCommand } from "../../src/operator/commands/jobs_serve.ts";
import { openOperatorCache } from "../../src/operator/operator_cache.ts";
import { describeHandler, provisionPackage } from "../../src/workstation/provisioning/mod.ts";
import {
  cancelJobs,
  gather,
  httpInputs,
  InputFolder,
  JobRefusedError,
  type JobResult,
  listJobs,
  retryJobs,
  serveInputs,
  sharedFolder,
  showJob,
} from "../../src/workstation/work_queue/mod.ts";
import { silentProgress } from "../../src/core/mod.ts";
import { worldForFile } from "../faults/fixture.ts";
import { copyFolder, filesBelow } from "../faults/programs.ts";
import { cuttingProxy } from "../support/cutting_proxy.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";
import { inScratch } from "../support/scratch.ts";
import { DOCUMENT, handInUnits, openQueue, PROGRAM, startWorker } from "../support/work_queues.ts";

const ignore = !postgresAvailable();
const postgres = postgresForFile();
const world = worldForFile();

/** The content of a unit's result: its number. */
const numbered = ({ first }: { readonly first: number }) =>
  Promise.resolve({ content: new Uint8Array([first]), inputBytes: 0 });

/** Waits for what other processes and the server do. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 60_000;
  while (!await condition()) {
    assert.ok(Date.now() < endMs, "nothing happened for a minute");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function contentOf(folder: string): Promise<string[]> {
  const files = (await filesBelow(folder)).filter((line) => !line.endsWith("/"));
  return await Promise.all(files.map(async (line) => {
    const path = line.slice(0, line.lastIndexOf(" "));
    return `${path} ${sha256Hex(await Deno.readFile(`${folder}/${path}`))}`;
  }));
}

Deno.test({
  name: "two workers describe the places of a package, which is that of one process, byte by byte",
  ignore,
  fn: () =>
    inScratch((scratch) =>
      postgres.database(async (dsn) => {
        await copyFolder(world().data, `${scratch}/data`);
        await Deno.mkdir(`${scratch}/work`);
        using vision = openVision();
        using faiss = openFaiss();
        await using cache = await openOperatorCache({
          dataDirectory: `${scratch}/data`,
          dsn: null,
        });
        await using queue = await openQueue(dsn);
        await using second = await openQueue(dsn);
        const workers = [queue, second].map((each) =>
          startWorker(each, describeHandler(vision, sharedFolder(`${scratch}/work`)))
        );
        const summary = await provisionPackage({
          out: `${scratch}/package`,
          area: null,
          zoom: null,
          name: null,
          groundHeightM: 0,
          mapRegistrationSigmaM: 1.3,
          placeSidesM: [100],
          flightAt: null,
        }, {
          cache: {
            queryByBbox: (box, zoom) => cache.metadata.queryByBbox(box, zoom),
            readTilePixels: (tileId) => cache.store.readTilePixels(tileId),
          },
          freshness: cache.freshness,
          pins: cache.pins,
          vision,
          placeModel: null,
          workFolder: `${scratch}/provisioning`,
          openMap: (tiles, frame) => new TileMap(vision, tiles, frame),
          buildDescriptorIndex: (path) => buildDescriptorIndex(path, faiss),
          progress: silentProgress,
          workers: { queue, inputsFolder: `${scratch}/work`, placesPerJob: 30 },
        });
        const done = await Promise.all(workers.map((worker) => worker.stop()));
        assert.ok(summary.placesByWorkers > 100, `${summary.placesByWorkers} places`);
        assert.ok(done.every(({ jobs }) => jobs > 0), `jobs: ${done.map(({ jobs }) => jobs)}`);
        assert.deepEqual(await contentOf(`${scratch}/package`), await contentOf(world().package));
        assert.deepEqual(await filesBelow(`${scratch}/work`), [], "inputs are removed");
        assert.deepEqual(
          await filesBelow(`${scratch}/provisioning`).then((f) =>
            f.filter((line) => !line.includes(".lock"))
          ),
          [],
        );
      })
    ),
});

Deno.test({
  name:
    "a worker that slept past its lease and then writes is refused: the result is the other one's",
  ignore,
  fn: () =>
    postgres.database(async (dsn) => {
      await using queue = await openQueue(dsn);
      await using second = await openQueue(dsn);
      const request = await handInUnits(queue, 1);
      const notes: string[] = [];
      const asleep = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const first = startWorker(queue, async () => {
        begun.resolve();
        await asleep.promise;
        return { content: new TextEncoder().encode("late"), inputBytes: 0 };
      }, { name: "sleeper", notes });
      await begun.promise;
      // As if nothing was heard of it for a minute.
      await queue.sql.executeSql(
        "UPDATE gdn_jobs.job SET heartbeat_on = now() - interval '1 minute' WHERE state = 'active'",
      );
      await second.boss.supervise();
      const other = startWorker(
        second,
        () => Promise.resolve({ content: new TextEncoder().encode("in time"), inputBytes: 0 }),
        { name: "other" },
      );
      await until(async () => (await listJobs(queue.sql))[0].state === "completed");
      asleep.resolve();
      await until(() => notes.some((note) => note.includes("is refused")));
      const kept: string[] = [];
      const setAside = await gather(queue, request, (results) => {
        kept.push(...results.map(({ content }) => new TextDecoder().decode(content)));
      });
      assert.deepEqual(kept, ["in time"]);
      assert.deepEqual(setAside, []);
      const [job] = await listJobs(queue.sql);
      assert.equal(job.worker, "other");
      assert.equal(job.attempts, 2);
      assert.equal((await first.stop()).jobs, 0);
      assert.equal((await other.stop()).jobs, 1);
    }),
});

Deno.test({
  name: "jobs that are none of this program are set aside at once, each with its reason",
  ignore,
  fn: () =>
    postgres.database(async (dsn) => {
      await using queue = await openQueue(dsn);
      const { run } = await handInUnits(queue, 1);
      const name = queue.queueOf("describe");
      const good = { format: 1, kind: "describe", run, document: DOCUMENT, first: 0, count: 1 };
      const hostile: Record<string, unknown> = {
        "document": { ...good, document: "../../../../etc/passwd" },
        "count": { ...good, count: 1_000_000_000 },
        "kind": { ...good, kind: "execute" },
        "a job of kind fly": { ...good, kind: "fly" },
        "Unrecognized key": { ...good, command: "rm -rf /" },
        "nobody handed in": { ...good, run: crypto.randomUUID() },
        "run": { ...good, run: "'; DROP TABLE job; --" },
        "first": { ...good, first: -1 },
        "not a job": { everything: "else" },
      };
      const ids = Object.keys(hostile).map(() => crypto.randomUUID());
      await queue.boss.insert(
        name,
        Object.values(hostile).map((data, i) => ({ id: ids[i], data: data as object })),
      );
      let handled = 0;
      const worker = startWorker(queue, (payload) => {
        handled++;
        return numbered(payload);
      });
      await until(async () =>
        (await listJobs(queue.sql, { states: ["created", "active"] })).length === 0
      );
      assert.equal(handled, 1, "only the good one was begun");
      for (const [i, reason] of Object.keys(hostile).entries()) {
        const job = await showJob(queue.sql, ids[i]);
        assert.equal(job?.state, "failed", reason);
        assert.equal(job?.attempts, 1, reason);
        assert.ok(job?.lastError?.includes(reason), `${reason}: ${job?.lastError}`);
      }
      await worker.stop();
    }),
});

Deno.test({
  name:
    "a poisoned job is set aside after its attempts, the others are done, and a retry finishes it",
  ignore,
  fn: () =>
    postgres.database(async (dsn) => {
      await using queue = await openQueue(dsn);
      const request = await handInUnits(queue, 4);
      let isCured = false;
      const worker = startWorker(queue, (payload) => {
        if (payload.first === 2 && !isCured) throw new Error("the tile cannot be decoded");
        return numbered(payload);
      });
      const kept: number[] = [];
      const keep = (results: readonly JobResult[]) => {
        kept.push(...results.map(({ content }) => content[0]));
      };
      const [setAside, ...more] = await gather(queue, request, keep);
      assert.deepEqual(more, []);
      assert.equal(setAside.first, 2);
      assert.match(setAside.reason, /the tile cannot be decoded/);
      assert.equal((await showJob(queue.sql, setAside.id))?.attempts, 6);
      assert.deepEqual(kept.sort(), [0, 1, 3]);
      isCured = true;
      assert.equal(await retryJobs(queue, { run: request.run }), 1);
      assert.deepEqual(await gather(queue, { ...request, ranges: [request.ranges[2]] }, keep), []);
      assert.deepEqual(kept.sort(), [0, 1, 2, 3]);
      await worker.stop();
    }),
});

Deno.test({
  name: "a run that is handed in again goes on; cancelled jobs end it with a reason",
  ignore,
  fn: () =>
    postgres.database(async (dsn) => {
      await using queue = await openQueue(dsn);
      await handInUnits(queue, 3);
      const request = await handInUnits(queue, 3);
      assert.equal((await listJobs(queue.sql)).length, 3);
      assert.equal(await cancelJobs(queue, { run: request.run }), 3);
      const setAside = await gather(queue, request, () => {});
      assert.deepEqual(setAside.map(({ reason }) => reason), Array(3).fill("cancelled"));
    }),
});

Deno.test({
  name: "a worker of another build says whose jobs they are, and takes none",
  ignore,
  fn: () =>
    postgres.database(async (dsn) => {
      await using newer = await openQueue(dsn, { program: "0.2.0-0123456789ab" });
      await handInUnits(newer, 1);
      await using queue = await openQueue(dsn);
      await assert.rejects(startWorker(queue, numbered).done, (error: Error) => {
        assert.match(error.message, /handed in by operator 0\.2\.0-0123456789ab/);
        assert.ok(error.message.includes(PROGRAM), error.message);
        return true;
      });
      assert.equal((await listJobs(queue.sql))[0].attempts, 0);
      await queue.sql.executeSql("UPDATE gdn_work.layout SET version = '9'");
      await assert.rejects(openQueue(dsn), /layout 9/);
    }),
});

Deno.test({
  name: "a lock that lasts is told, and the work goes on when it is gone",
  ignore,
  fn: () =>
    postgres.database(async (dsn) => {
      await using other = await openQueue(dsn);
      await handInUnits(other, 1);
      const notes: string[] = [];
      await using queue = await openQueue(dsn, { notes, statementMsMax: 200 });
      const hasWaited = () =>
        notes.some((note) => /does not answer .*statement timeout/.test(note));
      const worker = await other.transaction(async (sql) => {
        await sql.executeSql("LOCK TABLE gdn_work.holder, gdn_work.run IN ACCESS EXCLUSIVE MODE");
        const begun = startWorker(queue, numbered);
        await until(hasWaited);
        return begun;
      });
      await until(async () => (await listJobs(other.sql))[0].state === "completed");
      assert.equal((await worker.stop()).jobs, 1);
      assert.ok(notes.includes("the database answers again"), notes.join("\n"));
    }),
});

Deno.test("inputs are given to who knows the token alone, and none that was altered is taken", () =>
  inScratch(async (root) => {
    const run = crypto.randomUUID();
    const folder = new InputFolder(root, run);
    const bytes = new TextEncoder().encode("a tile");
    const sha256 = await folder.put(bytes);
    const altered = await folder.put(new TextEncoder().encode("another"));
    await Deno.writeTextFile(`${root}/${run}/${altered}`, "evil");
    const leading = "1".repeat(64);
    await Deno.symlink("/etc/hostname", `${root}/${run}/${leading}`);
    const stopping = new AbortController();
    const notes: string[] = [];
    const listening = Promise.withResolvers<number>();
    const token = "a token of the test";
    const serving = serveInputs({
      root,
      hostname: "127.0.0.1",
      port: 0,
      tls: null,
      token,
      note: (line) => notes.push(line),
      signal: stopping.signal,
      onListen: listening.resolve,
    });
    const url = `http://127.0.0.1:${await listening.promise}/`;
    const reading = { url, note: (line: string) => notes.push(line), signal: stopping.signal };
    const known = httpInputs({ ...reading, token });
    const stranger = httpInputs({ ...reading, token: "a token of another" });
    for (const inputs of [known, sharedFolder(root)]) {
      await inputs.check();
      assert.deepEqual(await inputs.read(run, sha256, 100), bytes);
      await assert.rejects(inputs.read(run, altered, 100), /was altered/);
      await assert.rejects(inputs.read(run, sha256, 3), JobRefusedError);
      await assert.rejects(inputs.read(run, "../../../etc/passwd", 100), JobRefusedError);
      await assert.rejects(inputs.read(run, leading, 1000));
      await assert.rejects(inputs.read(run, "2".repeat(64), 100));
    }
    await assert.rejects(stranger.check(), /refuses our token/);
    await assert.rejects(stranger.read(run, sha256, 100), /refuses our token/);
    const foreign = await fetch(`${url}${run}/..%2f..%2fetc%2fpasswd`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(foreign.status, 404);
    await foreign.body?.cancel();
    assert.equal(notes.filter((note) => note.includes("its token is wrong")).length, 2);
    await using proxy = cuttingProxy(Number(new URL(url).port));
    proxy.cut(20);
    const distant = httpInputs({ ...reading, url: `http://127.0.0.1:${proxy.port}/`, token });
    const read = distant.read(run, sha256, 100);
    await until(() => notes.some((note) => note.includes("cuts its answer off")));
    proxy.cut(null);
    assert.deepEqual(await read, bytes);
    assert.match(notes.at(-1) as string, /answers again/);
    stopping.abort();
    await serving;
  }));

Deno.test("jobs serve gives its token unencrypted to private networks alone", async () => {
  const serve = async (url: string, ...more: string[]) => {
    let said = "";
    const code = await runProgram({
      name: "operator",
      version: "0",
      summary: "",
      permissionSet: "operator",
      commands: [jobsServeCommand()],
      args: ["jobs", "serve", "--url", url, ...more],
      terminal: {
        out: () => {},
        progress: { write: (text) => void (said += text), interactive: false, now: () => 0 },
        isColoured: false,
        onSignal: () => ({ [Symbol.dispose]: () => {} }),
      },
    });
    return `${code} ${said}`;
  };
  const foreign = [
    "0.0.0.0",
    "8.8.8.8",
    "172.32.0.1",
    "[2001:db8::1]",
    "[::]",
    "db",
    "10.example.com",
  ];
  for (const host of foreign) {
    assert.match(await serve(`http://${host}:8091/`), /^64 .*the token would go unencrypted/, host);
  }
  assert.match(await serve("https://0.0.0.0:8091/"), /^64 .*--certificate and --key/);
  // These are refused for the token that is missing alone.
  for (
    const host of ["localhost", "127.0.0.1", "10.1.2.3", "172.16.0.1", "[fd00::1]", "[fe80::1]"]
  ) {
    assert.match(await serve(`http://${host}:8091/`), /^77 .*GDN_WORKERS_TOKEN/, host);
  }
});
