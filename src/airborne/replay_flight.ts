/**
 * A recorded flight through the navigator, sensor rows by their arrival.
 *
 * @module
 */
import { type Clock, ManualClock, VERSION } from "../core/mod.ts";
import { type FlightDescription, openRecordedFlight } from "../flight/replay/mod.ts";
import type { EstimatorEvent } from "../navigation/state_estimator/mod.ts";
import type { AirborneConfig } from "./config.ts";
import type { Airborne, ReplayOutput, ReplayParts, ReplayRequest } from "./contract.ts";
import { expiredTilesWarning } from "./expired_tiles.ts";
import { type FlightLog, NO_FLIGHT_LOG, openFlightLog } from "./flight_log.ts";
import { FlightRecords } from "./flight_records.ts";
import { FlightTiles } from "./flight_tiles.ts";
import { frameLine } from "./frame_line.ts";
import { groundHeightWarning } from "./ground_height.ts";
import type { SummaryLine } from "./output.ts";
import { ReplayTally } from "./replay_tally.ts";
import { SensorFeed } from "./sensor_feed.ts";

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
  const flightId = crypto.randomUUID();
  const begun = { flightId, request, airborne, description, clock, output, config };
  await using log = await openLog(begun);
  await using tiles = await openTiles(parts, begun, log);
  warn(
    log,
    output,
    "replay.other_ground",
    groundHeightWarning(description, airborne.flightPackage),
  );
  warn(log, output, "replay.expired_tiles", expiredTilesWarning(airborne.flightPackage));
  const tally = new ReplayTally(description.name);
  const sensors = new SensorFeed(airborne.estimator, airborne.frame, description);
  const records = new FlightRecords(log, airborne);
  records.packageVerified(clock.now());
  const endRecords = () => {
    records.sensors.flush();
    records.events(events.splice(0), clock.now());
  };
  // Also of a flight that ends by a fault: its last moments are what people look for.
  using ending = new DisposableStack();
  ending.defer(endRecords);
  for await (const event of flight.events()) {
    if (output.signal.aborted) break;
    clock.set(event.receivedNs);
    tally.tick(event.receivedNs);
    if (event.kind !== "frame") {
      records.sensors.add(event);
      sensors.feed(event);
      if (events.length > 0) records.events(events.splice(0), clock.now());
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
    await tiles.maker?.add(event.frame, outcome);
    output.frame(line);
    output.progress(event.receivedNs - extent.firstNs, extent.lastNs - extent.firstNs);
  }
  endRecords();
  if (tally.framesSkipped > 0) {
    output.note(`${tally.framesSkipped} frames came before the first attitude and IMU sample`);
  }
  return tally.summary(await log.close(!output.signal.aborted), tiles.maker?.counts() ?? null);
}

function warn(log: FlightLog, output: ReplayOutput, kind: string, words: string | null): void {
  if (words === null) return;
  output.note(words);
  log.logger.warn(kind, {}, words);
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

interface BegunFlight {
  readonly flightId: string;
  readonly request: ReplayRequest;
  readonly airborne: Airborne;
  readonly description: FlightDescription;
  readonly clock: Clock;
  readonly output: ReplayOutput;
  readonly config: AirborneConfig;
}

async function openLog(begun: BegunFlight): Promise<FlightLog> {
  const { flightId, request, airborne, description, clock, output, config } = begun;
  if (request.recorderFolder === null) return NO_FLIGHT_LOG;
  const { format: _format, formatVersion: _version, ...flight } = description;
  return await openFlightLog({
    flightRoot: request.recorderFolder,
    config: config.fdr,
    clock,
    flightId,
    note: (line) => output.note(line),
    header: {
      ...flight,
      software: `airborne ${VERSION}`,
      packageName: airborne.flightPackage.manifest.name,
      strategies: { ...airborne.strategies },
    },
  });
}

/** The maker of tiles with its journal, or nobody. */
async function openTiles(
  parts: ReplayParts,
  begun: BegunFlight,
  log: FlightLog,
): Promise<{ readonly maker: FlightTiles | null } & AsyncDisposable> {
  const { flightId, request, airborne, clock, config } = begun;
  if (request.tilesFolder === null) {
    return { maker: null, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const store = await parts.openTileStore({
    flightPackage: airborne.flightPackage,
    journalPath: `${request.tilesFolder}/${flightId}.journal`,
    clock,
    fdr: log.sink("tile_store"),
  });
  const { vision, frame } = airborne;
  const maker = new FlightTiles({
    config: config.flightTiles,
    vision,
    frame,
    store,
    log,
    clock,
    flightId,
  });
  return {
    maker,
    [Symbol.asyncDispose]: () => {
      store[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}
