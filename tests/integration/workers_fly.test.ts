/**
 * `deno task evaluate` and `deno task campaign`, each with `--workers` and without: the same flights, and the same
 * figures (GDN_WORKERS=full; `deno task campaign --only workers`).
 */
import assert from "node:assert/strict";
import { CENTRE, GSD_M, paintGround } from "../faults/fixture.ts";
import { recordCosts, recordedCosts } from "../support/job_costs.ts";
import { CrashablePostgres } from "../support/postgres_crashable.ts";
import { REPOSITORY } from "../support/paths.ts";
import { spentBy } from "../support/process_times.ts";
import { inScratch } from "../support/scratch.ts";
import { openQueue } from "../support/work_queues.ts";
import { WorkerProcess } from "../support/worker_processes.ts";

const ignore = Deno.env.get("GDN_WORKERS") !== "full";

/** What is measured of the machine, and differs from one run to the next; and which bars that missed. */
const OF_THE_MACHINE = /^(latencyMs|cpuMs|stageCpuMs|realTimeFactor|rssMb|missed)/;

/** `deno task NAME …`: what it printed. */
async function task(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...args],
    cwd: REPOSITORY,
    env: { NO_COLOR: "1" },
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Folder of the programs as they run from this checkout. */
async function checkoutPrograms(folder: string): Promise<string> {
  for (const name of ["operator", "airborne"]) {
    const launch = `${REPOSITORY}/tasks/launch.ts ${name}`;
    const deno = `${Deno.execPath()} run -q --config=${REPOSITORY}/deno.json -P=tasks ${launch}`;
    await Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\nINIT_CWD=$PWD exec ${deno} "$@"\n`, {
      mode: 0o755,
    });
  }
  return folder;
}

/** Runs `body` beside one worker that flies, with the options that hand flights in for it. */
function besideWorker(
  body: (options: readonly string[], scratch: string) => Promise<number>,
): Promise<void> {
  return inScratch(async (scratch) => {
    await using server = await CrashablePostgres.start();
    const dsn = server.dsn();
    await using queue = await openQueue(dsn);
    await recordCosts(queue);
    for (const name of ["programs", "inputs", "flights"]) await Deno.mkdir(`${scratch}/${name}`);
    const worker = new WorkerProcess([
      ...["--jobs", "fly,campaign", "--dsn", dsn, "--inputs", `${scratch}/inputs`],
      ...[
        "--work",
        `${scratch}/flights`,
        "--programs",
        await checkoutPrograms(`${scratch}/programs`),
      ],
    ]);
    const flights = await body(
      ["--workers", "--dsn", dsn, "--inputs", `${scratch}/inputs`],
      scratch,
    );
    const { cpuS, endedChildrenCpuS } = spentBy(worker.pid);
    const { code, said } = await worker.stop();
    assert.equal(code, 0, said);
    const { inputBytes, resultBytes } = await recordedCosts(queue);
    const each = (endedChildrenCpuS / flights).toFixed(1);
    console.log(
      `${flights} flights: ${each} s of processor time each, ${
        cpuS.toFixed(1)
      } s the worker itself; ` +
        `${inputBytes} bytes read, ${resultBytes} bytes of results`,
    );
  });
}

Deno.test({
  name: "evaluate with workers and without comes to the same figures, to the last digit",
  ignore,
  fn: () =>
    besideWorker(async (options, scratch) => {
      await paintGround(`${scratch}/ground.png`);
      const evaluate = async (more: readonly string[]) => {
        const printed = await task(
          ...["evaluate", "--map", `${scratch}/ground.png`, "--world", `${scratch}/ground.png`],
          ...["--centre", CENTRE, "--gsd", GSD_M, "--aircraft", "multirotor", "--distance", "60"],
          ...["--seed", "11", "--json", ...more],
        );
        const { frames, ...rest } = JSON.parse(printed);
        assert.ok(frames > 10, printed);
        return Object.entries(rest).filter(([key]) => !OF_THE_MACHINE.test(key));
      };
      const here = await evaluate([]);
      assert.ok(here.length > 15, `${here.length} figures`);
      assert.deepEqual(await evaluate(options), here);
      return 1;
    }),
});

Deno.test({
  name: "campaign with workers and without prints the same, byte by byte",
  ignore,
  fn: () =>
    besideWorker(async (options) => {
      const campaign = (more: readonly string[]) =>
        task("campaign", "--only", "flights", "--seeds", "1", ...more);
      const here = await campaign([]);
      assert.equal(await campaign(options), here);
      return Number(/^(\d+) runs, 0 failures$/m.exec(here)?.[1]);
    }),
});
