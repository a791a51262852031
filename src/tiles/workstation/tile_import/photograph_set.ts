/**
 * A folder of photographs in one local frame of reference, with their pixels on demand.
 *
 * @module
 */
import { DataError, LocalFrame, rotate } from "../../../core/mod.ts";
import type { LensLibrary } from "../../../native/vision/mod.ts";
import {
  type CameraView,
  groundFromPixel,
  type GroundPosition,
} from "../../orthorectification/mod.ts";
import {
  type CameraAttitude,
  heightAboveGroundM,
  localFromCamera,
  type Photograph,
  type PhotographFile,
  type PositionTag,
  readPhotographFolder,
} from "../../../flight/photographs/mod.ts";
import type { TileToolkit } from "./canvas.ts";

/** Photographs tilted further than this from the vertical are refused. */
const TILT_MAX_DEG = 30;
/** Of a survey no photograph is this many times as far from its middle as half of them are. */
const OUTLIER_MEDIANS = 8;
const OUTLIER_MIN_M = 1000;
const RADIANS_PER_DEGREE = Math.PI / 180;

/** Corrections to the pose tags of a photograph. */
export interface Placement {
  /** 0, or 180 when the photograph is turned against its heading tag. */
  readonly turnDeg: number;
  /** Additional heading, degrees clockwise. */
  readonly headingDeg: number;
  /** Moves the camera east and north, metres. */
  readonly eastM: number;
  readonly northM: number;
  /** Multiplies the height over the ground. */
  readonly heightScale: number;
}

export const AS_TAGGED: Placement = {
  turnDeg: 0,
  headingDeg: 0,
  eastM: 0,
  northM: 0,
  heightScale: 1,
};

export interface PlacedPhotograph {
  readonly file: PhotographFile;
  readonly gimbal: CameraAttitude;
  /** Height of the camera over the ground by its tags, metres. */
  readonly heightM: number;
  /** Camera position by the tags alone, east and north, metres. */
  readonly taggedPositionM: GroundPosition;
}

/** The ground is at up = 0 of `frame`. */
export interface PhotographSet {
  readonly localFrame: LocalFrame;
  readonly photographs: readonly PlacedPhotograph[];
  /** What the user should know of the tags. */
  readonly notes: readonly string[];
}

/**
 * @throws DataError for a folder without photographs, or with one whose pose is unknown or oblique.
 */
export async function readPhotographSet(
  path: string,
  groundAltitudeM: number | null,
): Promise<PhotographSet> {
  const files = await readPhotographFolder(path);
  // The median: one place that is far away would draw the mean after it.
  const positions = files.map(({ photograph }) => positionOf(photograph));
  const localFrame = new LocalFrame({
    latitudeDeg: median(positions.map(({ latitudeDeg }) => latitudeDeg)),
    longitudeDeg: median(positions.map(({ longitudeDeg }) => longitudeDeg)),
    heightM: 0,
  });
  const photographs = files.map((file) => place(file, localFrame, groundAltitudeM));
  const distancesM = photographs.map(({ taggedPositionM }) => Math.hypot(...taggedPositionM));
  const farM = OUTLIER_MIN_M + OUTLIER_MEDIANS * median(distancesM);
  const outlier = photographs[distancesM.findIndex((distanceM) => distanceM > farM)];
  if (outlier !== undefined) {
    const awayM = Math.hypot(...outlier.taggedPositionM);
    throw new DataError(
      outlier.file.photograph.name,
      `it was taken ${
        (awayM / 1000).toFixed(1)
      } km from the middle of the others (its GPS may have ` +
        "been wrong); leave it out, or import it by itself",
    );
  }
  const notes = [...new Set(files.flatMap(({ photograph }) => photograph.calibrationNotes))];
  return { localFrame, photographs, notes };
}

function positionOf({ name, positionTag }: Photograph): PositionTag {
  if (positionTag === null) throw new DataError(name, "its position is unknown");
  return positionTag;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function place(
  file: PhotographFile,
  localFrame: LocalFrame,
  groundAltitudeM: number | null,
): PlacedPhotograph {
  const { name, gimbal } = file.photograph;
  const { latitudeDeg, longitudeDeg } = positionOf(file.photograph);
  if (!gimbal) {
    throw new DataError(
      name,
      "no tag states the camera's yaw (GimbalYawDegree, Camera:Yaw, Heading): its heading is unknown",
    );
  }
  // Roll turns the picture about the optical axis: it does not tilt it.
  const tilt = -rotate(localFromCamera(gimbal), [0, 0, 1])[2];
  if (tilt < Math.cos(TILT_MAX_DEG * RADIANS_PER_DEGREE)) {
    throw new DataError(
      name,
      `the camera looks ${(Math.acos(tilt) / RADIANS_PER_DEGREE).toFixed(0)}° off the vertical; ` +
        `only nadir photographs (within ${TILT_MAX_DEG}°) can be projected onto flat ground: remove it`,
    );
  }
  const [east, north] = localFrame.localFromWgs({ latitudeDeg, longitudeDeg, heightM: 0 });
  return {
    file,
    gimbal,
    heightM: heightAboveGroundM(file.photograph, groundAltitudeM),
    taggedPositionM: [east, north],
  };
}

/** The camera of a photograph with the corrections of `placement`. */
export function viewOf(photograph: PlacedPhotograph, placement: Placement): CameraView {
  const { calibration } = photograph.file.photograph;
  const [east, north] = photograph.taggedPositionM;
  return {
    calibration,
    positionLocalM: [
      east + placement.eastM,
      north + placement.northM,
      photograph.heightM * placement.heightScale,
    ],
    localFromCamera: localFromCamera(photograph.gimbal, placement.turnDeg + placement.headingDeg),
  };
}

/** Ground point at the centre of the picture. */
export function middleOf(lens: LensLibrary, view: CameraView): GroundPosition {
  const { widthPx, heightPx } = view.calibration;
  const { positionLocalM: [east, north] } = view;
  // Within 30° of the vertical the centre always meets the ground.
  const centre = [(widthPx - 1) / 2, (heightPx - 1) / 2] as const;
  return groundFromPixel(lens, view, centre, 0) ?? [east, north];
}

/** Metres of ground per pixel at the centre of the picture. */
export function gsdOf(photograph: PlacedPhotograph): number {
  return photograph.heightM / photograph.file.photograph.calibration.fxPx;
}

interface PhotographPixels {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly channels: 3;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** Cache of decoded photographs, least recently used dropped first. */
export class PhotographPixelCache {
  readonly #toolkit: TileToolkit;
  readonly #bytesMax: number;
  readonly #kept = new Map<string, { picture: Promise<PhotographPixels>; bytes: number }>();
  #bytes = 0;

  constructor(toolkit: TileToolkit, bytesMax = 400_000_000) {
    this.#toolkit = toolkit;
    this.#bytesMax = bytesMax;
  }

  /** Pixels decoded at 1/`denominator` of the size. */
  get(file: PhotographFile, denominator: 1 | 2 | 4 | 8): Promise<PhotographPixels> {
    const key = `${denominator} ${file.path}`;
    const entry = this.#kept.get(key) ?? this.#add(file, denominator);
    // The last entry of the map is the most recently used.
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= this.#bytesMax || oldest === key) break;
      this.#kept.delete(oldest);
      this.#bytes -= bytes;
    }
    return entry.picture;
  }

  #add(file: PhotographFile, denominator: 1 | 2 | 4 | 8) {
    const { widthPx, heightPx } = file.photograph.calibration;
    const bytes = Math.ceil(3 * widthPx * heightPx / denominator ** 2);
    this.#bytes += bytes;
    return { picture: this.#decode(file, denominator), bytes };
  }

  async #decode(file: PhotographFile, denominator: 1 | 2 | 4 | 8): Promise<PhotographPixels> {
    const name = file.photograph.name;
    return await this.#toolkit.decodeJpeg(await file.readBytes(), { name, denominator });
  }
}

/**
 * Converts pixels of the full frame to those at 1/`denominator` (centres at integers), in place.
 */
export function scaleKnots(knots: Float64Array, denominator: number): void {
  for (let i = 0; i < knots.length; i++) knots[i] = (knots[i] + 0.5) / denominator - 0.5;
}
