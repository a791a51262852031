/**
 * Record kinds of the flight controller (C8) and of the ground station (C9).
 *
 * @module
 */
import * as z from "zod";
import {
  Count,
  CovarianceEnM2,
  LatitudeDeg,
  LongitudeDeg,
  Nanoseconds,
  SourceLabel,
  Vector3,
} from "./shapes.ts";

export const FLIGHT_CONTROLLER_KINDS = {
  "c8.position_out": z.looseObject({
    /** gps_input, odometry, msp2_sensor_gps, … */
    message: z.string(),
    validNs: Nanoseconds,
    latitudeDeg: LatitudeDeg,
    longitudeDeg: LongitudeDeg,
    heightM: z.number(),
    /** Of the estimate that was sent. */
    covarianceEnM2: CovarianceEnM2,
    sigmaUpM: z.number(),
    velocityEnuMps: Vector3,
    /** As sent: 0 and 1 no fix, 2 2d, 3 3d. */
    fixType: Count,
    /** Accuracies as sent. */
    horizontalAccuracyM: z.number(),
    verticalAccuracyM: z.number(),
    speedAccuracyMps: z.number().optional(),
    label: SourceLabel,
    /** Clockwise from north; absent when none was sent. */
    yawDeg: z.number().optional(),
    /** Age of the estimate at sending. */
    ageMs: z.number().optional(),
  }).describe("A position as it was sent to the flight controller"),
  "c8.link": z.looseObject({
    state: z.enum(["opened", "up", "lost", "closed"]),
    /** ardupilot, inav, replay, simulated. */
    adapter: z.string(),
    endpoint: z.string().optional(),
    reason: z.string().optional(),
    /** Since the last record of the link. */
    messagesReceived: Count.optional(),
    bytesDiscarded: Count.optional(),
    flightState: z.string().optional(),
  }).describe("The link to the flight controller changed its state"),
  "c8.alert": z.looseObject({
    /** MAVLink severity. */
    severity: z.enum([
      "emergency",
      "alert",
      "critical",
      "error",
      "warning",
      "notice",
      "info",
      "debug",
    ]),
    text: z.string(),
    /** false: above the maximum rate of alerts, or no link. */
    sent: z.boolean().optional(),
    reason: z.string().optional(),
  }).describe("An alert for the ground station"),
  "c9.reloc_hint": z.looseObject({
    accepted: z.boolean(),
    reason: z.string(),
    /** As received. */
    text: z.string(),
    latitudeDeg: LatitudeDeg.nullable(),
    longitudeDeg: LongitudeDeg.nullable(),
    sigmaHorizontalM: z.number().nullable(),
  }).describe("The crew reported the position of the aircraft"),
};
