import assert from "node:assert/strict";
import { LocalFrame, seededRandom } from "../../src/core/mod.ts";
import { sensorGps } from "../../src/flight/flight_controller/inav/sensor_gps.ts";
import type { PositionOutput } from "../../src/flight/flight_controller/mod.ts";
import type { Flight } from "../../src/workstation/simulated_controller/mod.ts";
import { InavFirmware } from "../../src/workstation/simulated_controller/inav_firmware.ts";
import { LowPass } from "../../src/workstation/simulated_controller/inav_filter.ts";
import { InavReceiver } from "../../src/workstation/simulated_controller/inav_receiver.ts";
import { position } from "../contract/flight_controller_suite.ts";

const ORIGIN = { latitudeDeg: 50, longitudeDeg: 30, heightM: 0 };
const FRAME = new LocalFrame(ORIGIN);
const SPEED_MPS = 15;

/** East at 15 m/s. */
const FLIGHT = {
  localFrame: FRAME,
  startS: 0,
  endS: Infinity,
  truthAt: (timeS: number) => ({
    timeS,
    positionLocalM: [SPEED_MPS * timeS, 0, 100],
    velocityLocalMps: [SPEED_MPS, 0, 0],
    localFromBody: [1, 0, 0, 0],
  }),
} as unknown as Flight;

function firmware(provider: "msp" | "own" = "msp"): InavFirmware {
  const options = { provider, isFlying: true, undulationM: 0 };
  return new InavFirmware(seededRandom("inav"), FLIGHT, options);
}

/** What we would send at that moment, wrong by `errorM` to the north. */
function sent(timeS: number, errorM: number, changes: Partial<PositionOutput> = {}) {
  return sensorGps(position({
    position: FRAME.wgsFromLocal([SPEED_MPS * timeS, errorM, 100]),
    heightMslM: 100,
    velocityEnuMps: [SPEED_MPS, 0, 0],
    sigmaHorizontalM: 3,
    ...changes,
  }));
}

function fly(inav: InavFirmware, fromS: number, toS: number, errorM: number) {
  for (let step = Math.round(fromS * 10); step < Math.round(toS * 10); step++) {
    inav.advance(step / 10);
    inav.takeSensorGps(sent(step / 10, errorM), step / 10);
  }
  inav.advance(toS);
  return inav.estimate();
}

Deno.test("InavFirmware begins at the first good position, and follows without a gate", () => {
  const inav = firmware();
  inav.advance(0);
  assert.equal(inav.estimate().isUsable, false);
  assert.deepEqual(inav.takeSensorGps(sent(0, 0), 0), { made: "reset" });
  const good = fly(inav, 0.1, 10, 0);
  // The last position stands still for 0.1 s at 15 m/s: it lags behind by half of that.
  assert.ok(good.isUsable && good.errorHorizontalM < 1.5, `${good.errorHorizontalM} m`);
  const led = fly(inav, 10, 40, 80);
  assert.ok(Math.abs(led.errorHorizontalM - 80) < 3, `${led.errorHorizontalM} m`);
});

Deno.test("InavFirmware uses no position of 10 m or more, no 2D fix, and none after its time-out", () => {
  const inav = firmware();
  fly(inav, 0, 5, 0);
  const made = (changes: Partial<PositionOutput>) => inav.takeSensorGps(sent(5, 0, changes), 5);
  assert.equal(made({ sigmaHorizontalM: 9.9 }).made, "fused");
  assert.match(made({ sigmaHorizontalM: 10 }).why ?? "", /10 m/);
  assert.match(made({ quality: "2d" }).why ?? "", /no 3D fix/);
  assert.match(made({ quality: "none" }).why ?? "", /no 3D fix/);
  assert.match(made({ sigmaHorizontalM: 70 }).why ?? "", /no 3D fix/);
  inav.advance(6.1);
  assert.equal(inav.receiver.timeouts, 1);
  assert.equal(inav.takeSensorGps(sent(6.1, 0), 6.1).why, "starting again");
  inav.advance(9);
  const lost = inav.estimate();
  assert.ok(!lost.isUsable || lost.sigmaHorizontalM > 5, "its accuracy grows");
  inav.advance(20);
  assert.equal(inav.estimate().isUsable, false);
  assert.equal(inav.takeSensorGps(sent(20, 0), 20).made, "reset");
});

Deno.test("InavFirmware with a receiver of its own shows our position, and does not fly by it", () => {
  const inav = firmware("own");
  const verdict = inav.takeSensorGps(sent(0, 0), 0);
  assert.equal(verdict.why, "gps_provider is not MSP");
  assert.equal(inav.receiver.solution.fixType, 2);
  inav.advance(1);
  assert.equal(inav.estimate().isUsable, false);
});

Deno.test("InavReceiver keeps accuracies and velocities as iNav does", () => {
  const receiver = new InavReceiver("msp");
  receiver.takePosition({ ...sent(0, 0), horizontalAccuracyMm: 65535, velocityEastCmps: 40000 }, 0);
  assert.equal(receiver.solution.horizontalAccuracyCm, 6553);
  assert.equal(receiver.solution.velocityNedCmps[1], 40000 - 65536);
});

Deno.test("LowPass lets the mean through and damps what is faster than its cut-off", () => {
  const filter = new LowPass(15);
  let largest = 0, sum = 0;
  for (let i = 0; i < 2000; i++) {
    const [x] = filter.apply([9.81 + Math.sin(2 * Math.PI * 60 * i / 1000), 0, 0], i / 1000);
    if (i >= 1000) {
      largest = Math.max(largest, Math.abs(x - 9.81));
      sum += x;
    }
  }
  assert.ok(largest > 0.15 && largest < 0.35, `${largest}`);
  assert.ok(Math.abs(sum / 1000 - 9.81) < 0.01);
});
