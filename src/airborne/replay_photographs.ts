/**
 * A folder of photographs, each located on the map on its own. There is no odometry and no IMU; the
 * heading tag is not used, so every heading is searched.
 *
 * @module
 */
import {
  horizontalCovarianceM2,
  localFromBody,
  matrixFromQuaternion,
  quaternionMultiply,
  radiansFromDegrees,
  rollPitchYaw,
  upVarianceM2,
} from "../core/mod.ts";
import { openPhotographFolder, type PhotographEvent } from "../flight/replay/mod.ts";
import { VisionFrame } from "../native/vision/mod.ts";
import type { CameraPrior } from "./camera_prior.ts";
import { CompanionNotes } from "./companion_records.ts";
import type { AirborneConfig } from "./config.ts";
import type { Airborne, FlightConsole, ReplayParts, ReplayRequest } from "./contract.ts";
import { expiredTilesWarning } from "./expired_tiles.ts";
import { faultLine, FaultLines } from "./fault_text.ts";
import type { FlightFault } from "./flight_output.ts";
import type { Location } from "./locator.ts";
import type { FaultLine, FrameLine, SummaryLine } from "./json_lines.ts";
import { FlightTally } from "./flight_tally.ts";
import { filterSyscalls, NO_SOCKETS } from "./syscall_filter.ts";

/** Height tags come from a barometer over uneven ground: 1 sigma, share of the height. */
const HEIGHT_SIGMA_SHARE = 0.03;
/** A gimbal holds nadir to this, degrees. */
const TILT_SIGMA_DEG = 1.5;
/** No second picture confirms the place: it must score better than all others by this much. */
const MARGIN_MIN = 0.08;

export async function replayPhotographs(
  parts: ReplayParts,
  request: ReplayRequest,
  config: AirborneConfig,
  console: FlightConsole,
): Promise<SummaryLine> {
  const flight = await openPhotographFolder(request.flightPath);
  await using airborne = await parts.composeAirborne({
    packagePath: request.packagePath,
    packageSha256: request.packageSha256,
    config,
    // Without a time of capture no tile counts as too old.
    flightUntil: flight.lastCapturedAt ?? new Date(),
  });
  const warnings = [
    expiredTilesWarning(airborne.flightPackage),
    filterSyscalls(airborne, request, NO_SOCKETS),
  ];
  for (const warning of warnings) if (warning !== null) console.note(warning);
  const companionNotes = new CompanionNotes(console.note);
  const tally = new FlightTally(request.flightPath);
  const faults = new FaultLines(console.note);
  let done = 0;
  for await (const event of flight.events()) {
    if (console.signal.aborted) break;
    tally.tick(event.receivedNs);
    let line: FrameLine | FaultLine;
    try {
      line = await locate(airborne, event);
      companionNotes.onCompanionEvents(airborne.companion.takeEvents());
      tally.frame(line);
    } catch (error) {
      if (request.strict) throw error;
      airborne.locator.stages.take();
      const { receivedNs: timeNs, frame: { sequence } } = event;
      const fault: FlightFault = { source: "frame", timeNs, sequence, error };
      tally.onFault(fault);
      faults.onFault(fault);
      line = faultLine(fault);
    }
    console.line(line);
    console.progress(++done, flight.names.length);
  }
  tally.end({ completed: !console.signal.aborted });
  return tally.summary({ record: null, tiles: null, outputFaults: {} });
}

/** Anywhere on the map, any heading, looking straight down. */
function anywhere(airborne: Airborne, event: PhotographEvent): CameraPrior {
  const { southDeg, westDeg, northDeg, eastDeg } = airborne.flightPackage.manifest.area;
  const corner = airborne.localFrame.localFromWgs({
    latitudeDeg: northDeg,
    longitudeDeg: eastDeg,
    heightM: airborne.localFrame.origin.heightM,
  });
  const opposite = airborne.localFrame.localFromWgs({
    latitudeDeg: southDeg,
    longitudeDeg: westDeg,
    heightM: airborne.localFrame.origin.heightM,
  });
  const headingRad = radiansFromDegrees(event.gimbal?.headingTagDeg ?? 0);
  const nadir = localFromBody({ rollRad: 0, pitchRad: 0, yawRad: headingRad });
  const { bodyFromCamera } = event.frame.calibration;
  return {
    positionLocalM: [0, 0, event.heightAboveGroundM],
    localFromCamera: matrixFromQuaternion(quaternionMultiply(nadir, bodyFromCamera)),
    sigmaHorizontalM: Math.hypot(corner[0] - opposite[0], corner[1] - opposite[1]) / 2,
    sigmaHeightM: HEIGHT_SIGMA_SHARE * event.heightAboveGroundM,
    sigmaTiltRad: radiansFromDegrees(TILT_SIGMA_DEG),
    sigmaHeadingRad: Math.PI,
  };
}

async function locate(airborne: Airborne, event: PhotographEvent): Promise<FrameLine> {
  const startMs = performance.now();
  const { stages } = airborne.locator;
  stages.enter("estimator");
  const { calibration, jpeg, exposureMidNs } = event.frame;
  await using frame = await stages.during(
    "decode",
    () => VisionFrame.decode(airborne.vision, jpeg, calibration, event.name),
  );
  const prior = anywhere(airborne, event);
  const location = await airborne.locator.locate(
    frame,
    exposureMidNs,
    prior,
    calibration.bodyFromCamera,
  );
  const clear: Location = location.fix !== null && location.margin < MARGIN_MIN
    ? { ...location, fix: null, reason: "ambiguous" }
    : location;
  const cost = { latencyMs: performance.now() - startMs, stages: stages.take() };
  return photographLine(airborne, event, prior, clear, cost);
}

function photographLine(
  airborne: Airborne,
  event: PhotographEvent,
  prior: CameraPrior,
  location: Location,
  cost: Pick<FrameLine, "latencyMs" | "stages">,
): FrameLine {
  const pose = location.fix?.posterior ?? null;
  const wide = prior.sigmaHorizontalM ** 2;
  const p = pose?.covariance ?? null;
  const mapVariance = airborne.flightPackage.manifest.mapRegistrationSigmaM ** 2;
  const covarianceEnM2: [number, number, number] = p === null
    ? [wide, 0, wide]
    : withMapVariance(horizontalCovarianceM2(p), mapVariance);
  const position = airborne.localFrame.wgsFromLocal(pose?.positionLocalM ?? prior.positionLocalM);
  const headingRad = pose === null ? 0 : rollPitchYaw(pose.localFromBody).yawRad;
  const [ee, en, nn] = covarianceEnM2;
  return {
    type: "frame",
    sequence: event.frame.sequence,
    timeNs: event.frame.exposureMidNs,
    ...position,
    covarianceEnM2,
    sigmaUpM: p === null ? prior.sigmaHeightM : Math.sqrt(upVarianceM2(p)),
    horizontal95M: Math.sqrt(5.991 * ((ee + nn) / 2 + Math.hypot((ee - nn) / 2, en))),
    velocityEnuMps: [0, 0, 0],
    localFromBody: [...(pose?.localFromBody ?? [1, 0, 0, 0])] as [number, number, number, number],
    // A photograph's own attitude is all that is known of the camera.
    mountingErrorRad: [0, 0, 0],
    label: pose === null ? "dead_reckoned" : "satellite_anchored",
    anchorAgeS: pose === null ? null : 0,
    vioRegistered: false,
    vioState: "initialising",
    fix: {
      accepted: pose !== null,
      reason: location.reason,
      latitudeDeg: pose === null ? null : position.latitudeDeg,
      longitudeDeg: pose === null ? null : position.longitudeDeg,
      heightM: pose === null ? null : position.heightM,
      margin: location.margin,
      score: location.score,
      inliers: location.inliers,
      global: true,
      headingDeg: pose === null ? null : ((headingRad * 180 / Math.PI) + 360) % 360,
    },
    ...cost,
  };
}

function withMapVariance(
  [eastEast, eastNorth, northNorth]: readonly [number, number, number],
  varianceM2: number,
): [number, number, number] {
  return [eastEast + varianceM2, eastNorth, northNorth + varianceM2];
}
