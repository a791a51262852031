/**
 * What provisioning on workers costs beside one process: a corridor of 2 km × KILOMETRES at the 128 m side, over
 * tiles of a package that is there (drawn again and again), described by this process alone and by WORKERS
 * processes of `operator worker` on this machine; processor time, time, bytes, rows.
 *
 *     deno run -A tests/bench/workers_cost.ts PACKAGE [KILOMETRES [WORKERS [PLACES_PER_JOB]]]
 *
 * @module
 */
import { openFaiss } from "../../src/native/faiss/mod.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import type { ProvisionTools } from "../../src/workstation/provisioning/mod.ts";
import { programIdentity, WorkQueue } from "../../src/workstation/work_queue/mod.ts";
import { openCorridor } from "../support/corridor.ts";
import { recordCosts, recordedCosts } from "../support/job_costs.ts";
import { CrashablePostgres } from "../support/postgres_crashable.ts";
import { spentBy } from "../support/process_times.ts";
import { WorkerProcess } from "../support/worker_processes.ts";

const [packagePath, kilometres = "3", workerCount = "2", placesPerJob = "1000"] = Deno.args;
using vision = openVision();
using faiss = openFaiss();
const folder = await Deno.makeTempDir({ prefix: "gdn-workers-cost-" });
const corridor = await openCorridor({
  packagePath,
  kilometres: Number(kilometres),
  folder,
  vision,
  faiss,
});

interface Stage {
  readonly name: string;
  readonly s: number;
  readonly cpuS: number;
}

/** Makes the package; returns its hash and what each stage took of this process. */
async function provision(name: string, workers?: ProvisionTools["workers"]) {
  const stages: Stage[] = [];
  let label = "", began = { ms: 0, cpuS: 0 };
  const stage = (next: string) => {
    const now = { ms: performance.now(), cpuS: spentBy(Deno.pid).cpuS };
    const took = { s: (now.ms - began.ms) / 1000, cpuS: now.cpuS - began.cpuS };
    if (label !== "") stages.push({ name: label, ...took });
    label = next;
    began = now;
  };
  const summary = await corridor.provision(name, stage, workers);
  stage("");
  return { summary, stages };
}

try {
  const alone = await provision("alone");
  const aloneS = alone.stages.find(({ name }) => name === "describing places") as Stage;
  console.log(
    `${alone.summary.tiles} tiles, ${alone.summary.places} places; alone: ${
      aloneS.s.toFixed(1)
    } s, ` +
      `${aloneS.cpuS.toFixed(1)} s of processor time to describe`,
  );

  await using server = await CrashablePostgres.start();
  const dsn = server.dsn();
  await using queue = await WorkQueue.open({
    dsn,
    program: await programIdentity(),
    create: true,
    supervise: true,
    note: console.log,
    signal: new AbortController().signal,
  });
  await recordCosts(queue);
  const inputsFolder = `${folder}/inputs`;
  await Deno.mkdir(inputsFolder);
  const processes = Array.from(
    { length: Number(workerCount) },
    () => new WorkerProcess(["--dsn", dsn, "--inputs", inputsFolder]),
  );
  // Their start is not part of it.
  await new Promise((resolve) => setTimeout(resolve, 6000));
  const cpuBefore = processes.map(({ pid }) => spentBy(pid).cpuS);
  const serverBefore = server.cpuS();
  const workers = { queue, inputsFolder, placesPerJob: Number(placesPerJob) };
  const made = await provision("workers", workers);
  const serverS = server.cpuS() - serverBefore;
  const byWorkers = made.stages.find(({ name }) => name.includes("on workers")) as Stage;
  const cpuS = processes.map(({ pid }, i) => spentBy(pid).cpuS - cpuBefore[i])
    .reduce((sum, each) => sum + each, 0);
  const { jobs, cpuS: jobsS, inputBytes: input, resultBytes: bytes } = await recordedCosts(queue);
  const { rows: [{ database }] } = await queue.sql.executeSql(
    "SELECT pg_database_size(current_database())::float8 AS database",
  );
  const { placesByWorkers } = made.summary;
  const gathered = made.stages.filter(({ name }) => !name.includes("describing places"))
    .reduce((sum, each) => sum + each.cpuS, 0);
  console.log(
    `${workerCount} workers, ${jobs} jobs: ${byWorkers.s.toFixed(1)} s, ${
      cpuS.toFixed(1)
    } s of processor ` +
      `time of workers (${jobsS.toFixed(1)} in jobs), ${serverS.toFixed(2)} of the server, ` +
      `${byWorkers.cpuS.toFixed(2)} of this process`,
  );
  console.log(
    `speed against one process: ${(aloneS.s / byWorkers.s).toFixed(2)} by time, ` +
      `${(aloneS.cpuS / (cpuS + byWorkers.cpuS + serverS)).toFixed(2)} by processor time`,
  );
  console.log(
    `per 1,000 places ${(1000 * cpuS / placesByWorkers).toFixed(2)} s; per place ` +
      `${(bytes / placesByWorkers).toFixed(0)} bytes of results, ${
        (input / placesByWorkers).toFixed(0)
      } of tiles; per job ` +
      `${(bytes / jobs / 1e6).toFixed(2)} MB out, ${(input / jobs / 1e6).toFixed(2)} MB in, ` +
      `${(1000 * (cpuS - jobsS) / jobs).toFixed(1)} ms of a worker and ${
        (1000 * serverS / jobs).toFixed(1)
      } ms of the server beside it`,
  );
  console.log(
    `database ${(database as number / 1e6).toFixed(1)} MB; the rest of the package took ${
      gathered.toFixed(1)
    } s; ` +
      `same package: ${alone.summary.manifestSha256 === made.summary.manifestSha256}`,
  );
  for (const each of processes) await each.stop();
} finally {
  await Deno.remove(folder, { recursive: true });
}
