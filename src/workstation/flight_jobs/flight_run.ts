/**
 * What a worker is told to fly, and what it sends back.
 *
 * @module
 */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import * as z from "zod";
import { EXIT, GdnError, parseBoundedJson } from "../../core/mod.ts";
import { FlownCaseSchema } from "../evaluation/mod.ts";
import { JobRefusedError } from "../work_queue/mod.ts";

const UNITS_MAX = 100_000;
const FLIGHTS_PER_UNIT_MAX = 100;
const RESULT_BYTES_MAX = 512 << 20;

/** What a flight can be replayed with: settings of airborne, YAML. */
export const REPLAY_SETTINGS = {
  with_fixes: "",
  /** No fix is tried below this height: what is left is odometry. */
  odometry_alone: "navigator:\n  heightMinM: 100000\n",
} as const;

const ReplaySchema = z.enum(["with_fixes", "odometry_alone"]);

const FlightToFlySchema = z.strictObject({
  /** Paths of its pictures are SHA-256 of inputs in a document. */
  case: FlownCaseSchema,
  replays: z.array(ReplaySchema).min(1).max(2),
  /** A flight without a single fix is a result. */
  mayFindNothing: z.boolean(),
});
export type FlightToFly = Readonly<z.infer<typeof FlightToFlySchema>>;

const FlightRunSchema = z.strictObject({
  format: z.literal("gdn-flight-run"),
  formatVersion: z.literal(1),
  /** A unit is what a job counts: a flight, or the flights of a seed. */
  units: z.array(z.array(FlightToFlySchema).min(1).max(FLIGHTS_PER_UNIT_MAX)).min(1).max(UNITS_MAX),
});

const FlownSchema = z.array(z.strictObject({
  name: z.string(),
  /** truth.csv */
  truth: z.string(),
  /** By the replay's name: the lines that airborne printed. */
  replays: z.partialRecord(ReplaySchema, z.string()),
}));
export type FlownFlightResult = z.infer<typeof FlownSchema>[number];

export function encodeFlightRun(
  units: readonly (readonly FlightToFly[])[],
): Uint8Array<ArrayBuffer> {
  const run = { format: "gdn-flight-run", formatVersion: 1, units };
  return new TextEncoder().encode(JSON.stringify(run));
}

/** @throws JobRefusedError that names what is wrong */
export function decodeFlightRun(bytes: Uint8Array): FlightToFly[][] {
  try {
    const json = parseBoundedJson(new TextDecoder().decode(bytes));
    return FlightRunSchema.parse(json).units;
  } catch (error) {
    const why = error instanceof z.ZodError
      ? `${error.issues[0].path.join(".")}: ${error.issues[0].message}`
      : "it is no JSON";
    throw new JobRefusedError(`its document is none of this program (${why})`, { cause: error });
  }
}

export async function encodeFlown(
  flights: readonly FlownFlightResult[],
): Promise<Uint8Array<ArrayBuffer>> {
  return Uint8Array.from(await promisify(gzip)(JSON.stringify(flights)));
}

/** @throws GdnError 65 */
export async function decodeFlown(bytes: Uint8Array): Promise<FlownFlightResult[]> {
  try {
    const text = await promisify(gunzip)(bytes, { maxOutputLength: RESULT_BYTES_MAX });
    return FlownSchema.parse(JSON.parse(new TextDecoder().decode(text)));
  } catch (error) {
    throw new GdnError("RESULT_DAMAGED", "the result of a job is damaged", {
      cause: error,
      exitCode: EXIT.data,
    });
  }
}
