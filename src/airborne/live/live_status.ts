/**
 * What a live flight says of itself, for the person beside the aircraft: `airborne status`.
 *
 * @module
 */
import * as z from "zod";

const Rates = z.record(z.string(), z.number());

export const LiveStatusSchema = z.object({
  /** UTC, ISO 8601, of the companion's clock. */
  time: z.string(),
  /** Since the start of the flight, seconds. */
  upS: z.number(),
  controller: z.object({
    adapter: z.string(),
    endpoint: z.string(),
    connected: z.boolean(),
    firmware: z.string(),
    flightState: z.enum(["on_ground", "taking_off", "in_flight", "landing", "unknown"]),
    ratesHz: Rates,
    framesBad: z.int(),
    framesLost: z.int(),
    reconnects: z.int(),
    roundTripMs: z.number().nullable(),
  }),
  camera: z.object({
    address: z.string(),
    connected: z.boolean(),
    fault: z.string(),
    rateHz: z.number(),
    frames: z.int(),
    dropped: z.int(),
    failed: z.int(),
    fixes: z.int(),
    /** Of the last picture on the ground, about each second; null: none yet, or it could not be decoded. */
    light: z.object({ meanLevel: z.number(), sharpness: z.number() }).nullable(),
  }).nullable(),
  estimate: z.object({
    label: z.enum(["satellite_anchored", "visual_propagated", "dead_reckoned"]),
    latitudeDeg: z.number(),
    longitudeDeg: z.number(),
    heightM: z.number(),
    horizontal95M: z.number(),
    anchorAgeS: z.number().nullable(),
    /** How old the newest measurement in it is, milliseconds. */
    ageMs: z.number(),
  }).nullable(),
  gps: z.object({
    trust: z.enum(["absent", "trusted", "demoted"]),
    reason: z.string(),
    /** By which source the controller was asked to fly. */
    source: z.enum(["companion", "controller_gps", "not_asked"]),
  }),
  output: z.object({
    sent: z.int(),
    refused: z.int(),
    /** Why the newest was not sent as a good position; empty for a good one. */
    withheld: z.enum(["", "no_estimate", "stale", "blackout", "covariance", "velocity"]),
    /** Between two of the last minute, milliseconds. */
    gapMsP95: z.number(),
    gapMsMax: z.number(),
    /** From the newest IMU sample to sending, milliseconds: by so much it was predicted. */
    latencyMsP95: z.number(),
  }),
  memoryMb: z.number(),
});
export type LiveStatus = Readonly<z.infer<typeof LiveStatusSchema>>;
