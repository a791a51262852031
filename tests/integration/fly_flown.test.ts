/**
 * The shipped `airborne fly` at a flight's own time: a recorded flight with its pictures, a simulated aircraft,
 * and a real log whose GPS goes wrong.
 */
import assert from "node:assert/strict";
import { findFlight, readRecords } from "../../src/flight/flight_record/mod.ts";
import type { FdrRecord } from "../../src/flight/flight_recorder/mod.ts";
import { worldForFile } from "../faults/fixture.ts";
import { runInProcess } from "../faults/in_process.ts";
import { run } from "../faults/programs.ts";
import { REPOSITORY } from "../support/paths.ts";

const world = worldForFile();
const REAL_LOG = `${REPOSITORY}/../shared/data/flight_logs/copter_gps_fault.BIN`;

interface Flown {
  readonly lines: readonly Record<string, unknown>[];
  readonly summary: Record<string, unknown>;
  readonly err: string;
  records(kind: string): readonly FdrRecord[];
}

async function fly(connect: string, name: string, ...more: string[]): Promise<Flown> {
  const { package: flightPackage, folder } = world();
  const recorder = `${folder}/${name}`;
  const args = ["fly", "--connect", connect, "--package", flightPackage, "--recorder", recorder];
  const { code, out, err } = await run("airborne", [...args, "--json", ...more], {
    read: [flightPackage, ...(connect.startsWith("replay:") ? [connect.slice(7)] : [])],
    write: [recorder],
  });
  assert.equal(code, 0, err);
  const lines = out.trim().split("\n").map((line) => JSON.parse(line));
  const summary = lines.at(-1);
  assert.equal(summary.recorderLost, 0);
  const all = await Array.fromAsync(readRecords(await findFlight(summary.recorderFolder)));
  return { lines, summary, err, records: (kind) => all.filter((record) => record.kind === kind) };
}

function gapMsMax(positions: readonly FdrRecord[]): number {
  const times = positions.map(({ timestampNs }) => timestampNs / 1e6);
  return Math.max(...times.slice(1).map((time, i) => time - times[i]));
}

Deno.test("airborne fly flies a recorded flight: every picture, at the positions' steady rate", async () => {
  const { lines, records, err } = await fly(`replay:${world().flight}`, "recorded");
  assert.match(err, /as the recording says/);
  assert.equal(lines.filter(({ type }) => type === "frame").length, 10);
  const positions = records("c8.position_out");
  assert.ok(positions.length > 80, `${positions.length} positions`);
  assert.ok(gapMsMax(positions) <= 110, `a gap of ${gapMsMax(positions)} ms`);
});

Deno.test("airborne fly flies a simulated aircraft from take-off to landing without an alarm", async () => {
  const { summary, records, err } = await fly("simulated:50,30,1.5", "simulated");
  assert.match(err, /landed: the flight ends/);
  assert.ok(Number(summary.durationS) > 100);
  const positions = records("c8.position_out");
  assert.ok(positions.length > 1000 && gapMsMax(positions) <= 110);
  // Until something has confirmed the start, none is sent as a fix.
  const started = positions.filter(({ timestampNs }) => timestampNs > 2e9);
  assert.ok(started.every(({ payload }) => (payload as { fixType: number }).fixType === 3));
  assert.equal(records("c5.gps_demoted").length, 0);
});

Deno.test({
  name: "airborne fly takes the GPS of a real log for wrong within two seconds, and for good",
  ignore: !await Deno.stat(REAL_LOG).then(() => true, () => false),
  fn: async () => {
    const { records } = await fly(`replay:${REAL_LOG}`, "log");
    const [demoted, ...more] = records("c5.gps_demoted");
    assert.ok(demoted.timestampNs > 50e9 && demoted.timestampNs < 58e9);
    assert.equal(more.length + records("c5.gps_bounded_delta.accept").length, 0);
  },
});

Deno.test("what belongs to an aircraft is refused for a flight that is none", async () => {
  const { package: flightPackage, flight, folder } = world();
  for (
    const wrong of [["--camera", "v4l2:/dev/video0"], ["--autopilot", "px4"]]
  ) {
    const args = ["--connect", `replay:${flight}`, "--package", flightPackage, ...wrong];
    const { code, err } = await runInProcess("airborne", [
      ...["fly", ...args, "--recorder", `${folder}/none`],
    ]);
    assert.equal(code, 64, err);
    assert.match(err, /has its own controller and pictures/);
  }
});
