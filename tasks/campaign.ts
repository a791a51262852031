/**
 * `deno task campaign`: the long runs of which `deno task test` holds a short seeded part.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { messageOf } from "../src/core/mod.ts";
import { monteCarlo } from "./campaign/flights.ts";
import type { PartHost, PartResult } from "./campaign/part.ts";
import { recorderLoad } from "./campaign/recorder_load.ts";
import { repeatTests } from "./campaign/test_files.ts";
import { tileCacheMemory } from "./campaign/tile_cache_memory.ts";
import { tileCacheSize } from "./campaign/tile_cache_size.ts";

const PARTS: Readonly<Record<string, (host: PartHost) => Promise<PartResult>>> = {
  flights: monteCarlo,
  cache: (host) =>
    repeatTests(["tests/integration/tile_cache_crash.test.ts"], { GDN_CRASH_ROUNDS: "15" }, host),
  rows: tileCacheSize,
  memory: tileCacheMemory,
  load: recorderLoad,
  recorder: (host) =>
    repeatTests(
      [
        "tests/integration/flight_recorder_kill.test.ts",
        "tests/faults/flight_recorder_power_cut.test.ts",
        "tests/unit/flight_recorder_disk_faults.test.ts",
      ],
      { GDN_FDR_KILL_ROUNDS: "200", GDN_POWER_CUT_SEEDS: "50" },
      host,
    ),
  damage: (host) =>
    repeatTests(["tests/faults/fdr_damage.test.ts"], { GDN_FDR_DAMAGE: "full" }, host),
  index: (host) =>
    repeatTests(
      ["tests/faults/descriptor_index_crash.test.ts"],
      { GDN_INDEX_CRASH_ROUNDS: "200" },
      host,
    ),
  quota: (host) =>
    repeatTests(["tests/integration/tile_cache_concurrency.test.ts"], {
      GDN_CONCURRENCY_SECONDS: "40",
      GDN_EVICTION_KILLS: "10",
    }, host),
  collect: (host) =>
    repeatTests(["tests/integration/tile_collect.test.ts"], { GDN_COLLECT_KILLS: "20" }, host),
  accounting: (host) =>
    repeatTests(
      ["tests/integration/flight_recorder_accounting.test.ts"],
      { GDN_ACCOUNTING_SEEDS: "50" },
      host,
    ),
  upload: (host) =>
    repeatTests(
      ["tests/integration/tile_upload_kill.test.ts"],
      { GDN_UPLOAD_KILL_ROUNDS: "100" },
      host,
    ),
  properties: (host) => repeatTests(["tests/unit", "tests/contract"], {}, host),
  bytes: (host) =>
    repeatTests(["tests/faults/hostile_bytes.test.ts"], { GDN_HOSTILE_ROUNDS: "1500" }, host),
};

const HELP = `deno task campaign [--only NAME[,NAME]] [--seeds N] [--minutes M] [--first SEED]

Long runs with many seeds. A failure prints the command that repeats it.

  flights      Monte Carlo: short flights of both aircraft over procedural ground and two_dates;
               a fix over 15 m wrong or a frame over 20 m wrong fails
  cache        kill -9 of a process that writes, renews and deletes tiles, on PGlite and on
               PostgreSQL, and of the server; 23 kills for each seed
  rows         a million rows on a PostgreSQL server: every question's time, memory, and a durable write
               beside the bare loop
  memory       import, verify and export of 120,000 tiles with files (GDN_MEMORY_TILES) by the shipped
               commands: their memory must not grow
  load         the flight recorder at 100,000 records of 256 bytes a second for 60 s (4 GiB in TMPDIR):
               none dropped, all read back
  recorder     kill -9 of a recorder under load (200 times), a power cut at every moment, refusing disks
  damage       a recorded flight cut at every byte, every bit of it flipped, parts overwritten: what
               is damaged is named, every whole record is salvaged
  index        200 times kill -9 of a process that rebuilds a descriptor index
  quota        4 writers and 4 readers on a cache that is too small, watched, and kill -9 among evictions
  collect      20 times kill -9 of a collection from an aircraft's storage
  accounting   50 flights with stalls and overruns: every record is read back or counted
  upload       100 times kill -9 of an upload against the reference provider
  properties   unit and contract tests with other seeds
  bytes        mutated pictures, packages and streams: an error that says so, never a crash

  --seeds N    seeds of every part (default 20)
  --first N    the first of them (default 1)
  --minutes M  time of all parts together; no seed begins after it (default: as long as it takes)

Example
  deno task campaign --only flights,bytes --seeds 100 --minutes 60`;

if (import.meta.main) Deno.exit(await campaign(Deno.args));

interface Options {
  readonly names: readonly string[];
  readonly seeds: number;
  readonly first: number;
  readonly minutes: number;
}

async function campaign(args: string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(HELP);
    return 0;
  }
  let options: Options;
  try {
    options = parse(args);
  } catch (error) {
    console.error(`campaign: ${messageOf(error)} (--help explains it)`);
    return 64;
  }
  const { names, seeds, first, minutes } = options;
  const failures: string[] = [];
  let runs = 0, endMs = performance.now();
  for (const name of names) {
    console.log(`== ${name}`);
    endMs = Math.max(endMs, performance.now()) + minutes * 60_000 / names.length;
    const result = await PARTS[name]({ first, seeds, endMs, print: console.log });
    runs += result.runs;
    failures.push(...result.failures);
  }
  for (const failure of failures) console.log(`failed: ${failure}`);
  console.log(`${runs} runs, ${failures.length} failures`);
  return failures.length === 0 ? 0 : 1;
}

function parse(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string" },
      seeds: { type: "string", default: "20" },
      first: { type: "string", default: "1" },
      minutes: { type: "string" },
    },
  });
  const names = values.only?.split(",") ?? Object.keys(PARTS);
  const unknown = names.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown !== undefined) {
    throw new Error(`--only takes ${Object.keys(PARTS).join(", ")}, got "${unknown}"`);
  }
  const [seeds, first] = [Number(values.seeds), Number(values.first)];
  if (!Number.isInteger(seeds) || seeds < 1 || !Number.isInteger(first)) {
    throw new Error("--seeds and --first take whole numbers, --seeds at least 1");
  }
  const minutes = values.minutes === undefined ? Infinity : Number(values.minutes);
  if (!(minutes > 0)) throw new Error(`--minutes takes a positive number, got ${values.minutes}`);
  return { names, seeds, first, minutes };
}
