/**
 * Types that several kinds share. Names carry unit and frame of reference.
 *
 * @module
 */
import * as z from "zod";

export const LatitudeDeg = z.number().min(-90).max(90);
export const LongitudeDeg = z.number().min(-180).max(180);
/** Canonical clock. */
export const Nanoseconds = z.int();
export const Count = z.int().min(0);
export const Vector3 = z.tuple([z.number(), z.number(), z.number()]);
/** Hamilton, w x y z. */
export const Quaternion = z.tuple([z.number(), z.number(), z.number(), z.number()]);
/** [east-east, east-north, north-north], m². */
export const CovarianceEnM2 = z.tuple([z.number(), z.number(), z.number()]);
/** 6×6 of position and rotation error, row-major. */
export const PoseCovariance = z.array(z.number()).length(36);
export const SourceLabel = z.enum(["satellite_anchored", "visual_propagated", "dead_reckoned"]);

/** Natural key of a tile, as in the cache. */
export const TileId = z.looseObject({
  zoom: z.int().min(0).max(22),
  x: Count,
  y: Count,
  source: z.string(),
  /** Only tiles made in flight have one. */
  flightId: z.uuid().optional(),
});

/** An error as in a log line. */
export const Fault = z.looseObject({
  type: z.string(),
  message: z.string(),
  /** "Type: message" of each cause, outermost first. */
  causes: z.array(z.string()).optional(),
});

/** Milliseconds by stage of processing a frame: "decode", "odometry", "matching", … */
export const StageMs = z.record(z.string(), z.number().min(0));

/** An estimate: the common part of nav.state and nav.smoothed. */
export const ESTIMATE_SHAPE = {
  sequence: z.int().optional(),
  validNs: Nanoseconds,
  latitudeDeg: LatitudeDeg,
  longitudeDeg: LongitudeDeg,
  heightM: z.number(),
  /** Horizontal covariance, m²: [east-east, east-north, north-north]. */
  covarianceEnM2: CovarianceEnM2,
  sigmaUpM: z.number(),
  /** Semi-major axis of the horizontal 95 % ellipse. */
  horizontal95M: z.number(),
  velocityEnuMps: Vector3,
  /** local (ENU) from body (FRD), w x y z. */
  localFromBody: Quaternion,
  label: SourceLabel,
  /** null before the first fused absolute position. */
  anchorAgeS: z.number().nullable(),
  /** 6×6 of (position local m, rotation error in body axes rad). */
  covariance: PoseCovariance.optional(),
};
