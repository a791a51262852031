/**
 * A package that carries the camera's calibration, the take-off origin and settings, flown by the shipped
 * program: what it says is flown, and what somebody nearer to the flight says otherwise is told.
 */
import assert from "node:assert/strict";
import { sha256Hex } from "../../src/core/mod.ts";
import {
  encodeCalibration,
  encodeManifest,
  openFlightPackage,
  PACKAGE_PATHS,
} from "../../src/flight/flight_package/mod.ts";
import { encodeMissionSettings } from "../../src/flight/flight_settings/mod.ts";
import { openRecordedFlight } from "../../src/flight/replay/mod.ts";
import { worldForFile } from "../faults/fixture.ts";
import { runInProcess } from "../faults/in_process.ts";
import { copyFolder } from "../faults/programs.ts";

const world = worldForFile();
/** The filter would be the test process's own, for good. */
const UNFILTERED = "--no-syscall-filter";

interface Changes {
  readonly settings: string;
  readonly focalLengthPx?: number;
  readonly northM?: number;
}

/** The world's package with a mission: the flight's own camera and take-off but for what `changes` name. */
async function missionPackage(
  name: string,
  { settings, focalLengthPx, northM = 0 }: Changes,
): Promise<string> {
  const path = `${world().folder}/${name}`;
  await copyFolder(world().package, path);
  const { description: { camera, takeoff } } = await openRecordedFlight(world().flight);
  assert.ok(takeoff !== null);
  const files = new Map([
    [
      PACKAGE_PATHS.calibration,
      encodeCalibration({ ...camera, fxPx: focalLengthPx ?? camera.fxPx }),
    ],
    [PACKAGE_PATHS.configuration, encodeMissionSettings({ text: settings, name: "flight.yaml" })],
  ]);
  const { manifest } = await openFlightPackage(path);
  const entries = [...files].map(([path, bytes]) => ({
    path,
    bytes: bytes.length,
    sha256: sha256Hex(bytes),
  }));
  for (const [name, bytes] of files) await Deno.writeFile(`${path}/${name}`, bytes);
  const latitudeDeg = takeoff.latitudeDeg + northM / 111_200;
  await Deno.writeFile(
    `${path}/${PACKAGE_PATHS.manifest}`,
    encodeManifest({
      ...manifest,
      takeoff: { ...takeoff, latitudeDeg, heightM: manifest.groundHeightM },
      files: [...manifest.files, ...entries],
    }),
  );
  return path;
}

Deno.test("replay flies by the package's settings, and tells what it is made otherwise", async () => {
  const path = await missionPackage("mission", { settings: "navigator: { heightMinM: 5000 }" });
  const replay = ["replay", world().flight, "--package", path, UNFILTERED];
  const { out, err } = await runInProcess("airborne", [...replay, "--json"]);
  // No fix is tried so low.
  assert.equal(JSON.parse(out.trim().split("\n").at(-1) ?? "").fixes, 0, err);
  assert.doesNotMatch(err, /NOT flown|NOT started/);
});

Deno.test("replay tells what the aircraft overrides, and another camera and take-off than the package's", async () => {
  const settings = "navigator: { heightMinM: 5000 }\nlive: { axisMaxM: 400 }";
  const path = await missionPackage("other_mission", { settings, focalLengthPx: 640, northM: 400 });
  const config = `${world().folder}/own.yaml`;
  await Deno.writeTextFile(config, "navigator: { heightMinM: 5 }\n");
  const replay = ["replay", world().flight, "--package", path, "--config", config, UNFILTERED];
  const { code, out, err } = await runInProcess("airborne", [...replay, "--json"]);
  assert.equal(code, 0, err);
  assert.ok(JSON.parse(out.trim().split("\n").at(-1) ?? "").fixes > 3, err);
  assert.match(err, /navigator\.heightMinM is 5 by .*own\.yaml, the package says 5000/);
  assert.doesNotMatch(err, /axisMaxM/);
  assert.match(err, /NOT flown with the package's calibration: .*fxPx \d+.*, not 640/);
  assert.match(err, /NOT started at the package's take-off origin: the recording's lies 4\d\d m/);
});

Deno.test("a package whose settings say whom the aircraft trusts is refused", async () => {
  const path = await missionPackage("foreign", { settings: "" });
  const bytes = new TextEncoder().encode('{"trust":{"folder":"/tmp/keys"}}\n');
  await Deno.writeFile(`${path}/${PACKAGE_PATHS.configuration}`, bytes);
  const { manifest } = await readAgain(path, bytes);
  await Deno.writeFile(`${path}/${PACKAGE_PATHS.manifest}`, encodeManifest(manifest));
  const { code, err } = await runInProcess("airborne", [
    "replay",
    world().flight,
    "--package",
    path,
    UNFILTERED,
  ]);
  assert.equal(code, 78, err);
  assert.match(err, /configuration\.json: trust: belongs to the aircraft/);
});

async function readAgain(path: string, bytes: Uint8Array) {
  const text = await Deno.readTextFile(`${path}/${PACKAGE_PATHS.manifest}`);
  const manifest = JSON.parse(text);
  manifest.files = manifest.files.map((file: { path: string }) =>
    file.path === PACKAGE_PATHS.configuration
      ? { ...file, bytes: bytes.length, sha256: sha256Hex(bytes) }
      : file
  );
  return { manifest };
}
