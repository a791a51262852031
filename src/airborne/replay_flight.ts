/**
 * A recorded flight through the navigator, sensor rows by their arrival.
 *
 * @module
 */
import {
  type Clock,
  ControllerClock,
  type LocalFrame,
  ManualClock,
  radiansFromDegrees,
  VERSION,
} from "../core/mod.ts";
import { type FlightDescription, type FlightEvent, openRecordedFlight } from "../replay/mod.ts";
import type { EstimatorEvent, StateEstimator } from "../state_estimator/mod.ts";
import type { AirborneConfig } from "./config.ts";
import type { Airborne, ReplayOutput, ReplayParts, ReplayRequest } from "./contract.ts";
import { expiredTilesWarning } from "./expired_tiles.ts";
import { type FlightLog, NO_FLIGHT_LOG, openFlightLog } from "./flight_log.ts";
import { FlightRecords } from "./flight_records.ts";
import { frameLine } from "./frame_line.ts";
import { groundHeightWarning } from "./ground_height.ts";
import type { SummaryLine } from "./output.ts";
import { ReplayTally } from "./replay_tally.ts";

export async function replayFlight(
  parts: ReplayParts,
  request: ReplayRequest,
  config: AirborneConfig,
  output: ReplayOutput,
): Promise<SummaryLine> {
  const flight = await openRecordedFlight(request.flightPath);
  const { description, extent } = flight;
  const clock = new ManualClock({ startUtc: new Date(description.startUtc) });
  const events: EstimatorEvent[] = [];
  await using airborne = await parts.composeAirborne({
    packagePath: request.packagePath,
    config,
    flightUntil: new Date(Date.parse(description.startUtc) + extent.lastNs / 1e6),
    onEvent: (event) => events.push(event),
  });
  setOrigin(airborne, description);
  await using log = await openLog({ request, airborne, description, clock, output, config });
  const otherGround = groundHeightWarning(description, airborne.flightPackage);
  if (otherGround !== null) {
    output.note(otherGround);
    log.logger.warn("replay.other_ground", {}, otherGround);
  }
  const expired = expiredTilesWarning(airborne.flightPackage);
  if (expired !== null) {
    output.note(expired);
    log.logger.warn("replay.expired_tiles", {}, expired);
  }
  const tally = new ReplayTally(description.name);
  const sensors = new SensorFeed(airborne.estimator, airborne.frame, description);
  const records = new FlightRecords(log, airborne);
  for await (const event of flight.events()) {
    if (output.signal.aborted) break;
    clock.set(event.receivedNs);
    tally.tick(event.receivedNs);
    if (event.kind !== "frame") {
      records.sensors.add(event);
      sensors.feed(event);
      continue;
    }
    records.frame(event.frame, clock.now());
    const outcome = await airborne.navigator.processFrame(event.frame);
    records.events(events.splice(0), clock.now());
    if (outcome === null) {
      tally.skipped();
      continue;
    }
    const line = frameLine(outcome, airborne.frame);
    tally.frame(line);
    records.outcome(outcome, line, clock.now());
    output.frame(line);
    output.progress(event.receivedNs - extent.firstNs, extent.lastNs - extent.firstNs);
  }
  records.sensors.flush();
  if (tally.framesSkipped > 0) {
    output.note(`${tally.framesSkipped} frames came before the first attitude and IMU sample`);
  }
  return tally.summary(await log.close(!output.signal.aborted));
}

/** The last trusted position, or, where nothing is known, somewhere on the map. */
function setOrigin(airborne: Airborne, description: FlightDescription): void {
  const { takeoff } = description;
  const { estimator, frame, flightPackage } = airborne;
  if (takeoff !== null) {
    estimator.setTakeoffOrigin(
      { positionLocalM: frame.localFromWgs(takeoff) },
      takeoff.sigmaHorizontalM,
      takeoff.sigmaVerticalM,
    );
    return;
  }
  const { southDeg, westDeg, northDeg, eastDeg } = flightPackage.manifest.area;
  const heightM = frame.origin.heightM;
  const a = frame.localFromWgs({ latitudeDeg: southDeg, longitudeDeg: westDeg, heightM });
  const b = frame.localFromWgs({ latitudeDeg: northDeg, longitudeDeg: eastDeg, heightM });
  // The barometer finds the height: its first sample outweighs this guess at once.
  estimator.setTakeoffOrigin(
    { positionLocalM: [0, 0, 100] },
    Math.hypot(b[0] - a[0], b[1] - a[1]) / 2,
    1000,
  );
}

/** Rows of the flight controller's streams, moved onto the one clock and into the estimator. */
class SensorFeed {
  readonly #estimator: StateEstimator;
  readonly #frame: LocalFrame;
  readonly #sigmas: FlightDescription["sigmas"];
  readonly #clock = new ControllerClock();

  constructor(estimator: StateEstimator, frame: LocalFrame, description: FlightDescription) {
    this.#estimator = estimator;
    this.#frame = frame;
    this.#sigmas = description.sigmas;
  }

  feed(event: Exclude<FlightEvent, { kind: "frame" }>): void {
    this.#clock.observe(event.controllerNs, event.receivedNs);
    const timeNs = this.#clock.toCanonical(event.controllerNs);
    switch (event.kind) {
      case "imu":
        return this.#estimator.addImu({ ...event, timeNs });
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
          heightM: event.heightM - this.#frame.origin.heightM,
          sigmaM: this.#sigmas.baroM,
        });
        return;
      case "gps":
        this.#estimator.addGps({ ...event, timeNs, velocityLocalMps: event.velocityEnuMps });
        return;
      default:
        event satisfies never;
    }
  }
}

interface LogParts {
  readonly request: ReplayRequest;
  readonly airborne: Airborne;
  readonly description: FlightDescription;
  readonly clock: Clock;
  readonly output: ReplayOutput;
  readonly config: AirborneConfig;
}

async function openLog(parts: LogParts): Promise<FlightLog> {
  const { request, airborne, description, clock, output, config } = parts;
  if (request.recorderFolder === null) return NO_FLIGHT_LOG;
  const { format: _format, formatVersion: _version, ...flight } = description;
  return await openFlightLog({
    flightRoot: request.recorderFolder,
    config: config.fdr,
    clock,
    note: (line) => output.note(line),
    header: {
      ...flight,
      software: `airborne ${VERSION}`,
      packageName: airborne.flightPackage.manifest.name,
      strategies: { ...airborne.strategies },
    },
  });
}
