/**
 * The simulated ArduPilot against what was measured on the real one: each rule that a companion must live
 * with.
 */
import assert from "node:assert/strict";
import { LocalFrame, seededRandom } from "../../src/core/mod.ts";
import { ArduPilotFirmware } from "../../src/workstation/simulated_controller/ardupilot_firmware.ts";
import type {
  CompanionPosition,
  Firmware,
  Flight,
} from "../../src/workstation/simulated_controller/contract.ts";

const ORIGIN = { latitudeDeg: 48.5, longitudeDeg: 35, heightM: 0 };
const SPEED_MPS = 8;
const LAND_MODE = 9, GUIDED_MODE = 4;

/** Eastwards at 8 m/s, 100 m high. */
function straightFlight(): Flight {
  return {
    description: {} as Flight["description"],
    localFrame: new LocalFrame(ORIGIN),
    startS: 0,
    endS: 1000,
    landing: null,
    truthAt: (timeS) => ({
      timeS,
      positionLocalM: [SPEED_MPS * timeS, 0, 100],
      velocityLocalMps: [SPEED_MPS, 0, 0],
      localFromBody: [1, 0, 0, 0],
    }),
    events: async function* () {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const flight = straightFlight();

/** As a companion sends it: exact, and predicted to the moment of sending. */
function position(timeS: number, change: Partial<CompanionPosition> = {}, eastM = 0) {
  const place = flight.localFrame.wgsFromLocal([SPEED_MPS * timeS + eastM, 0, 100]);
  return {
    message: "GPS_INPUT",
    fields: { lat: place.latitudeDeg },
    fixType: 3,
    latitudeDeg: place.latitudeDeg,
    longitudeDeg: place.longitudeDeg,
    heightMslM: 100,
    velocityEnuMps: [SPEED_MPS, 0, 0] as const,
    sigmaHorizontalM: 2,
    sigmaVerticalM: 2,
    sigmaSpeedMps: 0.3,
    satellites: 10,
    hdop: 0.8,
    vdop: 0.8,
    receiver: 0,
    ...change,
  };
}

function firmware(vehicle: "copter" | "plane", isFlying: boolean): ArduPilotFirmware {
  const made = new ArduPilotFirmware(seededRandom("rules"), flight, {
    vehicle,
    companionReceiver: "only",
    isFlying,
    startCompression: 1,
    undulationM: 0,
  });
  // Matched to a companion that predicts to the moment of sending.
  made.parameters.set("GPS1_DELAY_MS", 1);
  return made;
}

/** Ten positions a second from `fromS` to `toS`; returns what was made of each. */
function fly(
  made: Firmware,
  [fromS, toS]: readonly [number, number],
  change: Partial<CompanionPosition> = {},
  { eastM = 0, silent = false, rateHz = 10 } = {},
): string[] {
  const verdicts: string[] = [];
  for (let step = Math.round(fromS * rateHz); step < Math.round(toS * rateHz); step++) {
    const timeS = step / rateHz;
    made.advance(timeS);
    if (!silent) verdicts.push(made.takePosition(position(timeS, change, eastM), timeS).made);
  }
  made.advance(toS);
  return verdicts;
}

const count = (verdicts: readonly string[], made: string) =>
  verdicts.filter((one) => one === made).length;

Deno.test("ArduPilotFirmware begins with a full GPS_INPUT after 41.7 s, and with none that is poor", () => {
  const good = firmware("copter", false);
  assert.equal(count(fly(good, [0, 41]), "unused"), 410);
  assert.equal(good.arm(), false);
  assert.match(good.takeTexts().map(({ text }) => text).join(), /waiting for home/);
  assert.ok(count(fly(good, [41, 45]), "fused") > 20);
  assert.equal(good.arm(), true);
  const poor: Partial<CompanionPosition>[] = [
    { hdop: 3 },
    { hdop: undefined },
    { satellites: 5 },
    { sigmaHorizontalM: 6 },
    { sigmaVerticalM: 8 },
    { sigmaSpeedMps: 1.2 },
  ];
  for (const change of poor) {
    const made = firmware("copter", false);
    assert.equal(count(fly(made, [0, 60], change), "unused"), 600, JSON.stringify(change));
  }
  const fine: Partial<CompanionPosition>[] = [
    { hdop: 0 },
    { satellites: 6 },
    { sigmaHorizontalM: undefined, sigmaVerticalM: undefined, sigmaSpeedMps: undefined },
  ];
  for (const change of fine) {
    const made = firmware("copter", false);
    assert.ok(count(fly(made, [0, 60], change), "fused") > 100, JSON.stringify(change));
  }
});

Deno.test("ArduPilotFirmware never begins where the first message said fix_type 0, and does after 1", () => {
  const zero = firmware("copter", false);
  fly(zero, [0, 3], { fixType: 0 });
  assert.equal(count(fly(zero, [3, 80]), "unused"), 770);
  const one = firmware("copter", false);
  fly(one, [0, 3], { fixType: 1 });
  assert.ok(count(fly(one, [3, 80]), "fused") > 100);
});

Deno.test("ArduPilotFirmware does not arm on positions that come 4 times a second", () => {
  const slow = firmware("copter", false);
  fly(slow, [0, 60], {}, { rateHz: 4 });
  assert.equal(slow.arm(), false);
  assert.match(slow.takeTexts().map(({ text }) => text).join(), /GPS 1: not healthy/);
});

Deno.test("ArduPilotFirmware absorbs a jump of 14 m, and refuses larger ones for 10 s (Plane: 4 s)", () => {
  const jumped = (vehicle: "copter" | "plane", eastM: number, sigmaHorizontalM = 2) => {
    const made = firmware(vehicle, true);
    fly(made, [0, 60]);
    const verdicts = fly(made, [60, 85], { sigmaHorizontalM }, { eastM });
    return { made, verdicts, refused: count(verdicts, "refused") };
  };
  assert.equal(jumped("copter", 14).refused, 0);
  for (const eastM of [20, 200]) {
    const { made, refused, verdicts } = jumped("copter", eastM);
    assert.ok(Math.abs(refused - 100) <= 2, `${refused} refused`);
    assert.equal(count(verdicts, "reset"), 1);
    assert.ok(Math.abs(made.estimate().errorHorizontalM - eastM) < 2);
    assert.equal(made.customMode, GUIDED_MODE);
  }
  assert.ok(Math.abs(jumped("plane", 200).refused - 40) <= 2);
  const poor = jumped("copter", 100, 20).made.estimate().errorHorizontalM;
  // Measured: 21 m.
  assert.ok(poor > 5 && poor < 50, `${poor.toFixed(1)} m with an accuracy of 20 m`);
  const poorest = jumped("copter", 200, 100).made.estimate().errorHorizontalM;
  // Measured: 2 m.
  assert.ok(poorest < 5, `${poorest.toFixed(1)} m with an accuracy of 100 m`);
});

Deno.test("ArduPilotFirmware lands after 12 s without a position, and stays; Plane flies on", () => {
  const copter = firmware("copter", true);
  fly(copter, [0, 10]);
  fly(copter, [10, 15], {}, { silent: true });
  fly(copter, [15, 20]);
  assert.equal(copter.customMode, GUIDED_MODE);
  fly(copter, [20, 32], {}, { silent: true });
  assert.equal(copter.customMode, LAND_MODE);
  fly(copter, [32, 40]);
  assert.equal(copter.customMode, LAND_MODE);
  const plane = firmware("plane", true);
  fly(plane, [0, 10]);
  fly(plane, [10, 130], {}, { silent: true });
  assert.equal(plane.customMode, 10);
});

Deno.test("ArduPilotFirmware counts what is not finite as what would stop it", () => {
  const made = firmware("copter", true);
  const verdicts = fly(made, [0, 1], { fields: { horizAccuracy: NaN } });
  assert.equal(count(verdicts, "abort"), 10);
});

Deno.test("ArduPilotFirmware takes a position for one of GPS1_DELAY_MS ago; 0 means 200 ms", () => {
  const error = (delayMs: number) => {
    const made = firmware("copter", true);
    made.parameters.set("GPS1_DELAY_MS", delayMs);
    fly(made, [0, 30]);
    return made.estimate().errorHorizontalM;
  };
  assert.ok(error(1) < 0.3);
  assert.ok(Math.abs(error(0) - 0.2 * SPEED_MPS) < 0.3);
  assert.ok(Math.abs(error(400) - 0.25 * SPEED_MPS) < 0.3);
});

Deno.test("ArduPilotFirmware follows GPS_PRIMARY at once and without a gate", () => {
  const made = firmware("copter", true);
  made.parameters.set("GPS2_TYPE", 14);
  fly(made, [0, 10]);
  assert.equal(count(fly(made, [10, 11], { receiver: 1 }, { eastM: 500 }), "unused"), 10);
  made.parameters.set("GPS_PRIMARY", 1);
  const verdicts = fly(made, [11, 12], { receiver: 1 }, { eastM: 500 });
  assert.equal(verdicts[0], "reset");
  assert.ok(made.estimate().errorHorizontalM > 490);
});

Deno.test("ArduPilotFirmware takes source sets 1 to 3, and 43003 only as it was measured to", () => {
  const set = (param1: number) => ({
    command: 42007,
    isInt: false,
    frame: 0,
    parameters: [param1, 0, 0, 0, 0, 0, 0],
  });
  const sets = firmware("copter", true);
  assert.deepEqual([0, 1, 2, 3, 4].map((one) => sets.takeCommand(set(one), 1)?.result), [
    2,
    0,
    0,
    0,
    2,
  ]);
  const external = (change = {}) => ({
    command: 43003,
    isInt: true,
    frame: 0,
    parameters: [0, 0, 5, 0, ORIGIN.latitudeDeg, ORIGIN.longitudeDeg, NaN],
    ...change,
  });
  const result = (made: Firmware, atS: number, change = {}) =>
    made.takeCommand(external(change), atS)?.result;
  const copter = firmware("copter", true);
  fly(copter, [0, 10]);
  assert.equal(result(copter, 10), 4, "GPS is good");
  fly(copter, [10, 12], {}, { silent: true });
  assert.equal(result(copter, 12, { isInt: false }), 3);
  assert.equal(result(copter, 12, { frame: 3 }), 2);
  assert.equal(result(copter, 12, { parameters: [0, 0, 5, 0, 48.5, 35, 100] }), 2);
  assert.equal(result(copter, 12), 0);
  fly(copter, [12, 24], {}, { silent: true });
  assert.equal(result(copter, 24), 4, "too late for Copter");
});
