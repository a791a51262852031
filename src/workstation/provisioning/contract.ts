/**
 * Types of provisioning (C10): builds a flight package from the cached tiles of an area.
 *
 * @module
 */
import type { Bbox, TileId, TileMetadata, TilePixelHandle } from "../../tiles/tile_contract/mod.ts";
import type { Manifest } from "../../flight/flight_package/mod.ts";
import type { DescriptorIndex } from "../../navigation/descriptor_index/mod.ts";
import type { LocalFrame, Progress } from "../../core/mod.ts";
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import type { MapSource, TileSource } from "../../navigation/map/mod.ts";
import type { PatchDescriber } from "../../navigation/place_recognition/mod.ts";
import type { HeightSource } from "../terrain/mod.ts";
import type { WorkQueue } from "../work_queue/mod.ts";
import type { VisionLibrary } from "../../native/vision/mod.ts";

/** The methods of the tile cache that provisioning needs. */
export interface CachedTiles {
  queryByBbox(bbox: Bbox, zoom: number): Promise<readonly TileMetadata[]>;
  readTilePixels(tileId: TileId): Promise<TilePixelHandle>;
}

/** The methods of the freshness gate that provisioning needs. */
export interface TileFreshness {
  /** The time for which a package is judged when no flight time is given. */
  now(): Date;
  judgeAt(tile: TileMetadata, at: Date): {
    readonly outcome: string;
    readonly reason: string;
    readonly rule: { readonly classification: string };
    readonly refusedAfter: Date | null;
  };
}

/** Keeps the tiles of a mission in the cache. */
export interface MissionPins {
  missions(): Promise<readonly { readonly mission: string }[]>;
  pinTiles(mission: string, tileIds: readonly TileId[]): Promise<number>;
  unpinOthers(mission: string, tileIds: readonly TileId[]): Promise<number>;
  unpinMission(mission: string): Promise<number>;
}

/** What a package says of the flight beside its map; each may be absent. */
export interface PackageMission {
  /** Where it begins. */
  readonly takeoff: Manifest["takeoff"] | null;
  /** Of the camera that it is made for. */
  readonly calibration: CameraCalibration | null;
  /** The file of its settings, as `encodeMissionSettings` makes it. */
  readonly settings: Uint8Array<ArrayBuffer> | null;
}

export interface ProvisionRequest {
  /** Folder of the package; must not exist, be empty, or hold a package (which is replaced). */
  readonly out: string;
  /** null: everything in the cache. */
  readonly area: Bbox | null;
  /** null: the finest zoom that has tiles in the area. */
  readonly zoom: number | null;
  /** null: named after zoom and middle of the area. */
  readonly name: string | null;
  /** Height of the ground over the ellipsoid, metres; null: the mean of the terrain, that of the take-off, or 0. */
  readonly groundHeightM: number | null;
  /** 1 sigma of the map's own position error, metres; the error of its datum is added. */
  readonly mapRegistrationSigmaM: number;
  /** Sides of the squares of ground that are described, metres. */
  readonly placeSidesM: readonly number[];
  /**
   * Time of the flight: tiles that will be too old for their sector then are left out. null: now.
   */
  readonly flightAt: Date | null;
  /** Absent: a map and nothing else. */
  readonly mission?: PackageMission;
}

/** A model that describes places, and what the package says of it. */
export interface PlaceModelTool {
  readonly describer: PatchDescriber;
  readonly name: string;
  readonly sha256: string;
}

/** Workers on other machines that describe the places. */
export interface ProvisionWorkers {
  readonly queue: WorkQueue;
  /** Folder of the inputs of all runs, which the workers read. */
  readonly inputsFolder: string;
  readonly placesPerJob: number;
}

export interface ProvisionTools {
  readonly cache: CachedTiles;
  readonly freshness: TileFreshness;
  readonly pins: MissionPins;
  readonly vision: VisionLibrary;
  /** null: places are described without a model. */
  readonly placeModel: PlaceModelTool | null;
  /** Absent: this process describes all places. */
  readonly workers?: ProvisionWorkers;
  /** Heights of the ground of a box; absent: the ground is flat. */
  readonly openTerrain?: (box: Bbox) => Promise<HeightSource>;
  /** Keeps what a run that is killed has described; removed when the package is whole. */
  readonly workFolder: string;
  openMap(tiles: TileSource, localFrame: LocalFrame): MapSource;
  buildDescriptorIndex(path: string): DescriptorIndex;
  progress(label: string, total: number): Progress;
  readonly signal?: AbortSignal;
}

/** Tiles that one rule left out of a package. */
export interface LeftOut {
  readonly classification: string;
  readonly reason: string;
  readonly tiles: number;
}

export interface ProvisionSummary {
  readonly path: string;
  readonly name: string;
  readonly zoom: number;
  readonly tiles: number;
  /** Tiles of the area that the cache does not have. */
  readonly holes: readonly { readonly x: number; readonly y: number }[];
  /** The time at which tiles were judged. */
  readonly flightAt: Date;
  /** Tiles that were too old for their sector, by rule. */
  readonly leftOut: readonly LeftOut[];
  /** When the first tile of the package expires; null: none does. */
  readonly firstExpiresAt: string | null;
  /** 0…1: covered ground over the ground of the area's tiles. */
  readonly coverage: number;
  readonly places: number;
  /** Of the map's squares, those that an interrupted run had described. */
  readonly placesResumed: number;
  /** Of the map's squares, those that workers described for this run. */
  readonly placesByWorkers: number;
  readonly placeSidesM: readonly number[];
  /** Over the ellipsoid, metres. */
  readonly groundHeightM: number;
  /** null: the ground is flat. */
  readonly terrain: Manifest["terrain"] | null;
  /** null: the aircraft finds out where it begins. */
  readonly takeoff: Manifest["takeoff"] | null;
  /** Metres by which it begins outside of the map. */
  readonly takeoffOutsideM: number;
  /** Id of the camera that it is made for; null: any. */
  readonly cameraId: string | null;
  /** Whether it has settings of its own. */
  readonly hasSettings: boolean;
  /** 1 sigma of the map's own position error, metres, with the datum's. */
  readonly mapRegistrationSigmaM: number;
  /** By how much the datum of the imagery may shift the map, metres. */
  readonly registrationErrorM: number;
  readonly descriptorDimension: number;
  /** The chosen efSearch, and the share of the true ten nearest that it found for trial queries. */
  readonly index: { readonly efSearch: number; readonly recall: number | null };
  readonly bytes: number;
  readonly manifestSha256: string;
  /** A small map of the area for a terminal: one text line a row. */
  readonly coverageMap: readonly string[];
}
