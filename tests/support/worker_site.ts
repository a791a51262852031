/**
 * A PostgreSQL server of one test's own, a tile cache on it, and `operator provision` and `operator worker` as
 * they are shipped.
 *
 * @module
 */
import assert from "node:assert/strict";
import { grantsFor, sha256Hex } from "../../src/core/mod.ts";
import { commands } from "../../src/operator/compose.ts";
import { paintGround, PLACE } from "../faults/fixture.ts";
import { filesBelow, type Outcome, run } from "../faults/programs.ts";
import { CrashablePostgres } from "./postgres_crashable.ts";
import { inScratch } from "./scratch.ts";
import { WorkerProcess } from "./worker_processes.ts";

export interface WorkerSite {
  readonly server: CrashablePostgres;
  readonly dsn: string;
  readonly data: string;
  /** `operator provision --workers` of it. */
  provision(out: string, footprintM: number, placesPerJob: number): Promise<Outcome>;
  /** The same by one process alone. */
  alone(out: string, footprintM: number): Promise<Outcome>;
  /** It reads from the shared folder unless `inputs` says otherwise. */
  worker(inputs?: readonly string[], env?: Record<string, string>): WorkerProcess;
}

/** A server, and a cache with the world's tiles that is on it. */
export function onWorkerSite(
  body: (site: WorkerSite, scratch: string) => Promise<void>,
): Promise<void> {
  return inScratch(async (scratch) => {
    await using server = await CrashablePostgres.start();
    const dsn = server.dsn(), data = `${scratch}/data`;
    const operator = async (args: readonly string[]) => {
      const outcome = await run("operator", args, grantsFor(commands(), args));
      return outcome;
    };
    const cache = ["--data", data, "--dsn", dsn];
    const ground = `${scratch}/ground.png`;
    await paintGround(ground);
    const imported = await operator(["tiles", "import", ground, ...PLACE, ...cache]);
    assert.equal(imported.code, 0, imported.err);
    await Deno.mkdir(`${data}/work`, { recursive: true });
    const provision = (out: string, footprintM: number, more: readonly string[]) =>
      operator([
        ...["provision", "--footprint", String(footprintM), "--name", "tried", "--json"],
        ...["--out", `${scratch}/${out}`, ...cache, ...more],
      ]);
    await body({
      server,
      dsn,
      data,
      provision: (out, footprintM, placesPerJob) =>
        provision(out, footprintM, ["--workers", "--places-per-job", String(placesPerJob)]),
      alone: (out, footprintM) => provision(out, footprintM, []),
      worker: (inputs = ["--inputs", `${data}/work`], env) =>
        new WorkerProcess(["--dsn", dsn, ...inputs], env),
    }, scratch);
  });
}

/** Paths and SHA-256 of all files. */
export async function contentOf(folder: string): Promise<string[]> {
  const files = (await filesBelow(folder)).filter((line) => !line.endsWith("/"));
  return await Promise.all(files.map(async (line) => {
    const path = line.slice(0, line.lastIndexOf(" "));
    return `${path} ${sha256Hex(await Deno.readFile(`${folder}/${path}`))}`;
  }));
}

export function summaryOf({ code, out, err }: Outcome) {
  assert.equal(code, 0, err);
  return JSON.parse(out) as { readonly placesByWorkers: number; readonly places: number };
}
