/**
 * Types of the reference provider's HTTP interface, and the faults that it can be told to show.
 *
 * @module
 */
import * as z from "zod";

const TileAddressSchema = z.strictObject({
  z: z.int().min(0).max(22),
  x: z.int().min(0),
  y: z.int().min(0),
});

/** `POST /api/satellite/tiles/inventory` */
export const InventoryRequestSchema = z.strictObject({
  tiles: z.array(TileAddressSchema).max(5000),
});

/** `POST /api/satellite/route`: the provider fetches what a route needs into its own store. */
export const RouteRequestSchema = z.strictObject({
  points: z.array(z.strictObject({ lat: z.number(), lon: z.number() })).min(1).max(10_000),
  zooms: z.array(z.int().min(0).max(22)).min(1).max(23),
  halfWidthM: z.number().positive().max(100_000),
});

/** `POST /api/satellite/keys`, used by the safety officer. */
export const EnrolmentSchema = z.strictObject({ flightId: z.uuid(), publicKey: z.base64() });

/** A fault that a route shows instead of its normal answer, this many times. */
export const MisbehaviourSchema = z.strictObject({
  route: z.enum(["ingest", "tiles", "inventory"]),
  times: z.int().min(1).default(1),
  /** Number of normal answers before the fault. */
  after: z.int().min(0).default(0),
  act: z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("status"),
      status: z.int().min(300).max(599),
      headers: z.record(z.string(), z.string()).default({}),
      error: z.string().default("told to misbehave"),
    }),
    z.strictObject({ kind: z.literal("slow_headers"), ms: z.int() }),
    /** Half of the answer, then a broken connection. */
    z.strictObject({ kind: z.literal("cut_body") }),
    /** The request is processed, but its answer is lost. */
    z.strictObject({ kind: z.literal("lost_answer") }),
    z.strictObject({ kind: z.literal("error_in_200") }),
    /** An HTML page with status 200 in place of a picture. */
    z.strictObject({ kind: z.literal("html_in_200") }),
    z.strictObject({
      kind: z.literal("acknowledge"),
      how: z.enum(["unsent", "missing", "twice", "contradict", "new_word", "reject_signature"]),
    }),
  ]),
});
export type Misbehaviour = z.infer<typeof MisbehaviourSchema>;
export type MisbehaviourRoute = Misbehaviour["route"];

export interface ProviderOptions {
  /** Folder with `{z}/{x}/{y}.jpg`; null: no tiles. */
  readonly tileFolder: string | null;
  /** This many generated pictures serve as every tile; 0: none. */
  readonly syntheticPictures: number;
  /** Accepted tiles are written there; null: they are only counted. */
  readonly ingestFolder: string | null;
  /** Bearer token of clients; null: no authentication. */
  readonly token: string | null;
  /** Bearer token of the safety officer; null: keys cannot be enrolled by request. */
  readonly officerToken: string | null;
  /** Recorded flights whose public keys are trusted. */
  readonly recorderFolder: string | null;
  /** Tiles captured longer ago are rejected. */
  readonly ageMaxMs: number;
  /** When set, everything is accepted and nothing verified (for benches). */
  readonly checks: boolean;
  readonly mayMisbehave: boolean;
  readonly now: () => Date;
}
