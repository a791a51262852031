/**
 * A small made-up ground with a camera over it, for the tests of the navigation parts: what is seen
 * comes from the renderer, with lens, tilt and JPEG, and the pose is known.
 */
import {
  BODY_FROM_NADIR_CAMERA,
  groundSampleDistanceM,
  LocalFrame,
  localFromBody,
  type Matrix3,
  matrixFromQuaternion,
  type Quaternion,
  quaternionMultiply,
  radiansFromDegrees,
  type Random,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import type { CameraCalibration } from "../../src/navigation/camera/mod.ts";
import type { MapSource, MapWindow, TileSource } from "../../src/navigation/map/mod.ts";
import { mapTile, PictureGround, tilesOfBox } from "../../src/workstation/simulation/mod.ts";
import {
  encodeJpeg,
  type MapMosaic,
  type Picture,
  RenderCamera,
  RenderGround,
  VisionFrame,
  type VisionLibrary,
} from "../../src/native/vision/mod.ts";

export const GROUND_GSD_M = 0.5;
export const GROUND_SIDE_M = 640;
export const ORIGIN = { latitudeDeg: 48.5, longitudeDeg: 35, heightM: 100 };

export const CALIBRATION: CameraCalibration = {
  id: "test",
  widthPx: 640,
  heightPx: 480,
  fxPx: 554,
  fyPx: 552,
  cxPx: 317.2,
  cyPx: 242.1,
  distortion: [-0.1, 0.018, 4e-4, -3e-4, 0],
  bodyFromCamera: [...BODY_FROM_NADIR_CAMERA],
  mountingSigmaDeg: 0.5,
};

export interface Attitude {
  readonly rollDeg: number;
  readonly pitchDeg: number;
  readonly headingDeg: number;
}

export const LEVEL_NORTH: Attitude = { rollDeg: 0, pitchDeg: 0, headingDeg: 0 };

export function bodyRotation(attitude: Attitude): Quaternion {
  return localFromBody({
    rollRad: radiansFromDegrees(attitude.rollDeg),
    pitchRad: radiansFromDegrees(attitude.pitchDeg),
    yawRad: radiansFromDegrees(attitude.headingDeg),
  });
}

export function cameraRotation(attitude: Attitude): Matrix3 {
  return matrixFromQuaternion(
    quaternionMultiply(bodyRotation(attitude), CALIBRATION.bodyFromCamera),
  );
}

/** Fields, roofs and round spots of all greys, from a seed; north up, its middle at the origin. */
export function paintedGround(seed: string, sideM = GROUND_SIDE_M): Picture {
  const random = seededRandom(`painted ground ${seed}`);
  const size = Math.round(sideM / GROUND_GSD_M);
  const pixels = new Uint8Array(size * size).fill(110);
  const shapes = Math.round(0.004 * sideM * sideM);
  for (let i = 0; i < shapes; i++) paintShape(random, pixels, size);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = Math.max(10, Math.min(245, pixels[i] + 30 * (random.uniform() - 0.5)));
  }
  return { widthPx: size, heightPx: size, channels: 1, pixels };
}

function paintShape(random: Random, pixels: Uint8Array, size: number): void {
  const halfA = 2 + 14 * random.uniform() ** 2, halfB = 2 + 10 * random.uniform() ** 2;
  const round = random.uniform() < 0.3, turn = Math.PI * random.uniform();
  const x0 = size * random.uniform(), y0 = size * random.uniform();
  const grey = 30 + 190 * random.uniform();
  const reach = 2 * Math.hypot(halfA, halfB), c = Math.cos(turn), s = Math.sin(turn);
  const limit = (value: number) => Math.max(0, Math.min(size - 1, Math.round(value)));
  for (let y = limit(y0 - reach); y <= limit(y0 + reach); y++) {
    for (let x = limit(x0 - reach); x <= limit(x0 + reach); x++) {
      const a = (c * (x - x0) + s * (y - y0)) * GROUND_GSD_M;
      const b = (c * (y - y0) - s * (x - x0)) * GROUND_GSD_M;
      const inside = round
        ? (a / halfA) ** 2 + (b / halfA) ** 2 < 1
        : Math.abs(a) < halfA && Math.abs(b) < halfB;
      if (inside) pixels[y * size + x] = grey;
    }
  }
}

/** Ground of one function of (east, north) in metres from the middle. */
export function groundOf(sideM: number, grey: (eastM: number, northM: number) => number): Picture {
  const size = Math.round(sideM / GROUND_GSD_M);
  const pixels = new Uint8Array(size * size);
  for (let y = 0, i = 0; y < size; y++) {
    for (let x = 0; x < size; x++, i++) {
      pixels[i] = grey((x + 0.5) * GROUND_GSD_M - sideM / 2, sideM / 2 - (y + 0.5) * GROUND_GSD_M);
    }
  }
  return { widthPx: size, heightPx: size, channels: 1, pixels };
}

export interface CameraStand {
  readonly positionLocalM: Vector3;
  readonly attitude: Attitude;
}

/** A ground, and the camera over it. */
export class Scene implements Disposable {
  readonly vision: VisionLibrary;
  readonly ground: Picture;
  readonly #render: RenderGround;
  readonly #camera: RenderCamera;

  constructor(vision: VisionLibrary, ground: Picture) {
    this.vision = vision;
    this.ground = ground;
    const sideM = ground.widthPx * GROUND_GSD_M;
    const corner = { westM: -sideM / 2, northM: sideM / 2, gsdM: GROUND_GSD_M };
    this.#render = new RenderGround(vision, ground, corner);
    this.#camera = new RenderCamera(vision, CALIBRATION);
  }

  async jpeg(stand: CameraStand, noise = 1): Promise<Uint8Array<ArrayBuffer>> {
    const pose = {
      positionLocalM: stand.positionLocalM,
      localFromCamera: cameraRotation(stand.attitude),
    };
    const noiseSeed = BigInt(Math.abs(Math.round(1e3 * stand.positionLocalM[0])) + 1);
    const look = { gain: 0.9, vignetting: 0.1, noise, noisePerLevel: 0.005, noiseSeed };
    const picture = await this.#camera.view(this.#render, [pose], look);
    return await encodeJpeg(this.vision, picture, 92);
  }

  async frame(stand: CameraStand): Promise<VisionFrame> {
    return await VisionFrame.decode(this.vision, await this.jpeg(stand), CALIBRATION, "frame");
  }

  [Symbol.dispose](): void {
    this.#camera.close();
    this.#render.close();
  }
}

/** The whole ground as one map window, about `gsdM` = {@link GROUND_GSD_M}. */
export class PictureMap implements MapSource {
  readonly gsdM = GROUND_GSD_M;
  readonly bounds;
  readonly #picture: Picture;
  readonly #valid: Uint8Array<ArrayBuffer>;

  constructor(picture: Picture, valid = new Uint8Array(picture.pixels.length).fill(255)) {
    this.#picture = picture;
    this.#valid = valid;
    const half = picture.widthPx * GROUND_GSD_M / 2;
    this.bounds = { eastMinM: -half, eastMaxM: half, northMinM: -half, northMaxM: half };
  }

  mosaic(originEastM = 0, originNorthM = 0): MapMosaic {
    const { widthPx, heightPx, pixels } = this.#picture;
    const perM = 1 / GROUND_GSD_M;
    return {
      widthPx,
      heightPx,
      pixels,
      valid: this.#valid,
      pixelFromLocal: [
        perM,
        0,
        widthPx / 2 - 0.5 + perM * originEastM,
        0,
        -perM,
        heightPx / 2 - 0.5 - perM * originNorthM,
      ],
    };
  }

  window(eastM: number, northM: number, radiusM: number): Promise<MapWindow | null> {
    const { eastMinM, eastMaxM, northMinM, northMaxM } = this.bounds;
    const outside = eastM + radiusM < eastMinM || eastM - radiusM > eastMaxM ||
      northM + radiusM < northMinM || northM - radiusM > northMaxM;
    return Promise.resolve(
      outside ? null : {
        mosaic: this.mosaic(eastM, northM),
        originEastM: eastM,
        originNorthM: northM,
        coverage: 1,
      },
    );
  }
}

/** The ground as slippy tiles in memory, and how often each was read. */
export class MemoryTiles implements TileSource {
  readonly zoom: number;
  readonly tileBounds;
  readonly reads: string[] = [];
  readonly jpegs = new Map<string, Uint8Array<ArrayBuffer>>();

  private constructor(zoom: number, tileBounds: TileSource["tileBounds"]) {
    this.zoom = zoom;
    this.tileBounds = tileBounds;
  }

  static async of(vision: VisionLibrary, picture: Picture, zoom = 18): Promise<MemoryTiles> {
    const ground = new PictureGround({
      name: "test",
      picture,
      centre: ORIGIN,
      gsdM: GROUND_GSD_M,
    });
    const inner = groundSampleDistanceM(ORIGIN.latitudeDeg, zoom) * 256;
    const { westM, southM, eastM, northM } = ground.box;
    // Whole tiles only: those at the rim would be black beyond the picture.
    const box = {
      westM: westM + inner,
      southM: southM + inner,
      eastM: eastM - inner,
      northM: northM - inner,
    };
    const tiles = tilesOfBox(ground, box, zoom);
    const xs = tiles.map((tile) => tile.x), ys = tiles.map((tile) => tile.y);
    const memory = new MemoryTiles(zoom, {
      xMin: Math.min(...xs),
      xMax: Math.max(...xs) + 1,
      yMin: Math.min(...ys),
      yMax: Math.max(...ys) + 1,
    });
    const frame = new LocalFrame(ORIGIN);
    for (const tile of tiles) {
      const jpeg = await encodeJpeg(vision, await mapTile(ground, frame, tile), 92);
      memory.jpegs.set(`${tile.x}/${tile.y}`, jpeg);
    }
    return memory;
  }

  /** Every tile is the same picture. */
  static uniform(
    jpeg: Uint8Array<ArrayBuffer>,
    zoom: number,
    tileBounds: TileSource["tileBounds"],
  ): MemoryTiles {
    const memory = new MemoryTiles(zoom, tileBounds);
    for (let x = tileBounds.xMin; x < tileBounds.xMax; x++) {
      for (let y = tileBounds.yMin; y < tileBounds.yMax; y++) memory.jpegs.set(`${x}/${y}`, jpeg);
    }
    return memory;
  }

  hasTile(x: number, y: number): boolean {
    return this.jpegs.has(`${x}/${y}`);
  }

  readTileJpeg(x: number, y: number): Promise<Uint8Array<ArrayBuffer>> {
    const key = `${x}/${y}`;
    this.reads.push(key);
    const jpeg = this.jpegs.get(key);
    return jpeg === undefined ? Promise.reject(new Error(`no tile ${key}`)) : Promise.resolve(jpeg);
  }
}

/** Brightness-weighted middle of what is brighter than `floor`, pixels. */
export function centroid(
  picture: { readonly widthPx: number; readonly pixels: Uint8Array },
  floor: number,
): [xPx: number, yPx: number] {
  let sum = 0, x = 0, y = 0;
  picture.pixels.forEach((value, i) => {
    const weight = Math.max(0, value - floor);
    sum += weight;
    x += weight * (i % picture.widthPx);
    y += weight * Math.floor(i / picture.widthPx);
  });
  return [x / sum, y / sum];
}

/** eᵀ C⁻¹ e, by Gaussian elimination. */
export function mahalanobisSquared(error: readonly number[], covariance: Float64Array): number {
  const n = error.length;
  const a = Array.from({ length: n }, (_, r) => [
    ...covariance.subarray(n * r, n * r + n),
    error[r],
  ]);
  for (let p = 0; p < n; p++) {
    for (let r = p + 1; r < n; r++) {
      const factor = a[r][p] / a[p][p];
      for (let c = p; c <= n; c++) a[r][c] -= factor * a[p][c];
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let r = n - 1; r >= 0; r--) {
    let sum = a[r][n];
    for (let c = r + 1; c < n; c++) sum -= a[r][c] * x[c];
    x[r] = sum / a[r][r];
  }
  return x.reduce((sum, value, i) => sum + value * error[i], 0);
}
