/**
 * Records of the tile interfaces: readonly, checked by schemas when they are created.
 *
 * @module
 */
import * as z from "zod";
import { quantity } from "../../core/mod.ts";

// deno-fmt-ignore

/** The values known today; a later version may write others, which readers keep unchanged. */
export const FRESHNESS_LABELS = ["fresh", "stale", "downgraded", "rejected"] as const;
export type FreshnessLabel = (typeof FRESHNESS_LABELS)[number];
export const VOTING_STATUSES = ["pending", "trusted", "rejected", "upload_giveup"] as const;
export type VotingStatus = (typeof VOTING_STATUSES)[number];
export const SECTOR_CLASSIFICATIONS = ["active_conflict", "stable_rear"] as const;
export type SectorClassification = (typeof SECTOR_CLASSIFICATIONS)[number];

/** A value of `Known`, or one of a later version. */
type OpenWord<Known extends string> = Known | (string & Record<never, never>);

export const TileIdSchema = z.strictObject({
  zoom: z.int().min(0).max(22),
  x: z.int().min(0),
  y: z.int().min(0),
  source: z.string().regex(/^[a-z0-9_]{1,40}$/),
  /** UUID; only tiles made in flight have one. */
  flightId: z.uuid().transform((id) => id.toLowerCase()).optional(),
}).refine(
  (id) => id.x < 2 ** id.zoom && id.y < 2 ** id.zoom,
  "x and y must exist at the zoom level",
)
  .refine(
    (id) => (id.flightId !== undefined) === (id.source === "onboard_ingest"),
    "onboard_ingest tiles, and only those, have a flightId",
  );
export type TileId = Readonly<z.infer<typeof TileIdSchema>>;

const QUALITY_SHAPE = {
  /** 95 % bound on the misplacement of any of its pixels, metres. */
  misplacementBoundM: quantity.lengthM,
  /** Metres per pixel of the frame on the ground. */
  frameGsdM: quantity.gsdM,
  /** Sequence number of the camera frame that it was made from. */
  frameSequence: z.int().min(0),
  /** 95 % of the estimate that placed the frame, metres. */
  horizontal95M: quantity.lengthOrZeroM.optional(),
  /** Distance between estimate and the frame's own fix on the map, metres. */
  mapDisagreementM: quantity.lengthOrZeroM.optional(),
  /** Between the optical axis and straight down. */
  tiltDeg: z.number().min(0).max(180).optional(),
  sharpness: quantity.ratioOrZero.optional(),
};
/** Quality of a tile made in flight, from orthorectification; fields of later versions are kept. */
export const TileQualityMetadataSchema = z.looseObject(QUALITY_SHAPE);
const KnownQualitySchema = z.object(QUALITY_SHAPE);
type TileQualityMetadata = Readonly<z.infer<typeof KnownQualitySchema>>;

export const TileMetadataSchema = z.strictObject({
  tileId: TileIdSchema,
  tileSizePx: z.literal(256),
  /** Metres per pixel of the imagery the tile was made from. */
  sourceGsdM: quantity.gsdM,
  /** Date of the ground's picture; null when unknown (counts as stale). */
  capturedAt: z.date().nullable(),
  contentSha256: z.string().regex(/^[0-9a-f]{64}$/),
  diskBytes: z.int().positive(),
  /** 0…1: how much of the tile the imagery covers. */
  coverage: z.number().min(0).max(1),
  attribution: z.string().max(1000).default(""),
  /** By how much all of it may be shifted by its imagery's datum or tags, metres; absent: not known to be. */
  registrationErrorM: quantity.lengthOrZeroM.optional(),
  /** Label from when it was written; absent: not judged. */
  freshnessLabel: z.enum(FRESHNESS_LABELS).optional(),
  /**
   * Absent: a tile that is not voted on. A new onboard tile is `pending` unless stated otherwise.
   */
  votingStatus: z.enum(VOTING_STATUSES).optional(),
  /** For tiles made in flight. */
  quality: TileQualityMetadataSchema.optional(),
});
type CheckedTileMetadata = z.infer<typeof TileMetadataSchema>;
type OpenFields = "freshnessLabel" | "votingStatus" | "quality";
/** As read: including values and fields of a later version. */
export interface TileMetadata extends Readonly<Omit<CheckedTileMetadata, OpenFields>> {
  readonly freshnessLabel?: OpenWord<FreshnessLabel>;
  readonly votingStatus?: OpenWord<VotingStatus>;
  readonly quality?: TileQualityMetadata;
}

/** Metadata together with what the cache itself knows about the tile. */
export interface TileMetadataPersistent extends TileMetadata {
  /** UUIDv5 of the natural key. */
  readonly tileUuid: string;
  /** UUIDv5 of zoom, x, y: the same for all tiles of one place. */
  readonly locationHash: string;
  /** Middle of the tile: for information; x and y are authoritative. */
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly createdAt: Date;
  /** Last recorded read; null: never. */
  readonly accessedAt: Date | null;
  readonly uploadedAt: Date | null;
  readonly uploadAttempts: number;
}

const latitudeDeg = z.number().min(-90).max(90);
const longitudeDeg = z.number().min(-180).max(180);

/** Degrees; west > east crosses the antimeridian. */
export const BboxSchema = z.strictObject({
  southDeg: latitudeDeg,
  westDeg: longitudeDeg,
  northDeg: latitudeDeg,
  eastDeg: longitudeDeg,
}).refine((box) => box.southDeg <= box.northDeg, "south must not lie north of north");
export type Bbox = Readonly<z.infer<typeof BboxSchema>>;

/** A box on the ground and its classification; where boxes overlap the stricter rule applies. */
export const SectorBoundarySchema = z.strictObject({
  name: z.string().min(1).max(200),
  classification: z.enum(SECTOR_CLASSIFICATIONS),
  bbox: BboxSchema,
});
export type SectorBoundary = Readonly<z.infer<typeof SectorBoundarySchema>>;

/** A tile to be written. */
export interface NewTile {
  readonly metadata: TileMetadata;
  readonly jpeg: Uint8Array;
}

/** A tile with its bytes, read and verified against its hash. */
export interface StoredTile {
  readonly metadata: TileMetadata;
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

/** A tile that may be evicted. */
export interface LruCandidate {
  readonly tileId: TileId;
  /** Of all its files. */
  readonly diskBytes: number;
  readonly accessedAt: Date | null;
}
