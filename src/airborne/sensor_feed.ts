/**
 * Messages of the flight controller into the estimator, their times moved onto the one clock.
 *
 * @module
 */
import { ControllerClock, type LocalFrame, radiansFromDegrees } from "../core/mod.ts";
import type { ClockSyncEvent, SensorEvent } from "../flight/flight_events/mod.ts";
import type { FlightDescription } from "../flight/replay/mod.ts";
import type { ImuSample, StateEstimator } from "../navigation/state_estimator/mod.ts";

interface ImuHearer {
  addImu(sample: ImuSample): void;
}

/** Moves them onto the one clock. */
export class SensorFeed {
  readonly #estimator: StateEstimator;
  readonly #localFrame: LocalFrame;
  readonly #sigmas: FlightDescription["sigmas"];
  readonly #navigator: ImuHearer | null;
  readonly #clock = new ControllerClock();

  /** `navigator`: its odometry may want the IMU's samples, too. */
  constructor(
    estimator: StateEstimator,
    localFrame: LocalFrame,
    { sigmas }: Pick<FlightDescription, "sigmas">,
    navigator: ImuHearer | null = null,
  ) {
    this.#estimator = estimator;
    this.#localFrame = localFrame;
    this.#sigmas = sigmas;
    this.#navigator = navigator;
  }

  /** An exchange with the controller tells what no stream can: the delay that every message has. */
  observe({ controllerNs, receivedNs, roundTripNs }: ClockSyncEvent): void {
    this.#clock.observeExchange(controllerNs, receivedNs, roundTripNs);
  }

  feed(event: SensorEvent): void {
    this.#clock.observe(event.controllerNs, event.receivedNs, event.kind);
    const timeNs = this.#clock.toCanonical(event.controllerNs);
    switch (event.kind) {
      case "imu": {
        const sample = { ...event, timeNs };
        this.#navigator?.addImu(sample);
        return this.#estimator.addImu(sample);
      }
      case "attitude":
        this.#estimator.addAttitude({
          timeNs,
          localFromBody: event.localFromBody,
          sigmaTiltRad: radiansFromDegrees(this.#sigmas.tiltDeg),
          sigmaHeadingRad: radiansFromDegrees(this.#sigmas.headingDeg),
        });
        return;
      case "baro":
        this.#estimator.addBaro({
          timeNs,
          heightM: event.heightM - this.#localFrame.origin.heightM,
          sigmaM: this.#sigmas.baroM,
        });
        return;
      case "gps":
        this.#estimator.addGps({
          ...event,
          fix: event.heightUnknown && event.fix === "3d" ? "2d" : event.fix,
          timeNs,
          velocityLocalMps: event.velocityEnuMps,
        });
        return;
      case "velocity":
        this.#estimator.addVelocity({ ...event, timeNs });
        return;
      default:
        event satisfies never;
    }
  }
}
