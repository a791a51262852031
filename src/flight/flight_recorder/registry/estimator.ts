/**
 * Record kinds of the state estimator (C5), except estimates.
 *
 * @module
 */
import * as z from "zod";
import { Count, LatitudeDeg, LongitudeDeg, Nanoseconds, SourceLabel } from "./shapes.ts";

/**
 * Returning GPS compared with the state; the distance is null when there is nothing to compare
 * with.
 */
const GPS_BOUNDED_DELTA = {
  reason: z.string(),
  deltaM: z.number().nullable(),
  /** Answers since the record before that are not recorded: they changed nothing. */
  repeatedBefore: Count.optional(),
};

/** A number for each component of the source; empty where the filter did not look at it. */
const Components = z.array(z.number()).max(12);

export const ESTIMATOR_KINDS = {
  "c5.measurement": z.looseObject({
    /** Which sensor: a name of the estimator's MEASUREMENT_SOURCES. */
    source: z.string(),
    /** The moment that it speaks of. */
    measuredNs: Nanoseconds,
    fused: z.boolean(),
    /** Why not; when fused only what is worth a remark, else "". */
    reason: z.string(),
    observation: Components,
    /** Variance of the observation's noise, as the gate took it. */
    observationVariance: Components,
    /** Observation less prediction. */
    innovation: Components,
    innovationVariance: Components,
    /** Squared Mahalanobis distance over its gate, above 1 is refused; null: not judged. */
    testRatio: z.number().nullable(),
  }).describe("A measurement that the filter fused or refused, with its innovation"),
  "c5.source_label": z.looseObject({
    from: SourceLabel.nullable(),
    to: SourceLabel,
    reason: z.string(),
  }).describe("The source label of the estimate changed"),
  "c5.cold_start_origin.set": z.looseObject({
    latitudeDeg: LatitudeDeg,
    longitudeDeg: LongitudeDeg,
    sigmaHorizontalM: z.number(),
    sigmaVerticalM: z.number(),
  }).describe("The position that the flight starts from"),
  "c5.cold_start_origin.unavailable": z.looseObject({ reason: z.string() })
    .describe("The flight starts without a position"),
  "c5.gps_demoted": z.looseObject({
    reason: z.string(),
    /** Since when the estimate is the one without GPS; null: nothing was taken back. */
    unlearntSinceNs: Nanoseconds.nullable(),
    /** How far that moved the estimate, horizontally; null: nothing was taken back. */
    movedM: z.number().nullable(),
  }).describe("GPS is not trusted any more; what it taught may be taken back"),
  "c5.imu_left_out": z.looseObject({ reason: z.string() })
    .describe("The IMU cannot be right: the turns of the controller's attitude stand for it"),
  "c5.imu_used_again": z.looseObject({}).describe(
    "The IMU has agreed with the estimate for a while",
  ),
  "c5.picture_delay": z.looseObject({ delayS: z.number() })
    .describe("By how much pictures are older than their stamps, by the turns that they show"),
  "c5.heading_correction": z.looseObject({ turnDeg: z.number() }).describe(
    "GPS contradicts the heading before the first fix: the attitude is turned anticlockwise by so much from now on",
  ),
  "c5.restarted": z.looseObject({ reason: z.string() })
    .describe("The filter had failed and began anew at its last sound position"),
  "c5.map_conflict": z.looseObject({ disagreementM: z.number() })
    .describe("GPS and the map contradict each other; the bound of the estimate covers both"),
  "c5.map_conflict_settled": z.looseObject({}).describe(
    "The fixes since then agree with GPS: the first one was a poor one, and the bound is what it was before",
  ),
  "c5.gps_bounded_delta.accept": z.looseObject(GPS_BOUNDED_DELTA)
    .describe("Returning GPS agrees with the estimate"),
  "c5.gps_bounded_delta.reject": z.looseObject(GPS_BOUNDED_DELTA)
    .describe("Returning GPS does not agree with the estimate; its dwell time starts again"),
};
