/**
 * `deno task campaign`: the long test runs, of which `deno task test` runs a short seeded part.
 *
 * @module
 */
import {
  defineCommand,
  EXIT,
  type ExitCode,
  option,
  type OptionValues,
  Refused,
  runCommand,
  UsageError,
} from "../src/core/mod.ts";
import { monteCarlo } from "./campaign/flights.ts";
import { liveFlight } from "./campaign/live_flight.ts";
import type { PartHost, PartResult } from "./campaign/part.ts";
import { recorderLoad } from "./campaign/recorder_load.ts";
import { repeatTests } from "./campaign/test_files.ts";
import { WORKERS_OPTIONS, workersPlace } from "./evaluate/workers.ts";
import { tileCacheMemory } from "./campaign/tile_cache_memory.ts";
import { tileCacheSize } from "./campaign/tile_cache_size.ts";

const PARTS: Readonly<Record<string, (host: PartHost) => Promise<PartResult>>> = {
  flights: monteCarlo,
  live: liveFlight,
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
  trust: (host) =>
    repeatTests(
      [
        "tests/faults/package_attacks.test.ts",
        "tests/faults/package_reboot.test.ts",
        "tests/integration/signing_secrets.test.ts",
      ],
      { GDN_ATTACKS: "processes", GDN_REBOOT_BYTES: "10000000000", GDN_SECRETS: "full" },
      host,
    ),
  estimator: (host) =>
    repeatTests(
      [
        "tests/unit/state_estimator_endurance.test.ts",
        "tests/unit/state_estimator_spoofing.test.ts",
        "tests/unit/state_estimator_imu_faults.test.ts",
      ],
      { GDN_ENDURANCE_SECONDS: "7200", GDN_TEST_ESTIMATOR: "isam2" },
      host,
    ),
  report: (host) =>
    repeatTests(["tests/integration/fdr_report.test.ts"], { GDN_REPORT_SECONDS: "3600" }, host),
  damage: (host) =>
    repeatTests(["tests/faults/fdr_damage.test.ts"], { GDN_FDR_DAMAGE: "full" }, host),
  inference: (host) =>
    repeatTests(["tests/unit/inference_leak.test.ts"], { GDN_INFERENCE_RUNS: "10000" }, host),
  index: (host) =>
    repeatTests(
      ["tests/faults/descriptor_index_crash.test.ts"],
      { GDN_INDEX_CRASH_ROUNDS: "200" },
      host,
    ),
  index_file: (host) =>
    repeatTests(["tests/faults/hostile_index.test.ts"], { GDN_INDEX_ROUNDS: "20000" }, host),
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
  postflight: (host) =>
    repeatTests(
      ["tests/integration/postflight.test.ts", "tests/integration/postflight_faults.test.ts"],
      { GDN_POSTFLIGHT_KILLS: "20" },
      host,
    ),
  provision: (host) =>
    repeatTests(
      ["tests/integration/provision_kill.test.ts", "tests/integration/datum_error.test.ts"],
      { GDN_PROVISION_KILLS: "20", GDN_DATUM_CHAIN: "1" },
      host,
    ),
  workers: (host) =>
    repeatTests(
      [
        "tests/integration/workers_killed.test.ts",
        "tests/integration/workers_http.test.ts",
        "tests/integration/workers_fly.test.ts",
      ],
      { GDN_WORKERS: "full" },
      host,
    ),
  preflight: (host) =>
    repeatTests(
      [
        "tests/integration/preflight.test.ts",
        "tests/integration/preflight_aircraft.test.ts",
        "tests/integration/preflight_aircraft_line.test.ts",
      ],
      { GDN_PREFLIGHT: "full" },
      host,
    ),
  sanitize: (host) => repeatTests(["--sanitize"], {}, host),
  properties: (host) => repeatTests(["tests/unit", "tests/contract"], {}, host),
  bytes: (host) =>
    repeatTests(["tests/faults/hostile_bytes.test.ts"], { GDN_HOSTILE_ROUNDS: "1500" }, host),
  imagery: (host) =>
    repeatTests(
      ["tests/faults/imagery_differential.test.ts"],
      { GDN_IMAGERY_SECONDS: "600" },
      host,
    ),
  readers: (host) =>
    repeatTests(["tests/faults/hostile_archives.test.ts"], { GDN_READER_SECONDS: "600" }, host),
  mavlink: (host) =>
    repeatTests(["tests/faults/mavlink_bytes.test.ts"], { GDN_MAVLINK_BYTES: "100000000" }, host),
  logs: (host) =>
    repeatTests(
      ["tests/faults/flight_log_bytes.test.ts"],
      { GDN_FLIGHT_LOG_BYTES: "100000000" },
      host,
    ),
  msp: (host) =>
    repeatTests(["tests/faults/hostile_msp.test.ts"], { GDN_HOSTILE_MSP_BYTES: "100000000" }, host),
};

const OPTIONS = {
  only: option.custom({
    form: `some of ${Object.keys(PARTS).join(", ")}, separated by commas`,
    read: readParts,
  }, { placeholder: "PART[,PART]", help: "only these parts", example: "flights,bytes" }),
  seeds: option.count({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 20,
    help: "seeds of every part",
  }),
  first: option.count({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 1,
    help: "the first of them",
  }),
  minutes: option.number({
    unit: "minutes",
    minimum: 0.01,
    maximum: 1e6,
    help: "time of all parts together; no seed begins after it",
    absent: "as long as it takes",
  }),
  ...WORKERS_OPTIONS,
} as const;

export const campaignCommand = defineCommand({
  name: "campaign",
  summary: "long runs with faults and many seeds",
  about: `
Long runs with many seeds. A failure prints the command that repeats it. The parts are

  flights      Monte Carlo: short flights of both aircraft over procedural ground and two_dates;
               a fix over 15 m wrong or a frame over 20 m wrong fails
  live         airborne fly at simulated time: 8 hours (GDN_LIVE_HOURS) of a simulated aircraft with GPS, and
               20 minutes (GDN_LIVE_PICTURE_MINUTES) of pictures without it; memory, record, silence, alarms
  cache        kill -9 of a process that writes, renews and deletes tiles, on PGlite and on
               PostgreSQL, and of the server; 23 kills for each seed
  rows         a million rows on a PostgreSQL server: every question's time, memory, and a durable write
               beside the bare loop
  memory       import, verify and export of 120,000 tiles with files (GDN_MEMORY_TILES) by the shipped
               commands: their memory must not grow
  load         the flight recorder at 100,000 records of 256 bytes a second for 60 s (4 GiB in TMPDIR):
               none dropped, all read back
  recorder     kill -9 of a recorder under load (200 times), a power cut at every moment, refusing disks
  trust        attacks on signed packages, each at a process of its own; a restart in flight with a package of
               10 GB (sparse, in TMPDIR); passphrases and keys sought in files, process list and core files
  report       the report of an hour of flight
  damage       a recorded flight cut at every byte, every bit of it flipped, parts overwritten: what
               is damaged is named, every whole record is salvaged
  index        200 times kill -9 of a process that rebuilds a descriptor index
  index_file   20,000 index files with some of their numbers changed: refused or searched, within
               their own size
  quota        4 writers and 4 readers on a cache that is too small, watched, and kill -9 among evictions
  collect      20 times kill -9 of a collection from an aircraft's storage
  accounting   50 flights with stalls and overruns: every record is read back or counted
  provision    20 times kill -9 of operator provision: the package of a run without a kill, each place once; the
               error of a datum from the import to the package
  workers      provision on workers: 4 of them, of which 2 are killed 20 times, one that sleeps past its lease, a
               server that is stopped hard, one that hangs, 10,000 jobs, 8 workers at once, inputs over HTTP that
               are cut and altered: the package of one process; evaluate and campaign with workers and without
  postflight   20 times kill -9 of a postflight over a real SSH server, its connection cut, its host key changed
  preflight    the preflight against all simulated flight controllers, right and wrong, in the dark, on a full disk,
               and over SSH
  upload       100 times kill -9 of an upload against the reference provider
  sanitize     tests of native code under AddressSanitizer and UndefinedBehaviorSanitizer
  properties   unit and contract tests with other seeds
  imagery      TIFFs of random kinds, whole and damaged, against GDAL for 10 minutes: the same pixels, or refused
  readers      damaged MBTiles, PMTiles, GeoPackages, photographs and MCAP files, 10 minutes each: no crash,
               no black tile, none at another place
  bytes        mutated pictures, packages and streams: an error that says so, never a crash
  mavlink      100 million hostile bytes on a MAVLink line: every good frame among them arrives
  logs         100 million hostile bytes into the readers of .BIN and .ulg: what is whole after them is read
  msp          100 million hostile bytes on an MSP line: the first good frame after any of them arrives`,
  options: OPTIONS,
  json: "a last line with runs and failures as one JSON object",
  examples: [
    "deno task campaign --only flights,bytes --seeds 100 --minutes 60",
    "deno task campaign --only flights --seeds 1000 --workers --dsn postgresql://me@db/tiles",
  ],
  exitCodes: {
    1: "something failed",
    3: "with --workers: jobs were set aside, and nothing else failed",
  },
  run: campaign,
});

if (import.meta.main) {
  Deno.exit(
    await runCommand({
      title: "deno task campaign",
      command: campaignCommand,
      args: Deno.args,
      permissionSet: "tasks",
    }),
  );
}

async function campaign(
  values: OptionValues<typeof OPTIONS> & { readonly json: boolean },
): Promise<ExitCode> {
  const { only: names = Object.keys(PARTS), seeds, first, minutes = Infinity } = values;
  const workers = workersPlace(values);
  if (workers !== null && names.some((name) => name !== "flights")) {
    throw new UsageError("--workers fly: give --only flights with it");
  }
  const failures: string[] = [];
  let runs = 0, setAside = 0, endMs = performance.now();
  for (const name of names) {
    console.log(`== ${name}`);
    endMs = Math.max(endMs, performance.now()) + minutes * 60_000 / names.length;
    const result = await PARTS[name]({ first, seeds, endMs, print: console.log, workers });
    runs += result.runs;
    failures.push(...result.failures);
    setAside += result.setAside ?? 0;
  }
  for (const failure of failures) console.log(`failed: ${failure}`);
  console.log(`${runs} runs, ${failures.length} failures`);
  if (values.json) console.log(JSON.stringify({ type: "campaign", runs, failures }));
  if (failures.length > setAside) return EXIT.failure;
  return setAside > 0 ? EXIT.lossy : EXIT.ok;
}

function readParts(text: string): readonly string[] | Refused {
  const names = text.split(",");
  const unknown = names.find((name) => !Object.hasOwn(PARTS, name));
  return unknown === undefined ? names : new Refused(`there is no part "${unknown}"`);
}
