/**
 * A computer that heats up in flight: the flips of its throttling and the reduced work are in the flight
 * record. The telemetry is a folder laid out as /sys is.
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { composeAirborne } from "../../src/airborne/compose.ts";
import { AirborneConfigSchema } from "../../src/airborne/config.ts";
import type { FaultLine, FrameLine } from "../../src/airborne/json_lines.ts";
import type { FlightSettings } from "../../src/airborne/flight_options.ts";
import { replayFlight } from "../../src/airborne/replay_flight.ts";
import { findFlight, readRecords } from "../../src/flight/flight_record/mod.ts";
import { worldForFile } from "../faults/fixture.ts";
import { run } from "../faults/programs.ts";
import { orinTree, type ThermalTree } from "../unit/inference_thermal_trees.ts";

const world = worldForFile();

async function writeTree(folder: string, tree: ThermalTree): Promise<void> {
  for (const [path, text] of tree) {
    const to = `${folder}/class/thermal/${path}`;
    await Deno.mkdir(dirname(to), { recursive: true });
    await Deno.writeTextFile(to, `${text}\n`);
  }
}

const setAlert = (folder: string, raised: boolean) =>
  Deno.writeTextFileSync(
    `${folder}/class/thermal/cooling_device2/cur_state`,
    raised ? "1\n" : "0\n",
  );

/** Records of the kinds, with their payloads, of the only flight below the folder. */
async function recordsOf(recorder: string, ...kinds: string[]) {
  const [{ name }] = (await Array.fromAsync(Deno.readDir(recorder))).filter((e) => e.isDirectory);
  const files = await findFlight(`${recorder}/${name}`);
  const records = await Array.fromAsync(readRecords(files));
  return records.filter(({ kind }) => kinds.includes(kind)).map(({ kind, payload }) => ({
    kind,
    payload: payload as Record<string, unknown>,
  }));
}

function settingsOf(values: unknown): FlightSettings {
  const own = AirborneConfigSchema.parse(values);
  return { own, with: () => ({ config: own, overridden: [] }) };
}

/** No estimate is good enough to look around it and no place is ever found: every frame asks for a search. */
const SEARCHING = { placeRecognition: { priorSigmaMaxM: 0.01 }, structural: { scoreMin: 2 } };

Deno.test("a computer that heats up works less, recovers late, and the record shows it", async () => {
  const { folder, flight } = world();
  const tree = `${folder}/sys`, recorder = `${folder}/heating`;
  await writeTree(tree, orinTree({ jetpack: 6, temperatureC: 91, alerts: [] }));
  const lines: FrameLine[] = [];
  await replayFlight(
    {
      composeAirborne,
      openTileStore: () => Promise.reject(new Error("makes no tiles")),
    },
    {
      flightPath: flight,
      packagePath: world().package,
      packageSha256: null,
      configPath: null,
      trustFolder: null,
      modelPath: null,
      recorderFolder: recorder,
      tilesFolder: null,
      thermalFolder: tree,
      json: true,
      strict: true,
      irregular: false,
      groundAltitudeM: null,
      posesPath: null,
      focalLength35Mm: null,
      positionsPath: null,
      reportPath: null,
      // It would be on the process of the tests.
      noSyscallFilter: true,
    },
    settingsOf({ ...SEARCHING, thermalAdaptation: { recoveryS: 2 } }),
    {
      line: (line: FrameLine | FaultLine) => {
        if (line.type !== "frame") return;
        lines.push(line);
        // Ten frames, one a second: hot from the second to the fifth.
        if (lines.length === 2) setAlert(tree, true);
        if (lines.length === 5) setAlert(tree, false);
      },
      note: () => {},
      progress: () => {},
      signal: new AbortController().signal,
    },
  );
  const events = await recordsOf(recorder, "c7.thermal_transition", "nav.work_level");
  assert.deepEqual(
    events.map(({ kind, payload }) => [kind, payload.throttled ?? payload.level]),
    [
      ["c7.thermal_transition", true],
      ["nav.work_level", "reduced"],
      ["c7.thermal_transition", false],
      ["nav.work_level", "full"],
    ],
  );
  assert.equal(events[0].payload.source, "jetson");
  assert.equal(events[0].payload.temperatureC, 91);
  const heard = await recordsOf(recorder, "log");
  const kinds = heard.map(({ payload }) => payload.kind);
  assert.equal(kinds.filter((kind) => kind === "c7.thermal_transition").length, 1, "WARN on entry");
  const left = lines.map(({ fix }) => fix.reason === "throttled");
  assert.ok(left.slice(0, 2).every((each) => !each), "all frames are searched while it is cool");
  assert.ok(left.some((each) => each), `${left}: some are left out while it is hot`);
  assert.ok(!left.at(-1), "and none when it has recovered");
});

Deno.test("airborne replay --thermal DIR flies as that computer; without it nothing is measured", async () => {
  const { folder, flight } = world();
  const tree = `${folder}/hot`, config = `${folder}/searching.yaml`;
  await writeTree(tree, orinTree({ jetpack: 6, temperatureC: 97, alerts: ["gpu"] }));
  await Deno.writeTextFile(config, JSON.stringify(SEARCHING));
  const shared = ["replay", flight, "--package", world().package, "--config", config];
  const found: unknown[] = [];
  for (const extra of [["--thermal", tree], []]) {
    const recorder = `${folder}/recorder-${extra.length}`;
    const { code, err } = await run("airborne", [...shared, "--recorder", recorder, ...extra], {
      read: [flight, world().package, config, ...extra.slice(1)],
      write: [recorder],
    });
    assert.equal(code, 3, err);
    const events = await recordsOf(recorder, "c7.thermal_transition", "nav.work_level");
    const fixes = await recordsOf(recorder, "nav.fix");
    const left = fixes.filter(({ payload }) => payload.reason === "throttled").length;
    found.push([events.map(({ kind }) => kind), left > 0]);
  }
  assert.deepEqual(found, [[["c7.thermal_transition", "nav.work_level"], true], [[], false]]);
});
