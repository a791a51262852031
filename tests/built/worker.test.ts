/**
 * `operator worker` as a built program, behind the kernel's wall: it describes places and flies flights, which
 * start the built programs behind the same wall.
 */
import assert from "node:assert/strict";
import { sha256OfFile } from "../../src/core/mod.ts";
import { type FlightToFly, flyOnWorkers } from "../../src/workstation/flight_jobs/mod.ts";
import { programIdentity } from "../../src/workstation/work_queue/mod.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";
import { inScratch } from "../support/scratch.ts";
import { openQueue } from "../support/work_queues.ts";
import { REPOSITORY } from "../support/paths.ts";
import { runBuilt, startBuilt } from "./built.ts";

const ignore = !postgresAvailable();
const postgres = postgresForFile();
const PLACE = ["--procedural", "7", "--centre", "48.5,35.0"];

/** Runs `body` beside a worker; returns what the worker said. */
async function besideWorker(
  folder: string,
  args: readonly string[],
  body: () => Promise<void>,
): Promise<string> {
  const worker = startBuilt("operator", ["worker", ...args], { cwd: folder });
  const said = new Response(worker.stderr).text();
  try {
    await body();
  } finally {
    worker.kill("SIGTERM");
    await worker.stdout.cancel();
  }
  const { code } = await worker.status;
  assert.equal(code, 0, await said);
  return await said;
}

Deno.test({
  name: "the built worker describes the places of a package, which is that of one process",
  ignore,
  fn: () =>
    inScratch((folder) =>
      postgres.database(async (dsn) => {
        const run = async (...args: string[]) => {
          const outcome = await runBuilt("operator", [...args, "--quiet"], { cwd: folder });
          assert.equal(outcome.code, 0, `${args.join(" ")}: ${outcome.err}`);
        };
        await run("simulate", "map", "--out", "map", ...PLACE, "--extent", "400x400");
        await run("tiles", "import", "map", "--captured-at", "2020-01-01", "--dsn", dsn);
        const provision = ["provision", "--agl", "130", "--name", "tried", "--dsn", dsn];
        await run(...provision, "--out", "alone");
        await Deno.mkdir(`${folder}/data/work`);
        const said = await besideWorker(
          folder,
          ["--dsn", dsn, "--inputs", "data/work"],
          () => run(...provision, "--workers", "--out", "shared"),
        );
        assert.match(said, /^[1-9]\d* jobs? done$/m);
        const [one, other] = await Promise.all(
          ["alone", "shared"].map((name) => sha256OfFile(`${folder}/${name}/manifest.json`)),
        );
        assert.equal(other, one);
      })
    ),
});

const FLIGHT: FlightToFly = {
  case: {
    name: "short",
    ground: { kind: "procedural", seed: 7, centre: "48.5,35.0", zoom: 18, hills: "in the package" },
    flight: { aircraft: "multirotor", aglM: 130, fovDeg: 60, distanceM: 60, seed: 7, prior: true },
  },
  replays: ["with_fixes"],
  mayFindNothing: false,
};

Deno.test({
  name:
    "the built worker flies with the built programs; where there are none it says so before it takes a job",
  ignore,
  fn: () =>
    inScratch((folder) =>
      postgres.database(async (dsn) => {
        await using queue = await openQueue(dsn, {
          program: await programIdentity(),
          supervise: true,
        });
        for (const name of ["inputs", "flights"]) await Deno.mkdir(`${folder}/${name}`);
        const fly = ["--jobs", "fly", "--dsn", dsn, "--inputs", "inputs", "--work", "flights"];
        const frames: number[] = [];
        const said = await besideWorker(
          folder,
          [...fly, "--programs", `${REPOSITORY}/dist`],
          async () => {
            const setAside = await flyOnWorkers({
              queue,
              inputsFolder: `${folder}/inputs`,
              kind: "fly",
              title: "built",
              units: [[FLIGHT]],
              unitsPerJob: 1,
              signal: new AbortController().signal,
              onProgress: () => {},
              keep({ replays }) {
                frames.push(replays.with_fixes?.trim().split("\n").length ?? 0);
                return Promise.resolve();
              },
            });
            assert.deepEqual([...setAside.values()], []);
          },
        );
        assert.match(said, /^1 job done$/m);
        assert.ok(frames[0] > 10, `${frames[0]} lines`);
        assert.deepEqual([...Deno.readDirSync(`${folder}/flights`)], []);

        const elsewhere = await runBuilt("operator", ["worker", ...fly, "--programs", "inputs"], {
          cwd: folder,
        });
        assert.equal(elsewhere.code, 69, elsewhere.err);
        assert.match(elsewhere.err, /Cannot fly with \S+\/inputs\/operator: /);
      })
    ),
});
