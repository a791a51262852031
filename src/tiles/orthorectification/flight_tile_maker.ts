/**
 * Makes tiles in flight: from each frame whose pose is certain, the slippy tiles that it shows
 * completely.
 *
 * @module
 */
import {
  type LocalFrame,
  type SlippyTile,
  TILE_SIZE_PX,
  worldPixelFromWgs,
  zoomForGsd,
} from "../../core/mod.ts";
import type { LensLibrary } from "../../native/vision/mod.ts";
import type { CameraView, GroundPosition, ProjectionGrid } from "./contract.ts";
import {
  type FlightTilesConfig,
  type FrameJudgement,
  type FrameKnowledge,
  judgeFrame,
  judgeLook,
  lookOf,
} from "./flight_tile_gate.ts";
import { frameFootprint, type GroundUp } from "./ground.ts";
import { tileProjection } from "./tile_projection.ts";

interface Rgb {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly channels: 3;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** The functions of the native library that the maker needs. */
export interface FlightTileToolkit {
  readonly lens: LensLibrary;
  decodeJpeg(jpeg: Uint8Array<ArrayBuffer>, name: string): Promise<Rgb>;
  encodeJpeg(picture: Rgb, quality: number): Promise<Uint8Array<ArrayBuffer>>;
  warp(source: Rgb, grid: ProjectionGrid, sidePx: number): Promise<{
    readonly pixels: Uint8Array<ArrayBuffer>;
    readonly coverage: Uint8Array<ArrayBuffer>;
  }>;
}

/** One frame after processing: the picture, the camera's pose and what is known about it. */
export interface FlownFrame {
  readonly sequence: number;
  /** Exposure mid-time, canonical clock. */
  readonly timeNs: number;
  readonly jpeg: Uint8Array<ArrayBuffer>;
  /** In the place of a JPEG: the picture of a camera without colour. */
  readonly grey?: Uint8Array<ArrayBuffer>;
  /** The camera in the local frame of reference, in true WGS84 (the map's own error removed). */
  readonly view: CameraView;
  readonly knowledge: Omit<FrameKnowledge, "reachM">;
}

/** What a later user needs to know to judge the tile. */
interface FlightTileQuality {
  /** 95 % bound on the misplacement of any of its pixels, metres. */
  readonly misplacementBoundM: number;
  readonly horizontal95M: number;
  /** Distance between estimate and this frame's own fix on the map, metres. */
  readonly mapDisagreementM: number;
  readonly frameGsdM: number;
  readonly tiltDeg: number;
  readonly sharpness: number;
  readonly frameSequence: number;
}

export interface FlightTile {
  readonly tile: SlippyTile;
  readonly jpeg: Uint8Array<ArrayBuffer>;
  readonly captureTimeNs: number;
  readonly quality: FlightTileQuality;
  /** It replaces a tile that was made earlier in the flight. */
  readonly better: boolean;
}

/** Numbers of frames and tiles by outcome. */
export type FlightTileCounts = Readonly<Record<string, number>>;

interface FlightTileMakerOptions {
  readonly config: FlightTilesConfig;
  readonly toolkit: FlightTileToolkit;
  readonly localFrame: LocalFrame;
  readonly groundUp: GroundUp;
}

/** Remembers what it has made: each tile once, unless a later frame places it clearly better. */
export class FlightTileMaker {
  readonly #options: FlightTileMakerOptions;
  readonly #boundOf = new Map<string, number>();
  readonly #counts: Record<string, number> = {};

  constructor(options: FlightTileMakerOptions) {
    this.#options = options;
  }

  counts(): FlightTileCounts {
    return { ...this.#counts };
  }

  /** The tiles that this frame gives; none is a valid result, not an error. */
  async make(flown: FlownFrame): Promise<readonly FlightTile[]> {
    const { toolkit, localFrame, config } = this.#options;
    // What the frame shows, were the ground as level as under the camera.
    const levelUpM = flown.view.positionLocalM[2] - flown.knowledge.heightAboveGroundM;
    const footprint = frameFootprint(toolkit.lens, flown.view, levelUpM);
    if (footprint === null) return this.#refuse("horizon in view");
    const [first, , third] = footprint;
    const reachM = Math.hypot(first[0] - third[0], first[1] - third[1]) / 2;
    const judgement = judgeFrame({ ...flown.knowledge, reachM }, config);
    if (!judgement.usable) return this.#refuse(judgement.reason);
    this.#count("frames used");
    const gsdM = flown.knowledge.heightAboveGroundM / flown.view.calibration.fxPx;
    const tiles = wholeTiles(
      footprint,
      localFrame,
      config.zoom ?? zoomForGsd(localFrame.origin.latitudeDeg, gsdM),
    )
      .filter((tile) => this.#isWanted(tile, judgement.misplacementBoundM));
    if (tiles.length === 0) return [];
    const picture = flown.grey === undefined
      ? await toolkit.decodeJpeg(flown.jpeg, `frame ${flown.sequence}`)
      : rgbOfGrey(flown.grey, flown.view.calibration);
    const made: FlightTile[] = [];
    for (const tile of tiles) {
      const one = await this.#paint(tile, flown, picture, { judgement, gsdM });
      if (one !== null) made.push(one);
    }
    return made;
  }

  #isWanted(tile: SlippyTile, boundM: number): boolean {
    const old = this.#boundOf.get(keyOf(tile));
    return old === undefined || boundM < this.#options.config.betterShare * old;
  }

  async #paint(
    tile: SlippyTile,
    flown: FlownFrame,
    picture: Rgb,
    known: { judgement: Extract<FrameJudgement, { usable: true }>; gsdM: number },
  ): Promise<FlightTile | null> {
    const { toolkit, localFrame, groundUp, config } = this.#options;
    const grid = tileProjection(toolkit.lens, flown.view, tile, localFrame, groundUp);
    const warped = await toolkit.warp(picture, grid, TILE_SIZE_PX);
    if (warped.coverage.includes(0)) return this.#drop("tiles not whole");
    const look = lookOf(warped.pixels, TILE_SIZE_PX);
    const fault = judgeLook(look, config);
    if (fault !== null) return this.#drop(`tiles ${fault}`);
    const jpeg = await toolkit.encodeJpeg({
      widthPx: TILE_SIZE_PX,
      heightPx: TILE_SIZE_PX,
      channels: 3,
      pixels: warped.pixels,
    }, config.jpegQuality);
    const better = this.#boundOf.has(keyOf(tile));
    this.#boundOf.set(keyOf(tile), known.judgement.misplacementBoundM);
    this.#count(better ? "tiles bettered" : "tiles made");
    const { knowledge } = flown;
    return {
      tile,
      jpeg,
      captureTimeNs: flown.timeNs,
      better,
      quality: {
        misplacementBoundM: known.judgement.misplacementBoundM,
        horizontal95M: knowledge.horizontal95M,
        mapDisagreementM: knowledge.fixDistanceM ?? 0,
        frameGsdM: known.gsdM,
        tiltDeg: knowledge.tiltRad * 180 / Math.PI,
        sharpness: look.sharpness,
        frameSequence: flown.sequence,
      },
    };
  }

  #refuse(reason: string): [] {
    this.#count(`frames refused: ${reason}`);
    return [];
  }

  #drop(reason: string): null {
    this.#count(reason);
    return null;
  }

  #count(what: string): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }
}

function rgbOfGrey(
  grey: Uint8Array,
  { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number },
): Rgb {
  const pixels = new Uint8Array(3 * grey.length);
  for (let i = 0; i < grey.length; i += 1) pixels.fill(grey[i], 3 * i, 3 * i + 3);
  return { widthPx, heightPx, channels: 3, pixels };
}

function keyOf(tile: SlippyTile): string {
  return `${tile.zoom}/${tile.x}/${tile.y}`;
}

/** Tiles whose four corners all lie inside of the (convex) footprint. */
export function wholeTiles(
  footprint: readonly GroundPosition[],
  localFrame: LocalFrame,
  zoom: number,
): SlippyTile[] {
  const count = 2 ** zoom;
  const outline = footprint.map(([east, north]): GroundPosition => {
    const world = worldPixelFromWgs(localFrame.wgsFromLocal([east, north, 0]), zoom);
    return [world.x / TILE_SIZE_PX, world.y / TILE_SIZE_PX];
  });
  // Over the antimeridian the outline continues beyond the world's edge, and tile numbers are taken
  // modulo.
  const [firstX] = outline[0];
  const unwrapped = outline.map(([x, y]): GroundPosition => [
    x - Math.round((x - firstX) / count) * count,
    y,
  ]);
  const xs = unwrapped.map(([x]) => x), ys = unwrapped.map(([, y]) => y);
  const out: SlippyTile[] = [];
  for (let y = Math.floor(Math.min(...ys)); y < Math.max(...ys); y++) {
    for (let x = Math.floor(Math.min(...xs)); x < Math.max(...xs); x++) {
      const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]] as const;
      if (!corners.every((corner) => isInside(corner, unwrapped))) continue;
      out.push({ zoom, x: (x + count) % count, y });
    }
  }
  return out;
}

function isInside(
  [x, y]: GroundPosition,
  outline: readonly GroundPosition[],
): boolean {
  let sign = 0;
  for (let i = 0; i < outline.length; i++) {
    const [ax, ay] = outline[i], [bx, by] = outline[(i + 1) % outline.length];
    const side = Math.sign((bx - ax) * (y - ay) - (by - ay) * (x - ax));
    if (side !== 0 && sign !== 0 && side !== sign) return false;
    if (side !== 0) sign = side;
  }
  return true;
}
