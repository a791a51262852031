/**
 * The contract suite that every adapter of a flight controller must pass, against a controller that speaks
 * its protocol, or a flight that needs none. Times are the machine's own: what is waited for is what happens, not a moment.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type ControllerNs,
  localFromBody,
  type MonotonicNs,
  monotonicNs,
  type Quaternion,
  quaternionConjugate,
  quaternionMultiply,
  rotationVectorFromQuaternion,
  seededRandom,
  SystemClock,
  type Vector3,
} from "../../src/core/mod.ts";
import type { ControllerEvent, FlightState } from "../../src/flight/flight_events/mod.ts";
import type {
  FlightControllerAdapter,
  PositionOutput,
} from "../../src/flight/flight_controller/mod.ts";

/** What the vehicle measures and is, from now on. */
export interface ToldState {
  /** Body FRD. */
  readonly specificForceMps2: Vector3;
  readonly angularRateRps: Vector3;
  readonly localFromBody: Quaternion;
  readonly heightAboveHomeM: number;
  readonly isArmed: boolean;
  /** Of a receiver of the controller's own; null: there is none. */
  readonly gps: { readonly latitudeDeg: number; readonly longitudeDeg: number } | null;
}

/** A position as the controller has taken it. */
export interface TakenPosition {
  /** Whether it may fly by it. */
  readonly isFix: boolean;
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  /** Undefined where the message has none. */
  readonly heightMslM: number | undefined;
  readonly velocityEnuMps: Vector3 | undefined;
  readonly sigmaHorizontalM: number;
}

/** An adapter, and a controller at the other end of its line. */
export interface ControllerRig extends AsyncDisposable {
  readonly adapter: FlightControllerAdapter;
  tell(state: Partial<ToldState>): void;
  readonly taken: readonly TakenPosition[];
  /** Puts any bytes on the line to the adapter. */
  disturb(bytes: Uint8Array): void;
  /** The controller says nothing, and hears nothing. */
  mute(muted: boolean): void;
}

/** How fine the protocol tells things, and what it can carry. */
export interface ControllerTraits {
  readonly forceStepMps2: number;
  readonly rateStepRps: number;
  readonly attitudeStepRad: number;
  readonly hasOwnGps: boolean;
  /** Of air pressure; 1 where it is absent. */
  readonly heightStepM?: number;
}

export const AT_REST: ToldState = {
  specificForceMps2: [0, 0, -9.80665],
  angularRateRps: [0, 0, 0],
  localFromBody: localFromBody({ rollRad: 0, pitchRad: 0, yawRad: 0 }),
  heightAboveHomeM: 0,
  isArmed: false,
  gps: null,
};

type Make = () => ControllerRig;
type Case = (rig: ControllerRig, heard: Heard, traits: ControllerTraits) => Promise<void>;

/** All cases, or those whose titles match. */
export function flightControllerSuite(
  name: string,
  make: Make,
  traits: ControllerTraits,
  titles = /./,
): void {
  for (const [title, body] of Object.entries(cases)) {
    if (!titles.test(title)) continue;
    Deno.test(`${name}: ${title}`, async () => {
      await using rig = make();
      await rig.adapter.open();
      await using heard = new Heard(rig.adapter);
      await body(rig, heard, traits);
    });
  }
}

const WAIT_MS = 20_000;

/** Everything that the adapter has told. */
class Heard implements AsyncDisposable {
  readonly events: ControllerEvent[] = [];
  readonly #end = new AbortController();
  readonly #reading: Promise<void>;

  constructor(adapter: FlightControllerAdapter) {
    this.#reading = (async () => {
      for await (const event of adapter.events(this.#end.signal)) this.events.push(event);
    })();
  }

  of<Kind extends ControllerEvent["kind"]>(
    kind: Kind,
  ): Extract<ControllerEvent, { kind: Kind }>[] {
    return this.events.filter((event) => event.kind === kind) as Extract<
      ControllerEvent,
      { kind: Kind }
    >[];
  }

  /** Of the standard atmosphere; as it is told where a recording tells no pressure. */
  pressureHeightsM(): number[] {
    const baro = this.of("baro");
    if (baro.length > 0) return baro.map(({ heightM }) => heightM);
    const first = this.of("pressure")[0]?.pressureHpa ?? NaN;
    return this.of("pressure").map(({ pressureHpa }) =>
      44330.77 * (1 - (pressureHpa / first) ** 0.190263)
    );
  }

  latest<Kind extends ControllerEvent["kind"]>(kind: Kind) {
    return this.of(kind).at(-1);
  }

  async until(what: string, isSo: () => boolean): Promise<void> {
    const endMs = performance.now() + WAIT_MS;
    while (!isSo()) {
      assert.ok(performance.now() < endMs, `waited in vain for: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  untilUp(): Promise<void> {
    return this.until("the link is up", () => this.latest("link")?.up === true);
  }

  untilState(state: FlightState): Promise<void> {
    return this.until(state, () => this.latest("flight_state")?.state === state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#reading;
  }
}

const clock = new SystemClock();

export function position(changes: Partial<PositionOutput> = {}): PositionOutput {
  const nowNs = clock.now();
  return {
    timeNs: nowNs,
    measuredNs: nowNs,
    utc: new Date(Date.UTC(2026, 10, 29, 12, 34, 56, 789)),
    quality: "3d",
    position: { latitudeDeg: 50.4501234, longitudeDeg: 30.5234567, heightM: 1234.5 },
    heightMslM: 1210.25,
    velocityEnuMps: [3.25, -12.5, 0.75],
    sigmaHorizontalM: 4.2,
    sigmaVerticalM: 3.1,
    sigmaSpeedMps: 0.4,
    headingRad: null,
    enuFromBody: null,
    smoothed: false,
    ...changes,
  };
}

const TILTED = localFromBody({ rollRad: 0.21, pitchRad: -0.13, yawRad: 4.1 });

const cases: Readonly<Record<string, Case>> = {
  "tells what is measured in SI units, body FRD and ENU": async (rig, heard, traits) => {
    const specificForceMps2: Vector3 = [1.5, -2.5, -9.2];
    const angularRateRps: Vector3 = [0.35, -0.7, 1.05];
    rig.tell({ specificForceMps2, angularRateRps, localFromBody: TILTED });
    await heard.until(
      "twenty of each",
      () => heard.of("imu").length >= 20 && heard.of("attitude").length >= 5,
    );
    const imu = heard.latest("imu"), attitude = heard.latest("attitude");
    assert.ok(imu && attitude);
    for (let axis = 0; axis < 3; axis++) {
      near(imu.specificForceMps2[axis], specificForceMps2[axis], traits.forceStepMps2);
      near(imu.angularRateRps[axis], angularRateRps[axis], traits.rateStepRps);
    }
    const error = quaternionMultiply(quaternionConjugate(TILTED), attitude.localFromBody);
    near(Math.hypot(...rotationVectorFromQuaternion(error)), 0, 2 * traits.attitudeStepRad);
  },

  "measurements of a stream come in order, on one clock that runs as fast as ours": async (
    _rig,
    heard,
  ) => {
    await heard.until("a second of it", () => heard.of("imu").length >= 50);
    const imu = heard.of("imu");
    const offsets = imu.map((event) => event.receivedNs - event.controllerNs);
    const smallestNs = Math.min(...offsets);
    for (let i = 1; i < imu.length; i++) {
      assert.ok(imu[i].controllerNs >= imu[i - 1].controllerNs, "the controller's time went back");
      assert.ok(offsets[i] - smallestNs < 5e9, "the controller's clock runs away from ours");
    }
  },

  "a climb shows in the pressure": async (rig, heard, traits) => {
    await heard.until("pressure on the ground", () => heard.pressureHeightsM().length >= 3);
    const groundM = heard.pressureHeightsM().at(-1) ?? NaN;
    rig.tell({ heightAboveHomeM: 120 });
    const before = heard.pressureHeightsM().length;
    await heard.until("pressure above", () => heard.pressureHeightsM().length >= before + 3);
    const aboveM = heard.pressureHeightsM().at(-1) ?? NaN;
    near(aboveM - groundM, 120, traits.heightStepM ?? 1);
  },

  "the flight state follows arming and height": async (rig, heard) => {
    rig.tell({ isArmed: false });
    await heard.untilState("on_ground");
    rig.tell({ isArmed: true, heightAboveHomeM: 80 });
    await heard.untilState("in_flight");
    assert.equal(rig.adapter.health().flightState, "in_flight");
    rig.tell({ isArmed: false, heightAboveHomeM: 0 });
    await heard.untilState("on_ground");
  },

  "the controller's own GPS is told; our positions never come back as one": async (
    rig,
    heard,
    traits,
  ) => {
    await heard.untilUp();
    if (traits.hasOwnGps) {
      rig.tell({ gps: { latitudeDeg: 49.5, longitudeDeg: 31.25 } });
      await heard.until("its GPS", () => heard.latest("gps")?.fix === "3d");
      near(heard.latest("gps")?.position.latitudeDeg ?? NaN, 49.5, 2e-4);
    }
    for (let i = 0; i < 30; i++) {
      rig.adapter.emitPosition(position());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await heard.until("ours has arrived", () => rig.taken.length > 0);
    for (const { position: { latitudeDeg } } of heard.of("gps")) {
      assert.ok(Math.abs(latitudeDeg - 50.4501234) > 1e-6, "our position came back as GPS");
    }
  },

  "a position arrives as it was given": async (rig, heard) => {
    await heard.untilUp();
    const output = position();
    await heard.until("it has arrived", () => {
      rig.adapter.emitPosition(output);
      return rig.taken.length > 0;
    });
    const taken = rig.taken[0];
    assert.ok(taken.isFix);
    near(taken.latitudeDeg, output.position?.latitudeDeg ?? NaN, 6e-8);
    near(taken.longitudeDeg, output.position?.longitudeDeg ?? NaN, 6e-8);
    if (taken.heightMslM !== undefined) near(taken.heightMslM, output.heightMslM, 0.01);
    taken.velocityEnuMps?.forEach((mps, axis) => near(mps, output.velocityEnuMps[axis], 0.006));
    near(taken.sigmaHorizontalM, output.sigmaHorizontalM, 0.011);
    assert.ok(rig.adapter.health().positionsSent > 0);
  },

  "what is smoothed or not finite is refused and counted": async (rig, heard) => {
    await heard.untilUp();
    const bad: Partial<PositionOutput>[] = [
      { smoothed: true },
      { heightMslM: NaN },
      { sigmaHorizontalM: Infinity },
      { sigmaVerticalM: NaN },
      { sigmaSpeedMps: NaN },
      { headingRad: NaN },
      { velocityEnuMps: [0, NaN, 0] },
      { position: { latitudeDeg: NaN, longitudeDeg: 30, heightM: 0 } },
      { position: { latitudeDeg: 50, longitudeDeg: -Infinity, heightM: 0 } },
    ];
    const before = rig.adapter.health();
    for (const changes of bad) rig.adapter.emitPosition(position(changes));
    const after = rig.adapter.health();
    assert.equal(after.positionsRefused - before.positionsRefused, bad.length);
    assert.equal(after.positionsSent, before.positionsSent);
  },

  "quality none is no fix, and 999 m are never a good accuracy": async (rig, heard) => {
    await heard.untilUp();
    const none = { quality: "none", sigmaHorizontalM: 999, sigmaVerticalM: 999 } as const;
    await heard.until("none has arrived", () => {
      rig.adapter.emitPosition(position({ ...none, position: null, velocityEnuMps: [0, 0, 0] }));
      rig.adapter.emitPosition(position(none));
      return rig.taken.length >= 4;
    });
    for (const taken of rig.taken) {
      assert.ok(!taken.isFix);
      assert.ok(taken.sigmaHorizontalM > 50, `an accuracy of ${taken.sigmaHorizontalM} m`);
    }
  },

  "any bytes at all leave it alive": async (rig, heard) => {
    await heard.untilUp();
    const random = seededRandom("flight controller suite");
    for (let round = 0; round < 20; round++) {
      rig.disturb(Uint8Array.from({ length: 1000 }, () => random.integer(256)));
    }
    const before = heard.of("imu").length;
    await heard.until("it goes on", () => heard.of("imu").length >= before + 10);
    assert.ok(rig.adapter.health().connected);
    assert.ok(Object.keys(rig.adapter.health().unknownMessages).length <= 65);
  },

  "a silent controller is told, and its return": async (rig, heard) => {
    await heard.untilUp();
    rig.tell({ isArmed: false });
    await heard.untilState("on_ground");
    rig.mute(true);
    await heard.until("the link is down", () => heard.latest("link")?.up === false);
    await heard.untilState("unknown");
    assert.equal(rig.adapter.health().connected, false);
    rig.adapter.emitPosition(position());
    rig.mute(false);
    await heard.untilUp();
    await heard.untilState("on_ground");
    assert.ok(rig.adapter.health().connected);
  },

  "texts, values and sources of any kind harm nobody": async (rig, heard) => {
    await heard.untilUp();
    const { adapter } = rig;
    for (const text of ["", "GPS NOT TRUSTED", "ü€😀".repeat(200), "\0\n\x1b[31m"]) {
      adapter.alert("critical", text);
    }
    adapter.sendValue("label", 1);
    adapter.sendValue("a name that is far too long", NaN);
    adapter.selectSource("companion");
    adapter.selectSource("controller_gps");
    const before = heard.of("imu").length;
    await heard.until("it goes on", () => heard.of("imu").length >= before + 10);
  },

  "says how the line is": async (rig, heard) => {
    await heard.until("round trips", () => rig.adapter.health().roundTripMs !== null);
    await heard.until("rates", () => Object.keys(rig.adapter.health().ratesHz).length > 3);
    await heard.until("clock", () => heard.of("clock_sync").length > 0);
    await heard.until("the firmware", () => /\d/.test(rig.adapter.health().firmware));
    const health = rig.adapter.health();
    assert.ok(health.bytesIn > 0 && health.bytesOut > 0);
    const sync = heard.latest("clock_sync");
    assert.ok(sync && sync.roundTripNs >= 0 && sync.roundTripNs < 1e9);
    assert.ok(isTime(sync.receivedNs) && isTime(sync.controllerNs));
  },
};

function isTime(ns: MonotonicNs | ControllerNs): boolean {
  return monotonicNs(ns) === (ns as number);
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${actual} is not ${expected} ± ${tolerance}`,
  );
}
