import assert from "node:assert/strict";
import {
  controllerNs,
  DataError,
  LocalFrame,
  ManualClock,
  monotonicNs,
} from "../../src/core/mod.ts";
import {
  EstimatorFailedError,
  type FlightLoopOptions,
  type FlightSource,
  runFlight,
} from "../../src/airborne/flight_loop.ts";
import {
  type FlightFault,
  type FlightOutput,
  FlightOutputs,
} from "../../src/airborne/flight_output.ts";
import { FlightTally } from "../../src/airborne/flight_tally.ts";
import type { FrameOutcome } from "../../src/airborne/navigator.ts";
import { StageClock } from "../../src/airborne/stage_clock.ts";
import type { FlightEvent, FrameEvent } from "../../src/flight/flight_events/mod.ts";
import { CALIBRATION, ORIGIN } from "./vision_scene.ts";

const baro = (second: number): FlightEvent => ({
  kind: "baro",
  receivedNs: monotonicNs(second * 1e9),
  controllerNs: controllerNs(second * 1e9),
  heightM: 100,
});

const picture = (sequence: number, unreadable?: DataError): FrameEvent => ({
  kind: "frame",
  receivedNs: monotonicNs(sequence * 1e9),
  frame: {
    sequence,
    exposureMidNs: monotonicNs(sequence * 1e9),
    jpeg: new Uint8Array(0),
    calibration: CALIBRATION,
  },
  ...(unreadable === undefined ? {} : { unreadable }),
});

function outcomeOf({ sequence, exposureMidNs }: FrameEvent["frame"]): FrameOutcome {
  const covariance = Float64Array.from({ length: 36 }, (_, i) => i % 7 === 0 ? 1 : 0);
  return {
    sequence,
    timeNs: exposureMidNs,
    estimate: {
      timeNs: exposureMidNs,
      positionLocalM: [0, 0, 100],
      velocityLocalMps: [0, 0, 0],
      localFromBody: [1, 0, 0, 0],
      mountingErrorRad: [0, 0, 0],
      covariance,
      velocityCovariance: new Float64Array(9),
      horizontal95M: 2.4,
      label: "dead_reckoned",
      anchorAgeS: Infinity,
      smoothed: false,
    },
    vio: {
      state: "tracking",
      motion: null,
      tracks: 0,
      inliers: 0,
      residualPx: NaN,
      reason: "first frame",
    },
    location: { fix: null, reason: "", score: 0, margin: 0, inliers: 0, method: "prior" },
    fixOutcome: null,
    reason: "",
    latencyMs: 1,
    stages: new StageClock().take(),
  };
}

/** Writes down what it is given, in short: "s1" a sample at 1 s, "o2" the outcome of frame 2. */
class Notebook implements FlightOutput {
  readonly name = "notebook";
  readonly lines: string[] = [];
  readonly faults: FlightFault[] = [];
  onSensor(event: FlightEvent): void {
    this.lines.push(`s${event.receivedNs / 1e9}`);
  }
  onFrame({ frame }: FrameEvent): void {
    this.lines.push(`f${frame.sequence}`);
  }
  onOutcome({ frame }: FrameEvent): void {
    this.lines.push(`o${frame.sequence}`);
  }
  onSkipped({ frame }: FrameEvent): void {
    this.lines.push(`skipped ${frame.sequence}`);
  }
  onFault(fault: FlightFault): void {
    this.faults.push(fault);
    this.lines.push(`${fault.source} fault`);
  }
  end({ completed }: { readonly completed: boolean }): void {
    this.lines.push(completed ? "completed" : "stopped");
  }
}

const listed = (...events: readonly FlightEvent[]): FlightSource =>
  async function* () {
    yield* events;
  };

interface Flight {
  readonly options: FlightLoopOptions;
  readonly notebook: Notebook;
  /** What outputs reported of themselves. */
  readonly reported: string[];
  readonly fed: number[];
  readonly stop: AbortController;
}

function flightOf(
  sources: readonly FlightSource[],
  changes: Partial<FlightLoopOptions> = {},
  others: readonly FlightOutput[] = [],
): Flight {
  const notebook = new Notebook(), stop = new AbortController();
  const reported: string[] = [], fed: number[] = [];
  const outputs = new FlightOutputs(
    [...others, notebook],
    (name, error) => reported.push(`${name}: ${(error as Error).message}`),
  );
  const options: FlightLoopOptions = {
    sources,
    sensors: { feed: (event) => void fed.push(event.receivedNs / 1e9) },
    estimator: { health: () => ({ state: "active" }) },
    estimatorEvents: [],
    navigator: { processFrame: (frame) => Promise.resolve(outcomeOf(frame)) },
    companion: { poll: () => {}, takeEvents: () => [] },
    localFrame: new LocalFrame(ORIGIN),
    outputs,
    watch: { enter: () => {}, leave: () => {}, stopping: () => {} },
    clock: new ManualClock({ now: monotonicNs(7) }),
    signal: stop.signal,
    strict: false,
    ...changes,
  };
  return { options, notebook, reported, fed, stop };
}

Deno.test("runFlight() takes one source's events in turn and ends the outputs", async () => {
  const { options, notebook, fed } = flightOf(
    [listed(baro(1), picture(2), baro(3))],
  );
  await runFlight(options);
  assert.deepEqual(notebook.lines, ["s1", "f2", "o2", "s3", "completed"]);
  assert.deepEqual(fed, [1, 3]);
});

Deno.test("runFlight() leaves a frame out that cannot be read or processed, and goes on", async () => {
  const navigator: FlightLoopOptions["navigator"] = {
    processFrame: (frame) => {
      if (frame.sequence === 3) throw new Error("a native fault");
      return Promise.resolve(frame.sequence === 4 ? null : outcomeOf(frame));
    },
  };
  const lost = new DataError("2.jpg", "cannot be read");
  const events = [picture(1), picture(2, lost), picture(3), picture(4), picture(5)];
  const { options, notebook } = flightOf([listed(...events)], { navigator });
  await runFlight(options);
  assert.deepEqual(
    notebook.lines,
    ["f1", "o1", "f2", "frame fault", "f3", "frame fault", "f4", "skipped 4", "f5", "o5"]
      .concat("completed"),
  );
  assert.deepEqual(notebook.faults.map(({ sequence }) => sequence), [2, 3]);
  assert.equal(notebook.faults[0].error, lost);
  assert.equal(notebook.faults[0].timeNs, 7, "by the clock that was given");

  const strict = flightOf([listed(...events)], { navigator, strict: true });
  await assert.rejects(runFlight(strict.options), (error) => error === lost);
  assert.deepEqual(strict.notebook.lines, ["f1", "o1", "f2", "frame fault", "stopped"]);
});

Deno.test("runFlight() gives no estimate after the estimator has failed", async () => {
  let state: "active" | "failed" = "active";
  const fed: number[] = [];
  const { options, notebook } = flightOf(
    [listed(baro(1), picture(2), baro(3), baro(4), picture(5))],
    {
      sensors: {
        feed: ({ receivedNs }) => {
          fed.push(receivedNs / 1e9);
          if (fed.length === 2) {
            state = "failed";
            throw new Error("not positive definite");
          }
        },
      },
      estimator: { health: () => ({ state }) },
    },
  );
  await runFlight(options);
  assert.deepEqual(
    notebook.lines,
    ["s1", "f2", "o2", "s3", "estimator fault", "s4", "f5", "frame fault", "completed"],
  );
  assert.deepEqual(fed, [1, 3], "a failed estimator gets nothing more; the outputs do");
  assert.ok(notebook.faults[1].error instanceof EstimatorFailedError);
});

Deno.test("runFlight() leaves a sample out that cannot be taken, and goes on", async () => {
  const fed: number[] = [];
  const sensors: FlightLoopOptions["sensors"] = {
    feed: ({ receivedNs }) => {
      if (receivedNs === 1e9) throw new RangeError("no such moment");
      fed.push(receivedNs / 1e9);
    },
  };
  const { options, notebook } = flightOf([listed(baro(1), baro(2))], { sensors });
  await runFlight(options);
  assert.deepEqual(notebook.lines, ["s1", "sensor fault", "s2", "completed"]);
  assert.deepEqual(fed, [2]);
});

Deno.test("an output's fault is counted, reported once, and stops nothing", async () => {
  const broken: FlightOutput = {
    name: "broken",
    onSensor: () => {
      throw new Error("no room");
    },
    onOutcome: () => Promise.reject(new Error("no room")),
    onFault: () => {
      throw new Error("no room");
    },
    end: () => Promise.reject(new Error("no room")),
  };
  const lost = new DataError("3.jpg", "cannot be read");
  const { options, notebook, reported } = flightOf(
    [listed(baro(1), picture(2), picture(3, lost))],
    {},
    [broken],
  );
  await runFlight(options);
  assert.deepEqual(notebook.lines, ["s1", "f2", "o2", "f3", "frame fault", "completed"]);
  assert.deepEqual(reported, ["broken: no room"]);
  assert.deepEqual(options.outputs.faults(), { broken: 4 });
});

Deno.test("a frame that takes long does not hold up another source", async () => {
  const camera = Promise.withResolvers<void>();
  const { options, notebook } = flightOf([
    listed(picture(1)),
    async function* () {
      yield baro(2);
      yield baro(3);
      camera.resolve();
    },
  ], {
    navigator: {
      processFrame: async (frame) => {
        await camera.promise;
        return outcomeOf(frame);
      },
    },
  });
  await runFlight(options);
  assert.deepEqual(notebook.lines.slice(-3), ["s3", "o1", "completed"]);
});

/** Ends as a live source does: when its signal aborts. */
const endless: FlightSource = async function* (signal) {
  for (let second = 1; !signal.aborted; second++) {
    yield baro(second);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};

Deno.test("a source that throws ends the flight, and with it the other sources", async () => {
  const { options, notebook } = flightOf([
    endless,
    async function* () {
      yield picture(1);
      throw new Error("the file is gone");
    },
  ]);
  await assert.rejects(runFlight(options), /the file is gone/);
  assert.equal(notebook.lines.at(-1), "stopped");
});

Deno.test("a failure of the estimator that two sources meet is one fault of the estimator", async () => {
  let state: "active" | "failed" = "active";
  let fail = () => {};
  const { options, notebook } = flightOf([listed(picture(1)), listed(baro(1))], {
    // The sample fails the estimator while the frame is being processed.
    sensors: {
      feed: () => {
        state = "failed";
        fail();
        throw new Error("not positive definite");
      },
    },
    estimator: { health: () => ({ state }) },
    navigator: {
      processFrame: () =>
        new Promise((_, reject) => fail = () => reject(new EstimatorFailedError())),
    },
  });
  await runFlight(options);
  assert.deepEqual(notebook.faults.map(({ source }) => source), ["estimator", "frame"]);
});

Deno.test("a summary says whether the flight came to its end", async () => {
  for (const isStopped of [false, true]) {
    const tally = new FlightTally("flight");
    const source = isStopped ? endless : listed(picture(1));
    const { options, stop } = flightOf([source], {}, [tally]);
    if (isStopped) setTimeout(() => stop.abort(), 5);
    await runFlight(options);
    const { completed } = tally.summary({ record: null, tiles: null, outputFaults: {} });
    assert.equal(completed, !isStopped);
  }
});

Deno.test("the signal ends the flight without an error", async () => {
  const { options, notebook, stop } = flightOf([endless, listed(picture(1))]);
  setTimeout(() => stop.abort(), 5);
  await runFlight(options);
  assert.equal(notebook.lines.at(-1), "stopped");
  assert.ok(notebook.lines.includes("o1"));
});
