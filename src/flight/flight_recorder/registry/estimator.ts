/**
 * Kinds of the state estimator (C5) apart from estimates.
 *
 * @module
 */
import { z } from "zod";
import { LatitudeDeg, LongitudeDeg, SourceLabel } from "./shapes.ts";

/** GPS heard again, held against the state; the distance is null where there is none to hold it to. */
const GPS_BOUNDED_DELTA = { reason: z.string(), deltaM: z.number().nullable() };

export const ESTIMATOR_KINDS = {
  "c5.source_label": z.looseObject({
    from: SourceLabel.nullable(),
    to: SourceLabel,
    reason: z.string(),
  }).describe("The estimate changed what it stands on"),
  "c5.cold_start_origin.set": z.looseObject({
    latitudeDeg: LatitudeDeg,
    longitudeDeg: LongitudeDeg,
    sigmaHorizontalM: z.number(),
    sigmaVerticalM: z.number(),
  }).describe("The position that the flight starts from"),
  "c5.cold_start_origin.unavailable": z.looseObject({ reason: z.string() })
    .describe("The flight starts without a position"),
  "c5.gps_bounded_delta.accept": z.looseObject(GPS_BOUNDED_DELTA)
    .describe("GPS that is heard again agrees with the estimate"),
  "c5.gps_bounded_delta.reject": z.looseObject(GPS_BOUNDED_DELTA)
    .describe("GPS that is heard again does not agree; its dwell time starts again"),
};
