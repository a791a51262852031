/** Flights that are recorded or simulated: their clock, their pictures, and the physics of the simulated one. */
import assert from "node:assert/strict";
import {
  ManualClock,
  type MonotonicNs,
  monotonicNs,
  quaternionConjugate,
  quaternionFromRotationVector,
  quaternionMultiply,
  rotate,
  rotationVectorFromQuaternion,
  UsageError,
  type Vector3,
} from "../../src/core/mod.ts";
import {
  FlownController,
  parseControllerAddress,
  SimulatedFlight,
  simulatedVehicle,
} from "../../src/flight/flight_controller/mod.ts";
import type { ControllerEvent, FrameEvent } from "../../src/flight/flight_events/mod.ts";

Deno.test("a manual clock rings its alarms on the way, each at its own time", () => {
  const clock = new ManualClock();
  const rung: string[] = [];
  const ring = (name: string) => () => rung.push(`${name} at ${clock.now()}`);
  clock.alarm(monotonicNs(30), ring("late"));
  clock.alarm(monotonicNs(10), () => {
    ring("early")();
    clock.alarm(monotonicNs(20), ring("asked for while ringing"));
  });
  clock.alarm(monotonicNs(15), ring("called off"))[Symbol.dispose]();
  clock.set(monotonicNs(25));
  assert.deepEqual(rung, ["early at 10", "asked for while ringing at 20"]);
  clock.set(monotonicNs(30));
  assert.equal(rung.at(-1), "late at 30");
});

Deno.test("the sensors of the simulated vehicle, integrated, lead where it truly flies", () => {
  const vehicle = simulatedVehicle(180), dt = 0.002;
  const first = vehicle.truthAt(0);
  let attitude = first.localFromBody;
  let [position, velocity] = [first.positionEnuM, first.velocityEnuMps];
  for (let timeS = dt / 2; timeS < vehicle.endS; timeS += dt) {
    const { angularRateRps: [x, y, z], specificForceMps2 } = vehicle.truthAt(timeS);
    const half = quaternionFromRotationVector([x * dt / 2, y * dt / 2, z * dt / 2]);
    const middle = quaternionMultiply(attitude, half);
    const [east, north, up] = rotate(middle, specificForceMps2);
    attitude = quaternionMultiply(middle, half);
    const change: Vector3 = [east * dt, north * dt, (up - 9.80665) * dt];
    position = position.map((one, i) =>
      one + velocity[i] * dt + change[i] * dt / 2
    ) as unknown as Vector3;
    velocity = velocity.map((one, i) => one + change[i]) as unknown as Vector3;
  }
  const last = vehicle.truthAt(vehicle.endS);
  const turned = quaternionMultiply(quaternionConjugate(last.localFromBody), attitude);
  assert.ok(Math.hypot(...rotationVectorFromQuaternion(turned)) < 1e-4);
  for (let i = 0; i < 3; i++) {
    assert.ok(
      Math.abs(position[i] - last.positionEnuM[i]) < 0.5,
      `${position} ${last.positionEnuM}`,
    );
    assert.ok(Math.abs(velocity[i]) < 0.02, `${velocity}`);
  }
  const states = [5, 20, 100, 180, 195].map((timeS) => vehicle.truthAt(timeS).state);
  assert.deepEqual(states, ["on_ground", "taking_off", "in_flight", "landing", "on_ground"]);
});

Deno.test("the same seed is the same simulated flight, in order of arrival", async () => {
  const flown = async (seed: string) => {
    const events: ControllerEvent[] = [];
    const vehicle = { ...simulatedVehicle(120), endS: 3 };
    const home = { latitudeDeg: 48, longitudeDeg: 11 };
    const flight = new SimulatedFlight({ vehicle, home, startUtc: new Date(0), seed });
    for await (const event of flight.events()) events.push(event);
    return events;
  };
  const events = await flown("a");
  assert.deepEqual(await flown("a"), events);
  assert.notDeepEqual(await flown("b"), events);
  for (let i = 1; i < events.length; i++) {
    assert.ok(events[i].receivedNs >= events[i - 1].receivedNs);
  }
});

const attitude = (ms: number): ControllerEvent => ({
  kind: "attitude",
  receivedNs: monotonicNs(ms * 1e6),
  controllerNs: ms * 1e6 as never,
  localFromBody: [1, 0, 0, 0],
});

function picture(ms: number): FrameEvent {
  const receivedNs = monotonicNs(ms * 1e6);
  const frame = { sequence: ms, exposureMidNs: receivedNs, jpeg: new Uint8Array(0) };
  return { kind: "frame", receivedNs, frame: frame as FrameEvent["frame"] };
}

async function* given<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

Deno.test("the flight's time stands still while a picture is worked on, and its end ends the pictures", async () => {
  const clock = new ManualClock();
  const events = [attitude(1), picture(2), attitude(3), picture(4)];
  const adapter = new FlownController({
    strategyLabel: "replay",
    flight: { firmware: "", events: () => given(events) },
    clock,
  });
  const seen: [string, MonotonicNs, MonotonicNs][] = [];
  const watch = async () => {
    for await (const { receivedNs } of adapter.pictures()) {
      const beforeNs = clock.now();
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
      seen.push(["picture", beforeNs, clock.now()]);
      assert.equal(beforeNs, receivedNs);
    }
  };
  const control = async () => {
    for await (const event of adapter.events(new AbortController().signal)) {
      if (event.kind === "attitude") seen.push(["attitude", event.receivedNs, clock.now()]);
    }
  };
  await Promise.all([control(), watch()]);
  assert.deepEqual(seen, [
    ["attitude", 1e6, 1e6],
    ["picture", 2e6, 2e6],
    ["attitude", 3e6, 3e6],
    ["picture", 4e6, 4e6],
  ]);
});

Deno.test("a gap of a recording is a lost link from its second second on", async () => {
  const clock = new ManualClock();
  const events = [attitude(1000), attitude(9000)];
  const adapter = new FlownController({
    strategyLabel: "replay",
    flight: { firmware: "", events: () => given(events) },
    clock,
  });
  const told: string[] = [];
  for await (const event of adapter.events(new AbortController().signal)) {
    const what = event.kind === "link" ? event.up ? "up" : "down" : event.kind;
    told.push(`${what} ${event.receivedNs / 1e6}`);
  }
  assert.deepEqual(told, [
    "up 1000",
    "attitude 1000",
    "down 3000",
    "up 9000",
    "attitude 9000",
  ]);
});

Deno.test("a flight controller's address is a line, a recorded flight or a simulated one", () => {
  assert.equal(parseControllerAddress("tcp:127.0.0.1:5760").kind, "line");
  assert.deepEqual(parseControllerAddress("replay:a:b/c"), { kind: "replay", path: "a:b/c" });
  assert.deepEqual(parseControllerAddress("simulated:48.5,-35,90"), {
    kind: "simulated",
    latitudeDeg: 48.5,
    longitudeDeg: -35,
    minutes: 90,
  });
  for (const text of ["replay:", "simulated:", "simulated:48,35", "simulated:90,0,5", "file:x"]) {
    assert.throws(() => parseControllerAddress(text), UsageError, text);
  }
});
