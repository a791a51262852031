/**
 * Types of flight packages: the data that the aircraft flies with. A package is immutable; every
 * file is listed in manifest.json with its size and SHA-256.
 *
 *     manifest.json
 *     manifest.json.minisig      signature, where it is signed
 *     manifest.json.keys         newer keys signed by older ones, where there are some
 *     tiles/{zoom}/{x}/{y}.jpg   256×256 slippy tiles
 *     tiles.json                 their metadata (TileMetadata without flight id)
 *     place/vocabulary.bin       VLAD vocabulary and projection
 *     place/model.json           the model whose features they are of, where there was one
 *     place/places.json          the place that each descriptor of the index describes
 *     place/places.index (.sha256 .meta.json)   FAISS
 *     terrain/heights.f32        heights of the ground, where it is not flat
 *     camera.json                calibration of the camera, where it is made for one
 *     configuration.json         settings of the flight, where it has some
 *     models/*.onnx, *.engine, *.engine.json    neural models, where there are some
 *
 * @module
 */
import * as z from "zod";
import { quantity } from "../../core/mod.ts";
import type { Relief } from "../../native/vision/mod.ts";
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import type { PackageTrust } from "./trust/package_trust.ts";

export const PACKAGE_FORMAT_VERSION = 1;

/** Paths inside a package. */
export const PACKAGE_PATHS = {
  manifest: "manifest.json",
  tiles: "tiles.json",
  vocabulary: "place/vocabulary.bin",
  /** Only where a model described the places. */
  placeModel: "place/model.json",
  places: "place/places.json",
  index: "place/places.index",
  indexMetadata: "place/places.index.meta.json",
  /** Only where the ground is not flat. */
  terrain: "terrain/heights.f32",
  /** Only where it is made for one camera. */
  calibration: "camera.json",
  /** Only where it has settings of its own. */
  configuration: "configuration.json",
} as const;

/** Where a package has its neural models; one without any has no such folder. */
export const MODEL_FOLDER = "models";

/** Path of a tile inside a package. */
export function packageTilePath(tile: { zoom: number; x: number; y: number }): string {
  return `tiles/${tile.zoom}/${tile.x}/${tile.y}.jpg`;
}

/** East or north of the middle of the area: a local frame is accurate for some 30 km. */
const TerrainPlaceM = z.number().min(-1e6).max(1e6);

export const ManifestSchema = z.strictObject({
  format: z.literal("gdn-flight-package"),
  formatVersion: z.literal(PACKAGE_FORMAT_VERSION),
  /** Name for people to read. */
  name: z.string().min(1).max(200),
  area: z.strictObject({
    southDeg: quantity.latitudeDeg,
    westDeg: quantity.longitudeDeg,
    northDeg: quantity.latitudeDeg,
    eastDeg: quantity.longitudeDeg,
  }),
  zoom: z.int().min(0).max(22),
  tileCount: z.int().min(1),
  /** Height over the ellipsoid that up = 0 of the local frame has: of the ground where it is flat, metres. */
  groundHeightM: quantity.groundHeightM,
  /** 1 sigma of the map's own position error, metres. */
  mapRegistrationSigmaM: quantity.lengthM,
  /** Freshness of its tiles, judged at the time of the flight; absent when no rule applied. */
  freshness: z.strictObject({
    /** End of the flight that it was made for, when one was given. */
    flightAt: z.iso.datetime().optional(),
    /** Number of tiles of the area that were left out, by rule. */
    leftOut: z.array(z.strictObject({
      classification: z.string(),
      reason: z.string(),
      tiles: z.int().min(1),
    })),
    /** When the first of its tiles expires; null: none does. */
    firstExpiresAt: z.iso.datetime().nullable(),
  }).optional(),
  /** Heights of the ground over the ellipsoid on a grid in the local frame; absent: it is flat. */
  terrain: z.strictObject({
    /** The south-west post. */
    westM: TerrainPlaceM,
    southM: TerrainPlaceM,
    spacingM: quantity.lengthM,
    columns: z.int().min(2).max(100_000),
    rows: z.int().min(2).max(100_000),
    minimumM: quantity.groundHeightM,
    maximumM: quantity.groundHeightM,
    /** Where the heights are from, and what they counted from there. */
    source: z.string().min(1).max(300),
  }).optional(),
  /** Where the flight begins; absent: the aircraft finds out. */
  takeoff: z.strictObject({
    latitudeDeg: quantity.latitudeDeg,
    longitudeDeg: quantity.longitudeDeg,
    /** Of the ground there, over the ellipsoid, metres. */
    heightM: quantity.groundHeightM,
    /** 1 sigma, metres. */
    sigmaHorizontalM: quantity.lengthM,
    sigmaVerticalM: quantity.lengthM,
  }).optional(),
  files: z.array(z.strictObject({
    path: z.string(),
    bytes: z.int().min(0),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  })),
});
export type Manifest = Readonly<z.infer<typeof ManifestSchema>>;

/** The tile metadata that a package keeps; sorted by y, then x. */
export const PackageTileSchema = z.strictObject({
  x: z.int().min(0),
  y: z.int().min(0),
  source: z.string().max(40),
  /** Metres per pixel of the imagery that the tile was made from. */
  sourceGsdM: quantity.gsdM,
  /** ISO 8601; null when unknown. */
  capturedAt: z.iso.datetime().nullable(),
  /** 0…1: how much of the tile the imagery covers. */
  coverage: quantity.share,
  attribution: z.string().max(1000),
  /** Last moment at which the tile may be used to position an aircraft; absent: no limit. */
  expiresAt: z.iso.datetime().optional(),
});
export type PackageTile = Readonly<z.infer<typeof PackageTileSchema>>;

/** One place on the map that the descriptor index contains (same order as in the index). */
export const PlaceSchema = z.strictObject({
  /** Centre of the north-up square. */
  latitudeDeg: quantity.latitudeDeg,
  longitudeDeg: quantity.longitudeDeg,
  /** Side of the square of ground that was described, metres. */
  sideM: quantity.lengthM,
});
export type Place = Readonly<z.infer<typeof PlaceSchema>>;

/** The map tiles of an open package. */
export interface MapTiles {
  readonly zoom: number;
  /** World-pixel bounds of the tiles at `zoom`, in whole tiles: [xMin, xMax) × [yMin, yMax). */
  readonly tileBounds: { xMin: number; xMax: number; yMin: number; yMax: number };
  hasTile(x: number, y: number): boolean;
  /** Checked against the manifest each time. */
  readTileJpeg(x: number, y: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Takes a tile off the map, since its bytes are not those that were signed; `path` as in the manifest. */
  close(path: string): void;
  /** Hears once of each tile that turned out to be damaged when it was read. */
  onDamaged: (path: string) => void;
}

/** A verified package. */
export interface FlightPackage {
  readonly path: string;
  readonly manifest: Manifest;
  /** Of manifest.json, lower-case hexadecimal. */
  readonly manifestSha256: string;
  /** Who made it. */
  readonly trust: PackageTrust;
  /** Files whose bytes were not verified yet; empty but after a quick check. */
  readonly unverified: Manifest["files"];
  readonly tiles: MapTiles;
  /** Metadata of every tile that may be used. */
  readonly tileMetadata: readonly PackageTile[];
  /** Tiles that expire before the flight ends: they are not on the map. */
  readonly expiredTiles: readonly PackageTile[];
  readonly places: readonly Place[];
  /** Heights over the manifest's ground height, in the local frame; null: the ground is flat. */
  readonly terrain: Relief | null;
  /** Of the camera that it is made for; null: any. */
  readonly calibration: CameraCalibration | null;
  /** Settings of the flight, as JSON, and the file's name for messages; null: it has none. */
  readonly configuration: { readonly text: string; readonly name: string } | null;
  /** Whether the manifest names a file, `path` as in the manifest. */
  hasFile(path: string): boolean;
  /**
   * The bytes of a file that the manifest names, as the manifest has them, whoever exchanged the file since.
   *
   * @param path as in the manifest
   * @throws PackageError
   */
  readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
}
