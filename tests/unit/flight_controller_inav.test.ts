import assert from "node:assert/strict";
import { PYTHON, python } from "../support/python.ts";
import { fc, real } from "../support/properties.ts";
import {
  controllerNs,
  monotonicNs,
  radiansFromDegrees,
  rollPitchYaw,
  seededRandom,
} from "../../src/core/mod.ts";
import { encodeFrame, encodePayload, type MspMessage } from "../../src/link/msp/mod.ts";
import { Exchange } from "../../src/flight/flight_controller/inav/exchange.ts";
import { FlightPhase } from "../../src/flight/flight_controller/inav/flight_phase.ts";
import { Intake } from "../../src/flight/flight_controller/inav/intake.ts";
import { PollPlan } from "../../src/flight/flight_controller/inav/poll_plan.ts";
import {
  attitudeEvent,
  imuEvent,
  pressureEvent,
} from "../../src/flight/flight_controller/inav/readings.ts";
import { refusal, sensorGps } from "../../src/flight/flight_controller/inav/sensor_gps.ts";
import type { PositionOutput } from "../../src/flight/flight_controller/mod.ts";
import { InavReceiver } from "../../src/workstation/simulated_controller/inav_receiver.ts";
import { position } from "../contract/flight_controller_suite.ts";

const MOMENT = { receivedNs: monotonicNs(5e9), controllerNs: controllerNs(5e9) };

function bytesOf(output: PositionOutput): Uint8Array {
  const payload = encodePayload("MSP2_SENSOR_GPS", sensorGps(output));
  return encodeFrame({ version: 2, direction: "request", flags: 0, function: 0x1F03, payload });
}

Deno.test({
  name: "sensorGps() is byte for byte what Python's struct makes of the position by iNav's header",
  ignore: PYTHON === undefined,
  fn: async () => {
    const cases = [
      // Values as a person computes them: 50.4501234°, 30.5234567°, 1210.25 m, 3.25 east, -12.5 north, 0.75 up.
      {
        output: position(),
        gps: [0, 2447, 45314789, 3, 12, 4200, 3100, 40, 420, 305234567, 504501234, 121025, -1250]
          .concat([325, -75, 16543, 65535, 2026, 11, 29, 12, 34, 56]),
      },
      {
        output: position({
          quality: "none",
          position: null,
          utc: null,
          heightMslM: -12.345,
          velocityEnuMps: [0, 0, 0],
          sigmaHorizontalM: 999,
          sigmaVerticalM: 999,
          sigmaSpeedMps: 99,
          headingRad: radiansFromDegrees(-0.001),
        }),
        gps: [0, 65535, 0, 0, 0, 65535, 65535, 9900, 9999, 0, 0, -1234, 0, 0, 0, 0, 0]
          .concat([0, 0, 0, 0, 0, 0]),
      },
      {
        output: position({
          quality: "2d",
          position: { latitudeDeg: -33.8567844, longitudeDeg: -179.9999999, heightM: 0 },
          velocityEnuMps: [-400, 0, 400],
          headingRad: radiansFromDegrees(359.994),
        }),
        gps: [0, 2447, 45314789, 2, 12, 4200, 3100, 40, 420, -1799999999, -338567844, 121025, 0]
          .concat([-32767, -32767, 27000, 35999, 2026, 11, 29, 12, 34, 56]),
      },
    ].map(({ output, gps }) => ({ gps, hex: bytesOf(output).toHex() }));
    const script = `
import json, struct, sys
def crc(data):
    c = 0
    for b in data:
        c ^= b
        for _ in range(8): c = ((c << 1) ^ 0xD5) & 255 if c & 128 else c << 1
    return c
for case in json.loads(sys.argv[1]):
    payload = struct.pack("<BHIBBHHHHiiiiiiHHHBBBBB", *case["gps"])
    body = struct.pack("<BHH", 0, 0x1F03, len(payload)) + payload
    golden = (b"$X<" + body + bytes([crc(body)])).hex()
    print("same" if golden == case["hex"] else golden + " is not " + case["hex"])
`;
    assert.equal(await python(["-c", script, JSON.stringify(cases)]), "same\n".repeat(3));
  },
});

Deno.test("sensorGps() stays within its fields for any finite output, and never says better than it is", () => {
  const outputs = fc.record({
    quality: fc.constantFrom("none", "2d", "3d"),
    lat: real(-90, 90),
    lon: real(-180, 180),
    velocity: fc.tuple(real(-1e6, 1e6), real(-1e6, 1e6), real(-1e6, 1e6)),
    height: real(-1e12, 1e12),
    sigma: fc.oneof(real(0, 1e9), real(0, 100)),
    heading: fc.oneof(fc.constant(null), real(-100, 100)),
    utcMs: fc.oneof(fc.constant(null), fc.integer({ min: -1e13, max: 8e14 })),
  });
  fc.assert(fc.property(outputs, (given) => {
    const output = position({
      quality: given.quality as PositionOutput["quality"],
      position: { latitudeDeg: given.lat, longitudeDeg: given.lon, heightM: given.height },
      heightMslM: given.height,
      velocityEnuMps: given.velocity as [number, number, number],
      sigmaHorizontalM: given.sigma,
      sigmaVerticalM: given.sigma,
      sigmaSpeedMps: given.sigma,
      headingRad: given.heading,
      utc: given.utcMs === null ? null : new Date(given.utcMs),
    });
    assert.equal(refusal(output), undefined);
    assert.equal(bytesOf(output).length, 9 + 52);
    const values = sensorGps(output);
    const saidM = values.horizontalAccuracyMm / 1000;
    assert.ok(saidM >= Math.min(given.sigma, 65.535) - 1e-9);
    if (given.sigma > 65.536) {
      assert.ok(values.fixType <= 2, "a 3D fix that cannot say its accuracy");
    }
    assert.ok(values.satellites !== 99 && (values.fixType === 0) === (values.satellites === 0));
    const receiver = new InavReceiver("msp");
    receiver.takePosition(values, 0);
    assert.equal(receiver.hasFix, given.quality === "3d" && values.fixType === 3);
  }));
});

Deno.test("refusal() names what may not leave", () => {
  const refused = (changes: Partial<PositionOutput>) => refusal(position(changes));
  assert.equal(refused({}), undefined);
  assert.match(refused({ smoothed: true }) ?? "", /smoothed/);
  assert.match(refused({ heightMslM: NaN }) ?? "", /finite/);
  assert.match(refused({ utc: new Date(NaN) }) ?? "", /finite/);
  assert.match(refused({ position: null }) ?? "", /without a position/);
  const nowhere = { latitudeDeg: 91, longitudeDeg: 0, heightM: 0 };
  assert.match(refused({ position: nowhere }) ?? "", /no place/);
});

Deno.test("imuEvent() and attitudeEvent() turn iNav's body frame (forward, left, up) into FRD", () => {
  const none = { magnetometerX: 0, magnetometerY: 0, magnetometerZ: 0 };
  // Nose up by 30 degrees, standing: the support pushes forward and up.
  const imu = imuEvent({
    accelerationX: 256,
    accelerationY: 0,
    accelerationZ: 443,
    rateXDps: 10,
    rateYDps: 20,
    rateZDps: 30,
    ...none,
  }, MOMENT);
  assert.ok(imu);
  assert.deepEqual(imu.specificForceMps2.map((f) => Math.round(f * 100) / 100 + 0), [
    4.9,
    0,
    -8.49,
  ]);
  // Roll to the right is the same turn in both; nose down and to the left are negative in FRD.
  const rates = imu.angularRateRps.map((rate) => Math.round(rate * 180 / Math.PI));
  assert.deepEqual(rates, [10, -20, -30]);
  const attitude = attitudeEvent({ rollDeg: 5, pitchDeg: -30, yawDeg: 271 }, MOMENT);
  assert.ok(attitude);
  const { rollRad, pitchRad, yawRad } = rollPitchYaw(attitude.localFromBody);
  assert.deepEqual(
    [rollRad, pitchRad, yawRad].map((angle) => Math.round(angle * 180 / Math.PI)),
    [5, 30, -89],
  );
  assert.equal(attitudeEvent({ rollDeg: 0, pitchDeg: 3000, yawDeg: 0 }, MOMENT), null);
  const full = { accelerationX: 0, accelerationY: 32767, accelerationZ: 0, ...none };
  assert.equal(imuEvent({ ...full, rateXDps: 0, rateYDps: 0, rateZDps: 0 }, MOMENT), null);
});

Deno.test("pressureEvent() keeps heights: the standard atmosphere's formula gives iNav's back", () => {
  const hpa = (cm: number) => pressureEvent(cm, MOMENT)?.pressureHpa ?? NaN;
  assert.equal(hpa(0), 1013.25);
  const climbM = 44330.77 * (1 - (hpa(52_345) / hpa(0)) ** 0.190263);
  assert.ok(Math.abs(climbM - 523.45) < 0.01, `${climbM}`);
  assert.equal(pressureEvent(2 ** 31 - 1, MOMENT), null);
});

Deno.test("Intake leaves out our own positions, iNav's reckoning and what is shown again", () => {
  const intake = new Intake();
  intake.restart(0);
  const shown = (changes: Partial<Extract<MspMessage, { name: "MSP_RAW_GPS" }>>, atS: number) =>
    intake.event(
      {
        name: "MSP_RAW_GPS",
        fixType: 2,
        satellites: 9,
        latitudeE7: 500000000,
        longitudeE7: 300000000,
        heightMslM: 120,
        groundSpeedCmps: 500,
        groundCourseDecidegrees: 900,
        hdop: 120,
        ...changes,
      },
      monotonicNs(atS * 1e9),
      atS * 1e9,
    );
  assert.equal(shown({}, 1), null, "it may be of an earlier run of ours");
  const first = shown({}, 2);
  assert.ok(first?.kind === "gps");
  assert.deepEqual(first.velocityEnuMps.map(Math.round), [5, 0, 0]);
  assert.equal(shown({}, 2.2), null, "shown again");
  const statistics = {
    name: "MSP_GPSSTATISTICS",
    lastMessageAgeMs: 100,
    errors: 0,
    timeouts: 0,
    packets: 7,
    hdop: 120,
    horizontalAccuracyCm: 230,
    verticalAccuracyCm: 9999,
  } as const;
  intake.event(statistics, monotonicNs(2.3e9), 2.3e9);
  const frozen = shown({}, 2.4);
  assert.ok(frozen?.kind === "gps", "a receiver that goes on and stands still");
  assert.deepEqual([frozen.sigmaHorizontalM, frozen.sigmaVerticalM], [2.3, 4.5]);
  assert.equal(shown({ satellites: 99 }, 2.6), null);
  intake.remember(sensorGps(position()));
  assert.equal(shown({ latitudeE7: 504501234, longitudeE7: 305234567 }, 2.8), null);
  assert.equal(intake.echoNs, 2.8e9);
});

Deno.test("Exchange finds the line's way and the moment of an answer, whatever the controller's task", () => {
  const random = seededRandom("exchange"), exchange = new Exchange();
  const wayNs = 1.2e6, periodNs = 10e6;
  let nowNs = 1e9, worstNs = 0;
  for (let i = 0; i < 3000; i++) {
    const isProbe = i % 100 === 0;
    if (isProbe) nowNs += random.uniform() * 12e6;
    exchange.sent("MSP_RAW_IMU", nowNs, isProbe);
    const madeNs = Math.ceil((nowNs + wayNs) / periodNs) * periodNs;
    const receivedNs = madeNs + wayNs + random.uniform() * 0.2e6;
    const answered = exchange.received("MSP_RAW_IMU", monotonicNs(Math.round(receivedNs)));
    assert.ok(answered);
    if (i > 1500) worstNs = Math.max(worstNs, Math.abs(answered.madeNs - madeNs));
    nowNs = receivedNs + 0.3e6;
  }
  assert.ok(worstNs < 1e6, `wrong by ${worstNs / 1e6} ms`);
  const smallestMs = (exchange.smallestRoundTripNs ?? NaN) / 1e6;
  assert.ok(smallestMs >= 2.4 && smallestMs < 4, `${smallestMs} ms`);
});

Deno.test("Exchange counts what has no answer, and takes no answer that nobody asked for", () => {
  const exchange = new Exchange();
  assert.equal(exchange.received("MSP_RAW_GPS", monotonicNs(0)), undefined);
  exchange.sent("MSP_RAW_IMU", 0, false);
  exchange.sent("MSP_RAW_GPS", 0, false);
  assert.equal(exchange.hasRoom, false);
  assert.ok(exchange.received("MSP_RAW_GPS", monotonicNs(5e6)));
  assert.equal(exchange.lost, 1, "the answers come in order");
  exchange.sent("MSP_WP", 10e6, false);
  assert.deepEqual(exchange.expire(200e6), []);
  assert.deepEqual(exchange.expire(300e6), ["MSP_WP"]);
  assert.equal(exchange.lost, 2);
  exchange.sent("MSP_RAW_IMU", 1e9, false);
  const heldUp = exchange.received("MSP_RAW_IMU", monotonicNs(1.2e9));
  assert.equal(heldUp?.madeNs, 1.1e9, "nobody knows on which way: the middle");
});

Deno.test("PollPlan gives everything its share of 100 answers a second, and the IMU the rest", () => {
  const plan = new PollPlan(), counts = new Map<string, number>();
  for (let i = 0; i < 1000; i++) {
    const poll = plan.next(1e9 + i * 11e6);
    assert.ok(poll);
    plan.answered(poll.name);
    counts.set(poll.name, (counts.get(poll.name) ?? 0) + 1);
  }
  const rate = (name: string) => Math.round((counts.get(name) ?? 0) / 11);
  assert.equal(rate("MSP2_INAV_FULL_LOCAL_POSE"), 15);
  assert.equal(rate("MSP_ALTITUDE"), 5);
  assert.equal(rate("MSP_RAW_GPS"), 5);
  assert.equal(rate("MSP_WP"), 1);
  assert.ok(rate("MSP_RAW_IMU") >= 50, `${rate("MSP_RAW_IMU")} Hz`);
  assert.equal(counts.get("MSP_FC_VARIANT"), 1, "once it is answered, no more");
  plan.gpsIsOurs(true);
  counts.clear();
  for (let i = 1000; i < 2000; i++) {
    const { name } = plan.next(1e9 + i * 11e6) ?? assert.fail();
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  assert.equal(rate("MSP_RAW_GPS"), 1);
  assert.ok(rate("MSP_RAW_IMU") >= 65, `${rate("MSP_RAW_IMU")} Hz`);
  const fast = new PollPlan();
  for (let i = 0; i < 100; i++) fast.next(1e9);
  assert.equal(fast.next(1e9), undefined);
  assert.ok(fast.nextDueNs > 1e9);
});

Deno.test("FlightPhase goes through a flight, and knows nothing of what is stale", () => {
  const phase = new FlightPhase(), states: string[] = [];
  const flight = [
    { armed: false, heightM: 0, climbMps: 0 },
    { armed: true, heightM: 0, climbMps: 0 },
    { armed: true, heightM: 5, climbMps: 2 },
    { armed: true, heightM: 50, climbMps: 2 },
    { armed: true, heightM: 100, climbMps: -1 },
    { armed: true, heightM: 12, climbMps: -1 },
    { armed: true, heightM: 9, climbMps: -1 },
    { armed: true, heightM: 0, climbMps: 0 },
    { armed: false, heightM: 0, climbMps: 0 },
  ];
  flight.forEach(({ armed, heightM, climbMps }, i) => {
    const nowNs = monotonicNs(i * 1.5e9);
    phase.observeArming(armed ? 0b100 : 0b1000, nowNs);
    phase.observeMotion({ heightM, climbMps, speedMps: null }, nowNs);
    states.push(phase.at(nowNs));
  });
  assert.deepEqual(states, [
    "on_ground",
    "on_ground",
    "taking_off",
    "in_flight",
    "in_flight",
    "in_flight",
    "landing",
    "landing",
    "on_ground",
  ]);
  assert.equal(phase.at(monotonicNs(60e9)), "unknown");
});
