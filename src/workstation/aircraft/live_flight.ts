/**
 * What a flight that goes on says of itself there (`live_state.json`), and what was flown there before
 * (`packages_flown.json`).
 *
 * @module
 */
import * as z from "zod";
import { EXIT, parseBoundedJson } from "../../core/mod.ts";
import { AircraftError } from "./ssh.ts";

const LiveStateSchema = z.object({
  ended: z.boolean(),
  status: z.object({
    time: z.string(),
    controller: z.object({
      endpoint: z.string(),
      connected: z.boolean(),
      firmware: z.string(),
      flightState: z.string(),
      framesBad: z.number(),
      roundTripMs: z.number().nullable(),
    }),
    camera: z.object({
      address: z.string(),
      connected: z.boolean(),
      fault: z.string(),
      rateHz: z.number(),
      /** Absent: of an older program. */
      light: z.object({ meanLevel: z.number(), sharpness: z.number() }).nullable().default(null),
    }).nullable(),
  }),
});
export type LiveFlight = Readonly<z.infer<typeof LiveStateSchema>["status"]>;

/** It writes each second; between the two questions a second or two may pass. */
const STALE_MS = 10_000;

/** null: none goes on at `utcMs` of the aircraft's clock. */
export function liveFlightOf(text: string, utcMs: number): LiveFlight | null {
  if (text === "") return null;
  const { ended, status } = read(LiveStateSchema, text, "live_state.json");
  return !ended && utcMs - Date.parse(status.time) < STALE_MS ? status : null;
}

const FlownSchema = z.object({
  packages: z.array(z.object({ name: z.string(), counter: z.number() })),
  revokedKeys: z.array(z.string()),
});

/** Highest version of each package that was flown there, and the keys that those packages revoked. */
export function flownThere(text: string) {
  const { packages, revokedKeys } = text === ""
    ? { packages: [], revokedKeys: [] }
    : read(FlownSchema, text, "packages_flown.json");
  return { counters: new Map(packages.map(({ name, counter }) => [name, counter])), revokedKeys };
}

function read<T>(schema: z.ZodType<T>, text: string, name: string): T {
  try {
    return schema.parse(parseBoundedJson(text));
  } catch (cause) {
    throw new AircraftError(
      "AIRCRAFT",
      `The aircraft's ${name} cannot be read: it is damaged, or of another version of airborne`,
      { cause, exitCode: EXIT.data },
    );
  }
}
