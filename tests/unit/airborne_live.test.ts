import assert from "node:assert/strict";
import { SourceSwitch } from "../../src/airborne/live/source_switch.ts";
import { FlightStart, type StartOrigin, startWarning } from "../../src/airborne/live/start.ts";
import { LiveConfigSchema } from "../../src/airborne/live/config.ts";
import { HeightReference } from "../../src/airborne/live/height_reference.ts";
import { CheckedUtc, OutputPolicy } from "../../src/airborne/live/output_policy.ts";
import { controllerNs, LocalFrame, ManualClock, monotonicNs } from "../../src/core/mod.ts";
import type {
  ControllerEvent,
  ControllerPositionEvent,
  GpsEvent,
  PressureEvent,
} from "../../src/flight/flight_events/mod.ts";
import type { EstimatorEvent, StateEstimate } from "../../src/navigation/state_estimator/mod.ts";
import type { LastPosition } from "../../src/airborne/live/live_state_file.ts";

const CONFIG = LiveConfigSchema.parse({});
const FRAME = new LocalFrame({ latitudeDeg: 48.5, longitudeDeg: 35, heightM: 120 });
const times = (s: number) => ({
  receivedNs: monotonicNs(Math.round(s * 1e9)),
  controllerNs: controllerNs(Math.round(s * 1e9) + 7_000_000_000),
});

const attitude = (s: number): ControllerEvent => ({
  kind: "attitude",
  ...times(s),
  localFromBody: [1, 0, 0, 0],
});

function gps(s: number, change: Partial<GpsEvent> = {}): GpsEvent {
  return {
    kind: "gps",
    ...times(s),
    fix: "3d",
    position: { latitudeDeg: 48.51, longitudeDeg: 35.01, heightM: 130 },
    velocityEnuMps: [0, 0, 0],
    sigmaHorizontalM: 1.5,
    sigmaVerticalM: 3,
    satellites: 11,
    integrity: "unknown",
    ...change,
  };
}

const INTERRUPTED: LastPosition = {
  latitudeDeg: 48.52,
  longitudeDeg: 35.02,
  sigmaHorizontalM: 3,
  velocityEnMps: [12, 16],
  utcMs: 1000e3,
  controllerNs: 5e9,
  gpsDistrusted: true,
};

function startOf(options: {
  readonly interrupted?: LastPosition | null;
  readonly area?: { latitudeDeg: number; longitudeDeg: number; radiusM: number };
  readonly planned?: ConstructorParameters<typeof FlightStart>[0]["planned"];
  readonly utcMs?: (at: number) => number;
}): FlightStart {
  return new FlightStart({
    config: CONFIG,
    area: options.area === undefined ? null : { ...options.area, from: "operator" },
    interrupted: options.interrupted ?? null,
    planned: options.planned ?? {},
    utcMs: options.utcMs ?? ((at) => 1000e3 + at / 1e6),
  });
}

function firstOrigin(start: FlightStart, events: readonly ControllerEvent[]): StartOrigin | null {
  for (const event of events) {
    const origin = start.observe(event);
    if (origin !== null) return origin;
  }
  return null;
}

Deno.test("a flight starts where the operator says, as soon as there is an attitude", () => {
  const area = { latitudeDeg: 48.6, longitudeDeg: 35.1, radiusM: 300 };
  const start = startOf({ area, interrupted: INTERRUPTED });
  assert.equal(start.observe(gps(0)), null);
  assert.deepEqual(start.observe(attitude(0.1)), {
    from: "operator",
    latitudeDeg: 48.6,
    longitudeDeg: 35.1,
    sigmaHorizontalM: 150,
  });
});

Deno.test("a flight starts at a GPS that agrees with itself, and not at one that wanders", () => {
  const steady = firstOrigin(startOf({}), [attitude(0), gps(0.2), gps(0.4), gps(0.6)]);
  assert.equal(steady?.from, "controller_gps");
  const wandering = [0.2, 0.4, 0.6, 0.8].map((s, i) =>
    gps(s, { position: { latitudeDeg: 48.51 + i * 0.001, longitudeDeg: 35.01, heightM: 130 } })
  );
  assert.equal(firstOrigin(startOf({}), [attitude(0), ...wandering]), null);
  const spoofed = [0.2, 0.4, 0.6].map((s) => gps(s, { integrity: "spoofed" }));
  assert.equal(firstOrigin(startOf({}), [attitude(0), ...spoofed]), null);
});

/** 10 m from where gps() is. */
const TAKEOFF = {
  latitudeDeg: 48.51009,
  longitudeDeg: 35.01,
  heightM: 131,
  sigmaHorizontalM: 5,
  sigmaVerticalM: 10,
};

Deno.test("a flight starts where the package says when GPS is silent or elsewhere, and at a GPS that agrees", () => {
  const planned = { takeoff: TAKEOFF };
  const place = {
    from: "package",
    latitudeDeg: 48.51009,
    longitudeDeg: 35.01,
    sigmaHorizontalM: 5,
  };
  const silent = startOf({ planned });
  assert.equal(silent.observe(attitude(0)), null);
  assert.deepEqual(silent.observe(attitude(4.1)), { ...place, gpsBesideM: null });
  const agreed = firstOrigin(startOf({ planned }), [attitude(0), gps(0.1), gps(0.3), gps(0.5)]);
  assert.equal(agreed?.from, "controller_gps");
  const elsewhere = (s: number) =>
    gps(s, { position: { latitudeDeg: 48.52, longitudeDeg: 35.01, heightM: 130 } });
  const spoofed = [attitude(0), elsewhere(0.1), elsewhere(0.3), elsewhere(0.5)];
  const origin = firstOrigin(startOf({ planned }), spoofed);
  assert.ok(origin?.from === "package" && origin.gpsBesideM !== null);
  assert.ok(Math.abs(origin.gpsBesideM - 1102) < 3, `${origin.gpsBesideM}`);
  assert.ok(origin.sigmaHorizontalM > origin.gpsBesideM, "nothing says which of the two is right");
  assert.match(startWarning(origin) ?? "", /from the package's take-off origin: one of the two/);
  // In the air nobody takes off any more.
  const flying: ControllerEvent = { kind: "flight_state", ...times(0), state: "in_flight" };
  assert.equal(firstOrigin(startOf({ planned }), [flying, ...spoofed])?.from, "controller_gps");
});

Deno.test("without any GPS a flight starts on the whole map, after the wait", () => {
  const start = startOf({});
  assert.equal(firstOrigin(start, [attitude(0), attitude(CONFIG.startWaitS - 0.1)]), null);
  assert.deepEqual(start.observe(attitude(CONFIG.startWaitS + 0.1)), { from: "map" });
});

Deno.test("an interrupted flight goes on where it was, wider by what it can have flown", () => {
  const sync: ControllerEvent = {
    kind: "clock_sync",
    receivedNs: monotonicNs(0.5e9),
    controllerNs: controllerNs(9e9),
    roundTripNs: 3e6,
  };
  const origin = firstOrigin(startOf({ interrupted: INTERRUPTED, utcMs: () => 0 }), [
    attitude(0),
    sync,
  ]);
  assert.equal(origin?.from, "interrupted_flight");
  // 4 s by the controller's clock at 20 m/s, half of that; a wrong wall clock does not matter.
  assert.ok(origin?.from === "interrupted_flight");
  assert.equal(origin.latitudeDeg.toFixed(6), (48.52 + 16 * 4 / 111_320).toFixed(6));
  assert.ok(Math.abs((origin.longitudeDeg - 35.02) * 111_320 * 0.6624 - 12 * 4) < 0.1);
  assert.equal(
    origin.sigmaHorizontalM.toFixed(2),
    Math.hypot(3, 0.5 * 20 * 4, CONFIG.startSigmaM).toFixed(2),
  );
});

Deno.test("an interruption of unknown length is none to go on from, nor is distrusted GPS", () => {
  const start = startOf({ interrupted: INTERRUPTED, utcMs: () => 0 });
  const events = [0, 0.5, 1, 1.5, 2.5].flatMap((s) => [attitude(s), gps(s + 0.1)]);
  assert.equal(firstOrigin(start, events), null);
  assert.deepEqual(start.observe(attitude(20)), { from: "map" });
});

Deno.test("a flight that was cut off long ago is another flight: its place and its distrust do not count", () => {
  const start = startOf({ interrupted: INTERRUPTED, utcMs: () => INTERRUPTED.utcMs + 86_400e3 });
  const sync: ControllerEvent = {
    kind: "clock_sync",
    receivedNs: monotonicNs(0.1e9),
    controllerNs: controllerNs(9e9),
    roundTripNs: 3e6,
  };
  const origin = firstOrigin(start, [attitude(0), sync, gps(0.2), gps(0.4), gps(0.6)]);
  assert.equal(origin?.from, "controller_gps");
  assert.equal(start.distrustsGps(monotonicNs(1e9)), false);
});

const pressure = (s: number, pressureHpa: number): PressureEvent => ({
  kind: "pressure",
  ...times(s),
  pressureHpa,
});
const position = (change: Partial<ControllerPositionEvent>): ControllerPositionEvent => ({
  kind: "controller_position",
  ...times(0),
  latitudeDeg: 0,
  longitudeDeg: 0,
  heightMslM: 0,
  heightAboveHomeM: 0,
  ...change,
});

Deno.test("pressure becomes height over the ground that it was measured on", () => {
  const heights = new HeightReference({ groundHeightM: 120, onOtherGround: () => {} });
  assert.equal(heights.height(pressure(0, 990)), null);
  heights.observeState("on_ground");
  for (let i = 0; i < 100; i++) heights.height(pressure(i / 10, 990));
  heights.observeState("in_flight");
  // The standard atmosphere: 100 m above 990 hPa are 11.8 hPa less.
  const height = heights.height(pressure(20, 978.25));
  assert.ok(height !== null && Math.abs(height - 220) < 1.5, `${height}`);
  // Where it lands is another place.
  heights.observeState("on_ground");
  assert.equal(heights.height(pressure(20.5, 978.25)), height);
  assert.equal(heights.height(pressure(21, NaN)), null);
  assert.equal(heights.height(pressure(22, 0)), null);
});

Deno.test("in the air the controller's height over home is where the climb began", () => {
  const heights = new HeightReference({ groundHeightM: 120, onOtherGround: () => {} });
  heights.observeState("in_flight");
  heights.height(pressure(0, 980));
  heights.observeController(position({ heightMslM: 290, heightAboveHomeM: 150 }));
  assert.equal(heights.height(pressure(1, 980)), 270);
  // Home lies at 140 m over the sea and 120 m over the ellipsoid.
  assert.equal(heights.mslM(270), 290);
  assert.equal(heights.ellipsoidM(290), 270);
});

function estimate(change: Partial<StateEstimate> = {}): StateEstimate {
  const covariance = Float64Array.from({ length: 36 }, (_, i) => i % 7 === 0 ? 4 : 0);
  return {
    timeNs: monotonicNs(10e9),
    positionLocalM: [100, 200, 80],
    velocityLocalMps: [10, 0, 0],
    localFromBody: [1, 0, 0, 0],
    mountingErrorRad: [0, 0, 0],
    covariance,
    velocityCovariance: Float64Array.from([0.04, 0, 0, 0, 0.09, 0, 0, 0, 0.01]),
    horizontal95M: 4.9,
    label: "satellite_anchored",
    anchorAgeS: 0.3,
    smoothed: false,
    ...change,
  };
}

function policy(): OutputPolicy {
  return new OutputPolicy({
    config: CONFIG,
    localFrame: FRAME,
    mslM: (heightM) => heightM + 20,
    utc: () => null,
  });
}

Deno.test("an estimate is sent as of now, with its own accuracies", () => {
  const nowNs = monotonicNs(10.1e9);
  const { output, withheld } = policy().decide({ estimate: estimate(), nowNs, unaidedS: 0 });
  assert.equal(withheld, "");
  assert.equal(output.quality, "3d");
  const [east, north] = FRAME.localFromWgs(output.position!);
  assert.ok(Math.abs(east - 101) < 1e-6 && Math.abs(north - 200) < 1e-6);
  assert.equal(output.sigmaHorizontalM, 2);
  assert.equal(output.sigmaSpeedMps.toFixed(3), "0.300");
  assert.equal(output.heightMslM.toFixed(3), "220.000");
  assert.equal(output.timeNs - output.measuredNs, 100e6);
});

Deno.test("what is not known is not sent as if it were", () => {
  const nowNs = monotonicNs(10.1e9);
  const one = policy();
  const cases = [
    [{ estimate: null, nowNs, unaidedS: 0 }, "no_estimate"],
    [{ estimate: estimate(), nowNs: monotonicNs(10.3e9), unaidedS: 0 }, "stale"],
    [{ estimate: estimate(), nowNs, unaidedS: 30.1 }, "blackout"],
    [{ estimate: estimate({ horizontal95M: 501 }), nowNs, unaidedS: 0 }, "covariance"],
    [
      {
        estimate: estimate({ velocityCovariance: new Float64Array([121, 0, 0, 0, 1, 0, 0, 0, 1]) }),
        nowNs,
        unaidedS: 0,
      },
      "velocity",
    ],
  ] as const;
  for (const [situation, reason] of cases) {
    const { output, withheld } = one.decide(situation);
    assert.equal(withheld, reason);
    assert.equal(output.quality, "none");
    assert.equal(output.sigmaHorizontalM, 999);
    assert.ok(output.velocityEnuMps.every(Number.isFinite));
  }
  const wide = one.decide({ estimate: estimate({ horizontal95M: 300 }), nowNs, unaidedS: 0 });
  assert.equal(wide.output.quality, "2d");
});

Deno.test("a clock that nobody confirmed gives no time", () => {
  const clock = new ManualClock({ startUtc: new Date(1_700_000_000_000) });
  const utc = new CheckedUtc(clock);
  utc.observe(1_600_000_000_000, monotonicNs(0));
  assert.equal(utc.at(monotonicNs(0)), null);
  utc.observe(1_700_000_000_400, monotonicNs(0));
  assert.equal(utc.at(monotonicNs(1e9))?.getTime(), 1_700_000_001_000);
});

Deno.test("the controller flies by us while its GPS is demoted or lost, and by its GPS afterwards", () => {
  const clock = new ManualClock();
  const asked: string[] = [];
  const sourceSwitch = new SourceSwitch({
    adapter: { selectSource: (source) => asked.push(`${clock.now() / 1e9} ${source}`) },
    clock,
  });
  const fused: EstimatorEvent = {
    type: "measurement",
    timeNs: 0,
    outcome: {
      source: "gps",
      timeNs: monotonicNs(0),
      fused: true,
      testRatio: 0,
      observation: [],
      observationVariance: [],
      innovation: [],
      innovationVariance: [],
    },
  };
  const { output } = policy().decide({
    estimate: estimate(),
    nowNs: monotonicNs(10.1e9),
    unaidedS: 0,
  });
  const fly = (untilS: number, hasGps: boolean) => {
    while (clock.now() < untilS * 1e9) {
      clock.set(monotonicNs(clock.now() + 0.5e9));
      if (hasGps) sourceSwitch.onEstimatorEvents([fused]);
      sourceSwitch.positionSent({ output, withheld: "", estimate: estimate(), nowNs: clock.now() });
    }
  };
  // Before the first sample of GPS there is nothing to be lost.
  fly(0.5, false);
  fly(5, true);
  fly(8, false);
  fly(20, true);
  assert.deepEqual(asked, ["7.5 companion", "19 controller_gps"]);
  sourceSwitch.onEstimatorEvents([{ type: "gps.demoted", timeNs: 0, reason: "a jump" }]);
  fly(40, true);
  assert.equal(asked.at(-1), "20 companion");
  sourceSwitch.onEstimatorEvents([{
    type: "gps_bounded_delta.accept",
    timeNs: 0,
    reason: "",
    deltaM: 2,
  }]);
  assert.equal(asked.at(-1), "40 controller_gps");
});

Deno.test("take-off from a hill: the heights of GPS count from it, which is told once and is no fault of GPS", () => {
  const told: number[] = [];
  const onOtherGround = (aboveM: number) => told.push(Math.round(aboveM));
  const heights = new HeightReference({ groundHeightM: 120, onOtherGround });
  const at = (heightM: number) =>
    heights.ofGps(gps(0, { position: { latitudeDeg: 48.5, longitudeDeg: 35, heightM } }));
  // As GPS comes, before the controller has said that it stands.
  for (let i = 0; i < 3; i++) at(205);
  heights.observeState("on_ground");
  assert.ok(Math.abs(at(205) - 120) < 0.5, "not one sample 85 m off the barometer");
  for (let i = 0; i < 20; i++) at(205);
  heights.observeState("in_flight");
  assert.ok(Math.abs(at(305) - 220) < 0.5, `${at(305)}`);
  // What it does in flight is a matter of the checks, as ever.
  assert.ok(Math.abs(at(505) - 420) < 0.5);
  assert.deepEqual(told, [85]);
});

Deno.test("a GPS that differs from the map's ground by what GPS is wrong by is left alone", () => {
  const onOtherGround = () => assert.fail("told");
  const heights = new HeightReference({ groundHeightM: 120, onOtherGround });
  heights.observeState("on_ground");
  for (let i = 0; i < 20; i++) assert.equal(heights.ofGps(gps(i)), 130);
  const inFlight = new HeightReference({ groundHeightM: 120, onOtherGround });
  inFlight.observeState("in_flight");
  const high = { position: { latitudeDeg: 48.5, longitudeDeg: 35, heightM: 900 } };
  for (let i = 0; i < 20; i++) assert.equal(inFlight.ofGps(gps(i, high)), 900);
});
