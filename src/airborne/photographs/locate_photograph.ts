/**
 * One photograph: where the map says that it was taken, from the narrowest search to the widest.
 *
 * @module
 */
import {
  degreesFromRadians,
  matrixFromQuaternion,
  matrixMultiply,
  matrixTranspose,
  quaternionConjugate,
  quaternionMultiply,
  radiansFromDegrees,
  rotationCovarianceRad2,
  rotationVectorFromQuaternion,
} from "../../core/mod.ts";
import { TILT_MAX_DEG } from "../../flight/photographs/mod.ts";
import type { PhotographEvent } from "../../flight/replay/mod.ts";
import type { PoseFix } from "../../navigation/pose/mod.ts";
import { VisionFrame } from "../../native/vision/mod.ts";
import type { CameraPrior } from "../camera_prior.ts";
import type { Airborne } from "../contract.ts";
import type { Location } from "../locator.ts";
import { FlightKnowledge, type LocatedPhotograph, MARGIN_ALONE_MIN } from "./flight_knowledge.ts";
import { withUnknownMiddle } from "./unknown_middle.ts";
import {
  anywhere,
  anywhereLike,
  type AnywhereOptions,
  asFlown,
  expectedRotation,
  type MapExtent,
  TILT_SIGMA_DOUBTED_DEG,
} from "./photograph_prior.ts";
import type { TagTilt, TiltResidual } from "./tag_tilt.ts";

/** Without a neighbour that confirms the place it must score better than all others by this much. */
const MARGIN_MIN = 0.08;
/** The same where the flight's motion leaves no more than this to be searched, 1 sigma. */
const NEARBY_SIGMA_M = 25;
const MARGIN_NEARBY_MIN = 0.05;

/** Of a photograph that is located: its height, share, and its heading, 1 sigma. */
const SIGMA_HEIGHT_SHARE = 0.03;
const SIGMA_HEADING_DEG = 4;

/** Where a photograph was taken, or why that is not known. */
export interface PhotographLocation {
  readonly location: Location;
  /** null: not located. */
  readonly located: LocatedPhotograph | null;
  /** The photograph that it was carried from, and how many there are from it to the map; absent: by the map. */
  readonly carried?: { readonly from: string; readonly links: number } | null;
}

export class PhotographLocator {
  readonly #airborne: Airborne;
  readonly #map: MapExtent;

  constructor(airborne: Airborne, map: MapExtent) {
    this.#airborne = airborne;
    this.#map = map;
  }

  /** `flight`: what is known of the flight that it belongs to. */
  async locate(
    event: PhotographEvent,
    flight: FlightKnowledge,
    options: LookOptions,
  ): Promise<PhotographLocation> {
    const { stages } = this.#airborne.locator;
    stages.enter("estimator");
    if ((event.attitude?.tiltDeg ?? 0) > TILT_MAX_DEG) return notLocated("oblique");
    const { calibration, jpeg } = event.frame;
    await using frame = await stages.during(
      "decode",
      () => VisionFrame.decode(this.#airborne.vision, jpeg, calibration, event.name),
    );
    let last: PhotographLocation = notLocated("no_candidate");
    for (const stage of this.#searches(event, flight, options)) {
      const location = await this.#search(frame, event, stage);
      last = { location, located: locatedPhotograph(event, location) };
      if (last.located === null) continue;
      if (!flight.isEstablished || flight.fits(last.located, event.heightAboveGroundM)) return last;
      last = notLocated("elsewhere", location);
    }
    return last;
  }

  /** Of a place that is known from elsewhere: only whether the map has it there, too. */
  async confirm(frame: VisionFrame, event: PhotographEvent, prior: CameraPrior): Promise<Location> {
    return await this.#at(frame, event, prior);
  }

  /** Again, at the place that was found, with what its flight has told of the tilt tags since. */
  async again(
    event: PhotographEvent,
    found: LocatedPhotograph,
    tilt: TagTilt,
  ): Promise<PhotographLocation> {
    const { calibration, jpeg } = event.frame;
    await using frame = await this.#airborne.locator.stages.during(
      "decode",
      () => VisionFrame.decode(this.#airborne.vision, jpeg, calibration, event.name),
    );
    const expected = matrixFromQuaternion(expectedRotation(event, found.turnDeg, tilt));
    const prior: CameraPrior = {
      positionLocalM: found.positionLocalM,
      heightM: found.positionLocalM[2],
      localFromCamera: expected,
      sigmaHorizontalM: NEARBY_SIGMA_M,
      sigmaHeightM: SIGMA_HEIGHT_SHARE * found.positionLocalM[2],
      sigmaTiltRad: tilt.sigmaRad,
      sigmaHeadingRad: radiansFromDegrees(SIGMA_HEADING_DEG),
    };
    const first = await this.confirm(frame, event, prior);
    if (first.fix === null) return { location: first, located: null };
    // Laid on the ground as it really looks more of it agrees with the map.
    const second = await this.confirm(frame, event, {
      ...prior,
      positionLocalM: first.fix.posterior.positionLocalM,
      localFromCamera: first.fix.localFromCamera,
    });
    const location = second.fix === null ? first : second;
    return { location, located: locatedPhotograph(event, location) };
  }

  /** Each a set of priors that compete, with the margin that the best of them needs. */
  *#searches(
    event: PhotographEvent,
    flight: FlightKnowledge,
    { onlyNearby, isThorough }: LookOptions,
  ): Generator<Search> {
    const map = this.#map;
    if (flight.isEstablished) {
      const turns = turnsOf(event);
      const near = turns.map((turnDeg) => asFlown(event, flight, { turnDeg }));
      const isNear = near[0].sigmaHorizontalM <= NEARBY_SIGMA_M;
      yield {
        priors: near,
        marginMin: isNear ? MARGIN_NEARBY_MIN : MARGIN_MIN,
        marginClear: MARGIN_ALONE_MIN,
      };
      // Wider, all that can be believed has been looked at already.
      if (onlyNearby || !isNear) return;
      const farM = flight.reachM(event.receivedNs, near[0].heightM);
      const priors = turns.map((turnDeg) => asFlown(event, flight, { turnDeg, farM }));
      yield { priors, marginMin: MARGIN_MIN };
      return;
    }
    const known = flight.located.at(-1);
    if (known !== undefined) {
      const turns = known.isTagged && event.attitude !== null ? turnsOf(event) : [0];
      const priors = turns.map((turnDeg) => anywhereLike(event, map, known, { turnDeg }));
      yield { priors, marginMin: MARGIN_ALONE_MIN };
      if (!isThorough) return;
    }
    const asTagged = { wholeTurn: false, turnDeg: 0 };
    if (event.attitude !== null) {
      yield { priors: this.#bothWays(event, asTagged), marginMin: MARGIN_MIN };
      if (!isThorough) return;
    }
    yield {
      priors: [anywhere(event, map, { ...asTagged, wholeTurn: true })],
      marginMin: MARGIN_MIN,
    };
    if (event.attitude === null || event.heightSource === "gps") return;
    yield {
      priors: this.#bothWays(event, { ...asTagged, isHeightDoubted: true }),
      marginMin: MARGIN_MIN,
    };
  }

  /** A heading can be wrong by half a turn. */
  #bothWays(event: PhotographEvent, options: AnywhereOptions): readonly CameraPrior[] {
    return [0, 180].map((turnDeg) => anywhere(event, this.#map, { ...options, turnDeg }));
  }

  async #search(
    frame: VisionFrame,
    event: PhotographEvent,
    { priors, marginMin, marginClear = Infinity }: Search,
  ): Promise<Location> {
    const found: Location[] = [];
    for (const prior of priors) {
      const location = await this.#at(frame, event, prior);
      found.push(location);
      if (location.fix !== null && location.margin >= marginClear) break;
    }
    const best = found.reduce((a, b) => isBetter(b, a) ? b : a);
    const rival = Math.max(
      -1,
      ...found.filter((other) => other !== best).map(({ score }) => score),
    );
    const margin = Math.min(best.margin, best.score - Math.max(0, rival));
    if (best.fix !== null && margin < marginMin) {
      return { ...best, margin, fix: null, reason: "ambiguous" };
    }
    return { ...best, margin };
  }

  /** A picture that contradicts its tagged tilt is looked at again with room for it. */
  async #at(frame: VisionFrame, event: PhotographEvent, prior: CameraPrior): Promise<Location> {
    const { locator } = this.#airborne;
    const { exposureMidNs, calibration: { bodyFromCamera } } = event.frame;
    const location = await locator.locate(frame, exposureMidNs, prior, bodyFromCamera);
    if (location.fix !== null || location.reason !== "tilt") {
      return withUnknownMiddle(location, event);
    }
    const doubted = { ...prior, sigmaTiltRad: radiansFromDegrees(TILT_SIGMA_DOUBTED_DEG) };
    const again = await locator.locate(frame, exposureMidNs, doubted, bodyFromCamera);
    return withUnknownMiddle(again, event);
  }
}

/** How much is looked at. */
interface LookOptions {
  /** No search of the map. */
  readonly onlyNearby: boolean;
  /** Before two of a flight agree: every heading too, and other heights. */
  readonly isThorough: boolean;
}

/** Of a picture that was turned it is not known which way. */
function isFixed({ attitude }: PhotographEvent): boolean {
  return attitude?.source === "airframe" && !attitude.isTurned;
}

/** Against its flight: a camera that is fixed to its airframe is mounted one way. */
function turnsOf(event: PhotographEvent): readonly number[] {
  return isFixed(event) ? [0] : [0, 180];
}

interface Search {
  readonly priors: readonly CameraPrior[];
  readonly marginMin: number;
  /** One that stands out by this much needs no comparison with those after it. */
  readonly marginClear?: number;
}

function isBetter(a: Location, b: Location): boolean {
  if ((a.fix === null) !== (b.fix === null)) return a.fix !== null;
  return a.score > b.score;
}

function notLocated(reason: string, location: Partial<Location> = {}): PhotographLocation {
  return {
    location: {
      score: 0,
      margin: 0,
      inliers: 0,
      method: "prior",
      ...location,
      fix: null,
      reason,
    },
    located: null,
  };
}

/** null where it has no place. */
export function locatedPhotograph(
  event: PhotographEvent,
  { fix }: Pick<Location, "fix">,
): LocatedPhotograph | null {
  if (fix === null) return null;
  const tagged = matrixFromQuaternion(expectedRotation(event, 0));
  // The turn about the optical axis that takes the tagged picture into the one found.
  const turn = matrixMultiply(matrixTranspose(tagged), fix.localFromCamera);
  const turnDeg = degreesFromRadians(Math.atan2(turn[3] - turn[1], turn[0] + turn[4]));
  return {
    sequence: event.frame.sequence,
    timeNs: event.receivedNs,
    positionLocalM: fix.posterior.positionLocalM,
    turnDeg,
    tilt: tiltResidual(event, turnDeg, fix),
    heightRatio: fix.posterior.positionLocalM[2] / event.heightAboveGroundM,
    isTagged: event.attitude !== null,
    isFixed: isFixed(event),
  };
}

/** Of the tilt that picture and map show on their own against the tagged one, about the camera's axes. */
function tiltResidual(event: PhotographEvent, turnDeg: number, fix: PoseFix): TiltResidual {
  const { bodyFromCamera } = event.frame.calibration;
  const { localFromBody, covariance } = fix.measurementOnly;
  const error = rotationVectorFromQuaternion(quaternionMultiply(
    quaternionConjugate(expectedRotation(event, turnDeg)),
    quaternionMultiply(localFromBody, bodyFromCamera),
  ));
  const cameraFromBody = matrixTranspose(matrixFromQuaternion(bodyFromCamera));
  const inCamera = matrixMultiply(
    matrixMultiply(cameraFromBody, rotationCovarianceRad2(covariance)),
    matrixTranspose(cameraFromBody),
  );
  return {
    xRad: error[0],
    yRad: error[1],
    covarianceRad2: [inCamera[0], inCamera[1], inCamera[4]],
  };
}
