/**
 * The flight loop: events of sources into estimator and navigator, what comes of them to outputs.
 * A replay runs it over a recorded flight with the flight's own clock; a live flight over the flight
 * controller and the camera with the system's.
 *
 * @module
 */
import { type Clock, EXIT, GdnError, type LocalFrame } from "../core/mod.ts";
import type {
  ControllerEvent,
  FlightEvent,
  FrameEvent,
  SensorEvent,
} from "../flight/flight_events/mod.ts";
import type { EstimatorEvent, EstimatorHealth } from "../navigation/state_estimator/mod.ts";
import type { FlightFault, FlightOutputs } from "./flight_output.ts";
import { frameLine } from "./frame_line.ts";
import type { Navigator } from "./navigator.ts";
import type { SensorFeed } from "./sensor_feed.ts";
import type { Companion } from "./companion.ts";
import type { LoopWatch } from "./supervision.ts";

/**
 * Events in order of arrival, until there are no more or the signal aborts. The loop takes the next
 * event when it is done with the one before, so a camera that gives frames without end gives its
 * newest one. A source that throws ends the flight: one that can recover does so itself.
 */
export type FlightSource = (signal: AbortSignal) => AsyncIterable<FlightEvent>;

export interface FlightLoopOptions {
  /**
   * Run side by side, each in its own order: of a camera apart from the controller a long frame does
   * not hold up the sensor samples. Of one source alone every flight comes out the same.
   */
  readonly sources: readonly FlightSource[];
  readonly sensors: Pick<SensorFeed, "feed">;
  readonly estimator: { health(): Pick<EstimatorHealth, "state"> };
  /** What the estimator reported since it was last asked; emptied by the loop. */
  readonly estimatorEvents: EstimatorEvent[];
  readonly navigator: Pick<Navigator, "processFrame">;
  /** What a live controller tells beside its measurements; a recording holds nothing of it. */
  readonly onControllerEvent?: (event: Exclude<ControllerEvent, SensorEvent>) => void;
  readonly companion: Pick<Companion, "poll" | "takeEvents">;
  /** The flight's local frame. */
  readonly localFrame: LocalFrame;
  readonly outputs: FlightOutputs;
  /** Hears when an event is begun and done with: a loop that hangs must be noticed from outside. */
  readonly watch: LoopWatch;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Stops at the first fault and throws its error; otherwise faults are counted and the loop goes on. */
  readonly strict: boolean;
}

/** The estimator has failed earlier in this flight: what it still holds is not to be trusted. */
export class EstimatorFailedError extends GdnError {
  constructor() {
    super("ESTIMATOR_FAILED", "Cannot estimate: the state estimator has failed in this flight", {
      exitCode: EXIT.software,
    });
  }
}

/**
 * Flies until the sources end or the signal aborts, then ends the outputs.
 *
 * @throws what a source throws; with `strict` the first fault. The outputs have been ended then.
 */
export async function runFlight(options: FlightLoopOptions): Promise<void> {
  const { outputs, signal, sources, watch } = options;
  const loop = new FlightLoop(options);
  const stop = new AbortController();
  const running = AbortSignal.any([signal, stop.signal]);
  const run = async (source: FlightSource) => {
    try {
      for await (const event of source(running)) {
        if (running.aborted) break;
        watch.enter(source);
        await loop.take(event);
        watch.leave(source);
      }
    } catch (error) {
      // The other sources end, too; the first error is the one that is thrown.
      stop.abort(error);
    }
  };
  await Promise.all(sources.map(run));
  watch.stopping();
  loop.passEstimatorEvents();
  loop.passCompanionEvents();
  await outputs.end({ completed: !running.aborted });
  if (stop.signal.aborted) throw stop.signal.reason;
}

class FlightLoop {
  readonly #options: FlightLoopOptions;
  #failureReported = false;

  constructor(options: FlightLoopOptions) {
    this.#options = options;
  }

  async take(event: FlightEvent): Promise<void> {
    this.#options.companion.poll();
    this.passCompanionEvents();
    switch (event.kind) {
      case "frame":
        return await this.#frame(event);
      case "imu":
      case "attitude":
      case "baro":
      case "gps":
      case "velocity":
        return this.#sensor(event);
      default:
        return this.#controller(event);
    }
  }

  passEstimatorEvents(): void {
    const { outputs, estimatorEvents } = this.#options;
    const events = estimatorEvents.splice(0);
    if (events.length > 0) outputs.each((output) => output.onEstimatorEvents?.(events));
  }

  passCompanionEvents(): void {
    const { outputs, companion } = this.#options;
    const events = companion.takeEvents();
    if (events.length > 0) outputs.each((output) => output.onCompanionEvents?.(events));
  }

  /** What a controller tells beside its measurements. */
  #controller(event: Exclude<ControllerEvent, SensorEvent>): void {
    const { outputs, onControllerEvent } = this.#options;
    outputs.each((output) => output.onControllerEvent?.(event));
    onControllerEvent?.(event);
  }

  #sensor(event: SensorEvent): void {
    const { outputs, sensors } = this.#options;
    outputs.each((output) => output.onSensor?.(event));
    // A failed estimator fails again at every sample: once is enough.
    if (this.#estimatorFailed()) return;
    try {
      sensors.feed(event);
    } catch (error) {
      this.#fault(this.#hasJustFailed() ? "estimator" : "sensor", error);
    } finally {
      this.passEstimatorEvents();
    }
  }

  async #frame(event: FrameEvent): Promise<void> {
    const { outputs, navigator, localFrame } = this.#options;
    outputs.each((output) => output.onFrame?.(event));
    try {
      if (event.unreadable !== undefined) throw event.unreadable;
      if (this.#estimatorFailed()) throw new EstimatorFailedError();
      const outcome = await navigator.processFrame(event.frame);
      this.passEstimatorEvents();
      if (outcome === null) {
        outputs.each((output) => output.onSkipped?.(event));
        return;
      }
      const line = frameLine(outcome, localFrame);
      await outputs.eachInTurn((output) => output.onOutcome?.(event, outcome, line));
    } catch (error) {
      this.passEstimatorEvents();
      if (this.#hasJustFailed()) this.#fault("estimator", error);
      this.#fault("frame", error, event.frame.sequence);
    }
  }

  /** True once: with several sources the failure can be met by two of them. */
  #hasJustFailed(): boolean {
    if (this.#failureReported || !this.#estimatorFailed()) return false;
    this.#failureReported = true;
    return true;
  }

  #estimatorFailed(): boolean {
    return this.#options.estimator.health().state === "failed";
  }

  #fault(source: FlightFault["source"], error: unknown, sequence: number | null = null): void {
    const { outputs, clock, strict } = this.#options;
    const fault: FlightFault = { source, timeNs: clock.now(), sequence, error };
    outputs.each((output) => output.onFault?.(fault));
    if (strict) throw error;
  }
}
