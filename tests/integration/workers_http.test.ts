/**
 * `operator worker` and `operator jobs serve` as processes: inputs that come over HTTP and TLS, with a connection
 * that is cut, a server that is away, a wrong token, an altered tile and hostile jobs (GDN_WORKERS=full; `deno
 * task campaign --only workers`).
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { grantsFor } from "../../src/core/mod.ts";
import { commands } from "../../src/operator/compose.ts";
import { listJobs, programIdentity } from "../../src/workstation/work_queue/mod.ts";
import { operatorCommand } from "../../tasks/executables.ts";
import { run } from "../faults/programs.ts";
import { cuttingProxy } from "../support/cutting_proxy.ts";
import { CrashablePostgres } from "../support/postgres_crashable.ts";
import { inScratch } from "../support/scratch.ts";
import { DOCUMENT, handInUnits, openQueue } from "../support/work_queues.ts";
import { WorkerProcess } from "../support/worker_processes.ts";
import { contentOf, onWorkerSite, summaryOf, type WorkerSite } from "../support/worker_site.ts";

const ignore = Deno.env.get("GDN_WORKERS") !== "full";
const FOOTPRINT_M = 60, PLACES_PER_JOB = 50;
const TOKEN = "a token of this test", OTHER_TOKEN = "a token of another test";

/** `operator jobs serve`; it takes the port that was free a moment ago. */
class InputServer {
  readonly url: string;
  readonly #args: readonly string[];
  #child: Deno.ChildProcess | null = null;
  #said = Promise.resolve("");
  said = "";

  constructor({ data }: WorkerSite, tls: readonly string[] = []) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const scheme = tls.length === 0 ? "http" : "https";
    this.url = `${scheme}://127.0.0.1:${listener.addr.port}/`;
    this.#args = ["jobs", "serve", "--url", this.url, "--data", data, ...tls];
  }

  start(): void {
    const { command, args } = operatorCommand(this.#args, grantsFor(commands(), this.#args));
    this.#child = new Deno.Command(command, {
      args,
      env: { NO_COLOR: "1", GDN_WORKERS_TOKEN: TOKEN },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#said = new Response(this.#child.stderr).text();
  }

  async end(signal: Deno.Signal): Promise<number> {
    if (this.#child === null) return 0;
    this.#child.kill(signal);
    const { code } = await this.#child.status;
    this.said += await this.#said;
    return code;
  }
}

const withToken = (token: string, more: Record<string, string> = {}) => ({
  GDN_WORKERS_TOKEN: token,
  ...more,
});

/** A key and a certificate of one's own for 127.0.0.1. */
async function certificate(folder: string) {
  const cert = `${folder}/server.pem`, key = `${folder}/server.key`;
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const names = ["-subj", "/CN=inputs", "-addext", "subjectAltName=IP:127.0.0.1"];
  const more = ["-addext", "basicConstraints=critical,CA:FALSE", "-days", "2"];
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [...args, ...names, ...more, "-keyout", key, "-out", cert],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return { cert, key };
}

Deno.test({
  name:
    "inputs over TLS, cut again and again and away for 5 s: the package is that of one process; a wrong token is refused",
  ignore,
  fn: () =>
    onWorkerSite(async (site, scratch) => {
      summaryOf(await site.alone("alone", FOOTPRINT_M));
      const { cert, key } = await certificate(scratch);
      const server = new InputServer(site, ["--certificate", cert, "--key", key]);
      server.start();
      await using proxy = cuttingProxy(Number(new URL(server.url).port));
      const inputs = ["--inputs-url", `https://127.0.0.1:${proxy.port}/`];
      const workers = [1, 2].map(() => site.worker(inputs, withToken(TOKEN, { DENO_CERT: cert })));
      const making = site.provision("cut", FOOTPRINT_M, PLACES_PER_JOB);
      await using queue = await openQueue(site.dsn);
      while ((await listJobs(queue.sql, { states: ["active"] })).length === 0) await sleep(50);
      // Each connection from here on is cut after so many bytes of an answer.
      for (const bytes of [0, 1, 2000, 5000, 9000, 20_000, 40_000]) {
        proxy.cut(bytes);
        await sleep(300);
      }
      proxy.cut(null);
      await server.end("SIGKILL");
      await sleep(5000);
      server.start();

      const stranger = site.worker(inputs, withToken(OTHER_TOKEN, { DENO_CERT: cert }));
      assert.equal((await stranger.child.status).code, 77, await stranger.said);
      assert.match(await stranger.said, /refuses our token/);
      summaryOf(await making);
      assert.deepEqual(await contentOf(`${scratch}/cut`), await contentOf(`${scratch}/alone`));
      const ended = await Promise.all(workers.map((worker) => worker.stop()));
      const said = ended.map((each) => each.said).join("\n");
      assert.deepEqual(ended.map(({ code }) => code), [0, 0], said);
      assert.match(said, /does not answer, or cuts its answer off .*: waiting/);
      assert.match(said, /answers again/);
      assert.equal(await server.end("SIGTERM"), 0);
      assert.match(server.said, /refused a request of 127\.0\.0\.1: its token is wrong/);
      console.log(`${proxy.cuts} connections were cut`);
      assert.ok(proxy.cuts > 0);
    }),
});

Deno.test({
  name:
    "a tile that was altered on its way over HTTP: its jobs are set aside, the run ends with 3, a retry finishes it",
  ignore,
  fn: () =>
    onWorkerSite(async (site, scratch) => {
      summaryOf(await site.alone("alone", 60));
      const making = site.provision("altered", 60, 50);
      await using queue = await openQueue(site.dsn);
      const jobs = async (...args: string[]) => {
        const all = ["jobs", ...args, "--dsn", site.dsn, "--json"];
        const { code, out, err } = await run("operator", all, grantsFor(commands(), all));
        assert.equal(code, 0, err);
        return out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
      };
      while ((await listJobs(queue.sql)).length === 0) await sleep(100);
      const [{ run: runId }] = await listJobs(queue.sql);
      const folder = `${site.data}/work/${runId}`;
      let altered = 0;
      for (const { name } of Deno.readDirSync(folder)) {
        const bytes = Deno.readFileSync(`${folder}/${name}`);
        const isTile = bytes[0] === 0xff && bytes[1] === 0xd8;
        if (!isTile || altered > 0) continue;
        bytes[bytes.length >> 1] ^= 0xff;
        Deno.writeFileSync(`${folder}/${name}`, bytes);
        altered++;
      }
      assert.equal(altered, 1);
      const server = new InputServer(site);
      server.start();
      const worker = site.worker(["--inputs-url", server.url], withToken(TOKEN));
      const { code, err } = await making;
      assert.equal(code, 3, err);
      assert.match(err, /set aside:[^]*was altered/);
      const failed = await jobs("list", "--state", "failed");
      assert.ok(failed.length > 0 && failed.every(({ attempts }) => attempts === 1));
      const [shown] = await jobs("show", failed[0].id);
      assert.match(shown.lastError, /was altered/);
      assert.match(shown.worker, /process \d+/);
      assert.deepEqual(await jobs("cancel", "--job", failed[0].id), [{ type: "changed", jobs: 0 }]);
      const again = site.provision("altered", 60, 50);
      assert.equal((await again).code, 3, "they stay set aside until somebody says so");
      assert.deepEqual(await jobs("retry", "--run", runId as string), [
        { type: "changed", jobs: failed.length },
      ]);
      summaryOf(await site.provision("altered", 60, 50));
      assert.deepEqual(await contentOf(`${scratch}/altered`), await contentOf(`${scratch}/alone`));
      assert.deepEqual(await jobs("list"), []);
      assert.equal((await worker.stop()).code, 0);
      assert.equal(await server.end("SIGTERM"), 0);
    }),
});

Deno.test({
  name:
    "hostile jobs are set aside by a worker's process, and one of another build ends before it takes any",
  ignore,
  fn: () =>
    inScratch(async (scratch) => {
      await using server = await CrashablePostgres.start();
      const dsn = server.dsn();
      await using queue = await openQueue(dsn, { program: await programIdentity() });
      const { run: runId } = await handInUnits(queue, 1);
      const good = {
        format: 1,
        kind: "describe",
        run: runId,
        document: DOCUMENT,
        first: 0,
        count: 1,
      };
      const hostile = [
        { ...good, document: "../../../../etc/passwd" },
        { ...good, count: 1_000_000_000 },
        { ...good, kind: "execute" },
        { ...good, command: "rm -rf /" },
      ].map((data) => ({ id: crypto.randomUUID(), data }));
      await queue.boss.insert(queue.queueOf("describe"), hostile);
      const inputs = ["--dsn", dsn, "--inputs", scratch];
      const worker = new WorkerProcess(inputs);
      const states = ["created", "active", "retry"] as const;
      const ids = hostile.map(({ id }) => id);
      while ((await listJobs(queue.sql, { states, ids })).length > 0) await sleep(100);
      assert.equal((await worker.stop()).code, 0);
      for (const id of ids) {
        const args = ["jobs", "show", id, "--dsn", dsn, "--json"];
        const { code, out, err } = await run("operator", args, grantsFor(commands(), args));
        assert.equal(code, 0, err);
        const { state, attempts, lastError } = JSON.parse(out);
        assert.deepEqual([state, attempts], ["failed", 1]);
        assert.match(lastError, /its content is not a job of this program/);
      }
      await queue.sql.executeSql("UPDATE gdn_work.run SET program = '0.2.0-0123456789ab'");
      const stranger = new WorkerProcess(inputs);
      assert.equal((await stranger.child.status).code, 78);
      assert.match(await stranger.said, /handed in by operator 0\.2\.0-0123456789ab/);
    }),
});
