/**
 * What the commands before and after a flight print with `--json`.
 *
 * @module
 */
import * as z from "zod";
import { PREFLIGHT_REPORT_SHAPE } from "../workstation/preflight/mod.ts";
import { line } from "./json_line.ts";

export const AIRCRAFT_RESULTS = {
  "preflight": [line("preflight", PREFLIGHT_REPORT_SHAPE)],
  "postflight": [line("postflight", {
    aircraft: z.string(),
    steps: z.array(z.strictObject({
      step: z.enum(["copy", "collect", "upload", "report"]),
      exitCode: z.int().nullable().describe("of the command that it is; null: not done"),
      text: z.string(),
    })),
    flights: z.array(z.strictObject({
      flightId: z.string(),
      record: z.string().describe("complete, lossy or nothing"),
      durationS: z.number().nullable(),
      report: z.string().nullable().describe("HTML"),
      notices: z.array(z.strictObject({ tone: z.enum(["good", "fair", "bad"]), text: z.string() })),
      figures: z.array(z.strictObject({ name: z.string(), value: z.string() })),
    })),
  })],
};
