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
  type PhotographPoses,
  type PositionTag,
  readPhotographFolder,
  TILT_MAX_DEG,
  tiltDegOf,
} from "../../../flight/photographs/mod.ts";
import type { TileToolkit } from "./canvas.ts";

/** What is seen flatter than so far off the vertical is too coarse for a map. */
const RAY_MAX_DEG = 75;
/** Of a survey no photograph is this many times as far from its middle as half of them are. */
const OUTLIER_MEDIANS = 8;
const OUTLIER_MIN_M = 1000;

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

interface PhotographSetOptions {
  /** Altitude of the ground over sea level; null: heights count from the take-off point. */
  readonly groundAltitudeM: number | null;
  /** What is known apart from the tags. */
  readonly poses?: PhotographPoses | null;
  /** 35 mm equivalent, millimetres, of photographs whose tags give no focal length. */
  readonly focalLength35Mm?: number | null;
  /** Told of what cannot be used, which is then left out; without it the first such photograph is thrown. */
  readonly onFault?: (error: unknown) => void;
}

/**
 * @throws DataError for a folder without photographs, or with one whose pose is unknown or oblique.
 */
export async function readPhotographSet(
  path: string,
  { groundAltitudeM, poses = null, focalLength35Mm = null, onFault }: PhotographSetOptions,
): Promise<PhotographSet> {
  let first: unknown = null;
  const fault = (error: unknown) => {
    first ??= error;
    if (onFault === undefined) throw error;
    onFault(error);
  };
  const notes: string[] = [];
  const files = await readPhotographFolder(path, {
    poses,
    focalLength35Mm,
    onFault: (_name, error) => fault(error),
    onNote: (note) => notes.push(note),
  });
  const localFrame = frameOf(files);
  if (localFrame === null) throw first;
  const placed: PlacedPhotograph[] = [];
  for (const file of files) {
    try {
      placed.push(place(file, localFrame, groundAltitudeM));
    } catch (error) {
      fault(error);
    }
  }
  const photographs = withoutOutliers(placed, fault);
  if (photographs.length === 0) throw first;
  notes.push(...new Set(photographs.flatMap(({ file }) => file.photograph.calibrationNotes)));
  return { localFrame, photographs, notes };
}

/** null without photographs. The median: one place that is far away would draw the mean after it. */
function frameOf(files: readonly PhotographFile[]): LocalFrame | null {
  const positions = files.flatMap(({ photograph: { positionTag } }) => positionTag ?? []);
  if (positions.length === 0) return null;
  return new LocalFrame({
    latitudeDeg: median(positions.map(({ latitudeDeg }) => latitudeDeg)),
    longitudeDeg: median(positions.map(({ longitudeDeg }) => longitudeDeg)),
    heightM: 0,
  });
}

function withoutOutliers(
  photographs: readonly PlacedPhotograph[],
  fault: (error: unknown) => void,
): readonly PlacedPhotograph[] {
  const distancesM = photographs.map(({ taggedPositionM }) => Math.hypot(...taggedPositionM));
  const farM = OUTLIER_MIN_M + OUTLIER_MEDIANS * median(distancesM);
  return photographs.filter(({ file }, i) => {
    if (distancesM[i] <= farM) return true;
    fault(
      new DataError(
        file.photograph.name,
        `it was taken ${
          (distancesM[i] / 1000).toFixed(1)
        } km from the middle of the others (its GPS may have ` +
          "been wrong); leave it out, or import it by itself",
      ),
    );
    return false;
  });
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
  checkWhole(file.photograph);
  checkView(file.photograph, gimbal);
  const [east, north] = localFrame.localFromWgs({ latitudeDeg, longitudeDeg, heightM: 0 });
  return {
    file,
    gimbal,
    heightM: heightAboveGroundM(file.photograph, groundAltitudeM),
    taggedPositionM: [east, north],
  };
}

/** @throws DataError for one whose axis, or top, is not where its tags say */
function checkWhole({ name, isTurned, middleWithinPx }: Photograph): void {
  if (isTurned) {
    throw new DataError(
      name,
      "a program turned it by a quarter, which way is not known: use the camera's own file",
    );
  }
  if (Math.max(...middleWithinPx) > 0) {
    throw new DataError(
      name,
      "a part was cut out of it, which part is not known: use the camera's own file",
    );
  }
}

/** @throws DataError for one that looks aside too far */
function checkView({ name, calibration }: Photograph, gimbal: CameraAttitude): void {
  const tiltDeg = tiltDegOf(gimbal);
  if (tiltDeg > TILT_MAX_DEG) {
    throw new DataError(
      name,
      `the camera looks ${
        tiltDeg.toFixed(0)
      }° off the vertical; photographs over ${TILT_MAX_DEG}° ` +
        "are not laid on flat ground: remove it",
    );
  }
  const { widthPx, heightPx, fxPx, fyPx, cxPx, cyPx } = calibration;
  const rotation = localFromCamera(gimbal);
  const flattestDeg = Math.max(
    ...[[0, 0], [widthPx, 0], [0, heightPx], [widthPx, heightPx]].map(([x, y]) => {
      const [east, north, up] = rotate(rotation, [(x - cxPx) / fxPx, (y - cyPx) / fyPx, 1]);
      return Math.atan2(Math.hypot(east, north), -up) / (Math.PI / 180);
    }),
  );
  if (flattestDeg > RAY_MAX_DEG) {
    throw new DataError(
      name,
      `tilted by ${tiltDeg.toFixed(0)}° it sees as far as ${
        flattestDeg.toFixed(0)
      }° off the vertical; ` +
        `over ${RAY_MAX_DEG}° are not laid on flat ground: remove it, or cut it`,
    );
  }
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
  // Within 45° of the vertical the centre always meets the ground.
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
