/** `airborne replay LOG`: the shipped command on logs of flight controllers. */
import assert from "node:assert/strict";
import type { EstimateLine, LogLine, LogSummaryLine } from "../../src/airborne/log_lines.ts";
import { runInProcess } from "../faults/in_process.ts";
import { run } from "../faults/programs.ts";
import {
  DataflashFile,
  hover,
  hoverUlog,
  modernDataflash,
  modernUlog,
} from "../support/flight_log_files.ts";
import { checkJsonOutput } from "../support/json_results.ts";
import { sharedData } from "../support/paths.ts";
import { inScratch } from "../support/scratch.ts";

interface Replayed {
  readonly code: number;
  readonly err: string;
  readonly summary: LogSummaryLine;
  readonly estimates: readonly EstimateLine[];
}

async function replay(path: string, ...options: readonly string[]): Promise<Replayed> {
  // The filter is for good, and this process has other tests to run.
  const args = ["replay", path, "--json", "--quiet", "--no-syscall-filter", ...options];
  const { code, out, err: said } = await runInProcess("airborne", args);
  const err = said.replace(/^system calls are not filtered .*\n/m, "");
  checkJsonOutput("airborne", args, out);
  const lines = out.split("\n").filter((line) => line !== "")
    .map((line): LogLine | LogSummaryLine => JSON.parse(line));
  const summary = lines.at(-1);
  assert.ok(summary?.type === "summary", err);
  const estimates = lines.filter((line): line is EstimateLine => line.type === "estimate");
  return { code, err, summary, estimates };
}

Deno.test("replay LOG: an aircraft that stands is where its GPS is, by either log", () =>
  inScratch(async (folder) => {
    const still = still50Hz();
    await Deno.writeFile(`${folder}/a.BIN`, still);
    const { code, summary, estimates } = await replay(`${folder}/a.BIN`, "--recorder", folder);
    assert.equal(code, 0);
    assert.equal(summary.kind, "dataflash");
    assert.equal(summary.gps.state, "trusted");
    assert.deepEqual([summary.gps.demotedS, summary.samplesRefused], [[], 0]);
    assert.ok(estimates.length >= 18, String(estimates.length));
    for (const { latitudeDeg, longitudeDeg, heightM, horizontal95M } of estimates) {
      assert.ok(Math.abs(latitudeDeg - 48.5) < 3e-5 && Math.abs(longitudeDeg - 35.1) < 4e-5);
      assert.ok(Math.abs(heightM - 150.5) < 3 && horizontal95M < 20);
    }
    assert.ok(summary.recorderRecords > 20 && summary.recorderLost === 0);
    const info = await runInProcess("operator", ["fdr", "info", summary.recorderFolder!]);
    assert.equal(info.code, 0, info.err);
    assert.match(info.out, /nav\.state/);

    const ulog = hoverUlog(modernUlog(), { fromUs: 2e6, seconds: 3 }).bytes();
    await Deno.writeFile(`${folder}/a.ulg`, ulog);
    const byUlog = await replay(`${folder}/a.ulg`);
    assert.equal(byUlog.summary.kind, "ulog");
    assert.ok(byUlog.estimates.length >= 2);
  }));

/** At rest and level: `hover` turns and tilts. */
function still50Hz(): Uint8Array<ArrayBuffer> {
  const log = modernDataflash();
  for (let i = 0; i < 1000; i++) {
    const us = 1e7 + i * 2e4;
    log.add("IMU", us, 0, 0, 0, 0, 0, 0, -9.80665);
    if (i % 5 === 0) log.add("ATT", us, 0, 0, 0, 0, 0, 45, 0, 0).add("BARO", us, 0, 0, 1e5, 20, 0);
    if (i % 10 !== 0) continue;
    log.add("GPA", us, 0, 1.5, 1.5, 2, 0.3).add(
      "GPS",
      ...[us, 0, 3, 200_000_000 + i * 20, 2280, 12, 0.9, 48.5, 35.1, 150.5, 0, 0, 0, 0, 1],
    );
  }
  return log.bytes();
}

Deno.test("replay LOG: what a log lacks is said; without GPS it begins at --start", () =>
  inScratch(async (folder) => {
    const log = new DataflashFile()
      .describe("FMT", "BBnNZ", "Type,Length,Name,Format,Columns")
      .describe("IMU", "Qffffff", "TimeUS,GyrX,GyrY,GyrZ,AccX,AccY,AccZ")
      .describe("ATT", "Qccc", "TimeUS,Roll,Pitch,Yaw");
    for (let i = 0; i < 100; i++) {
      log.add("IMU", 1e6 + i * 5e4, 0, 0, 0, 0, 0, -9.8).add("ATT", 1e6 + i * 5e4, 0, 0, 90);
    }
    const path = `${folder}/2.BIN`;
    await Deno.writeFile(path, log.bytes());
    const refused = await runInProcess("airborne", ["replay", path]);
    assert.equal(refused.code, 65);
    assert.match(refused.err, /no GPS position: say with --start/);
    const { code, err, estimates } = await replay(path, "--start", "48.5,35.1,100");
    assert.equal(code, 0);
    assert.match(err, /no barometer.*heights rest on GPS alone/);
    assert.match(err, /the IMU was logged at 20\.0 Hz/);
    assert.ok(estimates.length >= 4 && Math.abs(estimates[0].latitudeDeg - 48.5) < 1e-4);
  }));

Deno.test("replay LOG: without attitude there is no estimate: 3, and it says which message is missing", () =>
  inScratch(async (folder) => {
    const log = modernDataflash();
    for (let i = 0; i < 100; i++) log.add("IMU", 1e6 + i * 2e4, 0, 0, 0, 0, 0, 0, -9.8);
    await Deno.writeFile(`${folder}/3.BIN`, log.bytes());
    const { code, err, summary } = await replay(`${folder}/3.BIN`, "--start", "48.5,35.1,100");
    assert.deepEqual([code, summary.estimates], [3, 0]);
    assert.match(err, /no attitude in the log \(ATT, .*the estimator cannot start/);
  }));

Deno.test("replay LOG: options of recorded flights are refused, and those of logs elsewhere", () =>
  inScratch(async (folder) => {
    await Deno.writeFile(
      `${folder}/4.BIN`,
      hover(modernDataflash(), { fromS: 1, seconds: 1 }).bytes(),
    );
    const log = await runInProcess("airborne", [
      "replay",
      `${folder}/4.BIN`,
      "--make-tiles",
      folder,
    ]);
    assert.deepEqual([log.code, /no pictures/.test(log.err)], [64, true]);
    const flight = await runInProcess("airborne", [
      "replay",
      folder,
      "--package",
      folder,
      "--part",
      "1",
    ]);
    assert.deepEqual([flight.code, /--start and --part/.test(flight.err)], [64, true]);
  }));

Deno.test("replay LOG: a pipe, a device and an empty file are refused in words", () =>
  inScratch(async (folder) => {
    const fifo = `${folder}/fifo.BIN`, empty = `${folder}/empty.ulg`;
    assert.ok((await new Deno.Command("mkfifo", { args: [fifo] }).output()).success);
    await Deno.writeFile(empty, new Uint8Array(0));
    for (
      const [path, says] of [[fifo, /named pipe/], ["/dev/zero", /device/], [
        empty,
        /empty/,
      ]] as const
    ) {
      const { code, err } = await runInProcess("airborne", ["replay", path]);
      assert.deepEqual([code, says.test(err)], [65, true], err);
    }
  }));

const fault = sharedData("flight_logs/copter_gps_fault.BIN");
Deno.test({
  name: "replay LOG: GPS that wanders on a real flight is demoted within 2 s, for good",
  ignore: fault === undefined, // needs ../shared/data/flight_logs
  fn: async () => {
    // The shipped program, with its permissions.
    const { code, out, err } = await run("airborne", ["replay", fault!, "--json"], {
      read: [fault!],
    });
    assert.equal(code, 0, err);
    const { gps } = JSON.parse(out.trimEnd().split("\n").at(-1)!) as LogSummaryLine;
    assert.equal(gps.state, "demoted");
    assert.deepEqual(gps.promotedS, []);
    assert.equal(gps.demotedS.length, 1);
    // Its speed leaves what the aircraft can do at 55 s.
    assert.ok(gps.demotedS[0] > 54 && gps.demotedS[0] < 57.5, String(gps.demotedS));
  },
});

const clean = sharedData("flight_logs/copter_clean.BIN");
Deno.test({
  name: "replay LOG: GPS of a real flight without a fault stays trusted",
  ignore: clean === undefined, // needs ../shared/data/flight_logs
  fn: async () => {
    const { code, summary, estimates } = await replay(clean!);
    assert.equal(code, 0);
    assert.equal(summary.gps.state, "trusted");
    assert.deepEqual(summary.gps.demotedS, []);
    assert.ok(estimates.length >= 333);
  },
});
