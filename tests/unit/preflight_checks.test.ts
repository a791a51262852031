/** Each line of the preflight passing, warning and failing. */
import assert from "node:assert/strict";
import { VERSION } from "../../src/core/mod.ts";
import {
  aircraftFindings,
  type AircraftState,
  liveCameraFindings,
  type PackageThere,
  packageThereFindings,
} from "../../src/workstation/preflight/aircraft_checks.ts";
import {
  calibrationFindings,
  lightFindings,
  packagedCalibrationFindings,
} from "../../src/workstation/preflight/camera_checks.ts";
import * as computer from "../../src/workstation/preflight/computer_checks.ts";
import {
  type CheckName,
  type Finding,
  resultOf,
  verdictOf,
} from "../../src/workstation/preflight/contract.ts";
import {
  linkFindings,
  parameterFindings,
} from "../../src/workstation/preflight/controller_checks.ts";
import type { ControllerReading } from "../../src/workstation/preflight/controller_reading.ts";
import {
  coverageFindings,
  freshnessFindings,
  packageFindings,
} from "../../src/workstation/preflight/package_checks.ts";
import { CameraCalibrationSchema, lightOf } from "../../src/navigation/camera/mod.ts";
import type { FlightPackage, PackageTile } from "../../src/flight/flight_package/mod.ts";
import { decodeNamedSetting, encodeNamedSetting } from "../../src/link/msp/mod.ts";

const UNTIL = new Date("2026-06-15T10:00:00Z");
const TILE: PackageTile = {
  x: 1,
  y: 1,
  source: "bing",
  sourceGsdM: 0.5,
  capturedAt: "2025-09-01T00:00:00.000Z",
  coverage: 1,
  attribution: "",
};

function packageOf(
  tiles: readonly PackageTile[],
  expired: readonly PackageTile[] = [],
  trust: unknown = { kind: "unchecked" },
) {
  const manifest = { name: "a", files: [], tileCount: tiles.length + expired.length };
  return {
    manifest,
    trust,
    places: [],
    tileMetadata: tiles,
    expiredTiles: expired,
  } as unknown as FlightPackage;
}

function controller(change: Partial<ControllerReading> = {}): ControllerReading {
  return {
    autopilot: "ardupilot",
    firmware: "ArduPilot 4.7.0",
    isHeard: true,
    isOther: false,
    fault: "",
    roundTripMs: 4,
    framesBad: 0,
    parameters: new Map(),
    warnings: [],
    gpsProvider: null,
    utcAheadS: 0,
    notAsked: null,
    ...change,
  };
}

const ARDUPILOT = {
  GPS1_TYPE: 1,
  GPS2_TYPE: 14,
  GPS_AUTO_SWITCH: 0,
  EK3_SRC1_POSXY: 3,
  EK3_SRC1_VELXY: 3,
  EK3_SRC1_YAW: 1,
  EK3_OPTIONS: 1,
};
const PX4 = { EKF2_AGP0_ID: 1, EKF2_AGP0_CTRL: 1, EKF2_AGP0_MODE: 0, EKF2_AGP0_DELAY: 0 };
const withParameters = (
  autopilot: ControllerReading["autopilot"],
  values: Readonly<Record<string, number>>,
) => parameterFindings(controller({ autopilot, parameters: new Map(Object.entries(values)) }));
const inav = (gpsProvider: string | null) =>
  parameterFindings(controller({ autopilot: "inav", gpsProvider }));

const gap = (largestErrorM: number) => ({
  routeM: 1000,
  share: 0.5,
  gaps: [{
    startM: 0,
    lengthM: 500,
    from: { latitudeDeg: 1, longitudeDeg: 1 },
    to: { latitudeDeg: 1, longitudeDeg: 2 },
    reachesEnd: false,
    expectedErrorM: 1,
    largestErrorM,
  }],
});
const disk = (freeBytes: number) =>
  computer.diskFindings({ path: "/d", freeBytes }, { durationS: 1000, capBytes: 1e12 });
const NOW_MS = Date.UTC(2026, 5, 15);
const clock = (change: Partial<computer.ClockReading>) =>
  computer.clockFindings({
    utcMs: NOW_MS,
    workstationMs: null,
    controllerAheadS: null,
    notBeforeMs: null,
    ...change,
  });
const library = (isOptional: boolean) => [
  { name: "vision", version: "OpenCV 4.6.0", fault: "", isOptional: false },
  { name: "camera", version: null, fault: "absent", isOptional },
];
const camera = (meanLevel: number, sharpness: number) => lightFindings({ meanLevel, sharpness });
const calibrated = (hasPicture: boolean, expectedId: string | null) =>
  calibrationFindings({
    calibrationId: "a",
    widthPx: 640,
    heightPx: 480,
    picture: hasPicture ? { meanLevel: 100, sharpness: 2 } : null,
    fault: hasPicture ? "" : "it is 1280×960",
  }, expectedId);

const CALIBRATION = CameraCalibrationSchema.parse({
  id: "a",
  widthPx: 640,
  heightPx: 480,
  fxPx: 500,
  fyPx: 500,
  cxPx: 319.5,
  cyPx: 239.5,
  distortion: [0, 0, 0, 0, 0],
  bodyFromCamera: [1, 0, 0, 0],
});
const AIRCRAFT: AircraftState = {
  where: "pilot@10.0.0.7",
  version: VERSION,
  calibration: null,
  flight: null,
};
const CAMERA = {
  address: "v4l2:/dev/video0",
  connected: true,
  fault: "",
  rateHz: 30,
  light: null,
};
const onAircraft = (flightState: string) => ({
  ...AIRCRAFT,
  flight: { flightState, camera: CAMERA },
});
const COPY: PackageThere = {
  kind: "found",
  path: "/var/lib/gdn/packages/a",
  missing: [],
  altered: [],
  unexpected: [],
  configured: "",
};
const untrusted = (code: string, ofAircraft: boolean) =>
  packageFindings(
    packageOf([TILE], [], { kind: "untrusted", code, reason: "is not to be flown" }),
    { ofAircraft },
  );

interface Case {
  readonly check: CheckName;
  readonly pass: readonly (readonly Finding[])[];
  readonly warning: readonly (readonly Finding[])[];
  readonly fail: readonly (readonly Finding[])[];
}

/** What cannot be a matter of degree has no warning: a picture comes or not. */
const CASES: readonly Case[] = [
  {
    check: "aircraft",
    pass: [aircraftFindings(AIRCRAFT), aircraftFindings(onAircraft("on_ground"))],
    warning: [aircraftFindings({ ...AIRCRAFT, version: "0.0.1" })],
    fail: [
      aircraftFindings(new Error("its host key is another one")),
      aircraftFindings(onAircraft("in_flight")),
    ],
  },
  {
    check: "package",
    pass: [
      packageFindings(packageOf([TILE]), { ofAircraft: false }),
      packageThereFindings(COPY),
    ],
    warning: [
      untrusted("PACKAGE_UNSIGNED", false),
      packageFindings(
        packageOf([TILE], [], { kind: "trusted", key: { name: "a" }, warning: "is older" }),
        { ofAircraft: true },
      ),
      packageThereFindings({ ...COPY, configured: "/var/lib/gdn/packages/b" }),
    ],
    fail: [
      packageFindings(new Error("it was altered"), { ofAircraft: false }),
      untrusted("PACKAGE_UNSIGNED", true),
      untrusted("PACKAGE_EXPIRED", false),
      packageThereFindings({ kind: "absent", folder: "/var/lib/gdn" }),
      packageThereFindings({ ...COPY, missing: ["tiles.json"] }),
      packageThereFindings({ ...COPY, altered: ["a", "b", "c", "d"] }),
      packageThereFindings({ ...COPY, unexpected: ["a"] }),
      packageThereFindings(new Error("the connection broke")),
    ],
  },
  {
    check: "coverage",
    pass: [coverageFindings({ routeM: 1000, share: 1, gaps: [] })],
    warning: [coverageFindings(gap(49))],
    fail: [coverageFindings(gap(51))],
  },
  {
    check: "freshness",
    pass: [freshnessFindings(packageOf([TILE]), UNTIL)],
    warning: [
      freshnessFindings(packageOf([{ ...TILE, expiresAt: "2026-06-16T00:00:00.000Z" }]), UNTIL),
    ],
    fail: [freshnessFindings(packageOf([TILE], [TILE]), UNTIL)],
  },
  {
    check: "disk",
    pass: [disk(1e11)],
    warning: [disk(1e9)],
    fail: [disk(1e8), computer.diskFindings("absent", { durationS: 1, capBytes: 1 })],
  },
  {
    check: "recorder",
    pass: [computer.recorderFindings({ path: "/d", syncMsMax: 50 })],
    warning: [computer.recorderFindings({ path: "/d", syncMsMax: 500 })],
    fail: [
      computer.recorderFindings({ path: "/d", syncMsMax: 5000 }),
      computer.recorderFindings("/d cannot be written"),
    ],
  },
  {
    check: "database",
    pass: [computer.databaseFindings({ kind: "open", name: "PGlite", tiles: 3 })],
    warning: [computer.databaseFindings({ kind: "in_use", fault: "process 7 has it" })],
    fail: [computer.databaseFindings({ kind: "broken", fault: "of a later version" })],
  },
  {
    check: "libraries",
    pass: [computer.libraryFindings(library(true).slice(0, 1))],
    warning: [computer.libraryFindings(library(true))],
    fail: [computer.libraryFindings(library(false))],
  },
  {
    check: "engine",
    pass: [
      computer.engineFindings([]),
      computer.engineFindings([{ file: "a.onnx", matchesHost: true, refusal: null }]),
    ],
    warning: [computer.engineFindings([{ file: "a.engine", matchesHost: null, refusal: null }])],
    fail: [computer.engineFindings([{ file: "a.engine", matchesHost: false, refusal: "sm86" }])],
  },
  {
    check: "calibration",
    pass: [
      calibrated(true, null),
      calibrated(true, "a"),
      liveCameraFindings(CAMERA),
      packagedCalibrationFindings(CALIBRATION, null),
      packagedCalibrationFindings(CALIBRATION, { ...CALIBRATION }),
    ],
    warning: [liveCameraFindings(null)],
    fail: [
      calibrated(false, null),
      calibrated(true, "b"),
      liveCameraFindings({ ...CAMERA, fault: "the picture has 640x480 pixels" }),
      packagedCalibrationFindings(CALIBRATION, { ...CALIBRATION, id: "b" }),
      packagedCalibrationFindings(CALIBRATION, { ...CALIBRATION, fxPx: 510 }),
      packagedCalibrationFindings(CALIBRATION, { ...CALIBRATION, bodyFromCamera: [0, 1, 0, 0] }),
    ],
  },
  {
    check: "controller_link",
    pass: [linkFindings(controller())],
    warning: [
      linkFindings(controller({ roundTripMs: 300 })),
      linkFindings(controller({ framesBad: 3 })),
    ],
    fail: [
      linkFindings(controller({ isHeard: false, fault: "refused" })),
      linkFindings(controller({ isOther: true, firmware: "px4" })),
    ],
  },
  {
    check: "controller_parameters",
    pass: [
      withParameters("ardupilot", ARDUPILOT),
      withParameters("ardupilot", {
        ...ARDUPILOT,
        GPS1_TYPE: 14,
        GPS2_TYPE: 0,
        GPS_AUTO_SWITCH: 1,
      }),
      withParameters("px4", PX4),
      withParameters("px4", { EKF2_AGP_CTRL: 1 }),
      inav("MSP"),
    ],
    warning: [
      withParameters("ardupilot", { ...ARDUPILOT, EK3_OPTIONS: 0 }),
      withParameters("px4", { ...PX4, EKF2_AGP0_MODE: 1 }),
      withParameters("px4", { ...PX4, EKF2_AGP0_DELAY: 50, EKF2_DELAY_MAX: 200 }),
      inav(null),
    ],
    fail: [
      withParameters("ardupilot", {}),
      withParameters("ardupilot", { ...ARDUPILOT, GPS2_TYPE: 0 }),
      withParameters("ardupilot", { ...ARDUPILOT, GPS_AUTO_SWITCH: 1 }),
      withParameters("ardupilot", { ...ARDUPILOT, EK3_SRC1_POSXY: 6 }),
      withParameters("ardupilot", { ...ARDUPILOT, EK3_SRC1_YAW: 2 }),
      withParameters("px4", {}),
      withParameters("px4", { ...PX4, EKF2_AGP0_ID: 0 }),
      withParameters("px4", { ...PX4, EKF2_AGP0_CTRL: 0 }),
      withParameters("px4", { EKF2_AGP_CTRL: 2 }),
      withParameters("px4", { ...PX4, EKF2_AGP0_DELAY: 500, EKF2_DELAY_MAX: 200 }),
      inav("UBLOX"),
    ],
  },
  {
    check: "clock",
    pass: [clock({}), clock({ controllerAheadS: 1, workstationMs: NOW_MS + 1000 })],
    warning: [clock({ controllerAheadS: -5 }), clock({ workstationMs: NOW_MS + 9000 })],
    fail: [
      clock({ utcMs: 0 }),
      clock({ notBeforeMs: NOW_MS + 1 }),
      clock({ controllerAheadS: 3600 }),
      clock({ workstationMs: NOW_MS - 100_000 }),
    ],
  },
  {
    check: "thermal",
    pass: [computer.thermalFindings({ throttled: false, temperatureC: 50 })],
    warning: [computer.thermalFindings({ throttled: false, temperatureC: 85 })],
    fail: [computer.thermalFindings({ throttled: true, temperatureC: 90 })],
  },
  {
    check: "light",
    pass: [camera(100, 2)],
    warning: [camera(30, 2), camera(230, 2), camera(100, 1)],
    fail: [camera(5, 2), camera(250, 2), camera(100, 0.2)],
  },
];

Deno.test("each line of the preflight passes, warns and fails, and says what to do", () => {
  for (const { check, ...cases } of CASES) {
    for (const status of ["pass", "warning", "fail"] as const) {
      for (const [index, findings] of cases[status].entries()) {
        const result = resultOf(check, findings);
        assert.equal(result.status, status, `${check} ${status} ${index}: ${result.found}`);
        assert.equal(result.remedy === null, status === "pass", result.found);
      }
    }
  }
  const of = (status: "pass" | "warning" | "fail") =>
    resultOf("disk", CASES.find(({ check }) => check === "disk")?.[status][0] ?? []);
  assert.equal(verdictOf([of("pass")]), "passed");
  assert.equal(verdictOf([of("pass"), of("warning")]), "warnings");
  assert.equal(verdictOf([of("fail"), of("warning")]), "failed");
});

Deno.test("lightOf() measures level and sharpness of a picture", () => {
  const flat = { widthPx: 64, heightPx: 48, pixels: new Uint8Array(64 * 48).fill(7) };
  assert.deepEqual(lightOf(flat), { meanLevel: 7, sharpness: 0 });
  const stripes = { ...flat, pixels: flat.pixels.map((_, i) => i % 2 === 0 ? 0 : 200) };
  assert.deepEqual(lightOf(stripes), { meanLevel: 6200 / 63, sharpness: 100 });
});

Deno.test("decodeNamedSetting() reads what iNav says of a setting, and no bytes that do not", () => {
  const setting = { name: "gps_provider", words: ["UBLOX", "MSP", "FAKE"], value: 1 };
  const payload = encodeNamedSetting(setting);
  assert.deepEqual(decodeNamedSetting(payload), setting);
  for (let length = 0; length < payload.length; length++) {
    assert.equal(decodeNamedSetting(payload.subarray(0, length)), undefined);
  }
  const beyond = payload.slice();
  beyond[beyond.length - 1] = 3;
  assert.equal(decodeNamedSetting(beyond), undefined);
});
